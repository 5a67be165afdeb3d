// The LAN beacon: members know each other by it, strangers learn nothing of it.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../proto/bytes.ts';
import type { RecordId } from '../../proto/ids.ts';
import {
  BEACON_NONCE_BYTES,
  NOBODY_HEARD,
  beaconKey,
  encodeLanBeacon,
  looking,
  onLan,
  readLanBeacon,
  withHeard,
  withLink,
} from '../../wg/beacon.ts';
import {
  LAN_BEACON_BYTES,
  LAN_MS,
  LAN_PER_PEER_MAX,
  LAN_PER_SECOND_MAX,
} from '../../wg/link-limits.ts';
import { actor } from '../kit/actors.ts';

const LEDGER = 'A'.repeat(43) as RecordId;
const KEY = beaconKey(LEDGER);
const [ada, bob, eve] = ['ada', 'bob', 'eve'].map((name) => actor(name).key) as [
  ReturnType<typeof actor>['key'],
  ReturnType<typeof actor>['key'],
  ReturnType<typeof actor>['key'],
];
const nonce = (of: number): Uint8Array => new Uint8Array(BEACON_NONCE_BYTES).fill(of);
const self = { node: ada, port: 7_447, wantsAnswer: true };

describe('a beacon', () => {
  test('is read by whoever knows the ledger and the member', () => {
    const bytes = encodeLanBeacon(KEY, self, nonce(1));
    expect(bytes).toHaveLength(LAN_BEACON_BYTES);
    expect(readLanBeacon(KEY, [bob, ada], bytes)).toEqual(self);
    expect(readLanBeacon(KEY, [bob, eve], bytes)).toBeNull();
    expect(readLanBeacon(beaconKey(`${'A'.repeat(42)}E` as RecordId), [ada], bytes)).toBeNull();
  });

  test('shows a stranger neither the network nor the node, nor that two are of one node', () => {
    const [one, two] = [encodeLanBeacon(KEY, self, nonce(1)), encodeLanBeacon(KEY, self, nonce(2))];
    const text = toHex(one);
    for (const secret of [LEDGER, ada]) {
      expect(text).not.toContain(toHex(utf8(secret)));
      expect(text).not.toContain(toHex(Buffer.from(secret, 'base64url')));
    }
    // But for the magic, the flags and the port they have nothing in common.
    const head = 11 * 2;
    for (let at = head; at + 8 <= text.length; at += 2) {
      expect(toHex(two).slice(head)).not.toContain(text.slice(at, at + 8));
    }
  });

  test('with any bit turned is none, and no bytes throw', () => {
    const bytes = encodeLanBeacon(KEY, self, nonce(3));
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const turned = bytes.slice();
        turned[bit >> 3] = (turned[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(readLanBeacon(KEY, [ada, bob], turned)).toBeNull();
      }),
      { seed: 6, numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (any) => {
        expect(readLanBeacon(KEY, [ada], any)).toBeNull();
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe('who was heard', () => {
  test('is on the local network for a while, at its latest addresses', () => {
    let lan = withHeard(NOBODY_HEARD, ada, '192.168.1.2:7447', 0);
    lan = withHeard(lan, ada, '[fe80::1%eth0]:7447', 1_000);
    lan = withHeard(lan, bob, '192.168.1.3:7447', 1_000);
    expect(onLan(lan, ada, 1_000)).toEqual(['[fe80::1%eth0]:7447', '192.168.1.2:7447']);
    expect(onLan(lan, ada, LAN_MS)).toEqual(['[fe80::1%eth0]:7447']);
    expect(onLan(lan, eve, 1_000)).toEqual([]);
    expect(withHeard(lan, eve, '127.0.0.1:1', 1_000)).toBe(lan);
  });

  test('gives an endpoint of a link its link back, and nothing to any other', () => {
    let lan = withHeard(NOBODY_HEARD, ada, '[fe80::1%eth0]:7447', 0);
    lan = withHeard(lan, ada, '[fe80::1%eth1]:7447', 1);
    expect(withLink(lan, '[fe80::1]:7447')).toBe('[fe80::1%eth1]:7447');
    for (const other of ['[fe80::1%eth0]:7447', '[fe80::1]:7448', '[fe80::2]:7447', '10.0.0.1:1']) {
      expect(withLink(lan, other)).toBe(other);
    }
  });

  test('is bounded for each peer', () => {
    let lan = NOBODY_HEARD;
    for (let i = 1; i < 20; i++) lan = withHeard(lan, ada, `192.168.1.${i}:1`, i);
    expect(onLan(lan, ada, 20)).toHaveLength(LAN_PER_PEER_MAX);
    expect(onLan(lan, ada, 20)[0]).toBe('192.168.1.19:1');
  });

  test('is looked at so often in a second and no more', () => {
    let lan = NOBODY_HEARD;
    for (let i = 0; i < LAN_PER_SECOND_MAX; i++) lan = looking(lan, 5_000) ?? NOBODY_HEARD;
    expect(lan.looked.count).toBe(LAN_PER_SECOND_MAX);
    expect(looking(lan, 5_999)).toBeNull();
    expect(looking(lan, 6_000)?.looked.count).toBe(1);
  });
});
