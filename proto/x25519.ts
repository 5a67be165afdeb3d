// The X25519 form of Ed25519 public keys (RFC 7748, section 4.1): u = (1 + y) / (1 - y). The ledger
// names WireGuard keys in their Ed25519 form, because a key signs its own claim; WireGuard itself
// wants this one. Spec: docs/mesh.md, "Keys".

import { ed25519 } from '@noble/curves/ed25519.js';
import { KEY_BYTES } from './ids.ts';

const { Fp } = ed25519.Point;

/**
 * The X25519 form of each key, or null where it has none (y = 1, a point of small order). Many at
 * once, since the one costly step, an inversion, is shared by all.
 */
export function montgomeryForms(keys: readonly Uint8Array[]): (Uint8Array | null)[] {
  const heights = keys.map((key) => Fp.create(numberOf(key) & ((1n << 255n) - 1n)));
  const depths = heights.map((y) => Fp.sub(Fp.ONE, y));
  // Zero has no inverse: a one keeps its place.
  const inverses = Fp.invertBatch(depths.map((depth) => (Fp.is0(depth) ? Fp.ONE : depth)));
  return heights.map((y, i) => {
    if (Fp.is0(depths[i] as bigint)) return null;
    return bytesOf(Fp.mul(Fp.add(Fp.ONE, y), inverses[i] as bigint));
  });
}

// In words of 64 bits, which is many times faster than byte by byte.
function numberOf(littleEndian: Uint8Array): bigint {
  const words = new DataView(littleEndian.buffer, littleEndian.byteOffset, KEY_BYTES);
  let value = 0n;
  for (let at = KEY_BYTES - 8; at >= 0; at -= 8) {
    value = (value << 64n) | words.getBigUint64(at, true);
  }
  return value;
}

function bytesOf(value: bigint): Uint8Array {
  const bytes = new Uint8Array(KEY_BYTES);
  const words = new DataView(bytes.buffer);
  for (let at = 0; at < KEY_BYTES; at += 8) {
    words.setBigUint64(at, BigInt.asUintN(64, value >> BigInt(at * 8)), true);
  }
  return bytes;
}
