// What a key has signed: a file beside it to which each record is appended and made durable before
// its signature leaves the process. No place in a chain is ever signed twice with different content,
// whatever dies when, and however many processes hold the key. Spec: docs/ledger.md, "Journals".
//
// An entry is "\n" length " " line "\n", the length in bytes. The first binds the journal to a key, a
// machine and this very file; the others are records. Appending is one write(2), and of two records
// for one place the first counts: that is the lock. What a torn write left is shorter than its
// length says, and is skipped: its signature never left. Anything else that does not read is damage.

import path from 'node:path';
import { type Decoded, decodeText, signedBytes } from '../../ledger/record.ts';
import { fromBase64url, textOf, toHex, utf8 } from '../../proto/bytes.ts';
import { assert } from '../../proto/assert.ts';
import { verdict } from '../../proto/ed25519.ts';
import type { Digest, Key, RecordId } from '../../proto/ids.ts';
import { type Json, canonical, parseCanonical } from '../../proto/json.ts';
import type { Platform } from '../../proto/platform.ts';
import { isObject } from '../../ledger/schema.ts';
import { type Refused, type Result, ok, refuse } from '../../proto/result.ts';
import { type KeyDisk, type FileFacts, errnoOf } from './disk.ts';
import type { FileCode, HomeCode } from './refusals.ts';
import { createSecretFile, replaceSecretFile } from './secret-file.ts';

const FORMAT = 'kith-journal-v1';
const LF = 0x0a;
const SPACE = 0x20;
const LENGTH = /^[0-9]{0,5}$/;
const CHUNK_BYTES = 64 * 1024;

/** What keys need of the machine that they are on. */
export interface KeyHost {
  readonly machine: Digest;
  readonly disk: KeyDisk;
  readonly platform: Platform;
  readonly random: (sizeBytes: number) => Uint8Array;
}

export interface Journal {
  readonly file: string;
  readonly key: Key;
  /** What this process has read of it so far. */
  seen: Seen;
}

interface Seen {
  /** Which file was read: another in its place is read from its start. */
  inode: string;
  bytes: number;
  bound: Binding | null;
  /** The last record signed in each ledger, by the id of its genesis. */
  last: Map<RecordId, Decoded>;
  isDamaged: boolean;
  isForeign: boolean;
}
interface Binding {
  readonly key: Json | undefined;
  readonly machine: Json | undefined;
  readonly inode: Json | undefined;
}

export function journalFile(folder: string, key: Key): string {
  return path.join(folder, `signed-${key}.jsonl`);
}

/** The ledger of a record: a genesis, which has none yet, founds the ledger of its own id. */
export function ledgerOf(record: Decoded): RecordId {
  return record.ledger === '' ? record.id : record.ledger;
}

/** A new journal, before the key's first use. Refuses where there is one. */
export function createJournal(
  host: KeyHost,
  folder: string,
  key: Key,
): Result<undefined, FileCode> {
  return createSecretFile(host.disk, journalFile(folder, key), (facts) =>
    firstEntries(host, key, facts, []),
  );
}

function firstEntries(
  host: KeyHost,
  key: Key,
  facts: FileFacts,
  signed: readonly Decoded[],
): Uint8Array {
  const lines = [bindingLine(host, key, facts), ...signed.map(({ line }) => line)];
  return utf8(lines.map(entry).join(''));
}

function entry(line: string): string {
  return `\n${utf8(line).length} ${line}\n`;
}

function bindingLine(host: KeyHost, key: Key, { inode }: FileFacts): string {
  return canonical({ journal: FORMAT, key, machine: host.machine, inode });
}

/** The journal of a key on this machine. `moved` is a person's word that its old place is gone. */
export function openJournal(
  host: KeyHost,
  folder: string,
  key: Key,
  moved = false,
): Result<Journal, HomeCode> {
  const journal: Journal = { file: journalFile(folder, key), key, seen: nothingSeen('') };
  return withFile(host, journal, (fd) => {
    const fault = look(host, journal, fd);
    const isElsewhere = fault?.code === 'other-machine' || fault?.code === 'key-copied';
    if (!moved || !isElsewhere) return fault ?? ok(journal);
    append(host, fd, bindingLine(host, key, host.disk.facts(fd)));
    return look(host, journal, fd) ?? ok(journal);
  });
}

/** For a key that comes without a file of its own: the journal of its first use is made here. */
export function openOrCreateJournal(
  host: KeyHost,
  folder: string,
  key: Key,
): Result<Journal, FileCode | HomeCode> {
  const made = createJournal(host, folder, key);
  if (!made.ok && made.code !== 'file-exists') return made;
  return openJournal(host, folder, key);
}

/** Brings `seen` up to date with what other processes have signed. */
export function refreshJournal(host: KeyHost, journal: Journal): Result<undefined, HomeCode> {
  return withFile(host, journal, (fd) => look(host, journal, fd) ?? ok(undefined));
}

/**
 * Makes a signed record durable, also one that stands there already: a kill or a failed sync may
 * have left it in memory only. Answers the last record of its ledger: this one, or another that
 * took its place first, and then this one must not leave.
 */
export function enterJournal(
  host: KeyHost,
  journal: Journal,
  record: Decoded,
): Result<Decoded, HomeCode> {
  return withFile(host, journal, (fd) => {
    append(host, fd, record.line);
    const fault = look(host, journal, fd);
    const last = journal.seen.last.get(ledgerOf(record));
    return fault ?? (last === undefined ? damaged(journal) : ok(last));
  });
}

