// Branded names for the four kinds of bytes that would otherwise all be strings. Each is the
// base64url text of its bytes: 43 symbols for 32 bytes, 86 for 64.

import { isBase64url } from './bytes.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** SHA-256 over a record's signed bytes: names a record whatever its signature. */
export type RecordId = Branded<'RecordId'>;
/** An Ed25519 public key: who wrote a record, who is a member. */
export type Key = Branded<'Key'>;
export type Signature = Branded<'Signature'>;
/** SHA-256 of something that is not a record (a root, a transcript). */
export type Digest = Branded<'Digest'>;

export const ID_BYTES = 32;
export const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

export function isRecordId(text: string): text is RecordId {
  return isBase64url(text, ID_BYTES);
}

export function isKey(text: string): text is Key {
  return isBase64url(text, KEY_BYTES);
}

export function isSignature(text: string): text is Signature {
  return isBase64url(text, SIGNATURE_BYTES);
}

export function isDigest(text: string): text is Digest {
  return isBase64url(text, ID_BYTES);
}
