// `kith upgrade` with real daemons: whether the daemon can be replaced, what holds it up, and that
// a job under it notices nothing. The jobs run in bubblewrap: an engine would have to be started.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askDaemon, findDaemon } from '../../src/daemon/client.ts';
import type { Readiness } from '../../src/daemon/hosting-routes.ts';
import { findTool } from '../../src/os/tools.ts';
import { founded, up } from '../daemon/daemons.ts';
import { until } from '../lab/until.ts';
import { boxArchive, boxMissing } from '../kit/box.ts';
import { ROOT, type Ran, kith, scratch } from './ledgers.ts';

const folder = scratch('upgrade');
const attic = join(folder, 'attic');
const logFile = join(folder, 'log');
const MISSING = findTool('bwrap') === null ? 'no bubblewrap (Debian: bubblewrap)' : boxMissing();
/** For a hang. */
const MS_MAX = 60_000;

let first: ChildProcess;
let upgrading: Promise<Ran>;
const at = (...words: string[]): Promise<Ran> => kith(words, { env: { KITH_DIR: attic } });
const ready = (): Promise<Readiness> => askDaemon(attic, 'workReady', undefined);
const stages = async (): Promise<string[]> => (await ready()).works.map(({ stage }) => stage);

beforeAll(async () => {
  expect((await kith(['version'])).code).toBe(0);
  await founded(attic, 'attic');
  first = await daemonIn('attic');
});

/** Its folder is told from where it was started, and what it says goes into a file. */
async function daemonIn(dir: string): Promise<ChildProcess> {
  const log = openSync(logFile, 'a');
  const words = ['up', '--dir', dir, '--listen', '127.0.0.1', '--port', '0', '--no-mesh'];
  const child = spawn(join(ROOT, 'kith'), words, { cwd: folder, stdio: ['ignore', log, log] });
  const runs = async (): Promise<boolean> =>
    (await findDaemon(join(folder, dir)).catch(() => null))?.state === 'running';
  await until('the daemon runs', runs, MS_MAX);
  return child;
}

afterAll(async () => {
  // Also where a test has failed: no job is left, and no daemon.
  await upgrading;
  if ((await findDaemon(attic).catch(() => null)) === null) await up(attic);
  const areGone = async (): Promise<boolean> => {
    const { works } = await ready();
    for (const { id } of works) await at('kill', id);
    return works.length === 0;
  };
  await until('its jobs are gone', areGone, MS_MAX);
  await at('down');
});

/** What a job has printed by now. */
async function printed(name: string): Promise<string> {
  return (await at('logs', name)).out;
}

