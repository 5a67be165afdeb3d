// The bodies of sync as values: protobuf for what finds a difference, one JSON line at the end of a
// page of records. A decoder answers null for anything that is not exactly such a message, so that
// nothing past this file sees a wrong length or range. Spec: docs/sync.md, "Bodies".

import { fromBase64url, toBase64url } from '../proto/bytes.ts';
import { type Digest, ID_BYTES, KEY_BYTES, type Key, type RecordId } from '../proto/ids.ts';
import { type Json, canonical, parseCanonical } from '../proto/json.ts';
import { type Codec, kith } from '../proto/wire.js';
import { type Entry, type Mark, cutMark, cutOf } from './frontier.ts';
import {
  LOCATOR_STEPS_MAX,
  PULL_AUTHORS_MAX,
  FLAT_FRONTIER_AUTHORS_MAX,
  TRIE_HASH_BYTES,
  TRIE_NODES_MAX,
} from './limits.ts';
import type { Tally } from './sync-holdings.ts';
import { NIBBLES, type Path } from './trie.ts';

export interface Hello {
  readonly ledger: RecordId;
  readonly rules: number;
  readonly count: number;
  readonly frontier: Digest;
  readonly state: Digest;
}
/** An entry of the peer's frontier, and its place in the order of asking. */
export interface TheirEntry extends Entry {
  readonly generation: number;
}
export type Subtree =
  | { readonly kind: 'inner'; readonly children: readonly Uint8Array[] }
  | { readonly kind: 'entries'; readonly entries: readonly TheirEntry[] };
export interface HelloReply {
  readonly self: Hello;
  readonly root: Subtree | null;
}
export interface WalkPlace {
  readonly path: Path;
  readonly flat: number;
}
export interface ChainPlace {
  readonly seq: number;
  readonly id: RecordId;
}
export interface Want {
  readonly author: Key;
  /** Highest first; the records past the first that the server knows are wanted. */
  readonly have: readonly ChainPlace[];
  /** Where an earlier page stopped; 0 in a new want. */
  readonly from: number;
}
/** The last line of a page: what became of the wants, in their order. */
export interface PageEnd {
  /** Of each want that was reached: the seq it was served from, or DIVERGED. */
  readonly common: readonly number[];
  /** How many wants are served whole. */
  readonly next: number;
  /** From which seq the want at `next` goes on; 0: from its start. */
  readonly from: number;
}

/** In `common`: none of the places is on the server's path, and lower ones were not named. */
export const DIVERGED = -1;

function decoded<T>(codec: Codec<T>, bytes: Uint8Array): T | null {
  try {
    return codec.decode(bytes);
  } catch {
    return null;
  }
}

function rawOf(text: string): Uint8Array {
  return fromBase64url(text) as Uint8Array;
}

/** Every item read, or null where one of them cannot be. */
function every<From, To>(items: readonly From[], read: (item: From) => To | null): To[] | null {
  const out: To[] = [];
  for (const item of items) {
    const value = read(item);
    if (value === null) return null;
    out.push(value);
  }
  return out;
}

function helloFields(hello: Hello): kith.Hello {
  return {
    ledger: rawOf(hello.ledger),
    count: hello.count,
    frontierRoot: rawOf(hello.frontier),
    stateRoot: rawOf(hello.state),
    rules: hello.rules,
  };
}

function readHello(from: kith.Hello): Hello | null {
  const sizes = [from.ledger, from.frontierRoot, from.stateRoot];
  if (sizes.some((bytes) => bytes.length !== ID_BYTES)) return null;
  return {
    ledger: toBase64url(from.ledger) as RecordId,
    rules: from.rules,
    count: from.count,
    frontier: toBase64url(from.frontierRoot) as Digest,
    state: toBase64url(from.stateRoot) as Digest,
  };
}

export function encodeHello(hello: Hello): Uint8Array {
  return kith.Hello.encode(helloFields(hello)).finish();
}

export function decodeHello(bytes: Uint8Array): Hello | null {
  const from = decoded(kith.Hello, bytes);
  return from === null ? null : readHello(from);
}

function entryFields(entry: TheirEntry): kith.FrontierEntry {
  const cut = cutOf(entry.mark);
  return {
    author: rawOf(entry.author),
    seq: entry.seq,
    id: rawOf(entry.id),
    mark: cut !== undefined ? 2 : entry.mark === 'fork' ? 1 : 0,
    cut: rawOf(cut ?? ''),
    generation: entry.generation,
  };
}

function readEntry(from: kith.FrontierEntry): TheirEntry | null {
  if (from.author.length !== KEY_BYTES) return null;
  if (from.id.length !== (from.seq > 0 ? ID_BYTES : 0)) return null;
  if (from.mark > 2 || from.cut.length !== (from.mark === 2 ? ID_BYTES : 0)) return null;
  if (from.seq === 0 && from.mark === 0) return null;
  const marks: readonly Mark[] = ['none', 'fork', cutMark(toBase64url(from.cut) as RecordId)];
  return {
    author: toBase64url(from.author) as Key,
    seq: from.seq,
    id: toBase64url(from.id) as RecordId | '',
    mark: marks[from.mark] as Mark,
    generation: from.generation,
  };
}

