// The life of a job in a container, checked alike with each engine: limits, output, end, recovery.

import { describe, expect, test } from 'vitest';
import { type Container, containerName } from '../../../work/container.ts';
import { granted, type Limit } from '../../../work/granted.ts';
import { look } from '../../../src/work/jobs/inside.ts';
import path from 'node:path';
import { until } from '../../lab/until.ts';
import { describedAs, NODES, QUIET, SLEEP, type World } from './container-world.ts';
import { IMAGE_ID, need, shell } from '../../kit/engines.ts';
import { raw, WITHOUT } from './lacking.ts';

export function lifeSuite(world: World): void {
  const { flavour, missing } = world;
  const { driver, job, begin, run, check } = world;
  describe(`a job by ${flavour}`, () => {
    check('is possible where the engine says what it is', async () => {
      const found = await driver().probe();
      expect(found.usable).toBe(true);
      expect(found.what).toMatch(new RegExp(`^${flavour} \\d+\\.\\d+.*runc \\d`));
      const none = await driver({ sockets: [path.join(world.folder, 'none.sock')] }).probe();
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
      const change = WITHOUT[flavour][limit] ?? ((body) => body);
      const id = await raw(world.engine, description, change);
      const container = world.engine.docker.getContainer(id);
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
      expect(ending).toMatchObject({ exit: expect.any(Number), oom: false, crowded: true });
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
      const kept = await world.engine.docker
        .getContainer(name)
        .logs({ stdout: true, follow: false });
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
      const brief = job(shell('echo brief; printf en >&2; sleep 1; printf d >&2; exit 5'));
      await begin(first, ordering.order);
      await begin(first, brief.order);
      await until('some lines', () => ordering.text('out').includes('line 3'));
      // Half of a line that the engine has only when the job ends.
      await until('half a line', () => brief.text('err') === 'en');
      await first.close();
      const strange = await raw(
        world.engine,
        describedAs('other', job(SLEEP).order),
        (body) => body,
      );
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
      await world.engine.docker.getContainer(strange).remove({ force: true });
    });

    check('goes on, or ends, where its engine dies in the middle', async () => {
      const ours = driver();
      // Docker asks all that it finds to end when it comes back, and waits ten seconds for it.
      const line =
        'trap "exit 9" TERM; i=0; while [ $i -lt 30 ]; do echo line $i; i=$((i+1)); sleep 0.1; done';
      const ordering = job(shell(line));
      const running = await begin(ours, ordering.order);
      await until('some lines', () => ordering.text('out').includes('line 3'));
      world.crash();
      const ending = await running.ended;
      const lines = ordering.text('out').split('\n').filter(Boolean);
      expect(lines).toEqual(lines.map((_, at) => `line ${at}`));
      // podman's containers live on without it, Docker takes its own with it.
      if (flavour === 'podman') expect([ending.exit, lines.length]).toEqual([0, 30]);
      await until('the engine is back', async () => (await ours.probe()).usable);
      await ours.destroy(ordering.order.tag);
    });
  });
}
