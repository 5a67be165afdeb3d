// One record: a line of nodes.jsonl. This file turns lines into records and records into lines, and
// holds the rules of shape that need nothing but the line. Spec: docs/ledger.md, "Record".

import { isSoundKey } from '../proto/ed25519.ts';
import { fromBase64url, textOf, toBase64url, utf8Beside, utf8ForNow } from '../proto/bytes.ts';
import {
  type Key,
  type RecordId,
  type Signature,
  isKey,
  isRecordId,
  isSignature,
} from '../proto/ids.ts';
import { type Json, type JsonObject, canonical, parseCanonical } from '../proto/json.ts';
import type { Platform } from '../proto/platform.ts';
import { type Result, ok, refuse } from '../proto/result.ts';
import { type Act, type Kind, SCHEMAS, isKind } from './kinds.ts';
import { KIND_CHARS_MAX, LINE_BYTES_MAX, LINKS_MAX } from './limits.ts';
import type { RefusalCode } from './refusals.ts';
import { isObject } from './schema.ts';

export const SIGNED_PREFIX = 'kith-record-v1\n';
const ID_PREFIX = 'kith-id-v1\n';

/** What is signed: everything but the signature. */
export interface Draft {
  /** Empty in genesis only, whose id it is elsewhere. */
  readonly ledger: RecordId | '';
  readonly author: Key;
  readonly seq: number;
  readonly prev: RecordId | '';
  readonly auth: readonly RecordId[];
  readonly refs: readonly RecordId[];
  /** The author's claim in ms: shown to people, judged nowhere. */
  readonly ts: number;
  readonly act: Act;
}

/** A well-formed record. Nothing is known yet of its author or its signature. */
export interface Decoded extends Draft {
  readonly id: RecordId;
  readonly sig: Signature;
  /** The canonical line, without the newline. */
  readonly line: string;
  /** The line without its signature: what both prefixes are put before. */
  readonly unsigned: string;
}

/**
 * A draft as it is written: in the order of the canonical text, which is then the platform's own.
 */
export type DraftJson = Readonly<
  Record<
    'auth' | 'author' | 'body' | 'kind' | 'ledger' | 'prev' | 'refs' | 'seq' | 'ts' | 'v',
    Json
  >
>;

export function draftJson(draft: Draft): DraftJson {
  const { ledger, author, seq, prev, auth, refs, ts, act } = draft;
  const kind = act.kind === 'unknown' ? act.name : act.kind;
  const body = act.body as unknown as JsonObject;
  return { auth, author, body, kind, ledger, prev, refs, seq, ts, v: 1 };
}

/** The same with its signature, as its line reads. */
export function signedJson(unsigned: DraftJson, sig: Signature): JsonObject {
  const { auth, author, body, kind, ledger, prev, refs, seq, ts, v } = unsigned;
  return { auth, author, body, kind, ledger, prev, refs, seq, sig, ts, v };
}

/** The canonical text that a draft's signature covers, prefix excluded. */
export function unsignedText(draft: Draft): string {
  return canonical(draftJson(draft));
}

export function signedBytes(unsigned: string): Uint8Array {
  return utf8Beside(SIGNED_PREFIX + unsigned);
}

export function idOf(unsigned: string, platform: Platform): RecordId {
  return toBase64url(platform.sha256(utf8ForNow(ID_PREFIX + unsigned))) as RecordId;
}

/** The line of a draft and its signature. */
export function sealedLine(draft: Draft, sig: Signature): string {
  return sealedText(unsignedText(draft), sig);
}

/** The same from the text that was signed: writing the object again would be half the work. */
export function sealedText(unsigned: string, sig: Signature): string {
  // Nothing after the record's own `ts` is a text: the last such place is it.
  const at = unsigned.lastIndexOf('"ts":');
  return `${unsigned.slice(0, at)}"sig":"${sig}",${unsigned.slice(at)}`;
}

const FIELDS = [
  'auth',
  'author',
  'body',
  'kind',
  'ledger',
  'prev',
  'refs',
  'seq',
  'sig',
  'ts',
  'v',
];
const KIND = /^[a-z]+([._][a-z]+)*$/;

/** A record from the bytes of a line, newline excluded. */
export function decodeBytes(bytes: Uint8Array, platform: Platform): Result<Decoded, RefusalCode> {
  if (bytes.length === 0) return refuse('empty');
  if (bytes.length > LINE_BYTES_MAX) return refuse('too-long', `${bytes.length} bytes`);
  const text = textOf(bytes);
  return text === null ? refuse('not-utf8') : decodeLine(text, platform);
}

