// An Ed25519 key pair of ours. The private half stays in the hands of OpenSSL and libsodium from
// here on, outside of JavaScript's heap; only the seed on disk can make it again. libsodium signs,
// or OpenSSL where its binary does not load: both make the same bytes (RFC 8032).
// Spec: docs/decisions/2026-11-30-signing.md.

import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { base58 } from '@scure/base';
import { SIGNED_PREFIX } from '../../ledger/record.ts';
import { assert } from '../../proto/assert.ts';
import { fromBase64url, textOf, toBase64url, utf8ForNow } from '../../proto/bytes.ts';
import { isSoundKey } from '../../proto/ed25519.ts';
import type { Key, Signature } from '../../proto/ids.ts';
import { type Secret, reveal } from '../../proto/secret.ts';
import { type Sodium, sodium } from '../sodium.ts';

export const SEED_BYTES = 32;
// PKCS #8 (RFC 8410) around a seed: all that stands before it.
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

const PUBLIC_BYTES = 32;
/** libsodium's form: the seed, then the public key. */
const SECRET_BYTES = 64;
const SIGNATURE_BYTES = 64;

export interface KeyPair {
  readonly publicKey: Key;
  /** For TLS, which needs it whole. Prints as nothing but its type. */
  readonly privateKey: KeyObject;
  /** The bare signature. Call signOther or signRecord, which keep the two apart. */
  readonly sign: Sign;
}

export type Sign = (message: Uint8Array) => Uint8Array;

/** `library` is for the few keys of a machine: each takes pages of guarded memory, and maps. */
export function keyPairOf(seed: Secret, library: Sodium | null = sodium): KeyPair {
  const bytes = reveal(seed);
  assert(bytes.length === SEED_BYTES, 'a seed is 32 bytes');
  const der = Buffer.concat([PKCS8_HEAD, bytes]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  const publicKey = createPublicKey(privateKey).export({ format: 'jwk' }).x as Key;
  assert(isSoundKey(fromBase64url(publicKey) as Uint8Array), 'a derived key is sound');
  const signing = library === null ? signByOpenssl(privateKey) : signBySodium(library, bytes);
  return { publicKey, privateKey, sign: signing };
}

export function signByOpenssl(privateKey: KeyObject): Sign {
  return (message) => sign(null, message, privateKey);
}

/** The secret key lies in guarded memory, which the function alone can reach. */
export function signBySodium(library: Sodium, seed: Uint8Array): Sign {
  const secretKey = library.sodium_malloc(SECRET_BYTES);
  library.crypto_sign_seed_keypair(new Uint8Array(PUBLIC_BYTES), secretKey, seed);
  // Small arrays move out of the heap when they are handed over: these are there already.
  const made = new Uint8Array(new ArrayBuffer(SIGNATURE_BYTES));
  return (message) => {
    library.crypto_sign_detached(made, message, secretKey);
    return made.slice();
  };
}

/** Signs anything but a record: those go through the journal of signer.ts, and nowhere else. */
export function signOther(pair: KeyPair, message: Uint8Array): Signature {
  const head = textOf(message.subarray(0, SIGNED_PREFIX.length));
  assert(head !== SIGNED_PREFIX, 'a record is signed by its journal only');
  return signature(pair, message);
}

/** For signer.ts only. */
export function signRecord(pair: KeyPair, unsigned: string): Signature {
  return signature(pair, utf8ForNow(SIGNED_PREFIX + unsigned));
}

function signature(pair: KeyPair, message: Uint8Array): Signature {
  return toBase64url(pair.sign(message)) as Signature;
}

/** A public key as the owner of a Solana wallet knows it. */
export function addressOf(key: Key): string {
  return base58.encode(fromBase64url(key) as Uint8Array);
}
