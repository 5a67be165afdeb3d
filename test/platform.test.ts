// The Platform of Node against Node's own functions: the same answers, with any number of keys.

import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nodePlatform } from '../src/platform.ts';

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