/** A record from a line that is text already (a reply that was decoded whole, fatally). */
export function decodeText(line: string, platform: Platform): Result<Decoded, RefusalCode> {
  if (line === '') return refuse('empty');
  if (line.length > LINE_BYTES_MAX || utf8Length(line) > LINE_BYTES_MAX) return refuse('too-long');
  return decodeLine(line, platform);
}

function decodeLine(line: string, platform: Platform): Result<Decoded, RefusalCode> {
  const parsed = parseCanonical(line);
  if ('why' in parsed) return refuse('not-canonical', parsed.why);
  return judged(parsed.value, { line, unsigned: null }, platform);
}

/** The text of a record, and what of it is signed where whoever has it knows already. */
export interface Spelled {
  readonly line: string;
  readonly unsigned: string | null;
}

/** The rules of shape, on the value of a line in its one spelling. */
export function judged(
  value: Json,
  spelled: Spelled,
  platform: Platform,
): Result<Decoded, RefusalCode> {
  if (!isObject(value)) return refuse('bad-shape', 'not an object');
  if (value['v'] !== 1)
    return refuse(typeof value['v'] === 'number' ? 'wrong-version' : 'bad-shape', 'v');
  const shape = wrongShape(value);
  if (shape !== null) return refuse('bad-shape', shape);
  const kind = value['kind'] as string;
  const body = value['body'] as JsonObject;
  if (isKind(kind)) {
    const why = SCHEMAS[kind](body);
    if (why !== null) return refuse('bad-body', why);
  }
  const decoded = assemble(value, spelled, platform);
  const rule = brokenRule(decoded);
  if (rule !== null) return refuse('bad-body', rule);
  const weak = weakKey(decoded);
  return weak === null ? ok(decoded) : refuse('bad-key', weak);
}

/** A record from a line that this replica has checked before: no rule is looked at again. */
export function decodeHeld(line: string, platform: Platform): Decoded {
  return assemble(JSON.parse(line) as JsonObject, { line, unsigned: null }, platform);
}

function assemble(
  value: JsonObject,
  { line, unsigned: known }: Spelled,
  platform: Platform,
): Decoded {
  const unsigned = known ?? withoutSignature(line, value['sig'] as string);
  const kind = value['kind'] as string;
  const body = value['body'] as JsonObject;
  return {
    id: idOf(unsigned, platform),
    ledger: value['ledger'] as RecordId | '',
    author: value['author'] as Key,
    seq: value['seq'] as number,
    prev: value['prev'] as RecordId | '',
    auth: value['auth'] as unknown as RecordId[],
    refs: value['refs'] as unknown as RecordId[],
    ts: value['ts'] as number,
    act: (isKind(kind) ? { kind, body } : { kind: 'unknown', name: kind, body }) as unknown as Act,
    sig: value['sig'] as Signature,
    line,
    unsigned,
  };
}

// `sig` sorts between `seq` and `ts`, and its value is fixed: cutting the text is a tenth of the
// cost of writing the object again. A body may hold a `sig` of its own, but nothing outside a body
// can follow `"sig":"…","ts":`, so the last such place is the record's.
function withoutSignature(line: string, sig: string): string {
  const field = `"sig":"${sig}",`;
  const at = line.lastIndexOf(`${field}"ts":`);
  return line.slice(0, at) + line.slice(at + field.length);
}

function wrongShape(value: JsonObject): string | null {
  const misnamed = wrongFields(Object.keys(value));
  if (misnamed !== null) return misnamed;
  const { author, ledger, prev, seq, sig, ts, kind, body } = value;
  if (typeof author !== 'string' || !isKey(author)) return 'author';
  if (!isIdOrEmpty(ledger)) return 'ledger';
  if (!isIdOrEmpty(prev)) return 'prev';
  if (typeof seq !== 'number' || seq < 1) return 'seq';
  if ((seq === 1) !== (prev === '')) return 'prev: empty in the first record only';
  if (typeof ts !== 'number' || ts < 0) return 'ts';
  if (typeof sig !== 'string' || !isSignature(sig)) return 'sig';
  if (typeof kind !== 'string' || kind.length > KIND_CHARS_MAX || !KIND.test(kind)) return 'kind';
  if ((kind === 'genesis') !== (ledger === '')) return 'ledger: empty in genesis only';
  if (body === undefined || !isObject(body)) return 'body';
  return wrongLinks(value, 'auth') ?? wrongLinks(value, 'refs');
}

