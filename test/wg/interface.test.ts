// The interface itself: what `ip -json` says of it, and the commands that make it what it should
// be.

import { describe, expect, test } from 'vitest';
import { type ActualLink, linkCommands, parseLink, type WantedLink } from '../../wg/interface.ts';
import { MTU_FIRST, MTU_MOST } from '../../wg/limits.ts';

const WANTED: WantedLink = {
  mtu: MTU_MOST,
  addresses: ['fd00:1:2:3::1/128', '10.73.0.2/32'],
  routes: [
    { prefix: 'fd00:1:2::/48', mtu: MTU_FIRST },
    { prefix: '10.73.0.3/32', mtu: 1_392 },
  ],
};
const NEW: ActualLink = { mtu: 1_500, isUp: false, addresses: [], routes: [] };
const GOOD: ActualLink = {
  ...{ mtu: 1_420, isUp: true, addresses: WANTED.addresses },
  // The system adds the first two by itself.
  routes: [
    { prefix: 'fd00:1:2:3::1/128', mtu: null },
    { prefix: 'fe80::/64', mtu: null },
    ...WANTED.routes,
  ],
};
const lines = (actual: ActualLink): string[] =>
  linkCommands('kith00', WANTED, actual).map(({ argv }) => argv.join(' '));

describe('the interface', () => {
  test('that is new gets everything, and its routes once it is up', () => {
    expect(lines(NEW)).toEqual([
      'ip link set dev kith00 mtu 1420',
      'ip address replace fd00:1:2:3::1/128 dev kith00 nodad',
      'ip address replace 10.73.0.2/32 dev kith00',
      'ip link set dev kith00 up',
      'ip route replace fd00:1:2::/48 dev kith00 mtu 1280',
      'ip route replace 10.73.0.3/32 dev kith00 mtu 1392',
    ]);
  });

  test('that is as it should be gets nothing', () => {
    expect(lines(GOOD)).toEqual([]);
  });

  test('that somebody has edited is repaired', () => {
    const edited = {
      ...{ mtu: 1_420, isUp: true, addresses: ['fd00:1:2:3::1/128', '10.9.9.9/24'] },
      routes: [
        { prefix: 'fd00:1:2::/48', mtu: MTU_FIRST },
        { prefix: '10.9.9.0/24', mtu: null },
      ],
    };
    expect(lines(edited)).toEqual([
      'ip address delete 10.9.9.9/24 dev kith00',
      'ip address replace 10.73.0.2/32 dev kith00',
      'ip route replace 10.73.0.3/32 dev kith00 mtu 1392',
      'ip route delete 10.9.9.0/24 dev kith00',
    ]);
  });

  test('writes a route whose MTU differs, and all once that of the interface did', () => {
    const [network, four] = WANTED.routes.map(({ prefix }) => prefix) as [string, string];
    const plain = GOOD.routes.map(({ prefix }) => ({ prefix, mtu: null }));
    const routes = GOOD.routes.filter(({ prefix }) => prefix !== network);
    expect(lines({ ...GOOD, routes: [...routes, { prefix: network, mtu: 1_420 }] })).toEqual([
      `ip route replace ${network} dev kith00 mtu 1280`,
    ]);
    const all = [
      `ip route replace ${network} dev kith00 mtu 1280`,
      `ip route replace ${four} dev kith00 mtu 1392`,
    ];
    expect(lines({ ...GOOD, routes: plain })).toEqual(all);
    // Changing it changes those of routes, too, whatever was read before.
    expect(lines({ ...GOOD, mtu: 1_280 })).toEqual(['ip link set dev kith00 mtu 1420', ...all]);
  });

  test('loses the route of a path that carries no more than the others', () => {
    const raised = { prefix: 'fd00:1:2:7::/96', mtu: 1_420 };
    expect(lines({ ...GOOD, routes: [...GOOD.routes, raised] })).toEqual([
      'ip route delete fd00:1:2:7::/96 dev kith00',
    ]);
  });

  test('is read from what ip prints', () => {
    const address = JSON.stringify([
      {
        ...{ ifname: 'kith00', flags: ['POINTOPOINT', 'NOARP', 'UP', 'LOWER_UP'], mtu: 1280 },
        addr_info: [
          { family: 'inet6', local: 'fd00:1:2:3::1', prefixlen: 128, scope: 'global' },
          { family: 'inet6', local: 'fe80::1', prefixlen: 64, scope: 'link' },
          { family: 'inet', local: '10.73.0.2', prefixlen: 32, scope: 'global' },
        ],
      },
    ]);
    const six = JSON.stringify([
      { dst: 'fd00:1:2:3::1', metrics: [] },
      { dst: 'fd00:1:2::/48', metrics: [{ mtu: 1280 }] },
    ]);
    const four = JSON.stringify([
      { dst: 'default' },
      { dst: '10.73.0.3', metrics: [{ rtt: 1 }, { mtu: 1392 }] },
    ]);
    expect(parseLink(address, six, four)).toEqual({
      ok: true,
      value: {
        ...{ mtu: 1280, isUp: true, addresses: WANTED.addresses },
        routes: [{ prefix: 'fd00:1:2:3::1/128', mtu: null }, ...WANTED.routes],
      },
    });
    expect(parseLink(address, '', '')).toMatchObject({ ok: true, value: { routes: [] } });
  });

  test.each(['', '[]', '{', '{}', '[1]', '[null]', '[{}]'])('is refused as %j', (text) => {
    expect(parseLink(text, '[]', '[]')).toMatchObject({ ok: false, code: 'dump-shape' });
  });
});
