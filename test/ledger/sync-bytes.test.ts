// Every decoder of what peers send, on any bytes: no throw, and what is accepted is bounded by what
// came and is what an encoder of ours would have said.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Hello,
  type Subtree,
  decodeHello,
  decodeHelloReply,
  decodePageEnd,
  decodePull,
  decodePushReply,
  decodeWalk,
  decodeWalkReply,
  encodeHello,
  encodeHelloReply,
  encodePageEnd,
  encodePull,
  encodePushReply,
  encodeWalk,
  encodeWalkReply,
} from '../../ledger/sync-wire.ts';
import { NO_TALLY } from '../../ledger/sync-holdings.ts';
import { utf8 } from '../../proto/bytes.ts';
import type { Digest, RecordId } from '../../proto/ids.ts';
import { near } from '../pairing/samples.ts';
import { toyKey } from '../kit/toy-ledger.ts';

const ID = 'A'.repeat(43) as RecordId;
const DIGEST = ID as string as Digest;
const hello: Hello = { ledger: ID, rules: 1, count: 7, frontier: DIGEST, state: DIGEST };
const entries: Subtree = {
  kind: 'entries',
  entries: [1, 2, 3].map((i) => ({
    ...{ author: toyKey(i), seq: i, id: ID, mark: 'none' as const, generation: 0 },
  })),
};
const inner: Subtree = {
  kind: 'inner',
  children: Array.from({ length: 16 }, () => new Uint8Array(16).fill(3)),
};

/** A decoder, a good message, and how to say a value again. */
const WIRE: readonly (readonly [string, Uint8Array, (bytes: Uint8Array) => Uint8Array | null])[] = [
  ['hello', encodeHello(hello), again(decodeHello, encodeHello)],
  [
    'the answer to a hello',
    encodeHelloReply({ self: hello, root: inner }),
    again(decodeHelloReply, encodeHelloReply),
  ],
  ['a walk', encodeWalk([{ path: '0a', flat: 0 }]), again(decodeWalk, encodeWalk)],
  [
    'the answer to a walk',
    encodeWalkReply([entries, inner]),
    again(decodeWalkReply, encodeWalkReply),
  ],
  [
    'a pull',
    encodePull([{ author: toyKey(1), have: [{ seq: 4, id: ID }], from: 0 }]),
    again(decodePull, encodePull),
  ],
  [
    'the answer to a push',
    encodePushReply(NO_TALLY),
    again(decodePushReply, (value) => encodePushReply({ ...value, faulty: false })),
  ],
  [
    'the end of a page',
    utf8(encodePageEnd({ common: [3, -1], next: 2, from: 0 })),
    again(
      (bytes) => decodePageEnd(Buffer.from(bytes).toString('latin1')),
      (end) => utf8(encodePageEnd(end)),
    ),
  ],
];

function again<Value>(
  decode: (bytes: Uint8Array) => Value | null,
  encode: (value: Value) => Uint8Array,
): (bytes: Uint8Array) => Uint8Array | null {
  return (bytes) => {
    const value = decode(bytes);
    return value === null ? null : encode(value);
  };
}

describe('any bytes as', () => {
  test.each(WIRE)('%s', (_, good, decodeAgain) => {
    expect(decodeAgain(good)).toEqual(good);
    let [accepted, refused] = [0, 0];
    fc.assert(
      fc.property(near(WIRE.map(([, bytes]) => bytes)), (bytes) => {
        const said = decodeAgain(bytes);
        if (said === null) return void refused++;
        accepted++;
        // One spelling is not asked for here, but nothing may grow: 32 bytes for each that came.
        expect(said.length).toBeLessThanOrEqual(32 * (bytes.length + 8));
        expect(decodeAgain(said)).toEqual(said);
      }),
      { numRuns: 1_000 },
    );
    expect(accepted).toBeGreaterThan(10);
    expect(refused).toBeGreaterThan(10);
  });
});
