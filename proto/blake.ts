// BLAKE2s (RFC 7693), which WireGuard's packets carry and beacons of the local network use. Node's
// own offers no keyed one, so it is noble's. Spec: docs/links.md, "Relays", "The LAN beacon".

import { blake2s as nobleBlake2s } from '@noble/hashes/blake2.js';

/** A hash of `size` bytes (32 at most), under a key of 1 to 32 bytes where one is given. */
export function blake2s(size: number, bytes: Uint8Array, key?: Uint8Array): Uint8Array {
  return nobleBlake2s(bytes, key === undefined ? { dkLen: size } : { dkLen: size, key });
}
