import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Host } from '../lab/host.ts';
import { network } from '../lab/network.ts';
import { laboratory } from '../lab/suite.ts';
import { until } from '../lab/until.ts';
import { agreed, heard, nodesOf } from './watch.ts';

interface Planned {
  readonly order: readonly { readonly name: string }[];
  readonly nodes: readonly {
    readonly name: string;
    readonly fits: boolean;
    readonly left: { readonly holds: boolean } | null;
    readonly lacks: readonly { readonly code: string; readonly why: string }[];
  }[];
}

laboratory('where work would go, among real daemons', (net, prepare) => {
  let [attic, barn]: Host[] = [];

  prepare(async () => {
    const lan = await net().lan();
    attic = await net().host('attic', lan);
    barn = await net().host('barn', lan);
    await network([attic, barn]);
    await attic.up();
    await barn.up();
    await heard([attic, barn]);
    for (const own of [attic, barn]) {
      await until(`${own.name} knows the room of both`, async () => {
        const nodes = await nodesOf(own);
        return nodes.every(({ headroom }) => (headroom?.ramFreeMib ?? null) !== null);
      });
    }
  });

  async function plan(own: Host, spec: object, exit = 0): Promise<Planned> {
    const file = join(own.folder, '../spec.json');
    writeFileSync(file, JSON.stringify({ name: 'hello', job: { image: 'busybox' }, ...spec }));
    const { code, out, err } = await own.kith(['place', file, '--dry-run', '--json']);
    expect([code, err]).toEqual([exit, '']);
    return JSON.parse(out) as Planned;
  }

  const codesOf = ({ nodes }: Planned): Record<string, string[]> =>
    Object.fromEntries(nodes.map(({ name, lacks }) => [name, lacks.map(({ code }) => code)]));

  // So little that any machine which runs the laboratory has it, above its margins.
  const LITTLE = { resources: { cpu: '100m', memory: '16MiB', disk: '0MiB' } };

  test('both are judged by what they have said of themselves, from either', async () => {
    for (const own of [attic, barn] as Host[]) {
      // A heart that was held up on a busy machine is heard again.
      const { order } = await until('both fit', async () => {
        const now = await plan(own, LITTLE);
        return now.nodes.every(({ fits }) => fits) ? now : null;
      });
      expect(order.map(({ name }) => name).toSorted()).toEqual(['attic', 'barn']);
    }
    const { out } =
      (await attic?.kith(['place', `${attic.folder}/../spec.json`, '--dry-run'])) ?? {};
    expect(out).toMatch(
      /^job hello: 0\.1 cores, 16 MiB of memory, 0 MiB of disk\npolicy mostFree; /,
    );
    const left = 'fits: [0-9.]+ [MG]iB of memory, \\d+ % of what is scarcest would be left';
    expect(out).toMatch(new RegExp(`^  attic \\(this machine\\) +[12] +${left}$`, 'm'));
    expect(out).toMatch(new RegExp(`^  barn +[12] +${left}$`, 'm'));
  });

  test('a node that has the image already is liked for it, also by the others', async () => {
    const image = join(barn?.folder ?? '', '../small.img');
    writeFileSync(image, 'no more than a few bytes');
    const { id } = (await barn?.json<{ id: string }>('image', 'add', image)) ?? { id: '' };
    const told = await until('the attic knows of it', async () => {
      const now = await plan(attic as Host, { ...LITTLE, job: { image: id } });
      return now.nodes.some(({ left }) => left?.holds === true) ? now : null;
    });
    expect(told.nodes.map(({ name, left }) => [name, left?.holds])).toEqual(
      told.nodes.map(({ name }) => [name, name === 'barn']),
    );
    // Both are of the same size here, so a tenth decides.
    expect(told.order[0]).toMatchObject({ name: 'barn' });
    const { out } =
      (await attic?.kith(['place', `${attic.folder}/../spec.json`, '--dry-run'])) ?? {};
    expect(out).toMatch(/^ {2}barn +1 +fits: .* would be left; it has the image$/m);
  });

  test('what no machine has is missing with its number, on each', async () => {
    const huge = await plan(attic as Host, { resources: { cpu: 1_000, memory: '60TiB' } }, 6);
    expect(codesOf(huge)).toEqual({
      attic: ['place-no-cpu', 'place-no-memory'],
      barn: ['place-no-cpu', 'place-no-memory'],
    });
    expect(huge.nodes[0]?.lacks[1]?.why).toMatch(
      /^needs 60 TiB of memory, \d+(\.\d)? [MG]iB free$/,
    );
  });

  test('one that an operator drains is in no plan of the other', async () => {
    await attic?.json('set', 'drained/attic', 'true', '--commit');
    await agreed([attic, barn] as Host[]);
    const drained = await until('the barn alone fits', async () => {
      const now = await plan(barn as Host, LITTLE);
      return now.order.length === 1 ? now : null;
    });
    expect(codesOf(drained)).toEqual({ attic: ['place-drained'], barn: [] });
    expect(drained.order.map(({ name }) => name)).toEqual(['barn']);
  });
});
