// The interface itself: what `ip -json` says of it, and the commands that make it what it should
// be.

import { describe, expect, test } from 'vitest';
import { type ActualLink, linkCommands, parseLink, type WantedLink } from '../../wg/interface.ts';
import { MTU_FIRST } from '../../wg/limits.ts';

const WANTED: WantedLink = {
  mtu: MTU_FIRST,
  addresses: ['fd00:1:2:3::1/128', '10.88.0.2/32'],
  routes: ['fd00:1:2::/48', '10.88.0.0/16'],
};
const NEW: ActualLink = { mtu: 1_420, isUp: false, addresses: [], routes: [] };
const GOOD: ActualLink = {
  ...{ mtu: 1_280, isUp: true, addresses: WANTED.addresses },
  // The system adds the first two by itself.
  routes: ['fd00:1:2:3::1/128', 'fe80::/64', ...WANTED.routes],
};
const lines = (actual: ActualLink): string[] =>
  linkCommands('kith00', WANTED, actual).map(({ argv }) => argv.join(' '));

describe('the interface', () => {
  test('that is new gets everything, and its routes once it is up', () => {
    expect(lines(NEW)).toEqual([
      'ip link set dev kith00 mtu 1280',
      'ip address replace fd00:1:2:3::1/128 dev kith00 nodad',
      'ip address replace 10.88.0.2/32 dev kith00',
      'ip link set dev kith00 up',
      'ip route replace fd00:1:2::/48 dev kith00',
      'ip route replace 10.88.0.0/16 dev kith00',
    ]);
  });

  test('that is as it should be gets nothing', () => {
    expect(lines(GOOD)).toEqual([]);
  });

  test('that somebody has edited is repaired', () => {
    const edited = {
      ...{ mtu: 9_000, isUp: true, addresses: ['fd00:1:2:3::1/128', '10.9.9.9/24'] },
      routes: ['fd00:1:2::/48', '10.9.9.0/24'],
    };
    expect(lines(edited)).toEqual([
      'ip address delete 10.9.9.9/24 dev kith00',
      'ip link set dev kith00 mtu 1280',
      'ip address replace 10.88.0.2/32 dev kith00',
      'ip route replace 10.88.0.0/16 dev kith00',
      'ip route delete 10.9.9.0/24 dev kith00',
    ]);
  });

  test('is read from what ip prints', () => {
    const address = JSON.stringify([
      {
        ...{ ifname: 'kith00', flags: ['POINTOPOINT', 'NOARP', 'UP', 'LOWER_UP'], mtu: 1280 },
        addr_info: [
          { family: 'inet6', local: 'fd00:1:2:3::1', prefixlen: 128, scope: 'global' },
          { family: 'inet6', local: 'fe80::1', prefixlen: 64, scope: 'link' },
          { family: 'inet', local: '10.88.0.2', prefixlen: 32, scope: 'global' },
        ],
      },
    ]);
    const six = JSON.stringify([{ dst: 'fd00:1:2:3::1' }, { dst: 'fd00:1:2::/48' }]);
    const four = JSON.stringify([{ dst: 'default' }, { dst: '10.88.0.0/16' }]);
    expect(parseLink(address, six, four)).toEqual({
      ok: true,
      value: {
        ...{ mtu: 1280, isUp: true, addresses: WANTED.addresses },
        routes: ['fd00:1:2:3::1/128', ...WANTED.routes],
      },
    });
    expect(parseLink(address, '', '')).toMatchObject({ ok: true, value: { routes: [] } });
  });

  test.each(['', '[]', '{', '{}', '[1]', '[null]', '[{}]'])('is refused as %j', (text) => {
    expect(parseLink(text, '[]', '[]')).toMatchObject({ ok: false, code: 'dump-shape' });
  });
});