/**
 * A new journal in the place of one that is gone or not to be relied on, with these records as the
 * last of their ledgers: a person's word (`kith ledger accept-head`). What can be read of the old
 * one still counts, and its file is kept aside.
 */
export function renewJournal(
  host: KeyHost,
  folder: string,
  key: Key,
  heads: readonly Decoded[],
): Result<undefined, HomeCode | 'key-ahead' | 'key-branch'> {
  const journal: Journal = { file: journalFile(folder, key), key, seen: nothingSeen('') };
  const old = withFile(host, journal, (fd) => ok(look(host, journal, fd)));
  const last = new Map(journal.seen.last);
  for (const head of heads) {
    assert(head.author === key, 'a journal holds records of its key');
    const signed = last.get(ledgerOf(head));
    const places = `the ledger is at ${head.seq}, the key at ${signed?.seq}`;
    if (signed !== undefined && signed.seq > head.seq) return refuse('key-ahead', places);
    if (signed?.seq === head.seq && signed.id !== head.id) return refuse('key-branch', places);
    last.set(ledgerOf(head), head);
  }
  if (old.ok) host.disk.link(journal.file, `${journal.file}.aside-${toHex(host.random(4))}`);
  replaceSecretFile(host.disk, journal.file, (facts) =>
    firstEntries(host, key, facts, [...last.values()]),
  );
  return ok(undefined);
}

function withFile<T, Code extends string>(
  host: KeyHost,
  { file }: Journal,
  act: (fd: number) => Result<T, Code>,
): Result<T, Code | 'journal-missing'> {
  let fd: number;
  try {
    fd = host.disk.openAppend(file);
  } catch (fault) {
    if (errnoOf(fault) !== 'ENOENT') throw fault;
    return refuse('journal-missing', file);
  }
  try {
    return act(fd);
  } finally {
    host.disk.close(fd);
  }
}

function append(host: KeyHost, fd: number, line: string): void {
  const bytes = utf8(entry(line));
  // A second write would not be one entry. What a short one left is torn, and read as nothing.
  if (host.disk.write(fd, bytes) !== bytes.length) {
    throw Object.assign(new Error('the disk took only a part of a journal entry'), {
      code: 'ENOSPC',
    });
  }
  host.disk.sync(fd);
}

function nothingSeen(inode: string): Seen {
  return { inode, bytes: 0, bound: null, last: new Map(), isDamaged: false, isForeign: false };
}

function damaged({ file }: Journal): Refused<HomeCode> {
  return refuse('journal-damaged', file);
}

/** Reads what has been appended since. Null where the journal is whole and at home here. */
function look(host: KeyHost, journal: Journal, fd: number): Refused<HomeCode> | null {
  const { inode } = host.disk.facts(fd);
  if (journal.seen.inode !== inode) journal.seen = nothingSeen(inode);
  const { seen, file } = journal;
  const bytes = readFrom(host, fd, seen.bytes);
  let start = 0;
  for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
    takePiece(host, journal, bytes.subarray(start, end));
    start = end + 1;
  }
  seen.bytes += start;
  // A last piece without its newline may be whole: a signature that verifies was made.
  takePiece(host, journal, bytes.subarray(start));
  if (seen.isDamaged || seen.bound === null) return damaged(journal);
  if (seen.isForeign) return refuse('journal-foreign', file);
  if (seen.bound.machine !== host.machine) return refuse('other-machine', file);
  return seen.bound.inode === inode ? null : refuse('key-copied', file);
}

function readFrom(host: KeyHost, fd: number, position: number): Buffer {
  const chunks: Uint8Array[] = [];
  for (let at = position; ; ) {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const size = host.disk.read(fd, chunk, at);
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, size));
    at += size;
  }
}

function takePiece(host: KeyHost, { key, seen }: Journal, piece: Uint8Array): void {
  if (piece.length === 0) return;
  const space = piece.indexOf(SPACE);
  const head = textOf(space < 0 ? piece : piece.subarray(0, space)) ?? '';
  const content = space < 0 ? new Uint8Array() : piece.subarray(space + 1);
  const line = textOf(content) ?? '';
  const bound = bindingOf(line);
  const record = bound === null ? recordOf(host.platform, line) : null;
  if (bound !== null) {
    seen.bound = bound;
    seen.isForeign ||= bound.key !== key;
  } else if (record !== null) {
    const ledger = ledgerOf(record);
    if (record.seq > (seen.last.get(ledger)?.seq ?? 0)) seen.last.set(ledger, record);
    seen.isForeign ||= record.author !== key;
  } else {
    const isTorn = LENGTH.test(head) && (space < 0 || content.length < Number(head));
    seen.isDamaged ||= !isTorn;
  }
}

function bindingOf(line: string): Binding | null {
  const parsed = parseCanonical(line);
  if ('why' in parsed || !isObject(parsed.value)) return null;
  const { journal, key, machine, inode } = parsed.value;
  return journal === FORMAT ? { key, machine, inode } : null;
}

/** A record that its author really signed: a changed line would be refused everywhere. */
function recordOf(platform: Platform, line: string): Decoded | null {
  const decoded = decodeText(line, platform);
  if (!decoded.ok) return null;
  const { author, unsigned, sig } = decoded.value;
  const [key, signature] = [fromBase64url(author), fromBase64url(sig)];
  const message = signedBytes(unsigned);
  return verdict(platform, key as Uint8Array, message, signature as Uint8Array)
    ? decoded.value
    : null;
}
