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
import { IMAGE, podmanMissing, withPodman } from './engine.ts';
import { heard, nodesOf } from './watch.ts';

const MISSING = podmanMissing();
/** The shortest `lostAfter` there is, and what a busy machine needs besides. */
const LOST_MS_MAX = 240_000;

laboratory('work among real daemons and containers', (net, prepare) => {
  let [attic, barn, cellar]: Host[] = [];
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
    const all = [attic, barn, cellar];
    made = await network(all);
    for (const own of [barn, cellar]) await withPodman(own);
    for (const own of all) await own.up();
    await heard(all);
    await until('attic knows what the others take', async () => {
      const nodes = await nodesOf(attic as Host);
      return nodes.filter(({ offer }) => offer?.kinds.includes('job') === true).length === 2;
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

  test('stopped by its owner, wherever it runs', async () => {
    const file = specFile(['/bin/sleep', '600'], { name: 'long', lifecycle: { stopGraceS: 1 } });
    const { work } = await (attic as Host).json<WorkReplies['work']>('place', file);
    await until('it runs', async () => (await shown(work.id)).work.state === 'running');
    const listed = await (barn as Host).json<WorkReplies['works']>('work');
    expect(listed.at.map(({ id, owner }) => [id, owner])).toContainEqual([work.id, keyOf(attic)]);
    await (attic as Host).json('stop', 'long');
    await until('it has ended', async () => (await shown(work.id)).work.phase === 'ended');
  });

  test(
    'its host dies: it runs elsewhere by a higher generation, and not again where it was',
    async () => {
      const file = specFile(['/bin/sleep', '3600'], {
        ...{
          name: 'moving',
          lifecycle: { onHostLoss: 'replace', lostAfter: '120s', stopGraceS: 1 },
        },
        ...{
          constraints: { nodes: ['cellar', 'barn'], policy: 'pin' },
          limits: { maxRuntime: '2h' },
        },
      });
      const { work } = await (attic as Host).json<WorkReplies['work']>('place', file);
      await until('it runs in the cellar', async () => {
        const now = (await shown(work.id)).work;
        return now.state === 'running' && now.host === keyOf(cellar);
      });
      await (cellar as Host).off();
      await until('the cellar is out of reach, and that is shown', async () => {
        return (await shown(work.id)).work.standing === 'unreachable';
      });
      const moved = await until(
        'it runs in the barn',
        async () => {
          const now = (await shown(work.id)).work;
          return now.state === 'running' && now.host === keyOf(barn) ? now : null;
        },
        LOST_MS_MAX,
      );
      expect(moved.generation).toBe(2);
      expect(moved.past).toEqual([{ host: keyOf(cellar), generation: 1 }]);
      await (cellar as Host).on();
      await withPodman(cellar as Host);
      await (cellar as Host).up();
      await until('the cellar has put its copy away', async () => {
        const { at } = await askDaemon((cellar as Host).folder, 'works', undefined);
        const own = at.filter(({ id, host }) => id === work.id && host === keyOf(cellar));
        return own.every(({ state }) => state === 'failed' || state === 'done');
      });
      const { work: after } = await shown(work.id);
      expect(after).toMatchObject({ host: keyOf(barn), generation: 2, state: 'running' });
      await (attic as Host).json('kill', 'moving');
      await until('it has ended', async () => (await shown(work.id)).work.phase === 'ended');
    },
    2 * LOST_MS_MAX,
  );
});
