// What one member signs for others to carry: sightings and meets. The signature is over a prefix of
// its own, the ledger, and the body exactly as its bytes came, so that no statement can be taken
// for another's, for another kind, or for one of another network. Spec: docs/links.md, "Sightings".

import { concat, fromBase64url, sameBytes, toBase64url, utf8 } from '../proto/bytes.ts';
import { verdict } from '../proto/ed25519.ts';
import { KEY_BYTES, type Key, type RecordId, SIGNATURE_BYTES } from '../proto/ids.ts';
import type { Platform } from '../proto/platform.ts';
import { type Codec, kith } from '../proto/wire.js';
import { formatIp, parseEndpoint } from './ip.ts';

export type Statement = 'sighting' | 'meet';

const PREFIXES: Readonly<Record<Statement, Uint8Array>> = {
  sighting: utf8('kith-sighting-v1\n'),
  meet: utf8('kith-meet-v1\n'),
};

/** What its author signs with its node key. */
export function statementMessage(what: Statement, ledger: RecordId, body: Uint8Array): Uint8Array {
  return concat(PREFIXES[what], fromBase64url(ledger) as Uint8Array, body);
}

export function encodeSigned(by: Key, body: Uint8Array, signature: Uint8Array): Uint8Array {
  return kith.MeshSigned.encode({ by: keyBytes(by), body, signature }).finish();
}

/** The author and the body, or null where the bytes are too long, malformed, or not signed so. */
export function readSigned(
  what: Statement,
  ledger: RecordId,
  bytes: Uint8Array,
  sizeMax: number,
  platform: Pick<Platform, 'verifyEd25519'>,
): { by: Key; body: Uint8Array } | null {
  const signed = bytes.length > sizeMax ? null : decoded(kith.MeshSigned, bytes);
  if (signed === null) return null;
  const { by, body, signature } = signed;
  if (by.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return null;
  const message = statementMessage(what, ledger, body);
  // `verdict` asks only for the check of signatures.
  if (!verdict(platform as Platform, by, message, signature)) return null;
  return { by: toBase64url(by) as Key, body };
}

export function decoded<Message>(codec: Codec<Message>, bytes: Uint8Array): Message | null {
  try {
    return codec.decode(bytes);
  } catch {
    return null;
  }
}

export function keyBytes(key: Key): Uint8Array {
  return fromBase64url(key) as Uint8Array;
}

export function keyIn(bytes: Uint8Array): Key | null {
  return bytes.length === KEY_BYTES ? (toBase64url(bytes) as Key) : null;
}

/** An endpoint as bytes; null for one with a zone, which means nothing on another machine. */
export function endpointBytes(endpoint: string): Uint8Array | null {
  const parsed = parseEndpoint(endpoint);
  if (parsed === null || parsed.zone !== '') return null;
  return concat(parsed.bytes, Uint8Array.of(parsed.port >> 8, parsed.port & 255));
}

/** The canonical text of an endpoint, or null where the bytes are none. */
export function endpointIn(bytes: Uint8Array): string | null {
  if (bytes.length !== 6 && bytes.length !== 18) return null;
  const at = bytes.length - 2;
  const port = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  if (port === 0) return null;
  const host = formatIp(bytes.subarray(0, at));
  const text = at === 4 ? `${host}:${port}` : `[${host}]:${port}`;
  const back = endpointBytes(text);
  return back !== null && sameBytes(back, bytes) ? text : null;
}
