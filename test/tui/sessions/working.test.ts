// One terminal and one real daemon that runs jobs as processes: a job is placed on F5 by keys, with
// the dry run seen as it is typed, its log is followed on F4, and it is stopped and leaves a
// receipt.

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findDaemon } from '../../../src/daemon/client.ts';
import { scratch } from '../../cli/ledgers.ts';
import { founded } from '../../daemon/daemons.ts';
import { compileChild } from '../../kit/child.ts';
import { processDriver } from '../../kit/process-driver.ts';
import { type Session, openSession } from '../session.ts';

const root = scratch('placing');
const processes = join(root, 'processes');
const compiled = compileChild('test/kit/work-child.ts');
let daemon: ChildProcess | null = null;
let screen: Session | null = null;
afterAll(async () => {
  screen?.close();
  daemon?.kill('SIGKILL');
  const left = processDriver(processes);
  for (const { tag } of await left.recover(() => null)) await left.destroy(tag);
  compiled.remove();
});

test('from a form to a receipt, by keys', async () => {
  const dir = await founded(join(root, 'attic'), 'attic');
  daemon = spawn(process.execPath, [compiled.script, dir, processes], { stdio: 'ignore' });
  await expect.poll(async () => (await findDaemon(dir).catch(() => null))?.state).toBe('running');
  const at = openSession({ words: ['ui', '--dir', dir] });
  screen = at;
  await at.shows('attic');

  at.press('F5');
  await at.shows('what runs');
  at.press('Down');
  at.type('sh');
  at.press('Tab');
  at.type('"echo a word of the job; sleep 300"');
  at.press('Tab');
  at.type('talks');
  at.press('Tab');
  at.type('10m');
  at.press('Tab');
  at.type('16 MB');
  await at.shows('resources.memory');
  at.press('C-u');
  at.type('60TiB');
  await at.shows('needs 60 TiB of memory');
  at.press('C-u');
  at.type('16MiB');
  for (const _ of ['gpus', 'timeout', 'disk']) at.press('Tab');
  at.type('16MiB');
  await at.shows('It would go to attic');
  at.press('Enter');
  await at.shows('talks is placed on attic');
  const [first = ''] = /^▸ talks .*$/m.exec(await at.shows(/▸ talks .*running/)) ?? [];
  expect(first).toContain('job');

  at.press('l');
  await at.shows('a word of the job');
  at.press('Escape');
  await at.shows('how it stands');
  at.press('s');
  await at.shows('It is asked to end');
  at.press('y');
  await at.shows(/▸ talks .*done/);
  at.press('Enter');
  expect(await at.shows('1: r shows them')).toContain('to stop it');
  at.press('r');
  await at.shows('what the host has signed about talks');
});
