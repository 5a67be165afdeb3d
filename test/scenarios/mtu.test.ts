// The size of packets on paths that carry 1,500, 1,400 and 1,300 bytes.

import { expect, test } from 'vitest';
import type { Host } from '../lab/host.ts';
import { network } from '../lab/network.ts';
import { laboratory } from '../lab/suite.ts';
import { until } from '../lab/until.ts';
import { carries, linked, passes } from './watch.ts';

/** A path is measured seconds after it is found; where an answer got lost, a minute later. */
const LIMIT_MS = 180_000;

laboratory('the size of packets', (net, prepare) => {
  let [attic, barn, cellar]: Host[] = [];

  prepare(async () => {
    const wide = await net().lan({ public: true });
    attic = await net().host('attic', wide);
    barn = await net().host('barn', wide);
    cellar = await net().host('cellar', await net().lan({ public: true, mtu: 1_400 }));
    const all = [attic, barn, cellar];
    await network(all);
    for (const one of all) await one.up();
    await linked(all);
  });

  test('is raised on a local network, in both directions', async () => {
    const [a, b] = [attic as Host, barn as Host];
    await carries(a, b, 1_420);
    await carries(b, a, 1_420);
    await until('1,400 bytes pass', () => passes(a, b, 1_400));
    expect(await passes(a, b, 1_421)).toBe(false);
  });

  test('is raised to what a path of 1,400 bytes carries, and not above it', async () => {
    const [a, c] = [attic as Host, cellar as Host];
    await carries(a, c, 1_328);
    await carries(c, a, 1_328);
    await until('1,328 bytes pass', () => passes(a, c, 1_328));
    expect(await passes(a, c, 1_400)).toBe(false);
    await until('more passes in pieces', () => passes(a, c, 4_000, false));
  });

  test('is the least again once the peer is behind a path of 1,300 bytes', async () => {
    const [a, b] = [attic as Host, barn as Host];
    await net().move(b, await net().lan({ public: true, mtu: 1_300 }));
    await until(
      'the path was measured, and its router has said how narrow it is',
      async () => {
        await passes(a, b, 100);
        return (await a.machine.must(['ip', 'route', 'get', b.address])).includes('mtu 1300');
      },
      LIMIT_MS,
    );
    await carries(a, b, 1_280);
    await carries(b, a, 1_280);
    for (const bytes of [1_280, 4_000]) {
      await until(`${bytes} bytes pass`, () => passes(a, b, bytes, false));
      await until(`${bytes} bytes pass back`, () => passes(b, a, bytes, false));
    }
    expect(await passes(a, b, 1_281)).toBe(false);
  });
});
