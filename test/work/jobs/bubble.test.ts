// Jobs in bubblewrap, which really runs here: what holds without an engine, and what is said not
// to.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Digest } from '../../../proto/ids.ts';
import { bootMs } from '../../../src/os/clock.ts';
import type { Driver, Order, Running } from '../../../src/work/driver.ts';
import { guardUntil } from '../../../src/work/guard.ts';
import { bubbleDriver } from '../../../src/work/jobs/bubbles.ts';
import { findTool } from '../../../src/os/tools.ts';
import { until } from '../../lab/until.ts';
import { compileChild } from '../../kit/child.ts';
import { archiveOf, boxArchive, boxMissing } from '../../kit/box.ts';
import {
  type Fields,
  IMAGE_ID,
  jobSpec,
  need,
  ordered,
  type Ordered,
  shell,
} from '../../kit/engines.ts';

const QUIET = (): void => undefined;
const MISSING = findTool('bwrap') === null ? 'no bubblewrap (Debian: bubblewrap)' : boxMissing();
const OTHER = `C${'c'.repeat(41)}A` as Digest;
const SLEEP = shell('sleep 1000');

let folder = '';
let image = '';
const drivers: Driver[] = [];

beforeAll(async () => {
  if (MISSING !== null) return;
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kith-bubbles-'));
  image = await boxArchive(folder);
});

afterAll(async () => {
  for (const one of drivers) await one.close();
  if (folder !== '') fs.rmSync(folder, { recursive: true, force: true });
});

function driver(home = 'one'): Driver {
  const made = bubbleDriver({ state: folder, home });
  drivers.push(made);
  return made;
}

const job = (command: readonly string[], fields: Fields = {}): Ordered =>
  ordered(folder, jobSpec(command, fields), image);

async function begin(ours: Driver, order: Order): Promise<Running> {
  need(await ours.prepare(order, QUIET, new AbortController().signal));
  return need(await ours.start(order, QUIET));
}

async function run(ordering: Ordered): Promise<Awaited<Running['ended']>> {
  const ours = driver();
  const ending = await (await begin(ours, ordering.order)).ended;
  await ours.destroy(ordering.order.tag);
  // A receipt with a fraction is read by nobody.
  expect(ending.endedAtMs % 1).toBe(0);
  return ending;
}

function check(name: string, claim: () => Promise<void>): void {
  test(name, async (context) => {
    if (MISSING !== null) context.skip(MISSING);
    await claim();
  });
}

