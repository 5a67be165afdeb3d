// The one verdict on signatures: the published cases that verifiers disagree about, the forms that
// are refused on their bytes, and agreement with a second, strict implementation on all else.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../proto/bytes.ts';
import { isSoundKey, isSoundSignature, verdict } from '../../proto/ed25519.ts';
import type { Platform } from '../../proto/platform.ts';
import { nodePlatform } from '../../src/platform.ts';

interface Edge {
  readonly message: string;
  readonly pub_key: string;
  readonly signature: string;
}

const FIXTURE = join(import.meta.dirname, '../../fixtures/ed25519/edge-cases.json');
const ELSEWHERE = join(import.meta.dirname, '../../../shared/vectors/ed25519-edge-cases.json');
const PUBLISHED = '1b3169abef325c33de19479314d63c315577514d6e02bcb6a39a6c53e8864e97';
const EDGES = JSON.parse(readFileSync(FIXTURE, 'utf8')) as Edge[];

const P = 2n ** 255n - 19n;
const ORDER = ed25519.Point.Fn.ORDER;

function bytes(hex: string): Uint8Array {
  return fromHex(hex) as Uint8Array;
}

function littleEndian(value: bigint): Uint8Array {
  return bytes(value.toString(16).padStart(64, '0')).toReversed();
}

/** Says yes to everything, so that only our own checks of the bytes can say no. */
const credulous: Platform = { ...nodePlatform, verifyEd25519: () => true };

const POINTS_OF_SMALL_ORDER = smallOrderPoints();

function smallOrderPoints(): Uint8Array[] {
  const generator = ed25519.Point.fromHex(
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  );
  const points = [ed25519.Point.ZERO];
  for (let i = 1; i < 8; i++) points.push((points[i - 1] as typeof generator).add(generator));
  return points.map((point) => point.toBytes());
}

describe('the published edge cases', () => {
  test.each(EDGES.map((edge, number) => [number, edge] as const))('number %s', (number, edge) => {
    const { message, pub_key: key, signature } = edge;
    const accepted = verdict(nodePlatform, bytes(key), bytes(message), bytes(signature));
    expect(accepted).toBe(number === 3);
  });

  test('are ten', () => expect(EDGES.length).toBe(10));

  test('are the bytes that were published, wherever a copy is kept', () => {
    for (const path of [FIXTURE, ELSEWHERE].filter(existsSync)) {
      expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(PUBLISHED);
    }
  });
});

describe('keys and signatures that are refused on their bytes', () => {
  const secret = new Uint8Array(32).fill(7);
  const key = ed25519.getPublicKey(secret);
  const message = new Uint8Array(5);
  const good = ed25519.sign(message, secret);

  test('a good one is accepted', () => {
    expect(isSoundKey(key)).toBe(true);
    expect(isSoundSignature(good)).toBe(true);
    expect(verdict(nodePlatform, key, message, good)).toBe(true);
  });

  test('the points of small order are the eight there are', () => {
    expect(new Set(POINTS_OF_SMALL_ORDER.map(toHex)).size).toBe(8);
  });

  test.each(POINTS_OF_SMALL_ORDER.map((point) => [toHex(point), point] as const))(
    'a key or R of small order: %s',
    (_, point) => {
      for (const sign of [0, 0x80]) {
        const other = point.slice();
        other[31] = ((other[31] as number) & 0x7f) | sign;
        expect(isSoundKey(other)).toBe(false);
        const signature = new Uint8Array([...other, ...good.subarray(32)]);
        expect(isSoundSignature(signature)).toBe(false);
        expect(verdict(credulous, other, message, good)).toBe(false);
        expect(verdict(credulous, key, message, signature)).toBe(false);
      }
    },
  );

  test('every y that is not below the prime, with either sign', () => {
    for (let y = P; y < 2n ** 255n; y++) {
      for (const spelling of [y, y + 2n ** 255n])
        expect(isSoundKey(littleEndian(spelling))).toBe(false);
    }
    // The last canonical y is -1, of small order; the one below it is sound.
    expect(isSoundKey(littleEndian(P - 1n))).toBe(false);
    expect(isSoundKey(littleEndian(P - 2n))).toBe(true);
  });

  test('an S that is not below the order', () => {
    const withS = (s: bigint): Uint8Array =>
      new Uint8Array([...good.subarray(0, 32), ...littleEndian(s)]);
    const s = BigInt(`0x${toHex(good.subarray(32).toReversed())}`);
    expect(isSoundSignature(withS(s))).toBe(true);
    expect(isSoundSignature(withS(0n))).toBe(true);
    expect(isSoundSignature(withS(ORDER - 1n))).toBe(true);
    for (const above of [ORDER, ORDER + 1n, s + ORDER, 2n ** 256n - 1n]) {
      expect(isSoundSignature(withS(above))).toBe(false);
    }
  });

  test('any other length', () => {
    for (const size of [0, 31, 33, 64])
      expect(isSoundKey(new Uint8Array(size).fill(9))).toBe(false);
    for (const size of [0, 32, 63, 65]) {
      expect(isSoundSignature(new Uint8Array(size).fill(9))).toBe(false);
      expect(verdict(credulous, key, message, new Uint8Array(size))).toBe(false);
    }
  });
});

describe('agreement with a second implementation', () => {
  const input = fc.record({
    secret: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    message: fc.uint8Array({ maxLength: 40 }),
    where: fc.constantFrom('key', 'message', 'signature', 'nowhere'),
    bit: fc.nat(511),
  });

  test('on signatures, whole and with any one bit turned', () => {
    fc.assert(
      fc.property(input, ({ secret, message, where, bit }) => {
        const parts = {
          key: ed25519.getPublicKey(secret).slice(),
          message: message.slice(),
          signature: ed25519.sign(message, secret).slice(),
          nowhere: new Uint8Array(1),
        };
        turn(parts[where], bit);
        const ours = verdict(nodePlatform, parts.key, parts.message, parts.signature);
        const theirs = ed25519.verify(parts.signature, parts.message, parts.key, {
          zip215: false,
        });
        expect(ours).toBe(theirs);
        expect(ours).toBe(where === 'nowhere' || parts[where].length === 0);
      }),
      { numRuns: 150 },
    );
  });
});

function turn(some: Uint8Array, bit: number): void {
  if (some.length === 0) return;
  const at = (bit >> 3) % some.length;
  some[at] = (some[at] as number) ^ (1 << (bit & 7));
}
