import { expect, test } from 'vitest';
import type { Host } from '../lab/host.ts';
import { DOOR_PORT, commit, network, recordsOf } from '../lab/network.ts';
import { laboratory } from '../lab/suite.ts';
import { until } from '../lab/until.ts';
import { agreed, linked, pinged } from './watch.ts';

laboratory('machines that move', (net, prepare) => {
  let [attic, barn, cellar]: Host[] = [];
  let all: Host[] = [];

  prepare(async () => {
    const [first, second, narrow] = [
      await net().lan({ public: true }),
      await net().lan({ public: true }),
      await net().lan({ public: true, mtu: 1_300 }),
    ];
    attic = await net().host('attic', first);
    barn = await net().host('barn', second);
    cellar = await net().host('cellar', narrow, { shaped: true });
    all = [attic, barn, cellar];
    await network(all);
    for (const one of all) await one.up();
    await linked(all);
  });

  test('speak over a path of 1,300 bytes, whatever the size of the packets', async () => {
    for (const sizeBytes of [56, 1_000, 1_232, 4_000]) {
      await until(`${sizeBytes} bytes pass`, async () => {
        return (await (attic as Host).ping('cellar.kith', { count: 3, sizeBytes })).received === 3;
      });
    }
  });

  test('agree over a bad line, which loses, delays and reorders', async () => {
    await cellar?.cable.shape?.({ loss: 0.1, delayMs: 30, jitterMs: 60 });
    const ids = [
      await commit(attic as Host, 'light.mode', 'dim'),
      await commit(attic as Host, 'water.mode', 'hot'),
    ].map(({ id }) => id);
    await agreed(all);
    const held = recordsOf(cellar as Host).map(({ id }) => id);
    expect(held).toEqual(expect.arrayContaining(ids));
    await pinged(all);
    await cellar?.cable.shape?.({});
  });

  test('are found when one of them is elsewhere', async () => {
    await net().move(barn as Host, await net().lan({ public: true }));
    await pinged(all);
    await linked(all);
  });

  test('are found when two of them are elsewhere at one time', async () => {
    const lan = await net().lan({ public: true });
    await Promise.all([attic, cellar].map((one) => net().move(one as Host, lan)));
    await pinged(all);
    await linked(all);
  });

  test('come back after the others have moved and changed their keys', async () => {
    await cellar?.off();
    for (const one of [attic, barn] as Host[]) {
      // Stopped: a running one waits a minute for those who may not have heard of its new key.
      await one.daemon?.stop();
      await net().move(one, await net().lan({ public: true }));
      expect(await one.json('rotate-key')).toMatchObject({ counter: 2 });
    }
    // Nobody is left who knows where both are: a person says it to one of them.
    await attic?.up();
    await barn?.up(['--peer', `${(attic as Host).address}:${DOOR_PORT}`]);
    await pinged([attic as Host, barn as Host]);
    const { id } = await commit(attic as Host, 'heating.mode', 'on');
    await agreed([attic as Host, barn as Host]);
    await cellar?.on();
    await cellar?.up();
    await linked(all);
    await pinged(all);
    await agreed(all);
    expect(recordsOf(cellar as Host).map((record) => record.id)).toContain(id);
  });
});
