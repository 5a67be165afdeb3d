// What a key has signed: a file beside it to which each record is appended and made durable before
// its signature leaves the process. No place in a chain is ever signed twice with different
// content, whatever dies when, and however many processes hold the key. Spec: docs/keys.md,
// "Journals".
//
// Appending is one write(2), and of two records for one place the first in the file counts: that is
// the lock, and nothing has to be taken, held or given back. Torn entries are skipped, for their
// signatures never left; damage stops the key, for what it has signed is then not known.

import path from 'node:path';
import type { Decoded } from '../../ledger/record.ts';
import { assert } from '../../proto/assert.ts';
import { toHex } from '../../proto/bytes.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import { type Refused, type Result, ok, refuse } from '../../proto/result.ts';
import { errnoOf } from './disk.ts';
import type { KeyHost } from './host.ts';
import {
  type Binding,
  ENTRY_BYTES_MAX,
  bindingLine,
  entryBytes,
  piecesOf,
  readEntry,
} from './journal-entry.ts';
import type { FileCode, HomeCode } from './refusals.ts';
import { createSecretFile, replaceSecretFile } from './secret-file.ts';

const CHUNK_BYTES = 64 * 1024;

export interface Journal {
  readonly file: string;
  readonly key: Key;
  /** What this process has read of it so far. */
  seen: Seen;
}
interface Seen {
  /** Which file was read: another in its place is read from its start. */
  identity: string;
  /** Up to the end of the last whole line. */
  bytes: number;
  bound: Binding | null;
  /** What was signed in each ledger, by the id of its genesis. */
  chains: Map<RecordId, Chain>;
  isDamaged: boolean;
  isForeign: boolean;
}
interface Chain {
  last: Decoded;
  /** Where in the file the first entry for each seq begins. */
  readonly at: Map<number, number>;
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
  return createSecretFile(host.disk, journalFile(folder, key), ({ identity }) =>
    entryBytes([bindingLine(key, host.machine, identity)]),
  );
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
    append(host, fd, bindingLine(key, host.machine, host.disk.facts(fd).identity));
    return look(host, journal, fd) ?? ok(journal);
  });
}

/** Brings what is known up to date with what other processes have signed. */
export function refreshJournal(host: KeyHost, journal: Journal): Result<undefined, HomeCode> {
  return withFile(host, journal, (fd) => look(host, journal, fd) ?? ok(undefined));
}

/** The last record signed in a ledger, as far as this process has read. */
export function lastIn(journal: Journal, ledger: RecordId): Decoded | null {
  return journal.seen.chains.get(ledger)?.last ?? null;
}

/** Whether the journal knows what was signed at a place. Not so for what is older than itself. */
export function hasPlace(journal: Journal, ledger: RecordId, seq: number): boolean {
  return journal.seen.chains.get(ledger)?.at.has(seq) ?? false;
}

/** The record that was signed at a place which the journal has. */
export function recordAt(
  host: KeyHost,
  journal: Journal,
  ledger: RecordId,
  seq: number,
): Result<Decoded, HomeCode> {
  return withFile(host, journal, (fd) => standing(host, journal, fd, ledger, seq));
}

/**
 * Makes a signed record durable, also one that stands there already: a kill or a failed sync may
 * have left it in memory only. Answers the record that stands at its place from now on: another,
 * where another process was first, and then this one must not leave.
 */