function subtreeFields(subtree: Subtree): kith.TrieNode {
  if (subtree.kind === 'entries') {
    return { children: new Uint8Array(0), entries: subtree.entries.map(entryFields) };
  }
  const children = new Uint8Array(subtree.children.length * TRIE_HASH_BYTES);
  subtree.children.forEach((hash, i) => children.set(hash, i * TRIE_HASH_BYTES));
  return { children, entries: [] };
}

function readSubtree(from: kith.TrieNode): Subtree | null {
  if (from.children.length === 0) {
    if (from.entries.length > FLAT_FRONTIER_AUTHORS_MAX) return null;
    const entries = every(from.entries, readEntry);
    return entries === null ? null : { kind: 'entries', entries };
  }
  const size = TRIE_HASH_BYTES;
  if (from.entries.length > 0 || from.children.length !== NIBBLES.length * size) return null;
  const children = [...NIBBLES].map((_, i) => from.children.slice(i * size, (i + 1) * size));
  return { kind: 'inner', children };
}

export function encodeHelloReply(reply: HelloReply): Uint8Array {
  const root = reply.root === null ? null : subtreeFields(reply.root);
  return kith.HelloReply.encode({ self: helloFields(reply.self), root }).finish();
}

export function decodeHelloReply(bytes: Uint8Array): HelloReply | null {
  const from = decoded(kith.HelloReply, bytes);
  const self = from?.self ? readHello(from.self) : null;
  if (from === null || self === null) return null;
  if (!from.root) return { self, root: null };
  const root = readSubtree(from.root);
  return root === null ? null : { self, root };
}

export function encodeWalk(places: readonly WalkPlace[]): Uint8Array {
  return kith.WalkRequest.encode({
    places: places.map(({ path, flat }) => ({
      path: Uint8Array.from(path, (nibble) => NIBBLES.indexOf(nibble)),
      flat,
    })),
  }).finish();
}

export function decodeWalk(bytes: Uint8Array): WalkPlace[] | null {
  const from = decoded(kith.WalkRequest, bytes);
  if (from === null || from.places.length === 0 || from.places.length > TRIE_NODES_MAX) return null;
  return every(from.places, ({ path, flat }) => {
    if (path.length > ID_BYTES * 2 || path.some((nibble) => nibble > 15)) return null;
    if (flat > FLAT_FRONTIER_AUTHORS_MAX) return null;
    return { path: Array.from(path, (nibble) => NIBBLES[nibble]).join(''), flat };
  });
}

export function encodeWalkReply(nodes: readonly Subtree[]): Uint8Array {
  return kith.WalkReply.encode({ nodes: nodes.map(subtreeFields) }).finish();
}

export function decodeWalkReply(bytes: Uint8Array): Subtree[] | null {
  const from = decoded(kith.WalkReply, bytes);
  return from === null ? null : every(from.nodes, readSubtree);
}

export function encodePull(wants: readonly Want[]): Uint8Array {
  return kith.PullRequest.encode({
    wants: wants.map(({ author, have, from }) => ({
      author: rawOf(author),
      have: have.map(({ seq, id }) => ({ seq, id: rawOf(id) })),
      from,
    })),
  }).finish();
}

export function decodePull(bytes: Uint8Array): Want[] | null {
  const from = decoded(kith.PullRequest, bytes);
  if (from === null || from.wants.length === 0) return null;
  if (from.wants.length > PULL_AUTHORS_MAX) return null;
  return every(from.wants, (want) => {
    if (want.author.length !== KEY_BYTES || want.have.length > LOCATOR_STEPS_MAX) return null;
    const have = every(want.have, ({ seq, id }) =>
      seq > 0 && id.length === ID_BYTES ? { seq, id: toBase64url(id) as RecordId } : null,
    );
    if (have === null) return null;
    const falling = have.every((place, i) => i === 0 || place.seq < (have[i - 1]?.seq ?? 0));
    return falling ? { author: toBase64url(want.author) as Key, have, from: want.from } : null;
  });
}

/** How the last line of a page begins; a record begins with `{"auth":`. */
const END = '{"end":';

export function encodePageEnd(end: PageEnd): string {
  return canonical({ end: { common: end.common, from: end.from, next: end.next } });
}

export function isPageEnd(line: string): boolean {
  return line.startsWith(END);
}

export function decodePageEnd(line: string): PageEnd | null {
  const parsed = parseCanonical(line);
  if ('why' in parsed) return null;
  const end = field(parsed.value, 'end');
  const [common, from, next] = ['common', 'from', 'next'].map((name) => field(end, name));
  if (!Array.isArray(common) || !common.every((seq) => isSeq(seq) || seq === DIVERGED)) return null;
  return isSeq(from) && isSeq(next) ? { common: common as number[], from, next } : null;
}

function field(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? (value as { [key: string]: Json })[name] : undefined;
}

function isSeq(value: Json | undefined): value is number {
  return typeof value === 'number' && value >= 0;
}

export function encodePushReply(tally: Tally): Uint8Array {
  return kith.PushReply.encode(tally).finish();
}

/** What the peer says became of our lines; whether we are faulty is not for it to say. */
export function decodePushReply(bytes: Uint8Array): Omit<Tally, 'faulty'> | null {
  const from = decoded(kith.PushReply, bytes);
  if (from === null) return null;
  const { accepted, duplicates, parked, refused } = from;
  return { accepted, duplicates, parked, refused };
}
