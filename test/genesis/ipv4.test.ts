// The IPv4 address that a newcomer is to claim: looked at before it is admitted.

import { describe, expect, test } from 'vitest';
import type { MemberState, State } from '../../ledger/state.ts';
import { claimIpv4 } from '../../src/genesis/ipv4.ts';
import { actor } from '../kit/actors.ts';

function network(taken: readonly string[], range?: string): Pick<State, 'members' | 'defaults'> {
  const members = taken.map((ipv4, i) => ({ key: actor(`n${i}`).key, ipv4 }) as MemberState);
  return { members, defaults: range === undefined ? {} : { ipv4_range: range } };
}

describe('an address that a person names', () => {
  test.each([
    ['10.73.0.7', [], 'ok'],
    ['10.73.0.7', ['10.73.0.7'], 'ipv4-taken'],
    ['10.89.0.7', [], 'ipv4-outside'],
    ['10.73.0.0', [], 'ipv4-outside'],
    ['10.73.255.255', [], 'ipv4-outside'],
    ['nonsense', [], 'ipv4-outside'],
  ])('%s with %j taken: %s', (wish, taken, code) => {
    const claimed = claimIpv4(network(taken), wish, []);
    expect(claimed.ok ? 'ok' : claimed.code).toBe(code);
  });

  test('in a network of this machine is refused, with that network', () => {
    const claimed = claimIpv4(network([]), '10.73.0.7', ['192.168.1.0/24', '10.73.0.0/16']);
    expect(claimed).toMatchObject({ code: 'ipv4-local', detail: '10.73.0.7: 10.73.0.0/16' });
  });
});

describe('auto', () => {
  test('is the first that is free', () => {
    expect(claimIpv4(network([]), 'auto', [])).toMatchObject({ value: '10.73.0.1' });
    const taken = ['10.73.0.1', '10.73.0.3'];
    expect(claimIpv4(network(taken), 'auto', [])).toMatchObject({ value: '10.73.0.2' });
  });

  test('goes past a network of this machine, and says so where that is all of the range', () => {
    expect(claimIpv4(network([]), 'auto', ['10.73.0.0/24'])).toMatchObject({ value: '10.73.1.0' });
    const whole = claimIpv4(network([]), 'auto', ['10.73.0.0/16']);
    expect(whole).toMatchObject({ ok: false, code: 'ipv4-local' });
  });

  test('finds nothing in a range that is full', () => {
    const taken = ['192.0.2.1', '192.0.2.2'];
    expect(claimIpv4(network(taken, '192.0.2.0/30'), 'auto', [])).toMatchObject({
      ...{ ok: false, code: 'ipv4-full', detail: '192.0.2.0/30' },
    });
  });

  test('takes back what a removed member had', () => {
    const { members, defaults } = network(['10.73.0.1']);
    const gone = members.map((member) => ({ ...member, removed: {} }) as unknown as MemberState);
    expect(claimIpv4({ members: gone, defaults }, 'auto', [])).toMatchObject({
      value: '10.73.0.1',
    });
  });
});
