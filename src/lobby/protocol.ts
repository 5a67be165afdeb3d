// What is said in a lobby before it is a pipe: one announcement, then single bytes. The lobby is
// asked for by ALPN, so that not a byte of a stranger comes near the HTTP of members. Spec:
// docs/pairing.md, "The lobby".

import { isObject } from '../../ledger/schema.ts';
import { concat, textOf, utf8 } from '../../proto/bytes.ts';
import { canonical, parseCanonical } from '../../proto/json.ts';
import { isLabel, isName } from '../../proto/names.ts';
import { ANNOUNCEMENT_BYTES_MAX } from './limits.ts';

/** The protocol of the lobby in TLS. The peer API has HTTP's own. */
export const LOBBY_ALPN = 'kith-lobby/1';

/** The list of those who wait, and below it the way to one of them: for members, over HTTP. */
export const LOBBY_PATH = '/v1/lobby';
export const PIPE_PATH = '/v1/lobby/pipe';
export const PIPE_UPGRADE = 'kith-lobby';

/** From either: I am here. The first of the lobby also says that the newcomer is on its list. */
export const STILL = 1;
/** From the lobby, with a name behind it: somebody is coming. From the newcomer: let them. */
export const GO = 2;
/** From the lobby: there is no room. */
export const FULL = 3;

/** What a newcomer says of itself; who it is the handshake says. */
export interface Announcement {
  readonly name: string;
  readonly role: string;
}

const HEAD_BYTES = 2;

/** Two bytes of length, big endian, and canonical JSON. */
export function encodeAnnouncement({ name, role }: Announcement): Uint8Array {
  const body = utf8(canonical({ name, role }));
  return concat(Uint8Array.of(body.length >> 8, body.length & 255), body);
}

/** The announcement at the beginning of some bytes and what is behind it, or what they lack. */
export function takeAnnouncement(
  bytes: Uint8Array,
): 'more' | 'wrong' | { readonly announcement: Announcement; readonly rest: Uint8Array } {
  if (bytes.length < HEAD_BYTES) return 'more';
  const size = ((bytes[0] as number) << 8) | (bytes[1] as number);
  if (size > ANNOUNCEMENT_BYTES_MAX) return 'wrong';
  if (bytes.length < HEAD_BYTES + size) return 'more';
  const announcement = readAnnouncement(bytes.subarray(HEAD_BYTES, HEAD_BYTES + size));
  return announcement === null
    ? 'wrong'
    : { announcement, rest: bytes.subarray(HEAD_BYTES + size) };
}

function readAnnouncement(bytes: Uint8Array): Announcement | null {
  const text = textOf(bytes);
  const parsed = text === null ? null : parseCanonical(text);
  if (parsed === null || 'why' in parsed || !isObject(parsed.value)) return null;
  const { name, role, ...more } = parsed.value;
  if (Object.keys(more).length > 0) return null;
  if (typeof name !== 'string' || !isName(name)) return null;
  return typeof role === 'string' && isLabel(role) ? { name, role } : null;
}

/** `GO`, a byte of length, and the name of the member that comes. */
export function encodeGo(by: string): Uint8Array {
  const name = utf8(by);
  return concat(Uint8Array.of(GO, name.length), name);
}

/** What the lobby says next, and how many bytes that took. */
export type Said =
  | { readonly kind: 'more' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'still'; readonly size: number }
  | { readonly kind: 'full'; readonly size: number }
  | { readonly kind: 'go'; readonly by: string; readonly size: number };

export function takeSaid(bytes: Uint8Array): Said {
  const [first, length = 0] = bytes;
  if (first === undefined) return { kind: 'more' };
  if (first === STILL) return { kind: 'still', size: 1 };
  if (first === FULL) return { kind: 'full', size: 1 };
  if (first !== GO) return { kind: 'wrong' };
  const size = HEAD_BYTES + length;
  if (bytes.length < size) return { kind: 'more' };
  const by = textOf(bytes.subarray(HEAD_BYTES, size));
  return by === null || !isName(by) ? { kind: 'wrong' } : { kind: 'go', by, size };
}
