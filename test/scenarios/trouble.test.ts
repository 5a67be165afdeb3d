import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Key } from '../../proto/ids.ts';
import { askDaemon } from '../../src/daemon/client.ts';
import type { Readiness } from '../../src/daemon/hosting-routes.ts';
import type { WorkReplies } from '../../src/daemon/work-routes.ts';
import type { WorkRow } from '../../src/work/rows.ts';
import type { Receipt } from '../../work/documents.ts';
import type { Spec } from '../../work/spec.ts';
import { compileChild } from '../kit/child.ts';
import { noGuests } from '../kit/guests.ts';
import type { Host } from '../lab/host.ts';
import { type Network, network } from '../lab/network.ts';
import { laboratory } from '../lab/suite.ts';
import { until } from '../lab/until.ts';
import { IMAGE, containersIn, podmanMissing, startsIn, withPodman } from '../lab/engine.ts';
import { talkTo } from './talk.ts';
import { heard, nodesOf } from './watch.ts';

const MISSING = podmanMissing() ?? noGuests();
const NEIGHBOURS = 50;
/** Each way of the barn's cable while an answer is to be lost on it: time to cut it meanwhile. */
const SLOW_MS = 400;
const CROWDED = 'refused it processes beyond limits.pids';
/** What a store of images leaves free, and room for what is fetched here. */
const IMAGES_MIB = 512 + 64;

type View = WorkReplies['work']['work'];

