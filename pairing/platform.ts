// What the ceremony asks of the machine beyond the ledger's Platform: functions of bytes only.

import type { Platform } from '../proto/platform.ts';

export interface PairingPlatform extends Platform {
  sha512(bytes: Uint8Array): Uint8Array;
  /** The u coordinate of the product, or null where it is zero: a point of small order. */
  x25519(scalar: Uint8Array, point: Uint8Array): Uint8Array | null;
}