export function enterJournal(
  host: KeyHost,
  journal: Journal,
  record: Decoded,
): Result<Decoded, HomeCode> {
  return withFile(host, journal, (fd) => {
    append(host, fd, record.line);
    return look(host, journal, fd) ?? standing(host, journal, fd, ledgerOf(record), record.seq);
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
  if (old.ok && old.value?.code === 'journal-foreign') return old.value;
  const last = new Map([...journal.seen.chains].map(([ledger, chain]) => [ledger, chain.last]));
  for (const head of heads) {
    assert(head.author === key, 'a journal holds records of its key');
    const signed = last.get(ledgerOf(head));
    const places = `the ledger is at ${head.seq}, the key at ${signed?.seq}`;
    if (signed !== undefined && signed.seq > head.seq) return refuse('key-ahead', places);
    if (signed?.seq === head.seq && signed.id !== head.id) return refuse('key-branch', places);
    last.set(ledgerOf(head), head);
  }
  if (old.ok) host.disk.link(journal.file, `${journal.file}.aside-${toHex(host.random(4))}`);
  const lines = [...last.values()].map(({ line }) => line);
  replaceSecretFile(host.disk, journal.file, ({ identity }) =>
    entryBytes([bindingLine(key, host.machine, identity), ...lines]),
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
  const bytes = entryBytes([line]);
  // A second write would not be one entry. What a short one left is torn, and read as nothing.
  if (host.disk.write(fd, bytes) !== bytes.length) {
    const fault = new Error('the disk took only a part of a journal entry');
    throw Object.assign(fault, { code: 'ENOSPC' });
  }
  host.disk.sync(fd);
}

function nothingSeen(identity: string): Seen {
  return { identity, bytes: 0, bound: null, chains: new Map(), isDamaged: false, isForeign: false };
}

function damaged({ file }: Journal): Refused<HomeCode> {
  return refuse('journal-damaged', file);
}

/** Reads what has been appended since. Null where the journal is whole and at home here. */
function look(host: KeyHost, journal: Journal, fd: number): Refused<HomeCode> | null {
  const { identity, sizeBytes } = host.disk.facts(fd);
  const isOther = journal.seen.identity !== identity || journal.seen.bytes > sizeBytes;
  if (isOther) journal.seen = nothingSeen(identity);
  const { seen, file } = journal;
  const { pieces, ended } = piecesOf(readFrom(host, fd, seen.bytes));
  // A last piece without its newline is taken too: a signature that verifies was made.
  for (const [at, piece] of pieces) takePiece(host, journal, piece, seen.bytes + at);
  seen.bytes += ended;
  if (seen.isDamaged || seen.bound === null) return damaged(journal);
  if (seen.isForeign) return refuse('journal-foreign', file);
  if (seen.bound.machine !== host.machine) return refuse('other-machine', file);
  return seen.bound.file === identity ? null : refuse('key-copied', file);
}

function readFrom(host: KeyHost, fd: number, position: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (let at = position; ; ) {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const size = host.disk.read(fd, chunk, at);
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, size));
    at += size;
  }
}

function takePiece(
  host: KeyHost,
  { key, seen }: Journal,
  piece: Uint8Array,
  position: number,
): void {
  const entry = readEntry(host.platform, piece);
  switch (entry.kind) {
    case 'binding':
      seen.bound = entry.binding;
      seen.isForeign ||= entry.binding.key !== key;
      return;
    case 'record':
      takeRecord(seen, entry.record, position);
      seen.isForeign ||= entry.record.author !== key;
      return;
    case 'damage':
      seen.isDamaged = true;
      return;
    case 'torn':
  }
}

function takeRecord(seen: Seen, record: Decoded, position: number): void {
  const chain = seen.chains.get(ledgerOf(record)) ?? { last: record, at: new Map() };
  seen.chains.set(ledgerOf(record), chain);
  if (!chain.at.has(record.seq)) chain.at.set(record.seq, position);
  if (record.seq > chain.last.seq) chain.last = record;
}

function standing(
  host: KeyHost,
  journal: Journal,
  fd: number,
  ledger: RecordId,
  seq: number,
): Result<Decoded, HomeCode> {
  const position = journal.seen.chains.get(ledger)?.at.get(seq);
  if (position === undefined) return damaged(journal);
  const bytes = new Uint8Array(ENTRY_BYTES_MAX);
  const size = host.disk.read(fd, bytes, position);
  const piece = piecesOf(bytes.subarray(0, size)).pieces[0]?.[1];
  const entry = piece === undefined ? null : readEntry(host.platform, piece);
  return entry?.kind === 'record' && entry.record.seq === seq ? ok(entry.record) : damaged(journal);
}
