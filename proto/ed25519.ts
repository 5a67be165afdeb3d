// The one rule on Ed25519 signatures. Verifiers disagree on edge cases, and a ledger that two of
// them verify forks; so everything they disagree about is refused here on the bytes, and only then
// the platform's cofactorless check decides. Spec: docs/ledger.md, "One verdict".

import { KEY_BYTES, SIGNATURE_BYTES } from './ids.ts';
import type { Platform } from './platform.ts';

// L, the order of the base point, little endian: S must be below it, or a second S would do as
// well.
const ORDER = Uint8Array.from([
  0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
]);

// The y of the eight points whose order divides 8 (the sign bit, which is masked, tells two with
// one y apart). Non-canonical spellings of them fail the canonical check before.
const SMALL_ORDER_Y: readonly string[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
];
const SMALL_ORDER: readonly Uint8Array[] = SMALL_ORDER_Y.map((hex) =>
  Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16)),
);

/** True where the 32 bytes at `at` spell a point canonically and its order is not a small one. */
function isStrongPoint(bytes: Uint8Array, at: number): boolean {
  // y < 2^255 - 19, the sign bit aside: only y in [p, 2^255) fails, and those are all ones on top.
  let ones = ((bytes[at + 31] as number) & 0x7f) === 0x7f;
  for (let i = 30; ones && i > 0; i--) ones = bytes[at + i] === 0xff;
  if (ones && (bytes[at] as number) >= 0xed) return false;
  for (const weak of SMALL_ORDER) {
    let same = ((bytes[at + 31] as number) & 0x7f) === weak[31];
    for (let i = 30; same && i >= 0; i--) same = bytes[at + i] === weak[i];
    if (same) return false;
  }
  return true;
}

function isBelowOrder(signature: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const s = signature[32 + i] as number;
    const l = ORDER[i] as number;
    if (s !== l) return s < l;
  }
  return false;
}

/** The same rule for every key that is admitted: canonical, and not of small order. */
export function isSoundKey(key: Uint8Array): boolean {
  return key.length === KEY_BYTES && isStrongPoint(key, 0);
}

export function isSoundSignature(signature: Uint8Array): boolean {
  return (
    signature.length === SIGNATURE_BYTES && isBelowOrder(signature) && isStrongPoint(signature, 0)
  );
}

/** The verdict on a signature. There is no other in the program. */
export function verdict(
  platform: Platform,
  key: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  return (
    isSoundKey(key) &&
    isSoundSignature(signature) &&
    platform.verifyEd25519(key, message, signature)
  );
}
