import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { WorkReplies } from '../../src/daemon/work-routes.ts';
import { askDaemon } from '../../src/daemon/client.ts';
import type { Receipt } from '../../work/documents.ts';
import type { Host } from '../lab/host.ts';
import { type Network, network } from '../lab/network.ts';
import { laboratory } from '../lab/suite.ts';
import { until } from '../lab/until.ts';
import { IMAGE, containersIn, podmanMissing, withPodman } from '../lab/engine.ts';
import { heard, nodesOf } from './watch.ts';

const MISSING = podmanMissing();
/** Says what a port says within three seconds, or nothing; from an address of its own, if named. */
const LISTEN_TO = `const [host, port, localAddress] = process.argv.slice(1);
const socket = require('node:net').connect({ host, port, ...(localAddress && { localAddress }) });
socket.on('error', () => process.exit(1)).on('close', () => process.exit(0)).pipe(process.stdout);
setTimeout(() => process.exit(1), 3000);`;

/** Serves one word to whoever connects. */
const SERVE = (word: string): readonly string[] => [
  ...['/bin/sh', '-c', `while true; do echo ${word} | nc -l -p 8000; done`],
];

/** The shortest `lostAfter` there is, and what a busy machine needs besides. */
const LOST_MS_MAX = 240_000;

