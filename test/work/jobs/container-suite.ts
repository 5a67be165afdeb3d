// What a job in a container is, checked alike with each engine, which really runs here.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { containerName, dockerBody, podmanBody, type Container } from '../../../work/container.ts';
import { granted, type Limit } from '../../../work/granted.ts';
import type { JsonObject } from '../../../proto/json.ts';
import type { Driver, Order, Running } from '../../../src/work/driver.ts';
import { containerDriver, type ContainerParts } from '../../../src/work/jobs/containers.ts';
import { ask, type Engine, findEngine, type Flavour } from '../../../src/work/jobs/engine.ts';
import { look } from '../../../src/work/jobs/inside.ts';
import { until } from '../../lab/until.ts';
import { boxArchive, CLAIMED } from './box.ts';
import {
  CARD,
  engineMissing,
  type Fields,
  IMAGE_ID,
  jobSpec,
  need,
  ordered,
  type Ordered,
  ownEngine,
  type OwnEngine,
  shell,
} from './engines.ts';

const QUIET = (): void => undefined;
const NODES = /^kithgpu\d+$/;
const SLEEP = shell('sleep 1000');

/** A container that lacks a limit, by the part of its description that is changed. */
type Change = (body: JsonObject, host: JsonObject) => JsonObject;

const podmanWithout: Readonly<Record<string, Change>> = {
  memMiB: (body) => ({
    ...body,
    resource_limits: { ...(body['resource_limits'] as object), memory: {} },
  }),
  swapMiB: (body) => ({
    ...body,
    resource_limits: {
      ...(body['resource_limits'] as object),
      memory: { limit: 64 << 20, swap: 80 << 20 },
    },
  }),
  cpuMilli: (body) => ({
    ...body,
    resource_limits: { ...(body['resource_limits'] as object), cpu: {} },
  }),
  pids: (body) => ({
    ...body,
    resource_limits: { ...(body['resource_limits'] as object), pids: { limit: 0 } },
  }),
  nofile: (body) => ({
    ...body,
    r_limits: [
      { type: 'nofile', soft: 200, hard: 200 },
      { type: 'nproc', soft: 4096, hard: 4096 },
    ],
  }),
  user: (body) => ({ ...body, user: '1000:65534' }),
  group: (body) => ({ ...body, user: '65534:1000' }),
  capabilities: (body) => ({ ...body, cap_drop: [] }),
  noNewPrivileges: (body) => ({ ...body, no_new_privileges: false }),
  seccomp: (body) => ({ ...body, seccomp_profile_path: 'unconfined' }),
  readOnlyRoot: (body) => ({ ...body, read_only_filesystem: false }),
  tmpMiB: (body) => ({ ...body, mounts: [] }),
  network: (body) => ({ ...body, netns: { nsmode: 'host' } }),
  cards: (body) => ({ ...body, devices: [{ path: `kith.test/gpu=${CARD}` }] }),
};

const inHost =
  (change: object): Change =>
  (body, host) => ({ ...body, HostConfig: { ...host, ...change } });