test('the daemon is replaced under a job, which goes on, once nothing moves', async (context) => {
  if (MISSING !== null) context.skip(MISSING);
  await expect
    .poll(async () => (await ready()).drivers.map(({ name }) => name))
    .toContain('bubblewrap');
  expect((await at('image', 'add', await boxArchive(folder), '--name', 'box')).code).toBe(0);
  // One counts on for ever and would begin anew at 0; one will not be told to end.
  const count = 'n=0; while true; do echo $n; n=$((n+1)); sleep 0.1; done';
  const stays = 'trap "" TERM; while true; do sleep 0.1; done';
  // A daemon that has just come up does not know yet how much room there is.
  const tried = ['run', '--dry-run', '--mem', '64MiB', '--cpus', '0.1', '--disk', '16MiB', 'box'];
  await expect.poll(async () => (await at(...tried, '--', 'true')).code).toBe(0);
  for (const [name, script] of [
    ['counts', count],
    ['stays', stays],
  ] as const) {
    const run = ['run', '--detach', '--mem', '64MiB', '--cpus', '0.1', '--disk', '16MiB'];
    const ran = await at(...run, '--name', name, 'box', '--', 'sh', '-c', script);
    expect(ran.code, ran.err).toBe(0);
  }
  await expect.poll(stages).toEqual(['running', 'running']);
  expect((await at('upgrade', '--check')).out).toMatch(
    /^kith \S+ \(process \d+\) can be replaced now by \S+\n2 pieces of work would go on running\n$/,
  );
  expect((await ready()).phase).toBe('open');

  await at('stop', 'stays');
  await expect.poll(stages).toContain('stopping');
  const held = await at('upgrade', '--check', '--json');
  expect([held.code, JSON.parse(held.out)]).toEqual([
    9,
    expect.objectContaining({
      ...{ now: false, running: 1, moving: 1, phase: 'open' },
      holds: [expect.stringMatching(/^stays \(\w{26}\) is stopping$/)],
    }),
  ]);

  // It waits for that one, and nothing new is begun meanwhile.
  upgrading = at('upgrade', '--json');
  await expect.poll(async () => (await ready()).phase).toBe('frozen');
  const refused = await at('run', '--mem', '64MiB', 'box');
  expect([refused.code, refused.err]).toEqual([
    6,
    expect.stringContaining('its daemon is replaced'),
  ]);
  const old = (await findDaemon(attic))?.pid;
  const before = (await ready()).works.find(({ name }) => name === 'counts');
  await at('kill', 'stays');
  const { out, code } = await upgrading;
  const said = JSON.parse(out) as { to: { pid: number } };
  expect([code, said]).toEqual([
    0,
    expect.objectContaining({
      ...{ from: expect.objectContaining({ pid: old }), running: 1, ended: [], anew: [] },
    }),
  ]);
  expect(first.exitCode).toBe(0);

  // Another process, in the place of the first, and the same job.
  expect((await findDaemon(attic))?.pid).toBe(said.to.pid);
  expect(said.to.pid).not.toBe(old);
  expect(readFileSync(logFile, 'utf8')).toContain(`process ${said.to.pid} opens`);
  const after = await ready();
  expect([after.phase, after.works]).toEqual(['open', [before]]);
  const seen = (await printed('counts')).split('\n').length;
  await expect.poll(async () => (await printed('counts')).split('\n').length).toBeGreaterThan(seen);
  const lines = (await printed('counts')).trimEnd().split('\n');
  expect(lines).toEqual(lines.map((_, n) => String(n)));
});

test('where its log goes to a service manager, that one starts the next', async () => {
  const barn = await founded(join(folder, 'barn'), 'barn');
  // The pipe of a test is a socket, as of a service manager.
  const one = await up(barn);
  const alone = await kith(['upgrade', '--dir', barn]);
  expect([alone.code, alone.err]).toEqual([1, expect.stringContaining('--no-start')]);
  expect((await findDaemon(barn))?.pid).toBe(one.child.pid);

  const replacing = kith(['upgrade', '--no-start', '--dir', barn]);
  expect((await one.ended).code).toBe(0);
  const two = await up(barn);
  const { code, out } = await replacing;
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(
      `process ${one.child.pid}\\) was replaced by \\S+ \\(process ${two.child.pid}\\)`,
    ),
  ]);
  // A freeze that nobody took back, as of a command that was killed, is taken back by hand.
  await askDaemon(barn, 'workFreeze', { frozen: true });
  expect((await askDaemon(barn, 'workReady', undefined)).phase).toBe('frozen');
  await kith(['resume', '--here', '--dir', barn]);
  expect((await askDaemon(barn, 'workReady', undefined)).phase).toBe('open');
  expect(existsSync(join(barn, 'work', 'drained'))).toBe(false);
});

test('a next one that ends by itself is no daemon, and that is said at once', async () => {
  const cellar = await founded(join(folder, 'cellar'), 'cellar');
  // It is told a name, and that leads nowhere by the time the next one is started with it.
  symlinkSync(cellar, join(folder, 'below'));
  const old = await daemonIn('below');
  rmSync(join(folder, 'below'));
  writeFileSync(join(folder, 'below'), 'no folder');
  const { code, out } = await kith(['upgrade', '--json', '--dir', cellar]);
  expect([code, JSON.parse(out)]).toEqual([
    expect.any(Number),
    { error: expect.objectContaining({ code: 'upgrade-ended' }) },
  ]);
  expect([code, old.exitCode]).not.toEqual([0, null]);
  expect(await findDaemon(cellar).catch(() => null)).toBe(null);
  // What it logged says why.
  expect(readFileSync(logFile, 'utf8')).toContain('below');
  expect((await kith(['status', '--dir', cellar])).code).toBe(0);
});
