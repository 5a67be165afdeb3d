// What a replica keeps in memory of one author: the chain, the records that the fold judges, and a
// digest of what a node says of itself. Everything else stays on the shelf, so that memory follows
// the number of members and of acts of authority, not the number of records.

import type { Key, RecordId } from '../proto/ids.ts';
import { type Chain, type Live, emptyChain, isLive } from './chain.ts';
import type { Act, WireguardClaim } from './kinds.ts';
import type { Decoded } from './record.ts';
import type { Shelf } from './shelf.ts';

/** A record that the fold judges again and again: authority and configuration. */
export interface Note {
  readonly id: RecordId;
  readonly author: Key;
  readonly seq: number;
  readonly auth: readonly RecordId[];
  readonly refs: readonly RecordId[];
  readonly act: Exclude<Act, { kind: 'node.update' } | { kind: 'unknown' }>;
}

/** What a node says of itself: the last word of its live chain on each subject. */
export interface Profile {
  readonly name?: string;
  readonly endpoints?: readonly string[];
  readonly labels?: readonly string[];
  readonly wg?: WireguardClaim;
}

export interface Book {
  readonly chain: Chain;
  /** Ascending by seq, all branches. */
  readonly notes: Note[];
  profile: Profile;
  /** The live part that `profile` was read from. */
  profileAt: { seq: number; id: RecordId | '' };
}

export function emptyBook(author: Key): Book {
  return { chain: emptyChain(author), notes: [], profile: {}, profileAt: { seq: 0, id: '' } };
}

/** The note of a record, or null for those whose effect is in the profile or nowhere. */
export function noteOf(record: Decoded): Note | null {
  const { id, author, seq, auth, refs, act } = record;
  if (act.kind === 'node.update' || act.kind === 'unknown') return null;
  return { id, author, seq, auth, refs, act };
}

/** Keeps the notes in order of seq; a new one nearly always belongs at the end. */
export function keepNote(book: Book, note: Note): void {
  let at = book.notes.length;
  while (at > 0 && (book.notes[at - 1] as Note).seq > note.seq) at--;
  book.notes.splice(at, 0, note);
}

/** The notes that a live part contains, ascending. */
export function* liveNotes(book: Book, live: Live): Iterable<Note> {
  for (const note of book.notes) {
    if (note.seq > live.seq) return;
    if (isLive(book.chain, live, note.seq, note.id)) yield note;
  }
}

/** One more word of a node. A WireGuard key counts only with a counter above the last. */
export function extendProfile(profile: Profile, record: Decoded): Profile {
  if (record.act.kind !== 'node.update') return profile;
  const said = record.act.body;
  const newer = said.wg !== undefined && said.wg.counter > (profile.wg?.counter ?? -1);
  return profileWith(
    said.name ?? profile.name,
    said.endpoints ?? profile.endpoints,
    said.labels ?? profile.labels,
    newer ? said.wg : profile.wg,
  );
}

/** Always its fields in this order, those that nothing was said of left out. */
function profileWith(
  name: Profile['name'],
  endpoints: Profile['endpoints'],
  labels: Profile['labels'],
  wg: Profile['wg'],
): Profile {
  const profile: { -readonly [Field in keyof Profile]: Profile[Field] } = {};
  if (name !== undefined) profile.name = name;
  if (endpoints !== undefined) profile.endpoints = endpoints;
  if (labels !== undefined) profile.labels = labels;
  if (wg !== undefined) profile.wg = wg;
  return profile;
}

/** The profile of a live part: kept where it stands, read from the shelf where the part changed. */
export function profileOf(book: Book, live: Live, shelf: Shelf): Profile {
  if (book.profileAt.seq === live.seq && book.profileAt.id === live.id) return book.profile;
  let profile: Profile = {};
  for (const record of shelf.read(book.chain.author, 1, live.seq)) {
    if (isLive(book.chain, live, record.seq, record.id)) profile = extendProfile(profile, record);
  }
  book.profile = profile;
  book.profileAt = { seq: live.seq, id: live.id };
  return profile;
}
