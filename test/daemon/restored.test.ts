// A folder that is put back from a backup, with a peer that holds what this machine has signed
// since: it writes nothing before it has asked, and then goes on where it really was. Real
// processes on loopback; the backup is made by tar, as docs/operations.md says.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { kith, scratch } from '../cli/ledgers.ts';
import { type Up, done, founded, status, up } from './daemons.ts';

const folder = scratch('restored');
const [attic, cellar] = ['attic', 'cellar'].map((name) => join(folder, name)) as [string, string];
const backup = join(folder, 'attic.tar');

function tar(...words: string[]): void {
  const ran = spawnSync('tar', words, { encoding: 'utf8' });
  // 1: a file changed while it was read, as that of a running daemon may.
  expect([ran.status === 0 || ran.status === 1, ran.stderr]).toEqual([true, expect.anything()]);
}

async function refused(...words: string[]): Promise<string> {
  const ran = await kith([...words, '--dir', attic, '--json']);
  expect(ran.code).not.toBe(0);
  return (JSON.parse(ran.out) as { error: { code: string } }).error.code;
}

async function down(daemon: Up): Promise<void> {
  await done('down', '--dir', daemon.dir);
  await daemon.ended;
}

test('an old backup asks a member before it writes, and nothing forks', async () => {
  await founded(attic, 'attic');
  const first = await up(attic, ['--port', '0', '--endpoint', 'attic.example:1']);
  const ticket = join(folder, 'ticket');
  await done('ticket', 'new', '--out', ticket, '--dir', attic);
  await done('join', '--ticket-file', ticket, '--name', 'cellar', '--dir', cellar);
  const second = await up(cellar);
  const { url } = await second.until('listening');
  // Of a running daemon.
  tar('-C', attic, '-cf', backup, '.');
  const words = ['set', 'heating.mode', 'on', '--commit', '--dir', attic];
  const { written } = await done<{ written: { seq: number }[] }>(...words);
  const seq = written[0]?.seq as number;
  await done('ledger', 'sync', url, '--dir', attic);
  await down(first);

  rmSync(attic, { recursive: true });
  mkdirSync(attic, { mode: 0o700 });
  tar('-C', attic, '-xf', backup);
  expect(existsSync(join(attic, 'nodes.jsonl'))).toBe(true);
  expect(await refused('set', 'heating.mode', 'off', '--commit')).toBe('key-copied');
  expect(await refused('ledger', 'accept-head')).toBe('head-unasked');

  // Its daemon syncs, and writes nothing: it would state where it is, otherwise.
  const again = await up(attic, ['--port', '0', '--peer', url, '--endpoint', 'attic.example:2']);
  await again.until('synced', ({ why }) => why === null);
  expect(await refused('commit', '--yes')).toBe('key-copied');
  await down(again);

  await done('ledger', 'accept-head', '--dir', attic);
  const third = await up(attic, ['--port', '0', '--peer', url]);
  // What was staged meanwhile.
  expect(await done('commit', '--yes', '--dir', attic)).toMatchObject({
    written: [{ seq: seq + 1 }],
  });
  await done('ledger', 'sync', url, '--dir', attic);
  const state = await done<{ frozen: unknown[]; conflicts: unknown[] }>(
    ...['ledger', 'state', '--dir', cellar],
  );
  expect([state.frozen, state.conflicts]).toEqual([[], []]);
  expect((await status(attic)).stateRoot).toBe((await status(cellar)).stateRoot);
  await down(third);
  await down(second);
}, 240_000);
