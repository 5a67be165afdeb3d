// One line of the frontier: how far a replica holds an author, and why no further. Two replicas
// with equal entries can send each other nothing of that author. Spec: docs/sync.md, "Entries".

import { concat, fromBase64url, toHex, utf8 } from '../proto/bytes.ts';
import { ID_BYTES, type Key, type RecordId } from '../proto/ids.ts';
import type { Platform } from '../proto/platform.ts';

/**
 * Why the live chain ends where it does: at its last record, at a fork that nothing settles (also
 * below a cut whose record is not held), or because of the cut that decides.
 */
export type Mark = 'none' | 'fork' | `cut:${RecordId}`;

/** An author has an entry where it has a live record or a mark; what is void does not show. */
export interface Entry {
  readonly author: Key;
  /** The last live record held: 0 and '' where there is none. */
  readonly seq: number;
  readonly id: RecordId | '';
  readonly mark: Mark;
}

const PREFIX = utf8('kith-entry-v1\n');
const CUT = 'cut:';
const NO_ID = new Uint8Array(ID_BYTES);

export function cutMark(id: RecordId): Mark {
  return `${CUT}${id}`;
}

/** The id of the deciding cut, or undefined where no cut decides. */
export function cutOf(mark: Mark): RecordId | undefined {
  return mark.startsWith(CUT) ? (mark.slice(CUT.length) as RecordId) : undefined;
}

/**
 * The one spelling of an entry, which the trie hashes: prefix, author (32), seq (8, big endian),
 * id (32, zeros for none), mark (0 none, 1 fork, 2 cut), id of the cut (32, zeros for none).
 * Every entry has the same length, so a row of them needs no separators.
 */
export function entryBytes(entry: Entry): Uint8Array {
  const cut = cutOf(entry.mark);
  const kind = cut !== undefined ? 2 : entry.mark === 'fork' ? 1 : 0;
  const seq = new Uint8Array(8);
  for (let i = 7, rest = entry.seq; i >= 0; i--, rest = (rest - (rest % 256)) / 256) seq[i] = rest;
  return concat(PREFIX, rawOf(entry.author), seq, rawOf(entry.id), Uint8Array.of(kind), rawOf(cut));
}

/** Where an author stands in the trie: the 64 nibbles of SHA-256(key), as hex. */
export function pathOf(author: Key, platform: Platform): string {
  return toHex(platform.sha256(rawOf(author)));
}

export function sameEntry(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.author === b.author && a.seq === b.seq && a.id === b.id && a.mark === b.mark;
}

function rawOf(text: Key | RecordId | '' | undefined): Uint8Array {
  return text === undefined || text === '' ? NO_ID : (fromBase64url(text) as Uint8Array);
}
