// Finding the authors that two frontiers differ in: the peer's trie from the top, one level a
// request, going down only where its hash is not ours. Spec: docs/sync.md, "Walk".

import { sameBytes } from '../proto/bytes.ts';
import type { Platform } from '../proto/platform.ts';
import { pathOf, sameEntry } from './frontier.ts';
import {
  FLAT_FRONTIER_AUTHORS_MAX,
  SYNC_AUTHORS_MAX,
  TRIE_HASH_BYTES,
  TRIE_LEAF_ENTRIES_MAX,
  TRIE_NODES_MAX,
  WALK_NODES_MAX,
  WALK_REQUESTS_MAX,
} from './limits.ts';
import type { Holdings } from './sync-holdings.ts';
import type { Difference } from './sync-plan.ts';
import type { Subtree, TheirEntry, WalkPlace } from './sync-wire.ts';
import { NIBBLES, type Path } from './trie.ts';

export interface Walk {
  /** What has been asked for and is not answered. */
  readonly asked: readonly WalkPlace[];
  readonly queue: readonly Path[];
  readonly nodes: number;
  readonly requests: number;
  readonly found: readonly Difference[];
}

const DEPTH_MAX = 64;
const NOTHING: Uint8Array = new Uint8Array(TRIE_HASH_BYTES);

/** A walk that begins at the root, which the hello's reply brings. */
export const AT_ROOT: Walk = {
  asked: [{ path: '', flat: 0 }],
  queue: [],
  nodes: 0,
  requests: 0,
  found: [],
};

/** The walk after a reply; null where the reply cannot come from an honest peer. */
export function walked(
  holdings: Holdings,
  platform: Platform,
  walk: Walk,
  nodes: readonly Subtree[],
): Walk | null {
  if (nodes.length === 0 || nodes.length > walk.asked.length) return null;
  const found = [...walk.found];
  const deeper: Path[] = [];
  for (const [i, node] of nodes.entries()) {
    const { path } = walk.asked[i] as WalkPlace;
    const honest =
      node.kind === 'entries'
        ? compareEntries(holdings, platform, path, node.entries, found)
        : compareChildren(holdings, path, node.children, found, deeper);
    if (!honest) return null;
  }
  const unanswered = walk.asked.slice(nodes.length).map((place) => place.path);
  return {
    asked: [],
    queue: [...unanswered, ...walk.queue, ...deeper],
    nodes: walk.nodes + nodes.length,
    requests: walk.requests + 1,
    found,
  };
}

/** The walk with its next places asked; none are left where it has ended or used up its bounds. */
export function asking(holdings: Holdings, walk: Walk): Walk {
  const spent =
    walk.nodes >= WALK_NODES_MAX ||
    walk.requests >= WALK_REQUESTS_MAX ||
    walk.found.length >= SYNC_AUTHORS_MAX;
  const paths = spent ? [] : walk.queue.slice(0, TRIE_NODES_MAX);
  const asked = paths.map((path) => ({ path, flat: flatAt(holdings, path) }));
  return { ...walk, asked, queue: walk.queue.slice(paths.length) };
}

// Where we hold little, nearly all that the peer holds there is new to us: no use in more hashes.
function flatAt(holdings: Holdings, path: Path): number {
  return holdings.frontier.countAt(path) <= TRIE_LEAF_ENTRIES_MAX ? FLAT_FRONTIER_AUTHORS_MAX : 0;
}

function compareEntries(
  holdings: Holdings,
  platform: Platform,
  path: Path,
  theirs: readonly TheirEntry[],
  found: Difference[],
): boolean {
  const ours = new Set(holdings.frontier.entriesAt(path));
  for (const entry of theirs) {
    if (!pathOf(entry.author, platform).startsWith(path)) return false;
    const { author, generation } = entry;
    const mine = holdings.frontier.get(author);
    if (mine !== undefined) ours.delete(mine);
    if (!sameEntry(mine, entry)) found.push({ author, theirs: entry, generation });
  }
  for (const { author } of ours) found.push(onlyOurs(holdings, author));
  return true;
}

function compareChildren(
  holdings: Holdings,
  path: Path,
  children: readonly Uint8Array[],
  found: Difference[],
  deeper: Path[],
): boolean {
  if (path.length >= DEPTH_MAX) return false;
  for (const [i, theirs] of children.entries()) {
    const child = `${path}${NIBBLES[i]}`;
    const ours = holdings.frontier.hashAt(child).subarray(0, TRIE_HASH_BYTES);
    if (sameBytes(ours, theirs)) continue;
    if (!sameBytes(theirs, NOTHING)) deeper.push(child);
    else
      for (const { author } of holdings.frontier.entriesAt(child))
        found.push(onlyOurs(holdings, author));
  }
  return true;
}

function onlyOurs(holdings: Holdings, author: Difference['author']): Difference {
  return { author, theirs: undefined, generation: holdings.generation(author) };
}

/** What a walk found, each author once, in the order in which its records can be accepted. */
export function inOrder(found: readonly Difference[]): Difference[] {
  const byAuthor = new Map(found.map((difference) => [difference.author, difference]));
  return [...byAuthor.values()].toSorted((a, b) => a.generation - b.generation);
}