laboratory('trouble, among real daemons and containers', (net, prepare) => {
  let [attic, barn, cellar]: Host[] = [];
  let made: Network;
  let child: ReturnType<typeof compileChild> | null = null;

  beforeEach(({ skip }) => {
    if (MISSING !== null) skip(`not on this machine: ${MISSING}`);
  });
  afterAll(() => child?.remove());

  prepare(async () => {
    if (MISSING !== null) return;
    child = compileChild('test/scenarios/braggart-child.ts');
    const lan = await net().lan();
    barn = await net().host('barn', lan, { shaped: true });
    attic = await net().host('attic', lan);
    cellar = await net().host('cellar', lan);
    // The operator's key is on the barn.
    made = await network([barn, attic, cellar]);
    await withPodman(barn);
    mkdirSync(imagesOf(barn), { recursive: true, mode: 0o700 });
    await barn.machine.must([
      ...['mount', '-t', 'tmpfs', '-o', `size=${IMAGES_MIB}m,mode=700`, 'lab', imagesOf(barn)],
    ]);
    await attic.up();
    await barn.up();
    await talkTo(cellar.machine, [process.execPath, child.script, cellar.folder]);
    await askDaemon(attic.folder, 'drain', { drained: true });
    await heard([attic, barn, cellar]);
    await until('attic knows what the others take', async () => {
      const nodes = await nodesOf(attic as Host);
      const jobs = nodes.filter(
        ({ offer, headroom }) => offer?.taking === 'open' && headroom !== null,
      );
      const kinds = jobs.flatMap(({ offer }) => offer?.kinds ?? []);
      return kinds.toSorted().join() === 'job,job,vm';
    });
  });

  const imagesOf = (own: Host): string => join(own.folder, 'work/images');
  const keyOf = (own: Host | undefined): Key => made.keys.get((own as Host).name) as Key;

  /** Placed from the attic. */
  async function placed(spec: object): Promise<string> {
    const whole = { constraints: { nodes: ['barn'] }, ...spec };
    const asked = { spec: whole as unknown as Spec, seed: 1 };
    const { work } = await askDaemon((attic as Host).folder, 'place', asked);
    if (work === null) throw new Error('it is not placed');
    return work.id;
  }
  async function shown(id: string): Promise<View> {
    return (await askDaemon((attic as Host).folder, 'work', { id })).work;
  }
  /** What the barn itself says of it. */
  async function rowIn(id: string): Promise<WorkRow | null> {
    const { at } = await askDaemon((barn as Host).folder, 'works', undefined);
    return (at as readonly WorkRow[]).find((row) => row.id === id) ?? null;
  }
  async function ended(id: string): Promise<Receipt> {
    await until('it has ended', async () => (await shown(id)).phase === 'ended');
    const { receipts } = await askDaemon((attic as Host).folder, 'workReceipts', { id });
    expect(receipts).toHaveLength(1);
    return receipts[0]?.document as unknown as Receipt;
  }
  const job = (name: string, command: readonly string[], more: object = {}): object => ({
    ...{ name, lifecycle: { stopGraceS: 1 }, job: { image: IMAGE, command } },
    resources: { cpu: '40m', memory: '16MiB', disk: '0MiB' },
    ...more,
  });
  /** A disk with nothing on it: its firmware finds nothing to boot, and stays there. */
  const hangs = {
    ...{ name: 'hangs', vm: { image: 'nothing' }, lifecycle: { stopGraceS: 1 } },
    resources: { cpu: '500m', memory: '32MiB', disk: '16MiB' },
    network: { mode: 'egress', publish: [{ port: 80 }] },
    health: { tcp: 80, every: '2s', timeout: '1s', failures: 1, start: '6s' },
  };
  const readyIn = (own: Host): Promise<Readiness> => askDaemon(own.folder, 'workReady', undefined);
  const shell = (line: string): readonly string[] => ['/bin/sh', '-c', line];

  test('a host that says it has room and has none is left for the next one', async () => {
    const constraints = { nodes: ['cellar', 'barn'], policy: 'pin' };
    const id = await placed(job('boast', ['/bin/echo', 'hello'], { constraints }));
    expect(await ended(id)).toMatchObject({ exit: 0, host: keyOf(barn), generation: 1 });
    const { asked } = await shown(id);
    expect(asked).toMatchObject([{ host: keyOf(cellar), code: 'no-mem', generation: 1 }]);
    expect(asked[0]?.needs).toBeGreaterThan(asked[0]?.has ?? Infinity);
  });

  test('a disk that is full leaves nothing of an image, and takes it once there is room', async () => {
    const [from, at] = [attic as Host, barn as Host];
    const file = join(from.folder, '../image');
    writeFileSync(file, Buffer.alloc(9 * 1024 * 1024, 7));
    const { id } = await from.json<{ id: string }>('image', 'add', file, '--name', 'nothing');
    const list = (): Promise<string> => at.machine.must(['find', imagesOf(at), '-printf', '%P\n']);
    const inodes = async (left: number): Promise<void> => {
      const used = await at.machine.must(['df', '--output=iused', imagesOf(at)]);
      const most = Number(used.split('\n')[1]) + left;
      const how = `remount,size=${IMAGES_MIB}m,nr_inodes=${most}`;
      await at.machine.must(['mount', '-o', how, imagesOf(at)]);
    };
    const before = await list();
    // Enough for a folder, and for none of its files.
    await inodes(1);
    const refused = await at.kith(['image', 'fetch', id]);
    expect([refused.code, refused.err]).toMatchObject([expect.any(Number), /no.room/]);
    expect(refused.code).not.toBe(0);
    expect(await list()).toBe(before);
    await inodes(100);
    await at.json('image', 'fetch', id);
    expect(await list()).toContain(`held/${id}/image`);
  });

  /** Their names, with the moment of each start. */
  let neighbours: readonly string[] = [];

  test('what is hostile ends within its limits, each told why, and fifty neighbours live', async () => {
    const own = barn as Host;
    // Some at a time: a busy machine is not to be asked for fifty starts in three tries.
    for (let at = 1; at <= NEIGHBOURS; at++) {
      const more = { limits: { maxRuntime: '2h' } };
      await placed(job(`neighbour-${at}`, ['/bin/sleep', '3600'], more));
      if (at % 10 > 0) continue;
      await until(`${at} of them run`, async () => (await readyIn(own)).running === at);
    }
    neighbours = await startsIn(own);
    expect(neighbours).toHaveLength(NEIGHBOURS);

    const some = { cpu: '200m', memory: '32MiB', disk: '0MiB' };
    const ids = await Promise.all([
      placed(job('forks', shell('while :; do sleep 600 & done'), { limits: { pids: 16 } })),
      placed(job('eats', ['/bin/tail', '/dev/zero'], { resources: some })),
      placed(job('is-killed', shell('/bin/sh -c "kill -9 \\$\\$"; exit $?'))),
      placed(
        job('talks', ['/bin/yes', 'x'.repeat(70)], {
          ...{ resources: some, limits: { log: '64KiB', maxRuntime: '4s' } },
        }),
      ),
      placed(hangs),
    ]);
    const ends = await Promise.all(ids.map(ended));
    expect(ends.map(({ failure, exit }) => [failure?.code, exit ?? null])).toEqual([
      ['exit-code', 2],
      ['out-of-memory', 137],
      ['killed', 137],
      ['took-too-long', 137],
      ['unhealthy', null],
    ]);
    expect(ends[0]?.failure?.why).toBe(`it ended with 2, and the kernel had ${CROWDED}`);
    expect(ends[4]?.failure?.why).toMatch(/after the 6 s that it had to start$/);
    // What was printed is in the hash, and the newest of it on the disk.
    const log = await (attic as Host).kith(['logs', 'talks', '--json']);
    const lines = log.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([lines[0].seq > 0, lines.at(-1)]).toMatchObject([true, { receipt: 'agrees' }]);
    expect(log.out.length).toBeLessThan(4 * 64 * 1024);

    expect(await startsIn(own)).toEqual(neighbours);
    await until('its room is given back', async () => (await readyIn(own)).held === NEIGHBOURS);
    expect((await own.machine.run(['pgrep', '-f', 'guest=kith-'])).out).toBe('');
  });

  test('a daemon that is killed finds all of them again, and starts none', async () => {
    const own = barn as Host;
    await own.daemon?.kill();
    const begun = performance.now();
    const up = own.up();
    const ready = await until('all of them are found', async () => {
      const now = await readyIn(own);
      return now.phase === 'open' ? now : null;
    });
    console.log(`${NEIGHBOURS} found again in ${Math.round(performance.now() - begun)} ms`);
    await up;
    expect(ready).toMatchObject({ held: NEIGHBOURS, running: NEIGHBOURS, moving: 0 });
    expect(await startsIn(own)).toEqual(neighbours);
    const { at } = await askDaemon(own.folder, 'works', undefined);
    const rows = (at as readonly WorkRow[]).filter(({ state }) => state === 'running');
    expect(rows.map(({ generation, restarts }) => [generation, restarts])).toEqual(
      neighbours.map(() => [1, 0]),
    );
  });

  test('a lost answer is unknown and doubles nothing; a right taken meanwhile is gone', async () => {
    const at = barn as Host;
    // It has just come up again, and says so in its next heartbeat.
    await until('attic knows that the barn takes work', async () => {
      const nodes = await nodesOf(attic as Host);
      const its = nodes.find(({ key }) => key === keyOf(at));
      return its?.liveness === 'alive' && its.offer?.taking === 'open';
    });
    await at.cable.shape?.({ delayMs: SLOW_MS });
    const lost = await placed(job('unsure', ['/bin/sleep', '3600']));
    await until('it is told to go', async () => (await shown(lost)).phase === 'going');
    await new Promise((wait) => void setTimeout(wait, SLOW_MS / 4));
    await net().cut(at);
    await until('it runs there', async () => (await rowIn(lost))?.state === 'running');
    const late = await placed(job('late', ['/bin/sleep', '3600']));
    await at.json('revoke', 'attic', 'place.job', '--commit');
    const unknown = await until('nobody knows whether it runs', async () => {
      const view = await shown(lost);
      return view.unknown === null ? null : view;
    });
    expect(unknown).toMatchObject({ phase: 'going', host: keyOf(barn), generation: 1, past: [] });
    await at.cable.shape?.({});
    await net().heal(at);
    const known = await until('it is known again', async () => {
      const view = await shown(lost);
      return view.state === 'running' ? view : null;
    });
    expect(known).toMatchObject({ unknown: null, host: keyOf(barn), generation: 1, past: [] });
    const names = await containersIn(at);
    expect(names.filter((name) => name.includes(lost.toLowerCase()))).toHaveLength(1);
    await until('the other is refused', async () => (await shown(late)).phase === 'ended');
    expect(await shown(late)).toMatchObject({
      ended: 'unplaced',
      asked: [{ host: keyOf(barn), code: 'no-cap' }],
    });
  });
});
