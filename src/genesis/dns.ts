// As much of DNS as finding a new machine takes (RFC 6762, 6763): the question for
// `_kith-genesis._tcp.local`, one answer, and a reader of both that looks at a bounded number of
// records, follows pointers backwards only, and answers null for whatever does not fit.

import { isIPv6 } from 'node:net';
import { concat, utf8 } from '../../proto/bytes.ts';
import { type Announcement, readAnnouncement } from './announcement.ts';
import { MDNS_BYTES_MAX, MDNS_RECORDS_MAX } from './limits.ts';

const SERVICE: readonly string[] = ['_kith-genesis', '_tcp', 'local'];
const TYPE = { a: 1, ptr: 12, txt: 16, aaaa: 28, srv: 33 } as const;
const ANY = 255;
const CLASS_IN = 1;
/** "Only these": others with this name are to be forgotten. */
const FLUSH = 0x8000;
const HEADER_BYTES = 12;
const LABEL_CHARS_MAX = 63;
const NAME_BYTES_MAX = 255;

const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 255);
const u32 = (value: number): Uint8Array => concat(u16(value >>> 16), u16(value & 0xffff));

function nameBytes(labels: readonly string[]): Uint8Array {
  const parts = labels.map((label) => concat(Uint8Array.of(label.length), utf8(label)));
  return concat(...parts, Uint8Array.of(0));
}

export function encodeQuestion(): Uint8Array {
  const header = concat(u16(0), u16(0), u16(1), u16(0), u16(0), u16(0));
  return concat(header, nameBytes(SERVICE), u16(TYPE.ptr), u16(CLASS_IN));
}

/** The answer; a time to live of 0 takes it back. */
export function encodeAnswer(
  { name, role, port, fingerprint }: Announcement,
  addresses: readonly string[],
  ttlSeconds: number,
): Uint8Array {
  // Two machines may have one name: the start of the fingerprint tells them apart.
  const tail = fingerprint.slice(0, 4).toLowerCase();
  const label = `${name.slice(0, LABEL_CHARS_MAX - tail.length - 1)}-${tail}`;
  const instance = nameBytes([label, ...SERVICE]);
  const target = nameBytes([label, 'local']);
  const texts = [`name=${name}`, `role=${role}`, `fingerprint=${fingerprint}`].map(utf8);
  const txt = concat(...texts.flatMap((text) => [Uint8Array.of(text.length), text]));
  const record = (owner: Uint8Array, type: number, flush: number, data: Uint8Array): Uint8Array =>
    concat(owner, u16(type), u16(CLASS_IN | flush), u32(ttlSeconds), u16(data.length), data);
  const records = [
    record(nameBytes(SERVICE), TYPE.ptr, 0, instance),
    record(instance, TYPE.srv, FLUSH, concat(u16(0), u16(0), u16(port), target)),
    record(instance, TYPE.txt, FLUSH, txt),
    ...addresses.map((address) =>
      isIPv6(address)
        ? record(target, TYPE.aaaa, FLUSH, ipv6Bytes(address))
        : record(target, TYPE.a, FLUSH, Uint8Array.from(address.split('.').map(Number))),
    ),
  ];
  const header = concat(u16(0), u16(0x8400), u16(0), u16(records.length), u16(0), u16(0));
  return concat(header, ...records);
}

/** The 16 bytes of an address as the system writes it, without its link. */
function ipv6Bytes(address: string): Uint8Array {
  const [left, right] = address.split('%', 1).join('').split('::') as [string, string?];
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [head, tail] = [groups(left), right === undefined ? [] : groups(right)];
  const middle = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => 0);
  return concat(...[...head, ...middle, ...tail].map(u16));
}

export type DnsMessage =
  /** Somebody looks for new machines. */
  { readonly kind: 'question' } | { readonly kind: 'answer'; readonly announcement: Announcement };

/** What a datagram says about new machines; null where that is nothing. */
export function decodeDns(bytes: Uint8Array): DnsMessage | null {
  if (bytes.length < HEADER_BYTES || bytes.length > MDNS_BYTES_MAX) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isAnswer = (view.getUint16(2) & 0x8000) !== 0;
  const questions = view.getUint16(4);
  const records = view.getUint16(6) + view.getUint16(8) + view.getUint16(10);
  if (questions > MDNS_RECORDS_MAX || records > MDNS_RECORDS_MAX) return null;
  let at = HEADER_BYTES;
  let isAsked = false;
  for (let i = 0; i < questions; i++) {
    const name = nameAt(bytes, at);
    if (name === null || name.end + 4 > bytes.length) return null;
    const type = view.getUint16(name.end);
    if (isService(name.labels) && (type === TYPE.ptr || type === ANY)) isAsked = true;
    at = name.end + 4;
  }
  if (!isAnswer) return isAsked ? { kind: 'question' } : null;
  const announcement = readRecords(bytes, view, at, records);
  return announcement === null ? null : { kind: 'answer', announcement };
}

function readRecords(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  count: number,
): Announcement | null {
  const fields: Record<string, string | number> = {};
  let at = start;
  for (let i = 0; i < count; i++) {
    const name = nameAt(bytes, at);
    if (name === null || name.end + 10 > bytes.length) return null;
    const type = view.getUint16(name.end);
    const ttl = view.getUint32(name.end + 4);
    const from = name.end + 10;
    const to = from + view.getUint16(name.end + 8);
    if (to > bytes.length) return null;
    at = to;
    if (ttl === 0 || !isService(name.labels.slice(1))) continue;
    if (type === TYPE.srv && to - from > 6) fields['port'] = view.getUint16(from + 4);
    if (type === TYPE.txt) Object.assign(fields, textsIn(bytes.subarray(from, to)));
  }
  return readAnnouncement(fields);
}

const KNOWN_TEXTS: ReadonlySet<string> = new Set(['name', 'role', 'fingerprint']);

function textsIn(bytes: Uint8Array): Record<string, string> {
  const texts: Record<string, string> = {};
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + (bytes[at] as number);
    const text = ascii(bytes.subarray(at + 1, end));
    const equals = text.indexOf('=');
    const key = text.slice(0, Math.max(0, equals));
    if (KNOWN_TEXTS.has(key)) texts[key] = text.slice(equals + 1);
    at = end;
  }
  return texts;
}

function isService(labels: readonly string[]): boolean {
  return (
    labels.length === SERVICE.length &&
    labels.every((label, i) => label.toLowerCase() === SERVICE[i])
  );
}

/** The labels of a name and where what follows it begins. Pointers lead backwards, so they end. */
function nameAt(
  bytes: Uint8Array,
  start: number,
): { readonly labels: readonly string[]; readonly end: number } | null {
  const labels: string[] = [];
  let size = 0;
  let end: number | null = null;
  let lowest = start;
  for (let at = start; ; ) {
    const length = bytes[at];
    if (length === undefined) return null;
    if (length === 0) return { labels, end: end ?? at + 1 };
    if (length >= 0xc0) {
      const low = bytes[at + 1];
      const target = ((length & 0x3f) << 8) | (low ?? 0);
      if (low === undefined || target >= lowest) return null;
      end ??= at + 2;
      lowest = target;
      at = target;
      continue;
    }
    const next = at + 1 + length;
    size += length + 1;
    if (length > LABEL_CHARS_MAX || size > NAME_BYTES_MAX || next > bytes.length) return null;
    labels.push(ascii(bytes.subarray(at + 1, next)));
    at = next;
  }
}

// Whatever is not ASCII becomes a sign that no name may hold.
function ascii(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : '?')).join('');
}
