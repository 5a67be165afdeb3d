// A key pair signs by libsodium, or by OpenSSL where there is no binary of it: the same bytes.

import { createPublicKey, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromBase64url, utf8 } from '../../proto/bytes.ts';
import { verdict } from '../../proto/ed25519.ts';
import { hide } from '../../proto/secret.ts';
import {
  SEED_BYTES,
  keyPairOf,
  signByOpenssl,
  signBySodium,
  signOther,
} from '../../src/keys/keypair.ts';
import { nodePlatform } from '../../src/platform.ts';
import { type Sodium, sodium } from '../../src/sodium.ts';

const seeds = fc.uint8Array({ minLength: SEED_BYTES, maxLength: SEED_BYTES });
const messages = fc.uint8Array({ maxLength: 2_000 });

describe('a signature', () => {
  test('is the same by libsodium and by OpenSSL, and good', () => {
    fc.assert(
      fc.property(seeds, messages, (seed, message) => {
        const pair = keyPairOf(hide(seed.slice()));
        const one = signBySodium(sodium as Sodium, seed)(message);
        expect(Buffer.from(one)).toEqual(Buffer.from(signByOpenssl(pair.privateKey)(message)));
        expect(Buffer.from(pair.sign(message))).toEqual(Buffer.from(one));
        const key = fromBase64url(pair.publicKey) as Uint8Array;
        expect(verdict(nodePlatform, key, message, one)).toBe(true);
      }),
    );
  });

  test('is the one of RFC 8032, 7.1, test 2', () => {
    const seed = '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb';
    const expected =
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00';
    const pair = keyPairOf(hide(Buffer.from(seed, 'hex')));
    const made = signOther(pair, Uint8Array.of(0x72));
    expect(Buffer.from(made, 'base64url').toString('hex')).toBe(expected);
  });

  test('of a message in a view of a larger buffer is that of the view', () => {
    const pair = keyPairOf(hide(new Uint8Array(SEED_BYTES).fill(7)));
    const whole = utf8('before the message after');
    const message = whole.subarray(7, 18);
    const made = Buffer.from(signOther(pair, message), 'base64url');
    expect(verify(null, message, createPublicKey(pair.privateKey), made)).toBe(true);
    expect(made).toEqual(sign(null, message, pair.privateKey));
  });

  test('of one pair does not wait for the seed: its owner may wipe it', () => {
    const seed = new Uint8Array(SEED_BYTES).fill(9);
    const pair = keyPairOf(hide(seed));
    const before = signOther(pair, utf8('a message'));
    seed.fill(0);
    expect(signOther(pair, utf8('a message'))).toBe(before);
  });
});
