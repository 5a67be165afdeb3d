// The Platform of Node against Node's own functions: the same answers, with any number of keys.

import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ed25519 } from '@noble/curves/ed25519.js';
import edges from '../fixtures/ed25519/edge-cases.json' with { type: 'json' };
import { fromHex } from '../proto/bytes.ts';
import { verdict } from '../proto/ed25519.ts';
import type { Platform } from '../proto/platform.ts';
import { checkByOpenssl, checkBySodium, nodePlatform } from '../src/platform.ts';

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;

describe('the Platform of Node', () => {
  test('hashes as SHA-256, a view into a larger buffer too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(20), (bytes, from) => {
        const view = bytes.subarray(from);
        const expected = createHash('sha256').update(view).digest();
        expect(Buffer.from(nodePlatform.sha256(view))).toEqual(expected);
      }),
    );
  });

  test('checks by the key that it is given, though more keys pass than it keeps', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const key = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
    const message = Buffer.from('a message');
    const signature = sign(null, message, privateKey);
    expect(verify(null, message, publicKey, signature)).toBe(true);

    const other = new Uint8Array(32);
    for (let i = 0; i < 5_000; i++) {
      new DataView(other.buffer).setUint32(0, i);
      if (i % 1_000 === 0) expect(nodePlatform.verifyEd25519(key, message, signature)).toBe(true);
      expect(nodePlatform.verifyEd25519(other, message, signature)).toBe(false);
    }
    expect(nodePlatform.verifyEd25519(key, message, signature)).toBe(true);
  });

  test('takes a key as a view into a larger buffer', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const der = publicKey.export({ format: 'der', type: 'spki' });
    const message = Buffer.from('a message');
    const signature = sign(null, message, privateKey);
    expect(nodePlatform.verifyEd25519(der.subarray(-32), message, signature)).toBe(true);
    const packed = new Uint8Array([1, ...der.subarray(-32), 1]);
    expect(nodePlatform.verifyEd25519(packed.subarray(1, 33), message, signature)).toBe(true);
  });
});

describe('libsodium and OpenSSL', () => {
  const { Point } = ed25519;
  const order = Point.Fn.ORDER;
  const little = (bytes: Uint8Array): bigint => {
    return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
  };
  const scalarBytes = (n: bigint): Buffer => {
    return Buffer.from(n.toString(16).padStart(64, '0'), 'hex').reverse();
  };
  const torsion = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');

  const by = (check: Platform['verifyEd25519']): Platform => ({
    ...nodePlatform,
    verifyEd25519: check,
  });
  function verdicts(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean[] {
    const checks = [checkByOpenssl, checkBySodium as Platform['verifyEd25519']];
    return checks.map((check) => verdict(by(check), key, message, signature));
  }

  test('libsodium loads on the systems that we test', () => {
    expect(checkBySodium).not.toBeNull();
    expect(nodePlatform.verifyEd25519).toBe(checkBySodium);
  });

  test('agree on the published edge vectors', () => {
    const accepted = edges.map(({ message, pub_key, signature }) => {
      const [one, other] = verdicts(hex(pub_key), hex(message), hex(signature));
      expect(one).toBe(other);
      return one;
    });
    expect(accepted.flatMap((is, i) => (is ? [i] : []))).toEqual([3]);
  });

  // A signature under a key, or with a nonce, that has a torsion component: a cofactored verifier
  // accepts all of them, a cofactorless one those in which the torsion cancels.
  test('agree on keys and nonces with a torsion component', () => {
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: order - 1n }),
        fc.bigInt({ min: 1n, max: order - 1n }),
        fc.nat(7),
        fc.nat(7),
        fc.uint8Array({ maxLength: 40 }),
        (a, r, ta, tr, message) => {
          const twist = (n: number): typeof torsion => {
            return n === 0 ? Point.ZERO : torsion.multiplyUnsafe(BigInt(n));
          };
          const key = Point.BASE.multiply(a).add(twist(ta)).toBytes();
          const nonce = Point.BASE.multiply(r).add(twist(tr)).toBytes();
          const h = little(createHash('sha512').update(nonce).update(key).update(message).digest());
          const s = scalarBytes((r + h * a) % order);
          const [one, other] = verdicts(key, message, Buffer.concat([nonce, s]));
          expect(one).toBe(other);
          seen[one === true ? 'accepted' : 'refused']++;
        },
      ),
      { numRuns: 400 },
    );
    expect(seen.accepted).toBeGreaterThan(10);
    expect(seen.refused).toBeGreaterThan(100);
  });

  test('agree after any flip of a bit', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const key = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
    const message = Buffer.from('a message');
    const whole = Buffer.concat([key, sign(null, message, privateKey), message]);
    for (let bit = -1; bit < whole.length * 8; bit++) {
      const flipped = Buffer.from(whole);
      if (bit >= 0) flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      const parts = [
        flipped.subarray(0, 32),
        flipped.subarray(96),
        flipped.subarray(32, 96),
      ] as const;
      expect(verdicts(...parts)).toEqual([bit < 0, bit < 0]);
    }
  });
});
