import { expect, test } from 'vitest';
import type { Host } from '../lab/host.ts';
import { type Network, network, remove } from '../lab/network.ts';
import { laboratory } from '../lab/suite.ts';
import type { Lan } from '../lab/fabric.ts';
import { until } from '../lab/until.ts';
import { agreed, linkTo, linked, meshOf } from './watch.ts';

laboratory('five machines in two places', (net, prepare) => {
  let [here, there]: Lan[] = [];
  let [anna, bert, carl, dora, emil]: Host[] = [];
  let all: Host[] = [];
  let made: Network;

  prepare(async () => {
    [here, there] = [await net().lan({ public: true }), await net().lan({ public: true })];
    anna = await net().host('anna', here);
    emil = await net().host('emil', here);
    bert = await net().host('bert', there);
    carl = await net().host('carl', there);
    dora = await net().host('dora', there);
    all = [anna, bert, carl, dora, emil];
    made = await network(all);
    for (const one of all) await one.up();
    await linked(all);
  });

  test('remove one of them during a cut: its packets stop on each side as it is heard', async () => {
    const key = made.keys.get('emil') as string;
    const [, mesh] = [await linked(all), await meshOf(emil as Host)];
    const reaches = async (one: Host): Promise<boolean> =>
      (await (emil as Host).ping(`${one.name}.kith`, { patienceS: 1 })).received === 1;
    await net().cut(there as Lan);
    await remove(anna as Host, key as never);
    await until('it is out on this side', async () => !(await reaches(anna as Host)));
    const covered = async (
      on: Host,
    ): Promise<{ have: number; of: number; names: number } | null> => {
      const [one] = (await meshOf(on)).coverage.filter(({ target }) => target === key);
      return one === undefined ? null : { have: one.have, of: one.of, names: one.missing.length };
    };
    // Of the four that are left three have not heard of it.
    await until('it is known who lacks it', async () => (await covered(anna as Host))?.names === 3);
    await net().heal(there as Lan);
    for (const one of [anna, bert, carl, dora] as Host[]) {
      await until(`it is out on ${one.name}`, async () => !(await reaches(one)));
      const { interface: name } = await meshOf(one);
      const peers = await one.machine.must(['wg', 'show', String(name), 'allowed-ips']);
      expect(peers).not.toContain(String(mesh.address));
    }
    await until('everybody has it', async () => {
      const now = await covered(anna as Host);
      return now === null || now.have === now.of;
    });
    await agreed([anna, bert, carl, dora] as Host[]);
  });

  test('links that were cut are there again, and say why they are what they are', async () => {
    const left = [anna, bert, carl, dora] as Host[];
    await linked(left);
    expect((await linkTo(anna as Host, dora as Host)).why).toMatch(/^[^\n]{5,200}$/);
  });
});