describe('a job in bubblewrap', () => {
  check('is said to be kept apart less than in a container', async () => {
    const found = await driver().probe();
    expect(found).toMatchObject({ usable: true, what: expect.stringMatching(/^bubblewrap \d/) });
    expect(found.weaker).toContain('no filter of system calls');
  });

  test('is for what it can run: an image by its digest, no network, no cards', () => {
    const takes = (fields: Fields): boolean | undefined =>
      driver().takes?.(jobSpec(['true'], fields));
    const digest = 'Qw3mR1c9b0sVx5Zt7LkYhGfDpAoIuJnE2rT4yWvBxCM';
    const known = { job: { image: digest } };
    expect(takes(known)).toBe(true);
    expect(takes({ job: { image: 'busybox:1.37' } })).toBe(false);
    expect(takes({ ...known, network: { mode: 'egress' } })).toBe(false);
    expect(takes({ ...known, resources: { gpu: { count: 1 } } })).toBe(false);
  });

  check('prints both streams as they are, and ends with its number', async () => {
    const line = String.raw`printf 'a\377\rb\n'; echo wrong >&2; printf end; exit 3`;
    const ordering = job(shell(line));
    expect(await run(ordering)).toMatchObject({ exit: 3, signal: null, oom: false });
    expect(ordering.bytes('out').toString('latin1')).toBe('a\u00ff\rb\nend');
    expect(ordering.text('err')).toBe('wrong\n');
  });

  check('has what can be held of its limits, and names what cannot', async () => {
    const ours = driver();
    const ordering = job(shell('id; touch /bin/x; touch /tmp/x && ls /tmp; sleep 1000'));
    const running = await begin(ours, ordering.order);
    expect(need(await running.verify())).toEqual({
      ...{ memMiB: 64, swapMiB: 0, cpuMilli: 500, pids: 24, nofile: 100, tmpMiB: 16 },
      ...{ user: 65534, group: 65534, capabilities: 'none', noNewPrivileges: true },
      ...{ readOnlyRoot: true, network: 'none', engine: 'bubblewrap' },
      without: ['seccomp', 'cards'],
    });
    await until('it prints', () => ordering.text('out').includes('x\n'));
    expect(ordering.text('out')).toMatch(/^uid=65534 gid=65534/);
    expect(ordering.text('err')).toContain('Read-only file system');
    expect((await running.stats())?.memMiB).toBeGreaterThanOrEqual(0);
    await running.kill();
    expect(await running.ended).toMatchObject({ exit: 137, signal: 'SIGKILL', oom: false });
    await ours.destroy(ordering.order.tag);
  });

  check('that has lost a limit is found', async () => {
    const ours = driver();
    const { order } = job(SLEEP);
    const running = await begin(ours, order);
    const wider = { ...order, spec: jobSpec(SLEEP, { resources: { memory: '32MiB' } }) };
    const later = driver();
    const [same] = await later.recover(() => wider);
    expect(await same?.verify()).toEqual({
      ...{ ok: false, code: 'not-granted', detail: 'memMiB is 64, not 32; swapMiB is 32, not 0' },
    });
    await running.kill();
    await running.ended;
    await ours.destroy(order.tag);
  });

  check('that forks or fills its memory meets its bounds', async () => {
    const forking = job(
      shell('i=0; while [ $i -lt 60 ]; do sleep 1000 & i=$((i+1)); done; exit 0'),
    );
    expect((await run(forking)).exit).not.toBe(0);
    expect(forking.text('err')).toMatch(/fork|Resource temporarily unavailable/);
    const hungry = job(['/bin/tail', '/dev/zero']);
    expect(await run(hungry)).toMatchObject({ exit: 137, signal: 'SIGKILL', oom: true });
  });

  check('that is asked to stop may refuse', async () => {
    const ours = driver();
    const ordering = job(shell('trap "echo no" TERM; echo ready; while :; do sleep 0.1; done'));
    const running = await begin(ours, ordering.order);
    await until('it is ready', () => ordering.text('out').includes('ready'));
    await running.stop();
    await until('it says no', () => ordering.text('out').includes('no'));
    await ours.destroy(ordering.order.tag);
    expect(await running.ended).toMatchObject({ exit: null });
  });

  check('that may start elsewhere is ended by its guard, whoever looks after it', async () => {
    const ours = driver();
    const lifecycle = { onHostLoss: 'replace' };
    const [its, other] = [job(SLEEP, { lifecycle }), job(SLEEP, { lifecycle })];
    const [running, spared] = [await begin(ours, its.order), await begin(ours, other.order)];
    const guarded = path.join(folder, 'guarded');
    fs.mkdirSync(guarded);
    fs.symlinkSync(its.order.folder, path.join(guarded, 'own'));
    guardUntil(guarded, bootMs(), (why) => expect.fail(why), 1);
    // Killed, or with its supervisor before that could say so.
    expect([null, 137]).toContain((await running.ended).exit);
    expect(await spared.verify()).not.toMatchObject({ value: { ended: true } });
    fs.rmSync(guarded, { recursive: true });
    for (const { order } of [its, other]) await ours.destroy(order.tag);
  });

  check('is found again by a later daemon, with all that it printed', async () => {
    const first = driver();
    const line = 'i=0; while [ $i -lt 40 ]; do echo line $i; i=$((i+1)); sleep 0.05; done; exit 4';
    const ordering = job(shell(line));
    await begin(first, ordering.order);
    await until('some lines', () => ordering.text('out').includes('line 3'));
    await first.close();
    expect(await driver('another').recover(() => ordering.order)).toEqual([]);
    const second = driver();
    const found = await second.recover(() => ordering.order);
    expect(found.map(({ tag }) => tag)).toEqual([ordering.order.tag]);
    expect(found[0]?.imageId).toBe(IMAGE_ID);
    expect(await found[0]?.ended).toMatchObject({ exit: 4, signal: null });
    expect(ordering.text('out')).toBe(
      Array.from({ length: 40 }, (_, at) => `line ${at}\n`).join(''),
    );
    await second.destroy(ordering.order.tag);
    expect(await second.recover(() => null)).toEqual([]);
  });

  check('that prints without end fills no disk, and what is dropped is counted', async () => {
    const bytes = 70 * 1024 * 1024;
    const ordering = job(shell(`yes 0123456789abcde | head -c ${bytes}`), {
      resources: { cpu: 2 },
    });
    expect((await run(ordering)).exit).toBe(0);
    expect(ordering.order.log.written('out')).toBe(64 * 1024 * 1024);
    expect(ordering.text('kith')).toBe(
      `${6 * 1024 * 1024} bytes of output (out) came after what is kept, and were dropped\n`,
    );
  });

  check('has its secrets and its volumes, and leaves its files', async () => {
    fs.mkdirSync(path.join(folder, 'secrets'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'secrets/token'), 'hush-7431\n', { mode: 0o600 });
    fs.mkdirSync(path.join(folder, 'volumes/fixed'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'volumes/fixed/a'), 'fixed');
    const line =
      'echo "$TOKEN" > /tmp/a; cat /data/a; touch /data/b; ln -s /etc/passwd /tmp/l; sleep 1000';
    const ordering = job(shell(line), {
      env: { TOKEN: { secret: 'token' }, LD_PRELOAD: '/data/none.so' },
      mounts: [{ volume: 'fixed', target: '/data' }],
      job: { outputs: ['/tmp/a', '/tmp/l'] },
    });
    const { order } = ordering;
    const ours = driver();
    const running = await begin(ours, order);
    await until('it prints', () => ordering.text('err').includes('Read-only'));
    expect(ordering.text('out')).toBe('fixed');
    for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      expect(textOf(`/proc/${pid}/cmdline`)).not.toContain('hush-7431');
    }
    await running.kill();
    await running.ended;
    expect(await running.outputs(path.join(folder, 'left'))).toEqual(['/tmp/l']);
    expect(textOf(path.join(folder, 'left/tmp/a'))).toBe('hush-7431\n');
    await ours.destroy(order.tag);
  });

  check('may write its root where the spec says so, and only a copy of it', async () => {
    const ordering = job(shell('echo x > /data/x; cat /data/x'), { job: { readOnlyRoot: false } });
    expect((await run(ordering)).exit).toBe(0);
    expect(ordering.text('out')).toBe('x\n');
    const again = job(shell('cat /data/x'));
    expect((await run(again)).exit).toBe(1);
  });

  check('is refused what bubblewrap cannot give', async () => {
    const ours = driver();
    const prepared = (fields: Fields, file = image): Promise<unknown> =>
      ours.prepare(
        ordered(folder, jobSpec(SLEEP, fields), file).order,
        QUIET,
        new AbortController().signal,
      );
    expect(await prepared({ network: { mode: 'egress' } })).toMatchObject({ code: 'no-network' });
    expect(await prepared({ resources: { gpu: {} } })).toMatchObject({ code: 'no-engine' });
    expect(await prepared({ job: { image: 'other:1' } })).toMatchObject({ code: 'image-missing' });
    const lost = job(['/bin/none']);
    need(await ours.prepare(lost.order, QUIET, new AbortController().signal));
    expect(await run(lost)).toMatchObject({ exit: 1 });
    expect(lost.text('err')).toContain('/bin/none');
  });
});

