// What is around a job in a container, checked alike with each engine: secrets, volumes, files,
// cards, images.

import fs from 'node:fs';
import path from 'node:path';
import type { Container } from 'dockerode';
import { describe, expect } from 'vitest';
import { until } from '../../lab/until.ts';
import { CLAIMED } from '../../kit/box.ts';
import { ownRegistry, registryMissing } from './depot.ts';
import { QUIET, SLEEP, type World } from './container-world.ts';
import { CARD, type Fields, IMAGE_ID, jobSpec, need, ordered, shell } from '../../kit/engines.ts';

export function surroundingsSuite(world: World): void {
  const { flavour } = world;
  const { driver, job, begin, run, check } = world;

  describe(`around a job by ${flavour}`, () => {
    const containerOf = async (id: string): Promise<Container> => {
      const all = await world.engine.docker.listContainers();
      const one = all.find(({ Names }) => Names.some((name) => name.includes(id.toLowerCase())));
      return world.engine.docker.getContainer(one?.Id ?? '');
    };
    const runs = (...words: string[]): boolean =>
      fs.readdirSync('/proc').some((pid) => {
        const file = `/proc/${pid}/cmdline`;
        return /^\d+$/.test(pid) && fs.existsSync(file) && textOf(file) === `${words.join('\0')}\0`;
      });

    check('has its secrets in its environment and nowhere else', async () => {
      fs.mkdirSync(path.join(world.folder, 'secrets'), { recursive: true });
      fs.writeFileSync(path.join(world.folder, 'secrets/token'), 'hush-7431\n', { mode: 0o600 });
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
      const [one] = await world.engine.docker.listContainers({ all: true });
      expect(JSON.stringify(one)).not.toContain('hush-7431');
      await running.kill();
      await ours.destroy(ordering.order.tag);
      const lacking = job(SLEEP, { env: { TOKEN: { secret: 'none' } } });
      expect(await ours.prepare(lacking.order, QUIET, new AbortController().signal)).toMatchObject({
        ...{ ok: false, code: 'no-secret', detail: 'none: file-missing' },
      });
    });

    check('is well as long as the command of its health says so', async () => {
      // What its check may do is what it may do itself: here to write into /tmp, and no more.
      const command = ['sh', '-c', 'touch /forbidden; test -e /tmp/well && test -w /tmp'];
      const ordering = job(shell('sleep 1000'), { health: { command, timeout: '5s' } });
      const ours = driver();
      const running = await begin(ours, ordering.order);
      expect(await running.check?.()).toBe(false);
      const container = await containerOf(ordering.order.tag.id);
      const wish = { Cmd: ['touch', '/tmp/well'], AttachStdout: true, AttachStderr: true };
      (await (await container.exec(wish)).start({})).resume();
      await until('it is well', async () => running.check?.() ?? false);
      await running.kill();
      await running.ended;
      expect(await running.check?.()).toBe(false);
      await ours.destroy(ordering.order.tag);
    });

    check(
      'is not well where its check hangs, cannot be run, or nobody is at its port',
      async () => {
        const ours = driver();
        const hanging = job(SLEEP, { health: { command: ['sleep', '7431'], timeout: '1s' } });
        const running = await begin(ours, hanging.order);
        expect(await running.check?.()).toBe(false);
        await until('the check is gone', () => !runs('sleep', '7431'));
        await running.kill();
        await ours.destroy(hanging.order.tag);
        const none = job(SLEEP, { health: { command: ['/no/such/program'] } });
        expect(await (await begin(ours, none.order)).check?.()).toBe(false);
        await ours.destroy(none.order.tag);
      },
    );

    check('sees the volumes that it names, and writes those that it may', async () => {
      for (const name of ['kept', 'fixed']) {
        fs.mkdirSync(path.join(world.folder, 'volumes', name), { recursive: true });
        fs.chmodSync(path.join(world.folder, 'volumes', name), 0o777);
      }
      fs.writeFileSync(path.join(world.folder, 'volumes/fixed/a'), 'fixed');
      const mounts = [
        { volume: 'kept', target: '/kept', readOnly: false },
        { volume: 'fixed', target: '/fixed' },
      ];
      const ordering = job(shell('cat /fixed/a > /kept/b; touch /fixed/c'), { mounts });
      expect((await run(ordering)).exit).toBe(1);
      expect(ordering.text('err')).toContain('Read-only file system');
      expect(fs.readFileSync(path.join(world.folder, 'volumes/kept/b'), 'utf8')).toBe('fixed');
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
      const to = path.join(world.folder, 'left');
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
      const to = path.join(world.folder, 'left-too');
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
      const mine = world.engine.docker.getImage(`localhost/kith:i${IMAGE_ID}`);
      const { Id } = await mine.inspect();
      await expect(world.engine.docker.getImage(CLAIMED).inspect()).rejects.toThrow(
        /no such|No such/,
      );
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
      expect((await world.engine.docker.getImage('localhost/theirs:1').inspect()).Id).toBe(Id);
    });

    check('comes from a registry where the engine has it not', async (context) => {
      const lacking = registryMissing();
      if (lacking !== null) context.skip(lacking);
      const { depot, address } = await ownRegistry(world.folder);
      try {
        const name = `${address}/theirs/box`;
        const { order } = job(SLEEP);
        need(await driver().prepare(order, QUIET, new AbortController().signal));
        const mine = world.engine.docker.getImage(`localhost/kith:i${IMAGE_ID}`);
        await mine.tag({ repo: name, tag: '1' });
        const image = world.engine.docker.getImage(`${name}:1`);
        const pushed = world.engine.docker.getImage(name);
        const push = await pushed.push({ tag: '1', authconfig: { username: 'a', password: 'b' } });
        for await (const chunk of push) expect(String(chunk)).not.toContain('"error"');
        await image.remove();
        const told: string[] = [];
        const ordering = job(shell('echo pulled'), { job: { image: `${name}:1` } });
        const ours = driver();
        const tell = (phase: string): void => void told.push(phase);
        need(await ours.prepare(ordering.order, tell, new AbortController().signal));
        const running = need(await ours.start(ordering.order, tell));
        await running.ended;
        expect(ordering.text('out')).toBe('pulled\n');
        expect(running.imageId).toMatch(/[0-9a-f]{64}$/);
        expect(told).toContain('pulling the image');
        await ours.destroy(ordering.order.tag);
        await image.remove();
      } finally {
        depot.kill('SIGKILL');
      }
    });

    check('is refused by a code where its image or its network is not to be had', async () => {
      const ours = driver();
      const prepared = async (fields: Fields, file = world.image): Promise<unknown> => {
        const { order } = ordered(world.folder, jobSpec(SLEEP, fields), file);
        return ours.prepare(order, QUIET, new AbortController().signal);
      };
      const none = { job: { image: '127.0.0.1:1/none:1' } };
      expect(await prepared(none)).toMatchObject({ ok: false, code: 'image-missing' });
      expect(await prepared({ network: { mode: 'mesh' } })).toMatchObject({ code: 'no-network' });
      const torn = path.join(world.folder, 'torn.tar');
      fs.writeFileSync(torn, fs.readFileSync(world.image).subarray(0, 5000));
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
      expect(await world.engine.docker.listContainers({ all: true })).toEqual([]);
    });
  });
}

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
