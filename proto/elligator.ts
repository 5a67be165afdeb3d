// Elligator2 onto the u coordinate of Curve25519 (RFC 9380, map_to_curve_elligator2_curve25519).
// Noble marks its export experimental: the package is pinned exactly, and the published CPace
// values in fixtures/cpace/ would tell a change. Its big integers are not constant-time.

import { _map_to_curve_elligator2_curve25519 as map, ed25519 } from '@noble/curves/ed25519.js';

const { Fp } = ed25519.Point;

/** The u coordinate, little endian, of the point that 32 bytes map to; the top bit is ignored. */
export function elligator2(bytes: Uint8Array): Uint8Array {
  let u = 0n;
  for (let i = 31; i >= 0; i--)
    u = (u << 8n) | BigInt(i === 31 ? (bytes[i] as number) & 0x7f : (bytes[i] as number));
  const { xMn, xMd } = map(Fp.create(u));
  let x = Fp.div(xMn, xMd);
  const out = new Uint8Array(32);
  for (let i = 0; i < 32; i++, x >>= 8n) out[i] = Number(x & 0xffn);
  return out;
}