const ALONE = ['-Urnm'];

describe('where root is alone in a namespace', () => {
  test('it is one like any other user, and bubblewrap works', async ({ skip }) => {
    if (MISSING !== null) skip(MISSING);
    if (spawnSync('unshare', [...ALONE, 'true']).status !== 0) skip('no namespaces of users here');
    const child = compileChild('test/work/jobs/alone-child.ts');
    const args = [...ALONE, process.execPath, child.script];
    const { stdout } = spawnSync('unshare', args, { encoding: 'utf8' });
    child.remove();
    expect(JSON.parse(stdout)).toMatchObject({
      usable: true,
      what: expect.stringMatching(/^bubble/),
    });
  });
});

describe('an image that means harm', () => {
  check('writes nowhere but into its root', async () => {
    const victim = path.join(folder, 'victim');
    fs.mkdirSync(victim);
    const first = path.join(folder, 'first');
    fs.mkdirSync(first);
    fs.symlinkSync(victim, path.join(first, 'trap'));
    const second = path.join(folder, 'second');
    fs.mkdirSync(path.join(second, 'trap'), { recursive: true });
    fs.writeFileSync(path.join(second, 'trap/evil'), 'evil');
    fs.writeFileSync(path.join(victim, 'kept'), 'kept');
    const archive = await archiveOf(path.join(folder, 'harm'), [
      { from: first, names: ['trap'] },
      { from: second, names: ['trap/evil', 'trap/.wh.kept'] },
    ]);
    const harm = ordered(folder, jobSpec(SLEEP), archive);
    const found = { where: 'store', id: OTHER, file: archive, form: 'docker-archive' } as const;
    const order: Order = { ...harm.order, image: async () => found };
    const done = await driver().prepare(order, QUIET, new AbortController().signal);
    expect(done).toMatchObject({ ok: false, code: 'image-wrong' });
    expect(fs.readdirSync(victim)).toEqual(['kept']);
  });
});

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
