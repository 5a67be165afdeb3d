// A machine with two cables into the same local network, as by a wire and by radio; and one whose
// way out goes away and comes back.

import { expect, test } from 'vitest';
import type { Cable } from '../lab/fabric.ts';
import type { Host } from '../lab/host.ts';
import { commit, network } from '../lab/network.ts';
import { laboratory } from '../lab/suite.ts';
import { until } from '../lab/until.ts';
import { agreed, heard, linkTo, linked, meshOf, pinged } from './watch.ts';

laboratory('a machine with two cables', (net, prepare) => {
  let [attic, barn, far]: Host[] = [];
  let second: Cable | null = null;
  let all: Host[] = [];

  prepare(async () => {
    const lan = await net().lan({ public: true });
    attic = await net().host('attic', lan);
    barn = await net().host('barn', lan);
    far = await net().host('far', await net().lan({ public: true }));
    second = await net().plug(attic, lan, 'eth1');
    all = [attic, barn, far];
    await network(all);
    for (const one of all) await one.up();
    await linked(all);
  });

  const setDefault = (...words: string[]): Promise<string> =>
    (attic as Host).machine.must(['ip', 'route', ...words]);

  test('is linked to all over either, and loses nobody while both are there', async () => {
    await pinged(all);
    await heard(all);
    const { received } = await (barn as Host).ping('attic.kith', { count: 20 });
    expect(received).toBe(20);
    expect((await meshOf(attic as Host)).links.up).toBe(2);
  });

  test('goes on over the other when one is down, and over the first when that is back', async () => {
    const [a, b, f] = [attic as Host, barn as Host, far as Host];
    const { gateway, own } = { gateway: `${a.cable.lan.subnet}.1`, own: a.address };
    const [one4, other4] = [`${own}/24`, `${second?.address}/24`];
    // As a system does it when somebody pulls the plug: the address goes, and with it the routes.
    await a.machine.must(['ip', 'address', 'delete', one4, 'dev', 'eth0']);
    await a.machine.must(['ip', 'link', 'set', 'dev', 'eth0', 'down']);
    await setDefault('replace', 'default', 'via', gateway, 'dev', 'eth1');
    await pinged(all);
    await linked(all);
    const other = String(second?.address);
    for (const one of [b, f]) {
      await until(`${one.name} sees it at its other address`, async () => {
        return (await linkTo(one, a)).endpoint?.startsWith(`${other}:`) === true;
      });
    }
    await a.machine.must(['ip', 'link', 'set', 'dev', 'eth0', 'up']);
    await a.machine.must(['ip', 'address', 'add', one4, 'dev', 'eth0']);
    await a.machine.must(['ip', 'address', 'delete', other4, 'dev', 'eth1']);
    await a.machine.must(['ip', 'link', 'set', 'dev', 'eth1', 'down']);
    await setDefault('replace', 'default', 'via', gateway, 'dev', 'eth0');
    await pinged(all);
    for (const one of [b, f]) {
      await until(`${one.name} sees it at its first address`, async () => {
        return (await linkTo(one, a)).endpoint?.startsWith(`${own}:`) === true;
      });
    }
    await commit(a, 'heating.mode', 'on');
    await agreed(all);
  });

  test('is found again after its way out was gone, and the neighbour is not lost', async () => {
    const [a, b, f] = [attic as Host, barn as Host, far as Host];
    const gateway = `${a.cable.lan.subnet}.1`;
    await setDefault('delete', 'default');
    await until('what is far is down', async () => (await linkTo(a, f)).path === 'down');
    expect((await a.ping('barn.kith')).received).toBe(1);
    expect((await linkTo(a, b)).path).not.toBe('down');
    await setDefault('replace', 'default', 'via', gateway, 'dev', 'eth0');
    await pinged([a, f]);
    await linked(all);
  });
});