/** In a canonical text they stand in order, so that one look at each tells. */
function wrongFields(names: readonly string[]): string | null {
  for (let i = 0; i < FIELDS.length; i++) {
    if (names[i] === FIELDS[i]) continue;
    const missing = FIELDS.find((name) => !names.includes(name));
    if (missing !== undefined) return `${missing} is missing`;
    break;
  }
  if (names.length === FIELDS.length) return null;
  return `unknown field ${names.find((name) => !FIELDS.includes(name))}`;
}

function isIdOrEmpty(value: Json | undefined): boolean {
  return value === '' || (typeof value === 'string' && isRecordId(value));
}

function wrongLinks(value: JsonObject, name: 'auth' | 'refs'): string | null {
  const links = value[name];
  if (!Array.isArray(links) || links.length > LINKS_MAX) return name;
  for (let i = 0; i < links.length; i++) {
    if (typeof links[i] !== 'string' || !isRecordId(links[i])) return `${name}: ${i}`;
    if (i > 0 && links[i - 1] >= links[i]) return `${name}: not sorted`;
  }
  return null;
}

/** The rules between fields, one per kind that has any. */
const RULES: { readonly [K in Kind]?: (record: Decoded) => string | null } = {
  genesis: (record) => {
    if (record.act.kind !== 'genesis') return null;
    const { roots, recovery } = record.act.body;
    if (record.seq !== 1) return 'genesis is a first record';
    if (record.auth.length + record.refs.length > 0) return 'genesis cites nothing';
    if (roots[0]?.key !== record.author) return 'roots: the first is the author';
    return distinctRoots(roots, recovery);
  },
  'root.rotate': (record) => {
    if (record.act.kind !== 'root.rotate') return null;
    const { roots, recovery, cuts } = record.act.body;
    if (record.seq !== 1) return 'root.rotate is a first record';
    if (recovery === record.author) return 'recovery: a used sheet';
    if (cuts.some((cut) => !isHonoured(cut))) return 'cuts: a head without its seq';
    if (new Set(cuts.map((cut) => cut.key)).size !== cuts.length) return 'cuts: one key twice';
    if (cuts.some((cut) => roots.some((root) => root.key === cut.key))) return 'roots: a cut key';
    return distinctRoots(roots, recovery);
  },
  'member.remove': (record) => {
    if (record.act.kind !== 'member.remove') return null;
    const named = record.act.body.seq > 0 ? 1 : 0;
    return record.refs.length === named ? null : 'refs: the last honoured record';
  },
  'cap.revoke': (record) => (record.refs.length === 1 ? null : 'refs: the record that granted'),
  // A node speaks for itself: no grant is needed, so that what it says stands or falls with its
  // chain.
  'node.update': (record) => {
    if (record.auth.length + record.refs.length > 0) return 'an update cites nothing';
    return Object.keys(record.act.body).length > 0 ? null : 'an update of nothing';
  },
};

function isHonoured(cut: { readonly seq: number; readonly last: string }): boolean {
  return cut.seq > 0 === (cut.last !== '');
}

function distinctRoots(roots: readonly { key: Key; name: string }[], recovery: Key): string | null {
  if (new Set(roots.map((root) => root.key)).size !== roots.length) return 'roots: one key twice';
  return roots.some((root) => root.key === recovery) ? 'recovery: a root key' : null;
}

function brokenRule(record: Decoded): string | null {
  return record.act.kind === 'unknown' ? null : (RULES[record.act.kind]?.(record) ?? null);
}

/** Every key that a record admits or claims must be sound, or a signature by it means nothing. */
function weakKey(record: Decoded): string | null {
  for (const key of keysNamed(record.act)) {
    if (!isSoundKey(fromBase64url(key) as Uint8Array)) return key;
  }
  return null;
}

function keysNamed(act: Act): readonly Key[] {
  switch (act.kind) {
    case 'genesis':
    case 'root.rotate':
      return [...act.body.roots.map((root) => root.key), act.body.recovery];
    case 'operator.admit':
    case 'ticket.issue':
      return [act.body.key];
    case 'node.admit':
      return [act.body.key, act.body.wg.key];
    case 'node.update':
      return act.body.wg === undefined ? [] : [act.body.wg.key];
    default:
      return [];
  }
}

function utf8Length(text: string): number {
  let size = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // A surrogate pair is 4 bytes over 2 units, so each half counts one more.
    if (code >= 0x800 && (code < 0xd800 || code > 0xdfff)) size += 2;
    else if (code >= 0x80) size += 1;
  }
  return size;
}
