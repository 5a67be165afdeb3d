// The IPv4 address of a new machine, before it is signed for.

import { describe, expect, test } from 'vitest';
import type { MemberState, State } from '../../ledger/state.ts';
import { freeIpv4 } from '../../src/cli/ceremony/ipv4.ts';

const member = (key: string, ipv4: string, more: object = {}): MemberState =>
  ({ key, ipv4, ...more }) as unknown as MemberState;
const removed = { by: 'x', author: 'y', seq: 3 };
const state = (range?: string): State =>
  ({
    members: [
      member('attic', '10.88.0.1'),
      member('barn', '10.88.0.2', { removed }),
      { key: 'lamp' } as MemberState,
    ],
    defaults: range === undefined ? {} : { ipv4_range: range },
  }) as unknown as State;

describe('an IPv4 address for a new machine', () => {
  test.each([
    ['10.88.0.3', undefined, null],
    // Of a node that was removed.
    ['10.88.0.2', undefined, null],
    ['10.88.0.1', undefined, 'ipv4-taken'],
    ['10.89.0.1', undefined, 'ipv4-outside'],
    ['10.88.0.3', '172.20.0.0/16', 'ipv4-outside'],
    ['172.20.1.1', '172.20.0.0/16', null],
    ['10.88.0.3/16', undefined, 'ipv4-outside'],
    ['attic', undefined, 'ipv4-outside'],
  ])('%s in %s: %s', (ipv4, range, code) => {
    const free = freeIpv4(ipv4, state(range), null);
    expect(free.ok ? null : free.code).toBe(code);
  });

  test('may be that of the node in whose place it comes', () => {
    const [attic] = state().members;
    expect(freeIpv4('10.88.0.1', state(), attic as MemberState)).toMatchObject({ ok: true });
  });
});
