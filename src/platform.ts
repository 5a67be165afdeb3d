// The Platform of Node: SHA-256 by OpenSSL, and Ed25519 by libsodium, which checks twice as many
// signatures; by OpenSSL where its binary does not load. It holds no rule of its own: which
// signatures count is decided in proto/ed25519.ts, after which the two agree on every input
// (docs/decisions/2026-11-20-libsodium.md).

import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { KEY_BYTES, SIGNATURE_BYTES } from '../proto/ids.ts';
import type { Platform } from '../proto/platform.ts';
import { type Sodium, sodium } from './sodium.ts';

/**
 * Parsed keys kept, about 1 KB each: every author of a large network fits, and one that does not
 * costs 5 us beside the 100 us of a check.
 */
const KEYS_KEPT_MAX = 4_096;

const keys = new Map<string, KeyObject>();

function parsedKey(bytes: Buffer): KeyObject {
  const name = bytes.toString('latin1');
  const known = keys.get(name);
  if (known !== undefined) return known;
  // As a JWK: OpenSSL takes 15 times as long to find its way through the same key in DER.
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  if (keys.size >= KEYS_KEPT_MAX) keys.delete(keys.keys().next().value as string);
  keys.set(name, key);
  return key;
}

type Check = Platform['verifyEd25519'];

export const checkByOpenssl: Check = (key, message, signature) => {
  const view = Buffer.from(key.buffer, key.byteOffset, key.length);
  return verify(null, message, parsedKey(view), signature);
};

/** Null on a system for which the package brings no binary. */
export const checkBySodium: Check | null = sodium === null ? null : checkBy(sodium);

function checkBy(library: Sodium): Check {
  // A small array moves out of the heap when it is handed over: these two are there already.
  const ours = new Uint8Array(new ArrayBuffer(KEY_BYTES));
  const made = new Uint8Array(new ArrayBuffer(SIGNATURE_BYTES));
  return (key, message, signature) => {
    if (key.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
    ours.set(key);
    made.set(signature);
    return library.crypto_sign_verify_detached(made, message, ours);
  };
}

export const nodePlatform: Platform = {
  sha256(bytes: Uint8Array): Uint8Array {
    return hash('sha256', bytes, 'buffer');
  },
  verifyEd25519: checkBySodium ?? checkByOpenssl,
};
