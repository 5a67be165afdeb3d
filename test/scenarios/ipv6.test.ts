// Underlays that have IPv6 alone, and one where not everybody has the same.

import { expect, test } from 'vitest';
import { ipv6On } from '../lab/fabric.ts';
import type { Host } from '../lab/host.ts';
import { DOOR_PORT, commit, network, recordsOf } from '../lab/network.ts';
import { laboratory } from '../lab/suite.ts';
import { until } from '../lab/until.ts';
import { joinByAddress, joinByCode } from './ceremony.ts';
import { agreed, carries, heard, linkTo, linked, passes, pinged } from './watch.ts';

const endpointOf = (one: Host): string => `[${one.address}]:${DOOR_PORT}`;

laboratory('three machines that have IPv6 only', (net, prepare) => {
  let [attic, barn, cellar]: Host[] = [];
  let all: Host[] = [];

  prepare(async () => {
    const lan = await net().lan({ public: true });
    attic = await net().host('attic', lan, { families: 'ipv6' });
    barn = await net().host('barn', lan, { families: 'ipv6' });
    cellar = await net().host('cellar', lan, { families: 'ipv6', own: true });
    await network([attic, barn], { endpoints: false });
    all = [attic, barn, cellar];
  });

  test('find each other where the ledger names no address', async () => {
    expect(await attic?.machine.must(['ip', '-4', '-br', 'address'])).not.toContain('eth0');
    await attic?.up();
    await barn?.up();
    await linked(all.slice(0, 2), ['lan']);
    await pinged(all.slice(0, 2));
  });

  test('are three by the code that is read aloud: links, hearts and ledgers follow', async () => {
    await joinByCode(cellar as Host, attic as Host);
    await cellar?.up();
    await linked(all, ['lan', 'direct']);
    await pinged(all);
    await heard(all);
    const { id } = await commit(attic as Host, 'heating.mode', 'on');
    await agreed(all);
    expect(recordsOf(cellar as Host).map((record) => record.id)).toContain(id);
  });

  test('admit one by its address in brackets', async () => {
    const lan = (attic as Host).cable.lan;
    const dune = await net().host('dune', lan, { families: 'ipv6', own: true });
    const at = await joinByAddress(dune, attic as Host);
    expect(at).toMatch(/^\[2001:db8:/);
    await dune.up();
    await linked([...all, dune], ['lan', 'direct']);
    await agreed([...all, dune]);
    await dune.daemon?.stop();
  });

  test('send as much as an Ethernet carries behind the larger headers', async () => {
    const [a, b] = [attic as Host, barn as Host];
    await carries(a, b, 1_420);
    await carries(b, a, 1_420);
    await until('1,420 bytes pass', () => passes(a, b, 1_420));
    expect(await passes(a, b, 1_421)).toBe(false);
  });

  test('find one that is elsewhere, at an address that nobody was told of', async () => {
    const before = endpointOf(barn as Host);
    await net().move(barn as Host, await net().lan({ public: true }));
    await pinged(all);
    await linked(all, ['direct', 'punched']);
    expect(endpointOf(barn as Host)).not.toBe(before);
    expect((await linkTo(attic as Host, barn as Host)).endpoint).toBe(endpointOf(barn as Host));
    await commit(attic as Host, 'heating.mode', 'off');
    await agreed(all);
  });

  test('go on over a path that becomes narrower, where no router cuts', async () => {
    const [a, b] = [attic as Host, barn as Host];
    await carries(a, b, 1_420);
    expect(await passes(a, b, 1_420)).toBe(true);
    await net().narrow(b.cable.lan, 1_340);
    await until('1,420 bytes pass', () => passes(a, b, 1_420));
    await until('its router has told how narrow it is', async () =>
      (await a.machine.must(['ip', 'route', 'get', b.address])).includes('mtu 1340'),
    );
    expect((await linkTo(a, b)).path).not.toBe('down');
  });

  test('send no more than a narrow path carries, and in pieces what has to be larger', async () => {
    const [a, b] = [attic as Host, barn as Host];
    await net().move(b, await net().lan({ public: true, mtu: 1_400 }));
    await carries(a, b, 1_312);
    await carries(b, a, 1_312);
    await until('1,312 bytes pass', () => passes(a, b, 1_312));
    expect(await passes(a, b, 1_313)).toBe(false);
    // Here even 1,280 bytes are too large with what WireGuard puts around them.
    await net().move(b, await net().lan({ public: true, mtu: 1_300 }));
    for (const bytes of [100, 1_280, 4_000]) {
      await until(`${bytes} bytes pass`, () => passes(a, b, bytes, false));
      await until(`${bytes} bytes pass back`, () => passes(b, a, bytes, false));
    }
    await carries(a, b, 1_280);
    expect(await passes(a, b, 1_281)).toBe(false);
  });
});

laboratory('one machine with IPv4, one with IPv6 and one with both', (net, prepare) => {
  let [both, four, six]: Host[] = [];
  let all: Host[] = [];

  prepare(async () => {
    const lan = await net().lan({ public: true });
    both = await net().host('both', lan, { families: 'both' });
    four = await net().host('four', lan, { families: 'ipv4' });
    six = await net().host('six', lan, { families: 'ipv6' });
    all = [both, four, six];
    await network(all, { endpoints: false });
    await both.up(['--relay']);
    await four.up();
    await six.up();
  });

  test('are linked directly where they share a family, and else by the one with both', async () => {
    const [a, b, c] = [both as Host, four as Host, six as Host];
    await linked([a, b], ['lan', 'direct']);
    await linked([a, c], ['lan', 'direct']);
    await linked([b, c], ['relay']);
    expect((await linkTo(b, c)).via).toBe('both');
    expect((await linkTo(a, b)).endpoint).toBe(`${b.address}:${DOOR_PORT}`);
    expect((await linkTo(a, c)).endpoint).toMatch(/^\[/);
    expect(ipv6On(b.cable)).toBe(null);
  });

  test('speak, and agree', async () => {
    await pinged(all);
    await heard(all);
    await commit(both as Host, 'heating.mode', 'on');
    await agreed(all);
  });
});

laboratory('machines on a cable that gives no addresses', (net, prepare) => {
  let [attic, barn, dune]: Host[] = [];

  prepare(async () => {
    const lan = await net().lan();
    attic = await net().host('attic', lan, { families: 'link' });
    barn = await net().host('barn', lan, { families: 'link' });
    dune = await net().host('dune', lan, { families: 'link', own: true });
    await network([attic, barn], { endpoints: false });
    await attic.up();
    await barn.up();
  });

  test('find each other by the addresses of their links', async () => {
    const [a, b] = [attic as Host, barn as Host];
    await linked([a, b], ['lan']);
    expect((await linkTo(a, b)).endpoint).toMatch(/^\[fe80:.*%eth0\]:7447$/);
    await pinged([a, b]);
    await carries(a, b, 1_420);
  });

  test('take in who was admitted by one that died before anybody else heard of it', async () => {
    const [a, b, d] = [attic as Host, barn as Host, dune as Host];
    await net().cut(b);
    await joinByCode(d, a);
    await a.off();
    await net().heal(b);
    expect(JSON.stringify(recordsOf(b))).not.toContain('"dune"');
    await d.up();
    await linked([b, d], ['lan']);
    await pinged([b, d]);
    await agreed([b, d]);
  });
});
