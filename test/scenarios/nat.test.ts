import { expect, test } from 'vitest';
import type { Host } from '../lab/host.ts';
import { network } from '../lab/network.ts';
import type { NatKind, Router } from '../lab/routers.ts';
import { laboratory } from '../lab/suite.ts';
import { agreed, linkTo, linked, pinged } from './watch.ts';

laboratory('machines behind routers', (net, prepare) => {
  let [hub, left, right]: Host[] = [];
  let routers: Router[] = [];
  let all: Host[] = [];

  async function behind(kind: NatKind, name: string): Promise<Host> {
    const [inside, outside] = [await net().lan(), await net().lan({ public: true })];
    routers.push(await net().nat(kind, { inside, outside }));
    return net().host(name, inside);
  }

  prepare(async () => {
    hub = await net().host('hub', await net().lan({ public: true }));
    left = await behind('endpoint-independent', 'left');
    right = await behind('endpoint-independent', 'right');
    all = [hub, left, right];
    await network(all, { endpoints: false });
    const told = ['--peer', `${hub.address}:7447`];
    await hub.up(['--relay']);
    await left.up(told);
    await right.up(told);
  });

  test('of the common kind reach each other directly, through both', async () => {
    await linked(all);
    await linked([left as Host, right as Host], ['punched']);
    await pinged(all);
    await agreed(all);
  });

  test('of the strict kind reach each other through a member, end to end encrypted', async () => {
    for (const router of routers) await router.replace('endpoint-dependent');
    await linked([left as Host, right as Host], ['relay']);
    const link = await linkTo(left as Host, right as Host);
    expect(link.via).toBe('hub');
    await pinged(all);
  });

  test('are direct again once one router is replaced by one that lets anybody in', async () => {
    await routers[0]?.replace('full-cone');
    await linked([left as Host, right as Host], ['punched', 'direct']);
    await pinged(all);
  });
});
