// The X25519 form of Ed25519 public keys (RFC 7748, section 4.1): u = (1 + y) / (1 - y). The ledger
// names WireGuard keys in their Ed25519 form, because a key signs its own claim; WireGuard itself
// wants this one. Spec: docs/mesh.md, "Keys".

import { ed25519 } from '@noble/curves/ed25519.js';
import { fromHex, toHex } from './bytes.ts';

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

function numberOf(littleEndian: Uint8Array): bigint {
  return BigInt(`0x${toHex(littleEndian.toReversed())}`);
}

function bytesOf(value: bigint): Uint8Array {
  return (fromHex(value.toString(16).padStart(64, '0')) as Uint8Array).reverse();
}
