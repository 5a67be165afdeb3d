// The first message of a WireGuard handshake as a relay sees it: 148 bytes, the last but one field
// a MAC that anybody who knows the responder's public key can check. So a relay that knows a pair's
// keys can tell an initiation for one of them from a stranger's bytes, and learn from its source
// where the other is. Spec: docs/links.md, "Relays"; WireGuard's paper, 5.4.2 and 5.4.4.

import { blake2s } from '../proto/blake.ts';
import { concat, sameBytes, utf8 } from '../proto/bytes.ts';

const INITIATION_BYTES = 148;
const MAC1_AT = 116;
const MAC_BYTES = 16;
const LABEL = utf8('mac1----');

/** The key of mac1 in messages to the holder of this X25519 public key. Worth keeping. */
export function mac1Key(responder: Uint8Array): Uint8Array {
  return blake2s(32, concat(LABEL, responder));
}

/** Whether the bytes are an initiation of a handshake with the one whose key this is. */
export function isInitiationFor(key: Uint8Array, packet: Uint8Array): boolean {
  if (packet.length !== INITIATION_BYTES || kindOf(packet) !== 1) return false;
  const mac = blake2s(MAC_BYTES, packet.subarray(0, MAC1_AT), key);
  return sameBytes(mac, packet.subarray(MAC1_AT, MAC1_AT + MAC_BYTES));
}

/** Whether bytes look like a message of WireGuard: nothing else is carried. */
export function isWireguard(packet: Uint8Array): boolean {
  const kind = kindOf(packet);
  return packet.length >= 32 && kind !== null && kind >= 1 && kind <= 4;
}

/** The type in the first byte, with the three zeros behind it. */
function kindOf(packet: Uint8Array): number | null {
  return packet[1] === 0 && packet[2] === 0 && packet[3] === 0 ? (packet[0] ?? null) : null;
}
