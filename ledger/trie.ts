// The frontier as a 16-ary Merkle trie over SHA-256(author), so that two replicas find the authors
// they differ in by comparing hashes from the top. Its shape follows from the set of entries alone:
// a subtree of few entries is a leaf, and nothing remembers the order in which they came.
// Changing an entry costs its path; the root is computed when asked for. Spec: docs/sync.md,
// "Trie".

import { assert } from '../proto/assert.ts';
import { concat, toBase64url, utf8 } from '../proto/bytes.ts';
import { type Digest, ID_BYTES, type Key } from '../proto/ids.ts';
import type { Platform } from '../proto/platform.ts';
import { type Entry, entryBytes, pathOf, sameEntry } from './frontier.ts';
import { TRIE_LEAF_ENTRIES_MAX } from './limits.ts';

/** A place in the trie: hex nibbles from the root, which is ''. */
export type Path = string;

export interface Trie {
  /** Puts, replaces or (with undefined) takes out the entry of an author. */
  set(author: Key, entry: Entry | undefined): void;
  get(author: Key): Entry | undefined;
  root(): Digest;
  /** Entries below a place; all of them at ''. */
  countAt(path: Path): number;
  /** The hash that the subtree at a place has or, being smaller than a leaf, would have. */
  hashAt(path: Path): Uint8Array;
  /** In the order of their paths. */
  entriesAt(path: Path): Entry[];
}

interface Slot {
  readonly path: Path;
  readonly entry: Entry;
}
// A hash is null until somebody asks for it, and again when something below has changed.
interface Leaf {
  readonly slots: readonly Slot[];
  hash: Uint8Array | null;
}
interface Inner {
  readonly children: (Node | null)[];
  count: number;
  hash: Uint8Array | null;
}
type Node = Leaf | Inner;

export const NIBBLES = '0123456789abcdef';
const LEAF = utf8('kith-leaf-v1\n');
const INNER = utf8('kith-node-v1\n');
/** The hash of no entries, and so the root of an empty frontier. */
const EMPTY: Uint8Array = new Uint8Array(ID_BYTES);

export function createTrie(platform: Platform): Trie {
  let top: Node | null = null;
  return {
    set(author, entry) {
      assert(entry === undefined || entry.author === author, 'an entry stands under its author');
      const path = pathOf(author, platform);
      if (sameEntry(find(top, path)?.entry, entry)) return;
      top = entry === undefined ? without(top, path, 0) : withSlot(top, { path, entry }, 0);
    },
    get: (author) => find(top, pathOf(author, platform))?.entry,
    root: () => toBase64url(hashOf(top, platform)) as Digest,
    countAt: (path) => countOf(subtree(top, path)),
    hashAt: (path) => hashOf(subtree(top, path), platform),
    entriesAt: (path) => [...slotsOf(subtree(top, path))].map((slot) => slot.entry),
  };
}

function isInner(node: Node): node is Inner {
  return 'children' in node;
}

function nibbleAt(path: Path, depth: number): number {
  const code = path.charCodeAt(depth);
  return code < 58 ? code - 48 : code - 87;
}

function countOf(node: Node | null): number {
  if (node === null) return 0;
  return isInner(node) ? node.count : node.slots.length;
}

function* slotsOf(node: Node | null): Generator<Slot> {
  if (node === null) return;
  if (!isInner(node)) yield* node.slots;
  else for (const child of node.children) yield* slotsOf(child);
}

function find(top: Node | null, path: Path): Slot | undefined {
  let node = top;
  for (let depth = 0; node !== null && isInner(node); depth++)
    node = node.children[nibbleAt(path, depth)] ?? null;
  return node?.slots.find((slot) => slot.path === path);
}

/** The node at a place. Below a leaf it is the leaf of those slots that lie there. */
function subtree(top: Node | null, path: Path): Node | null {
  let node = top;
  for (let depth = 0; depth < path.length && node !== null; depth++) {
    if (!isInner(node)) return leafOf(node.slots.filter((slot) => slot.path.startsWith(path)));
    node = node.children[nibbleAt(path, depth)] ?? null;
  }
  return node;
}

function leafOf(slots: readonly Slot[]): Leaf | null {
  return slots.length === 0 ? null : { slots, hash: null };
}

function withSlot(node: Node | null, slot: Slot, depth: number): Node {
  if (node === null) return { slots: [slot], hash: null };
  if (!isInner(node)) {
    const at = node.slots.findIndex((other) => other.path >= slot.path);
    const before = at < 0 ? node.slots : node.slots.slice(0, at);
    const rest = at < 0 ? [] : node.slots.slice(at);
    const after = rest[0]?.path === slot.path ? rest.slice(1) : rest;
    return grown([...before, slot, ...after], depth);
  }
  const nibble = nibbleAt(slot.path, depth);
  const child = node.children[nibble] ?? null;
  node.count -= countOf(child);
  const now = withSlot(child, slot, depth + 1);
  node.count += countOf(now);
  node.children[nibble] = now;
  node.hash = null;
  return node;
}

/** A leaf, or where it got too full the inner node over its parts. */
function grown(slots: readonly Slot[], depth: number): Node {
  if (slots.length <= TRIE_LEAF_ENTRIES_MAX) return { slots, hash: null };
  const children: (Node | null)[] = [];
  for (let nibble = 0; nibble < 16; nibble++) {
    const part = slots.filter((slot) => nibbleAt(slot.path, depth) === nibble);
    children.push(part.length === 0 ? null : grown(part, depth + 1));
  }
  return { count: slots.length, children, hash: null };
}

function without(node: Node | null, path: Path, depth: number): Node | null {
  if (node === null) return null;
  if (!isInner(node)) return leafOf(node.slots.filter((slot) => slot.path !== path));
  const nibble = nibbleAt(path, depth);
  node.children[nibble] = without(node.children[nibble] ?? null, path, depth + 1);
  node.count -= 1;
  node.hash = null;
  return node.count <= TRIE_LEAF_ENTRIES_MAX ? leafOf([...slotsOf(node)]) : node;
}

function hashOf(node: Node | null, platform: Platform): Uint8Array {
  if (node === null) return EMPTY;
  if (node.hash !== null) return node.hash;
  const bytes = isInner(node)
    ? concat(INNER, ...node.children.map((child) => hashOf(child, platform)))
    : concat(LEAF, ...node.slots.map((slot) => entryBytes(slot.entry)));
  return (node.hash = platform.sha256(bytes));
}
