// What a new machine announces on its network while it shows a code: its name, its port, the rights
// it asks for and its fingerprint. Anybody can announce anything: it is bounded, of plain
// characters, shown to a person, and believed by nobody. Spec: docs/pairing.md, "Being found".

import { isObject } from '../../ledger/schema.ts';
import { textOf, utf8 } from '../../proto/bytes.ts';
import { canonical, parseCanonical } from '../../proto/json.ts';
import { isLabel, isName } from '../../proto/names.ts';
import { BEACON_BYTES_MAX, CANDIDATES_MAX, CANDIDATES_PER_SOURCE_MAX } from './limits.ts';

export interface Announcement {
  readonly name: string;
  readonly role: string;
  readonly port: number;
  readonly fingerprint: string;
}

/** An announcement, and where it came from: that is where the machine is dialled. */
export interface Found extends Announcement {
  readonly source: string;
}

const PREFIX = 'kith-genesis-v1\n';
/** How a fingerprint is written. */
export const FINGERPRINT: RegExp = /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/;

export function encodeBeacon({ name, role, port, fingerprint }: Announcement): Uint8Array {
  return utf8(PREFIX + canonical({ fingerprint, name, port, role }));
}

export function decodeBeacon(bytes: Uint8Array): Announcement | null {
  const text = bytes.length > BEACON_BYTES_MAX ? null : textOf(bytes);
  if (text?.startsWith(PREFIX) !== true) return null;
  const parsed = parseCanonical(text.slice(PREFIX.length));
  return 'value' in parsed && isObject(parsed.value) ? readAnnouncement(parsed.value) : null;
}

export function readAnnouncement(fields: Readonly<Record<string, unknown>>): Announcement | null {
  const { name, role, port, fingerprint } = fields;
  if (typeof name !== 'string' || !isName(name)) return null;
  if (typeof role !== 'string' || !isLabel(role)) return null;
  if (typeof fingerprint !== 'string' || !FINGERPRINT.test(fingerprint)) return null;
  const isPort = typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536;
  return isPort ? { name, role, port, fingerprint } : null;
}

/** The list with one more: nothing pushes out what was there before. */
export function withFound(list: readonly Found[], found: Found): readonly Found[] {
  const { source, port } = found;
  const its = list.filter((one) => one.source === source);
  if (its.some((one) => one.port === port)) return list;
  const isFull = list.length >= CANDIDATES_MAX || its.length >= CANDIDATES_PER_SOURCE_MAX;
  return isFull ? list : [...list, found];
}
