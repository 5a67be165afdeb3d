// libsodium, as far as we use it: it checks and makes Ed25519 signatures in half of OpenSSL's time.
// `sodium-native` brings its binary along for the systems that its authors build for; on any other
// there is none, and whoever asks has OpenSSL. Why: docs/decisions/2026-11-20-libsodium.md.

import { createRequire } from 'node:module';

export interface Sodium {
  crypto_sign_verify_detached(sig: Uint8Array, message: Uint8Array, key: Uint8Array): boolean;
  crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void;
  crypto_sign_detached(sig: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void;
  /** Between guard pages, out of core files and off the swap, cleared when it is given back. */
  sodium_malloc(sizeBytes: number): Uint8Array;
}

export const sodium: Sodium | null = load();

function load(): Sodium | null {
  try {
    return createRequire(import.meta.url)('sodium-native') as Sodium;
  } catch {
    return null;
  }
}
