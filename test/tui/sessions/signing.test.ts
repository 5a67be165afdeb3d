// One terminal and one real daemon: a setting is staged by its form, seen as words and as bytes,
// and signed with a passphrase; the daemon is killed under the screens, which say so and come back;
// and the terminal is left as it was found.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { kith, scratch } from '../../cli/ledgers.ts';
import { done, status, up } from '../../daemon/daemons.ts';
import { type Session, openSession } from '../session.ts';

const root = scratch('signing');

const sessions: Session[] = [];
afterAll(() => {
  for (const one of sessions) one.close();
});

test('staged, seen, signed; and a daemon that dies is missed and found again', async () => {
  const folder = join(root, 'vm');
  mkdirSync(folder);
  await done('init', 'home', '--dir', folder, '--no-passphrase');
  await up(folder);
  const at = openSession({ words: ['ui', '--dir', folder, '--no-colour'] });
  sessions.push(at);
  await at.shows('kith  home  Network');

  at.press('F9');
  await at.shows('Enter fills one in');
  at.type('set');
  at.press('Enter');
  await at.shows('KEY *');
  at.type('heating.mode');
  at.press('Tab');
  at.type('on');
  at.press('Enter');
  await at.shows('ended with 0');
  at.press('Escape');
  await at.shows('1 staged: F12');

  at.press('F12');
  await at.shows('1. set heating.mode to "on"');
  at.press('e');
  await at.shows('"kind":"config.commit"');
  at.press('Escape');
  await at.shows('nothing is signed yet');
  at.press('Enter');
  await at.shows('sign 1 record?');
  at.press('y');
  await at.shows('your record');
  at.press('F3');
  await at.shows('set heating.mode to "on"');

  const { daemon } = await status(folder);
  process.kill((daemon as { readonly pid: number }).pid, 'SIGKILL');
  at.press('F8');
  await at.shows('NO DAEMON');
  await up(folder);
  await at.shows('mesh off');

  at.resize(50, 12);
  await at.shows('kith needs 60x16; this is 50x12');
  at.resize(160, 50);
  await at.shows('admitted by');
  at.press('Q');
  await expect.poll(() => at.hasEnded()).toBe(true);
  const left = await kith(['ledger', 'log', '--json', '--dir', folder]);
  expect(left.out).toContain('set heating.mode');
}, 240_000);
