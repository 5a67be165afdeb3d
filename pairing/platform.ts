// What the ceremony asks of the machine beyond the ledger's Platform: functions of bytes only.

import type { Platform } from '../proto/platform.ts';

export interface PairingPlatform extends Platform {
  sha512(bytes: Uint8Array): Uint8Array;
  hmacSha512(key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** The u coordinate of the product, or null where it is zero: a point of small order. */
  x25519(scalar: Uint8Array, point: Uint8Array): Uint8Array | null;
  /** ChaCha20-Poly1305 with a key of 32 bytes and a nonce of 12: the text, then the 16-byte tag. */
  seal(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, text: Uint8Array): Uint8Array;
  /** The text, or null where the box was not sealed under exactly these. */
  open(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, box: Uint8Array): Uint8Array | null;
  /** Equality in a time that depends on the length alone. */
  sameSecret(a: Uint8Array, b: Uint8Array): boolean;
}
