// IPv4 claims: the senior holds, and whoever does not can be told why.

import { describe, expect, test } from 'vitest';
import type { Key } from '../../proto/ids.ts';
import { settleIpv4 } from '../../wg/ipv4.ts';

const claim = (key: string, ipv4: string) => ({ key: key as Key, ipv4 });

describe('claims of IPv4 addresses', () => {
  test('the senior holds an address that two claim', () => {
    const { held, conflicts } = settleIpv4([claim('a', '10.73.0.1'), claim('b', '10.73.0.1')]);
    expect([...held]).toEqual([['a', '10.73.0.1']]);
    expect(conflicts).toEqual([{ ...claim('b', '10.73.0.1'), code: 'ipv4-taken', against: 'a' }]);
  });

  test.each([
    ['10.89.0.1', 'ipv4-outside', '10.73.0.0/16', []],
    ['10.73.0.0', 'ipv4-outside', '10.73.0.0/16', []],
    ['10.73.255.255', 'ipv4-outside', '10.73.0.0/16', []],
    ['10.73.0.1/8', 'ipv4-outside', '10.73.0.0/16', []],
    ['10.73.0.1', 'ipv4-outside', 'nonsense', []],
    ['10.73.3.1', 'ipv4-local', '10.73.0.0/16', ['10.73.3.0/24']],
    ['10.73.3.1', 'ipv4-local', '10.73.0.0/16', ['192.168.0.0/16', '10.0.0.0/8']],
    ['10.73.3.1', 'ipv4-local', '10.73.0.0/16', ['10.73.3.1']],
  ])('%s: %s', (ipv4, code, range, local) => {
    const { held, conflicts } = settleIpv4([claim('a', ipv4)], range, local);
    expect(held.size).toBe(0);
    expect(conflicts).toMatchObject([{ key: 'a', code }]);
  });

  test('what this machine reaches elsewhere takes nothing from the others', () => {
    const { held } = settleIpv4(
      [claim('a', '10.73.3.1'), claim('b', '10.73.3.1'), claim('c', '10.73.4.255')],
      '10.73.0.0/16',
      ['10.73.3.0/24', '0.0.0.0/0', 'default', 'fd00::/8'],
    );
    expect([...held]).toEqual([['c', '10.73.4.255']]);
  });

  test('a range of two has two addresses', () => {
    expect(
      settleIpv4([claim('a', '10.0.0.0'), claim('b', '10.0.0.1')], '10.0.0.0/31').held.size,
    ).toBe(2);
  });
});
