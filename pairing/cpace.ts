// CPace, the exchange that turns a short code into a strong secret: draft-irtf-cfrg-cpace-21, suite
// CPACE-X25519-SHA512, initiator-responder mode. The letters are the draft's. K never leaves this
// file, and ISK is fit for nothing but a key derivation (confirm.ts). Spec: docs/pairing.md,
// "CPace".

import { concat, utf8 } from '../proto/bytes.ts';
import { elligator2 } from '../proto/elligator.ts';
import type { PairingPlatform } from './platform.ts';

const DSI = utf8('CPace255');
const DSI_ISK = utf8('CPace255_ISK');
/** The input block of SHA-512: the padding after PRS fills the first one. */
const BLOCK_BYTES = 128;
const FIELD_BYTES = 32;

/** A share on its way, with what its sender binds to it. */
export interface Share {
  readonly y: Uint8Array;
  readonly ad: Uint8Array;
}

export interface Setting {
  /** The password-related string: what both sides typed or made. */
  readonly prs: Uint8Array;
  /** The channel identifier: who speaks with whom, in which version. */
  readonly ci: Uint8Array;
  readonly sid: Uint8Array;
}

/** Length (LEB128) and value, so that a row of fields can be taken apart in one way only. */
export function lv(field: Uint8Array): Uint8Array {
  const length: number[] = [];
  let rest = field.length;
  while (rest >= 0x80) {
    length.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  return concat(Uint8Array.of(...length, rest), field);
}

export function lvCat(...fields: readonly Uint8Array[]): Uint8Array {
  return concat(...fields.map(lv));
}

/** The generator that this code leads to. */
export function generator({ prs, ci, sid }: Setting, platform: PairingPlatform): Uint8Array {
  const padding = Math.max(0, BLOCK_BYTES - 1 - lv(prs).length - lv(DSI).length);
  const text = lvCat(DSI, prs, new Uint8Array(padding), ci, sid);
  return elligator2(platform.sha512(text).subarray(0, FIELD_BYTES));
}

/** Our share for a fresh secret scalar of 32 random bytes. */
export function shareOf(
  scalar: Uint8Array,
  setting: Setting,
  platform: PairingPlatform,
): Uint8Array | null {
  return platform.x25519(scalar, generator(setting, platform));
}

/**
 * The intermediate session key, or null where the other's share is one of the points that would
 * make it known to everybody.
 */
export function sessionKey(
  scalar: Uint8Array,
  theirs: Uint8Array,
  sid: Uint8Array,
  transcript: Uint8Array,
  platform: PairingPlatform,
): Uint8Array | null {
  if (!isCanonical(theirs)) return null;
  const k = platform.x25519(scalar, theirs);
  if (k === null) return null;
  return platform.sha512(concat(lvCat(DSI_ISK, sid, k), transcript));
}

/** The transcript of a run with roles: the initiator's share first. */
export function transcriptOf(initiator: Share, responder: Share): Uint8Array {
  return concat(lvCat(initiator.y, initiator.ad), lvCat(responder.y, responder.ad));
}

/** No honest share is spelled otherwise; X25519 itself would ignore bit 255 and reduce the rest. */
function isCanonical(u: Uint8Array): boolean {
  if (u.length !== FIELD_BYTES || (u[31] as number) >= 0x80) return false;
  const ones = u[31] === 0x7f && u.subarray(1, 31).every((byte) => byte === 0xff);
  return !ones || (u[0] as number) < 0xed;
}
