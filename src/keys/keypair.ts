// An Ed25519 key pair of ours. The private half stays in OpenSSL's hands from here on; only the
// seed on disk can make it again.

import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { base58 } from '@scure/base';
import { SIGNED_PREFIX } from '../../ledger/record.ts';
import { assert } from '../../proto/assert.ts';
import { fromBase64url, textOf, toBase64url, utf8 } from '../../proto/bytes.ts';
import { isSoundKey } from '../../proto/ed25519.ts';
import type { Key, Signature } from '../../proto/ids.ts';
import { type Secret, reveal } from '../../proto/secret.ts';

export const SEED_BYTES = 32;
// PKCS #8 (RFC 8410) around a seed: all that stands before it.
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface KeyPair {
  readonly publicKey: Key;
  /** For TLS, which needs it whole. Prints as nothing but its type. */
  readonly privateKey: KeyObject;
}

export function keyPairOf(seed: Secret): KeyPair {
  const bytes = reveal(seed);
  assert(bytes.length === SEED_BYTES, 'a seed is 32 bytes');
  const der = Buffer.concat([PKCS8_HEAD, bytes]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  const publicKey = createPublicKey(privateKey).export({ format: 'jwk' }).x as Key;
  assert(isSoundKey(fromBase64url(publicKey) as Uint8Array), 'a derived key is sound');
  return { publicKey, privateKey };
}

/** Signs anything but a record: those go through the journal of signer.ts, and nowhere else. */
export function signOther(pair: KeyPair, message: Uint8Array): Signature {
  const head = textOf(message.subarray(0, SIGNED_PREFIX.length));
  assert(head !== SIGNED_PREFIX, 'a record is signed by its journal only');
  return signature(pair, message);
}

/** For signer.ts only. */
export function signRecord(pair: KeyPair, unsigned: string): Signature {
  return signature(pair, utf8(SIGNED_PREFIX + unsigned));
}

function signature(pair: KeyPair, message: Uint8Array): Signature {
  return toBase64url(sign(null, message, pair.privateKey)) as Signature;
}

/** A public key as the owner of a Solana wallet knows it. */
export function addressOf(key: Key): string {
  return base58.encode(fromBase64url(key) as Uint8Array);
}