const dockerWithout: Readonly<Record<string, Change>> = {
  memMiB: inHost({ Memory: 0, MemorySwap: 0 }),
  swapMiB: inHost({ MemorySwap: 80 << 20 }),
  cpuMilli: inHost({ CpuQuota: 0 }),
  pids: inHost({ PidsLimit: 0 }),
  nofile: inHost({ Ulimits: [{ Name: 'nofile', Soft: 200, Hard: 200 }] }),
  user: (body) => ({ ...body, User: '1000:65534' }),
  group: (body) => ({ ...body, User: '65534:1000' }),
  capabilities: inHost({ CapDrop: [] }),
  noNewPrivileges: inHost({ SecurityOpt: [] }),
  seccomp: inHost({ SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'] }),
  readOnlyRoot: inHost({ ReadonlyRootfs: false }),
  tmpMiB: inHost({ Tmpfs: {} }),
  network: inHost({ NetworkMode: 'host' }),
  cards: inHost({
    Devices: [
      { PathOnHost: '/dev/null', PathInContainer: '/dev/kithgpu0', CgroupPermissions: 'rwm' },
    ],
  }),
};

const WITHOUT = { podman: podmanWithout, docker: dockerWithout };

export function containerSuite(flavour: Flavour): void {
  const missing = engineMissing(flavour);
  let folder = '';
  let image = '';
  let own: OwnEngine | null = null;
  let engine: Engine;
  const drivers: Driver[] = [];

  const parts = (): ContainerParts => ({
    ...{ state: folder, home: 'one', sockets: [own?.socket ?? ''], mesh: null },
    cards: { cdi: 'kith.test/gpu', nodes: NODES },
  });
  const driver = (change: Partial<ContainerParts> = {}): Driver => {
    const made = containerDriver(flavour, { ...parts(), ...change });
    drivers.push(made);
    return made;
  };
  const job = (command: readonly string[], fields: Fields = {}): Ordered =>
    ordered(folder, jobSpec(command, fields), image);
  const begin = async (ours: Driver, order: Order): Promise<Running> => {
    need(await ours.prepare(order, QUIET, new AbortController().signal));
    return need(await ours.start(order, QUIET));
  };
  /** Runs it to its end, and takes it away. */
  const run = async (ordering: Ordered): Promise<Awaited<Running['ended']>> => {
    const ours = driver();
    const running = await begin(ours, ordering.order);
    const ending = await running.ended;
    await ours.destroy(ordering.order.tag);
    return ending;
  };

  beforeAll(async () => {
    if (missing !== null) return;
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kith-jobs-'));
    image = await boxArchive(folder);
    own = await ownEngine(flavour);
    engine = need(await findEngine(flavour, [own.socket]));
  });
  afterAll(async () => {
    for (const one of drivers) await one.close();
    await own?.close();
    if (folder !== '') fs.rmSync(folder, { recursive: true, force: true });
  });

  const check = (name: string, claim: () => Promise<void>): void =>
    test(name, async (context) => {
      if (missing !== null) context.skip(missing);
      await claim();
    });

  describe(`a job by ${flavour}`, () => {
    check('is possible where the engine says what it is', async () => {
      const found = await driver().probe();
      expect(found.usable).toBe(true);
      expect(found.what).toMatch(new RegExp(`^${flavour} \\d+\\.\\d+.*runc \\d`));
      const none = await driver({ sockets: [path.join(folder, 'none.sock')] }).probe();
      expect(none).toMatchObject({ usable: false, what: `no socket of ${flavour} answers` });
    });

    check('prints both streams as they are, and ends with its number', async () => {
      const line = String.raw`printf 'a\377\rb\n'; echo wrong >&2; printf end; exit 3`;
      const ordering = job(shell(line));
      expect(await run(ordering)).toMatchObject({ exit: 3, signal: null, oom: false });
      expect(ordering.bytes('out').toString('latin1')).toBe('a\u00ff\rb\nend');
      expect(ordering.text('err')).toBe('wrong\n');
    });

    check('has every limit of its spec, seen by the kernel', async () => {
      const ours = driver();
      const { order } = job(SLEEP);
      const running = await begin(ours, order);
      expect(need(await running.verify())).toEqual({
        ...{ memMiB: 64, swapMiB: 0, cpuMilli: 500, pids: 24, nofile: 100, tmpMiB: 16 },
        ...{ user: 65534, group: 65534, capabilities: 'none', noNewPrivileges: true },
        ...{ seccomp: true, readOnlyRoot: true, network: 'none', cards: 0 },
      });
      expect((await running.stats())?.memMiB).toBeGreaterThanOrEqual(0);
      expect((await running.stats())?.cpuMs).toBeGreaterThan(0);
      await ours.destroy(order.tag);
      expect(await running.verify()).toMatchObject({ ok: true, value: { ended: true } });
      expect((await running.ended).exit).not.toBe(0);
    });

    test.each(Object.keys(WITHOUT[flavour]) as Limit[])('that lacks %s is found', async (limit) => {
      if (missing !== null) return;
      const { order } = job(SLEEP);
      need(await driver().prepare(order, QUIET, new AbortController().signal));
      const description: Container = {
        mark: { home: 'lacking', ...order.tag },
        ...{
          spec: order.spec,
          image: `localhost/kith:i${IMAGE_ID}`,
          env: {},
          binds: [],
          cards: [],
        },
        nproc: 4096,
      };
      const change = WITHOUT[flavour][limit] as Change;
      const id = await raw(engine, description, change);
      const container = engine.docker.getContainer(id);
      try {
        await container.start();
        const { State } = await container.inspect();
        const seen = look(State.Pid, NODES, (cgroup) => cgroup.includes(id));
        const judged = granted(
          { spec: order.spec, cards: 0 },
          need({ ok: true, value: seen }) as never,
        );
        expect(judged).toMatchObject({ ok: false, code: 'not-granted' });
        expect((judged as { detail: string }).detail).toMatch(new RegExp(`(^|; )${limit} is `));
      } finally {
        await container.kill();
        await container.remove({ force: true });
      }
    });

    check('that starts ever more processes is held at its number', async () => {
      const ordering = job(
        shell('i=0; while [ $i -lt 60 ]; do sleep 1000 & i=$((i+1)); done; exit 0'),
      );
      const ending = await run(ordering);
      expect(ending.exit).not.toBe(0);
      expect(ordering.text('err')).toMatch(/fork|Resource temporarily unavailable/);
    });

    check('that fills its memory is killed for it, and one that is killed is not', async () => {
      const hungry = job(shell('echo first; tail /dev/zero'));
      expect(await run(hungry)).toMatchObject({ exit: 137, signal: 'SIGKILL', oom: true });
      const ours = driver();
      const { order } = job(SLEEP);
      const running = await begin(ours, order);
      await running.kill();
      expect(await running.ended).toMatchObject({ exit: 137, signal: 'SIGKILL', oom: false });
      await ours.destroy(order.tag);
    });

    check('that ignores a stop goes on until it is killed', async () => {
      const ours = driver();
      const ordering = job(shell('trap "echo no" TERM; echo ready; while :; do sleep 0.1; done'));
      const running = await begin(ours, ordering.order);
      await until('it is ready', () => ordering.text('out').includes('ready'));
      await running.stop();
      await until('it says no', () => ordering.text('out').includes('no'));
      await running.kill();
      expect(await running.ended).toMatchObject({ signal: 'SIGKILL', oom: false });
      await ours.destroy(ordering.order.tag);
    });

    check('that prints without end is heard in whole, and fills no disk', async () => {
      const bytes = 20 * 1024 * 1024;
      const ordering = job(shell(`yes 0123456789abcde | head -c ${bytes}; sleep 1000`), {
        resources: { cpu: 2 },
      });
      const ours = driver();
      const running = await begin(ours, ordering.order);
      let came = 0;
      await until('all of it', () => (came = ordering.order.log.written('out')) === bytes);
      expect(came).toBe(bytes);
      const { order } = ordering;
      const name = containerName({ home: 'one', ...order.tag });
      const kept = await engine.docker.getContainer(name).logs({ stdout: true, follow: false });
      expect(kept.length).toBeLessThan(18 * 1024 * 1024);
      await running.kill();
      await running.ended;
      await ours.destroy(order.tag);
    });

    check('is found again by a later daemon, and nothing of its output twice', async () => {
      const first = driver();
      const line =
        'i=0; while [ $i -lt 40 ]; do echo line $i; i=$((i+1)); sleep 0.05; done; exit 4';
      const ordering = job(shell(line));
      const brief = job(shell('echo brief; printf end >&2; sleep 0.3; exit 5'));
      await begin(first, ordering.order);
      await begin(first, brief.order);
      await until('some lines', () => ordering.text('out').includes('line 3'));
      await first.close();
      const strange = await raw(engine, describedAs('other', job(SLEEP).order), (body) => body);
      const second = driver();
      const found = await second.recover(
        (tag) =>
          [ordering, brief].map(({ order }) => order).find(({ tag: { id } }) => id === tag.id) ??
          null,
      );
      expect(found.map(({ tag }) => tag.id).toSorted()).toEqual(
        [ordering.order.tag.id, brief.order.tag.id].toSorted(),
      );
      const ends = Object.fromEntries(
        await Promise.all(found.map(async (one) => [one.tag.id, (await one.ended).exit])),
      );
      expect(ends).toEqual({ [ordering.order.tag.id]: 4, [brief.order.tag.id]: 5 });
      expect(ordering.text('out')).toBe(
        Array.from({ length: 40 }, (_, at) => `line ${at}\n`).join(''),
      );
      expect([brief.text('out'), brief.text('err')]).toEqual(['brief\n', 'end']);
      for (const { order } of [ordering, brief]) await second.destroy(order.tag);
      await engine.docker.getContainer(strange).remove({ force: true });
    });

    check('goes on, or ends, where its engine dies in the middle', async () => {
      const ours = driver();
      // Docker asks all that it finds to end when it comes back, and waits ten seconds for it.
      const line =
        'trap "exit 9" TERM; i=0; while [ $i -lt 30 ]; do echo line $i; i=$((i+1)); sleep 0.1; done';
      const ordering = job(shell(line));
      const running = await begin(ours, ordering.order);
      await until('some lines', () => ordering.text('out').includes('line 3'));
      own?.crash();
      const ending = await running.ended;
      const lines = ordering.text('out').split('\n').filter(Boolean);
      expect(lines).toEqual(lines.map((_, at) => `line ${at}`));
      // podman's containers live on without it, Docker takes its own with it.
      if (flavour === 'podman') expect([ending.exit, lines.length]).toEqual([0, 30]);
      await until('the engine is back', async () => (await ours.probe()).usable);
      await ours.destroy(ordering.order.tag);
    });

    check('has its secrets in its environment and nowhere else', async () => {
      fs.mkdirSync(path.join(folder, 'secrets'), { recursive: true });
      fs.writeFileSync(path.join(folder, 'secrets/token'), 'hush-7431\n', { mode: 0o600 });
      const env = { TOKEN: { secret: 'token' }, NVIDIA_VISIBLE_DEVICES: 'all' };
      const ordering = job(shell('echo "[$TOKEN][$NVIDIA_VISIBLE_DEVICES]"; sleep 1000'), { env });
      const ours = driver();
      const running = await begin(ours, ordering.order);
      await until('it prints', () => ordering.text('out') !== '');
      expect(ordering.text('out')).toBe('[hush-7431][]\n');
      const lines = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
      for (const pid of lines) {
        const file = `/proc/${pid}/cmdline`;
        expect(fs.existsSync(file) ? textOf(file) : '').not.toContain('hush-7431');
      }
      const [one] = await engine.docker.listContainers({ all: true });
      expect(JSON.stringify(one)).not.toContain('hush-7431');
      await running.kill();
      await ours.destroy(ordering.order.tag);
      const lacking = job(SLEEP, { env: { TOKEN: { secret: 'none' } } });
      expect(await ours.prepare(lacking.order, QUIET, new AbortController().signal)).toMatchObject({
        ...{ ok: false, code: 'no-secret', detail: 'none: file-missing' },
      });
    });

    check('sees the volumes that it names, and writes those that it may', async () => {
      for (const name of ['kept', 'fixed']) {
        fs.mkdirSync(path.join(folder, 'volumes', name), { recursive: true });
        fs.chmodSync(path.join(folder, 'volumes', name), 0o777);
      }
      fs.writeFileSync(path.join(folder, 'volumes/fixed/a'), 'fixed');
      const mounts = [
        { volume: 'kept', target: '/kept', readOnly: false },
        { volume: 'fixed', target: '/fixed' },
      ];
      const ordering = job(shell('cat /fixed/a > /kept/b; touch /fixed/c'), { mounts });
      expect((await run(ordering)).exit).toBe(1);
      expect(ordering.text('err')).toContain('Read-only file system');
      expect(fs.readFileSync(path.join(folder, 'volumes/kept/b'), 'utf8')).toBe('fixed');
      const lacking = job(SLEEP, { mounts: [{ volume: 'none', target: '/a' }] });
      expect(
        await driver().prepare(lacking.order, QUIET, new AbortController().signal),
      ).toMatchObject({ ok: false, code: 'no-volume', detail: 'none' });
    });

    check('leaves its files, and no others', async () => {
      const line = [
        'echo film > /out/a; mkdir -p /out/sub; ln -s /etc/passwd /out/link; echo t > /tmp/t',
        'head -c 9000000 /dev/zero > /out/large; mkdir /out/folder; echo m > /data/m',
      ].join('; ');
      const outputs = ['/out/a', '/out/link', '/out/large', '/out/folder', '/out/none', '/tmp/t'];
      const ours = driver();
      const ordering = job(shell(line), { job: { outputs } });
      const running = await begin(ours, ordering.order);
      await running.ended;
      const to = path.join(folder, 'left');
      expect(await running.outputs(to)).toEqual(
        ['/out/folder', '/out/large', '/out/link', '/out/none'].toSorted(),
      );
      expect(textOf(path.join(to, 'out/a'))).toBe('film\n');
      expect(textOf(path.join(to, 'tmp/t'))).toBe('t\n');
      expect(fs.readdirSync(path.join(to, 'out'))).toEqual(['a']);
      await ours.destroy(ordering.order.tag);
    });

    check('leaves files of a root that it may write', async () => {
      const line =
        'echo x > /data/x; ln -s /etc/passwd /data/link; mkdir /data/folder; head -c 9000000 /dev/zero > /data/large';
      const outputs = ['/data/x', '/data/link', '/data/folder', '/data/large', '/data/none'];
      const ours = driver();
      const ordering = job(shell(line), { job: { outputs, readOnlyRoot: false } });
      const running = await begin(ours, ordering.order);
      await running.ended;
      const to = path.join(folder, 'left-too');
      expect(await running.outputs(to)).toEqual(
        ['/data/folder', '/data/large', '/data/link', '/data/none'].toSorted(),
      );
      expect(fs.readdirSync(path.join(to, 'data'))).toEqual(['x']);
      expect(textOf(path.join(to, 'data/x'))).toBe('x\n');
      await ours.destroy(ordering.order.tag);
    });

    check('has the cards that are its own, or is refused', async () => {
      const ordering = job(shell('ls /dev/kithgpu0; sleep 1000'));
      const order = { ...ordering.order, cards: [{ uuid: CARD, name: 'a card' }] };
      const ours = driver();
      need(await ours.prepare(order, QUIET, new AbortController().signal));
      const started = await ours.start(order, QUIET);
      if (flavour === 'docker') {
        // Docker knows CDI from 25 on, and Debian 12 has 20.10.
        expect(started).toMatchObject({ ok: false, code: 'engine-refused' });
        return;
      }
      const running = need(started);
      await until('it looks', () => ordering.text('out') !== '');
      expect(ordering.text('out')).toBe('/dev/kithgpu0\n');
      expect(need(await running.verify())).toMatchObject({ cards: 1 });
      await running.kill();
      await ours.destroy(order.tag);
      const unknown = { ...job(SLEEP).order, cards: [{ uuid: 'GPU-none', name: 'none' }] };
      expect(await ours.start(unknown, QUIET)).toMatchObject({ ok: false, code: 'engine-refused' });
      expect(await ours.recover(() => null)).toEqual([]);
    });

    check('comes from an image that takes no name from others', async () => {
      const first = job(SLEEP).order;
      need(await driver().prepare(first, QUIET, new AbortController().signal));
      const mine = engine.docker.getImage(`localhost/kith:i${IMAGE_ID}`);
      const { Id } = await mine.inspect();
      await expect(engine.docker.getImage(CLAIMED).inspect()).rejects.toThrow(/no such|No such/);
      await mine.tag({ repo: 'localhost/theirs', tag: '1' });
      const ours = driver();
      const ordering = job([], { job: { image: 'localhost/theirs:1' } });
      const running = await begin(ours, ordering.order);
      await running.ended;
      expect(ordering.text('out')).toBe('by itself\n');
      expect(running.imageId.replace('sha256:', '')).toBe(Id.replace('sha256:', ''));
      await ours.destroy(ordering.order.tag);
      expect(await ours.recover(() => null)).toEqual([]);
      // Ours have gone, as nothing runs from them; what somebody else named has not.
      await expect(mine.inspect()).rejects.toThrow(/no such|No such/);
      expect((await engine.docker.getImage('localhost/theirs:1').inspect()).Id).toBe(Id);
    });

    check('is refused by a code where its image or its network is not to be had', async () => {
      const ours = driver();
      const prepared = async (fields: Fields, file = image): Promise<unknown> => {
        const { order } = ordered(folder, jobSpec(SLEEP, fields), file);
        return ours.prepare(order, QUIET, new AbortController().signal);
      };
      const none = { job: { image: '127.0.0.1:1/none:1' } };
      expect(await prepared(none)).toMatchObject({ ok: false, code: 'image-missing' });
      expect(await prepared({ network: { mode: 'mesh' } })).toMatchObject({ code: 'no-network' });
      const torn = path.join(folder, 'torn.tar');
      fs.writeFileSync(torn, fs.readFileSync(image).subarray(0, 5000));
      await ours.recover(() => null);
      expect(await prepared({}, torn)).toMatchObject({ ok: false, code: 'image-wrong' });
    });

    check('is taken away as often as one likes', async () => {
      const ours = driver();
      await ours.destroy(job(SLEEP).order.tag);
      const { order } = job(shell('exit 0'));
      await (await begin(ours, order)).ended;
      await ours.destroy(order.tag);
      await ours.destroy(order.tag);
      expect(await engine.docker.listContainers({ all: true })).toEqual([]);
    });
  });

  function describedAs(home: string, order: Order): Container {
    return {
      mark: { home, ...order.tag },
      ...{ spec: order.spec, image: `localhost/kith:i${IMAGE_ID}`, env: {}, binds: [], cards: [] },
      nproc: 4096,
    };
  }
}

/** Makes a container as it is described, but for a change. */
async function raw(engine: Engine, description: Container, change: Change): Promise<string> {
  if (engine.flavour === 'podman') {
    const body = change(podmanBody(description), {});
    const path = '/v4.0.0/libpod/containers/create';
    return (await ask<{ Id: string }>(engine, { method: 'POST', path, body })).Id;
  }
  const plain = dockerBody(description);
  const body = change(plain, plain['HostConfig'] as JsonObject);
  return (await engine.docker.createContainer(body as object)).id;
}

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