laboratory('work among real daemons and containers', (net, prepare) => {
  let [attic, barn, cellar, dairy, eaves]: Host[] = [];
  let made: Network;

  beforeEach(({ skip }) => {
    if (MISSING !== null) skip(`no containers on this machine: ${MISSING}`);
  });

  prepare(async () => {
    if (MISSING !== null) return;
    const lan = await net().lan();
    attic = await net().host('attic', lan);
    barn = await net().host('barn', lan);
    cellar = await net().host('cellar', lan);
    dairy = await net().host('dairy', lan);
    eaves = await net().host('eaves', lan);
    const all = [attic, barn, cellar, dairy, eaves];
    made = await network(all);
    for (const own of [barn, cellar, dairy, eaves]) await withPodman(own);
    for (const own of all) await own.up();
    // Every machine with bubblewrap takes jobs of a kind: this one is here to place them.
    await askDaemon(attic.folder, 'drain', { drained: true });
    await heard(all);
    await until('attic knows what the others take', async () => {
      const nodes = await nodesOf(attic as Host);
      const others = nodes.filter(({ key }) => key !== made.keys.get('attic'));
      return (
        others.filter(
          ({ offer, headroom }) =>
            offer?.taking === 'open' && offer.kinds.includes('job') && headroom !== null,
        ).length === 4
      );
    });
  });

  const LITTLE = { cpu: '100m', memory: '32MiB', disk: '0MiB' };

  function specFile(command: readonly string[], more: object): string {
    const file = join((attic as Host).folder, '../spec.json');
    const spec = { name: 'hello', resources: LITTLE, job: { image: IMAGE, command }, ...more };
    writeFileSync(file, JSON.stringify(spec));
    return file;
  }

  const keyOf = (own: Host | undefined): string => made.keys.get((own as Host).name) as string;

  function shown(id: string): Promise<WorkReplies['work']> {
    return askDaemon((attic as Host).folder, 'work', { id });
  }

  test('placed from one onto another, it runs, ends, and its host signs how', async () => {
    const file = specFile(['/bin/echo', 'hello'], { constraints: { nodes: ['cellar'] } });
    const ran = await (attic as Host).kith(['place', file, '--wait', '--json']);
    expect(ran.err).toBe('');
    const { work, receipts } = JSON.parse(ran.out) as {
      work: WorkReplies['work']['work'];
      receipts: readonly { document: Receipt; signature: string }[];
    };
    expect(ran.code).toBe(0);
    expect(work).toMatchObject({ phase: 'ended', ended: 'done', host: keyOf(cellar) });
    expect(receipts).toHaveLength(1);
    expect(receipts[0]?.document).toMatchObject({
      ...{ id: work.id, generation: 1, host: keyOf(cellar), owner: keyOf(attic), exit: 0 },
    });
    const human = await (attic as Host).kith(['receipt', 'show', work.id.slice(0, 20)]);
    expect(human.out).toMatch(/^exit +0$/m);
  });

  test('a job in one line ends as its command does', async () => {
    const words = ['--mem', '32MiB', '--cpus', '100m', '--disk', '0MiB', '--on', 'barn'];
    const bad = await (attic as Host).kith([
      'run',
      ...words,
      IMAGE,
      '--',
      '/bin/sh',
      '-c',
      'exit 3',
    ]);
    const good = await (attic as Host).kith([
      ...['run', ...words, IMAGE, '--', '/bin/sh', '-c', 'echo one; echo two >&2; echo three'],
    ]);
    expect([good.code, good.out]).toEqual([0, 'one\nthree\n']);
    expect(good.err).toMatch(/^two$/m);
    expect(bad.code).toBe(8);
    expect(bad.err).toMatch(/exit-code: it ended with 3/);
    const none = await (attic as Host).kith(['run', '--mem', '60TiB', IMAGE]);
    expect(none.code).toBe(6);
  });

  test('shown, read and stopped from a third node, which has the right', async () => {
    const file = specFile(['/bin/sh', '-c', 'echo begins; exec sleep 600'], {
      ...{ name: 'long', lifecycle: { stopGraceS: 1 }, constraints: { nodes: ['cellar'] } },
    });
    const { work } = await (attic as Host).json<WorkReplies['work']>('place', file);
    await until('it runs', async () => (await shown(work.id)).work.state === 'running');
    const listed = await (barn as Host).json<WorkReplies['works']>('work');
    expect(listed.at.map(({ id, owner }) => [id, owner])).toContainEqual([work.id, keyOf(attic)]);
    const third = barn as Host;
    await until(
      'it has printed',
      async () => (await third.kith(['logs', 'long'])).out === 'begins\n',
    );
    expect((await third.kith(['work', 'show', 'long'])).out).toMatch(
      /^where +cellar, generation 1\nhow +running$[^]*^placed by +attic\nsays +cellar: running/m,
    );
    expect((await third.kith(['stop', 'long'])).out).toMatch(/is to end: attic, which placed it/);
    await until('it has ended', async () => (await shown(work.id)).work.phase === 'ended');
    expect((await third.kith(['logs', 'long'])).err).toMatch(/agrees with the receipt/);
    expect((await third.kith(['receipt', 'show', work.id])).out).toMatch(
      /^host +cellar \(\S{43}\)$/m,
    );
  });

  let tries = 0;

  async function said(from: Host, ...words: string[]): Promise<string> {
    return (await from.machine.run([process.execPath, '--eval', LISTEN_TO, ...words])).out.trim();
  }

  async function serving(name: string, on: object, nodes = ['cellar']): Promise<string> {
    const file = specFile(SERVE(name), {
      ...{ name, network: on, constraints: { nodes, policy: 'pin' } },
      ...{ limits: { maxRuntime: '1h' }, lifecycle: { stopGraceS: 1 } },
      job: { image: IMAGE, command: SERVE(name) },
    });
    const { work } = await (attic as Host).json<WorkReplies['work']>('place', file);
    await until(`${name} runs`, async () => (await shown(work.id)).work.state === 'running');
    return work.id;
  }

  test('is reached over the mesh at its host, or at an address of its own, while it lives', async () => {
    const [from, at] = [attic as Host, cellar as Host];
    // A retry is other work, at another port.
    const [shop, guest, third] = ['shop', 'guest', 'third'].map((name) => `${name}-${tries}`);
    const hostPort = 8080 + tries++;
    const port = { port: 8000, hostPort };
    const door = String(hostPort);
    const ids = [await serving(shop as string, { mode: 'egress', publish: [port] })];
    ids.push(await serving(guest as string, { mode: 'mesh', publish: [{ port: 8000 }] }));
    const listed = (await from.kith(['work'])).out;
    expect(listed).toMatch(new RegExp(`${shop} .*; reached at cellar.kith:${door}/tcp`));
    const address = new RegExp(`${guest} .*reached at (fd\\S+)`).exec(listed)?.[1] ?? '';
    const both = async (): Promise<string> =>
      (await Promise.all([said(from, 'cellar.kith', door), said(from, address, '8000')])).join();
    // Between two callers nobody listens in there, so one may come too early.
    await until('both are reached', async () => (await both()) === `${shop},${guest}`);
    await until('so they are here', async () => (await said(at, 'cellar.kith', door)) === shop);

    // Not by its cable, and not by whoever is on the same lan and knows where it is on the mesh.
    expect(await said(from, at.address, door)).toBe('');
    const node = (await nodesOf(from)).find(({ key }) => key === keyOf(at))?.address ?? '';
    await from.machine.must(['ip', 'address', 'replace', 'fd99::1/64', 'dev', 'eth0', 'nodad']);
    await at.machine.must(['ip', 'address', 'replace', 'fd99::2/64', 'dev', 'eth0', 'nodad']);
    await from.machine.must(['ip', '-6', 'route', 'add', `${node}/128`, 'via', 'fd99::2']);
    expect(await said(from, node, door, 'fd99::1')).toBe('');
    await from.machine.must(['ip', '-6', 'route', 'del', `${node}/128`, 'via', 'fd99::2']);

    // A port has one holder: the next host, or none.
    const second = specFile(SERVE('second'), {
      ...{ name: 'second', network: { mode: 'egress', publish: [port] } },
      constraints: { nodes: ['cellar'] },
    });
    await until('a second is refused, and says why', async () => {
      const { code, out, err } = await from.kith(['place', second]);
      expect(code).toBe(6);
      // A machine that is slow may be suspect at this moment: then that is what is said.
      return (out + err).includes(`other work has port ${door}/tcp`);
    });
    ids.push(
      await serving(third as string, { mode: 'egress', publish: [port] }, ['cellar', 'barn']),
    );
    await until('it is at the next', async () => (await said(from, 'barn.kith', door)) === third);

    // A later daemon finds both, and they are where they were.
    await at.daemon?.kill();
    await at.up();
    await heard([from, at]);
    await until('both are reached again', async () => (await both()) === `${shop},${guest}`);
    for (const id of ids) await from.json('kill', id);
    await until('nobody has them any more', async () => (await both()) === ',');
  });

  test('is asked for its health where it listens, and ends where nobody does', async () => {
    const placed = async (name: string, tcp: number): Promise<string> => {
      const file = specFile(SERVE(name), {
        ...{ name, network: { mode: 'mesh' }, lifecycle: { stopGraceS: 1 } },
        constraints: { nodes: ['cellar'], policy: 'pin' },
        health: { tcp, every: '1s', timeout: '2s', failures: 5, start: '1s' },
        job: { image: IMAGE, command: SERVE(name) },
      });
      return (await (attic as Host).json<WorkReplies['work']>('place', file)).work.id;
    };
    const [well, ill] = [await placed('well', 8000), await placed('ill', 8001)];
    await until('one is ill', async () => (await shown(ill)).work.phase === 'ended');
    expect((await shown(ill)).work.why).toMatch(/^unhealthy: 5 checks in a row/);
    expect((await shown(well)).work.state).toBe('running');
    await (attic as Host).json('kill', well);
  });

  test('whoever placed it dies: it ends, and the receipt waits', async () => {
    const file = specFile(['/bin/sleep', '3'], {
      ...{ name: 'orphan', constraints: { nodes: ['barn'] } },
    });
    const { work } = await (attic as Host).json<WorkReplies['work']>('place', file);
    await (attic as Host).daemon?.kill();
    await until('it has ended in the barn', async () => {
      const { at } = await askDaemon((barn as Host).folder, 'works', undefined);
      return at.some(({ id, state }) => id === work.id && state === 'done');
    });
    await (attic as Host).up();
    const ended = await until('its owner has the receipt', async () => {
      const { work: now } = await shown(work.id);
      return now.phase === 'ended' ? now : null;
    });
    expect(ended).toMatchObject({ ended: 'done', receipts: 1, generation: 1 });
    await heard([attic, barn, cellar, dairy, eaves] as Host[]);
  });

  async function placedAt(own: Host | undefined, name: string): Promise<string> {
    const lifecycle = { onHostLoss: 'replace', lostAfter: '120s', stopGraceS: 1 };
    const file = specFile(['/bin/sleep', '3600'], {
      ...{ name, lifecycle, limits: { maxRuntime: '2h' } },
      constraints: { nodes: [(own as Host).name, 'barn'], policy: 'pin' },
    });
    const { work } = await (attic as Host).json<WorkReplies['work']>('place', file);
    await until(`it runs in the ${own?.name}`, async () => {
      const now = (await shown(work.id)).work;
      return now.state === 'running' && now.host === keyOf(own);
    });
    return work.id;
  }

  async function movedFrom(own: Host | undefined, id: string): Promise<void> {
    const look = async (): Promise<WorkReplies['work']['work'] | null> => {
      const { work } = await shown(id);
      return work.state === 'running' && work.host === keyOf(barn) ? work : null;
    };
    const moved = await until(`what ran in the ${own?.name} is in the barn`, look, LOST_MS_MAX);
    expect(moved.generation).toBe(2);
    expect(moved.past).toEqual([{ host: keyOf(own), generation: 1 }]);
  }

  /** It keeps nothing of it, and the other copy goes on. */
  async function putAway(own: Host | undefined, id: string): Promise<void> {
    await until(`the ${own?.name} has put its copy away`, async () => {
      const { at } = await askDaemon((own as Host).folder, 'works', undefined);
      const its = at.filter((row) => row.id === id && row.host === keyOf(own));
      return its.every(({ state }) => state === 'failed' || state === 'done');
    });
    expect((await shown(id)).work).toMatchObject({ host: keyOf(barn), state: 'running' });
  }

  test(
    'hosts die, are cut off, or lose their daemon: their work runs elsewhere, and nowhere twice',
    async () => {
      const lost = await placedAt(cellar, 'moving');
      const parted = await placedAt(dairy, 'parted');
      const orphan = await placedAt(eaves, 'orphan-of-eaves');
      for (const own of [dairy, eaves]) expect(await containersIn(own as Host)).toHaveLength(1);
      await (cellar as Host).off();
      await net().cut(dairy as Host);
      await (eaves as Host).daemon?.kill();
      await until('all are out of reach, and that is shown', async () => {
        const all = await Promise.all([lost, parted, orphan].map(shown));
        return all.every(({ work }) => work.standing === 'unreachable');
      });
      // Nobody looks after it but its guard.
      expect(await containersIn(eaves as Host)).toHaveLength(1);
      const ended = until(
        'the eaves have lost their copy',
        async () => (await containersIn(eaves as Host)).length === 0,
        LOST_MS_MAX,
      ).then(async () => (await shown(orphan)).work);
      // It has no answer any more, and stops its copy before anybody may start another.
      await until(
        'the dairy has stopped its copy',
        async () => (await containersIn(dairy as Host)).length === 0,
        LOST_MS_MAX,
      );
      expect((await shown(parted)).work).toMatchObject({ host: keyOf(dairy), generation: 1 });
      expect(await ended).toMatchObject({ host: keyOf(eaves), generation: 1 });
      await Promise.all([
        movedFrom(cellar, lost),
        movedFrom(dairy, parted),
        movedFrom(eaves, orphan),
      ]);
      for (const own of [dairy, eaves]) expect(await containersIn(own as Host)).toEqual([]);
      await net().heal(dairy as Host);
      await (cellar as Host).on();
      await withPodman(cellar as Host);
      await (cellar as Host).up();
      await (eaves as Host).up();
      await putAway(cellar, lost);
      await putAway(dairy, parted);
      await putAway(eaves, orphan);
      for (const own of [cellar, dairy, eaves]) expect(await containersIn(own as Host)).toEqual([]);
      for (const id of [lost, parted, orphan]) await (attic as Host).json('kill', id);
      await until('all have ended', async () => {
        const all = await Promise.all([lost, parted, orphan].map(shown));
        return all.every(({ work }) => work.phase === 'ended');
      });
    },
    2 * LOST_MS_MAX,
  );
});
