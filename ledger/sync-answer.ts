// The answering side of sync: one reply to one request, remembering nothing between them, so that a
// broken connection costs the reply it broke and no more. Spec: docs/sync.md, "Requests".

import { utf8 } from '../proto/bytes.ts';
import {
  FLAT_FRONTIER_AUTHORS_MAX,
  REPLY_BYTES_MAX,
  REPLY_RECORDS_MAX,
  TRIE_HASH_BYTES,
  TRIE_LEAF_ENTRIES_MAX,
  WALK_REPLY_BYTES_MAX,
} from './limits.ts';
import type { Holdings } from './sync-holdings.ts';
import {
  DIVERGED,
  type Hello,
  type Subtree,
  type Want,
  decodeHello,
  decodePull,
  decodeWalk,
  encodeHelloReply,
  encodePageEnd,
  encodeWalkReply,
} from './sync-wire.ts';
import { NIBBLES, type Path } from './trie.ts';

/** An upper bound of an entry's bytes in a reply, used to keep replies in theirs. */
const ENTRY_BYTES = 128;

export function helloOf(holdings: Holdings): Hello {
  return {
    ledger: holdings.ledger,
    rules: holdings.rules,
    count: holdings.count(),
    frontier: holdings.frontier.root(),
    state: holdings.stateRoot(),
  };
}

/** The reply to a hello, or null where the body is none. */
export function answerHello(holdings: Holdings, body: Uint8Array): Uint8Array | null {
  const theirs = decodeHello(body);
  if (theirs === null) return null;
  const self = helloOf(holdings);
  const same = theirs.ledger !== self.ledger || theirs.frontier === self.frontier;
  const root = same ? null : subtreeOf(holdings, '', FLAT_FRONTIER_AUTHORS_MAX);
  return encodeHelloReply({ self, root });
}

/** Whether whoever says this hello holds what is held here. */
export function agreesWith(holdings: Holdings, body: Uint8Array): boolean {
  const theirs = decodeHello(body);
  return theirs?.ledger === holdings.ledger && theirs.frontier === holdings.frontier.root();
}

/** The subtrees at the first of the places asked for, as many as fit; null: the body is wrong. */
export function answerWalk(
  holdings: Holdings,
  body: Uint8Array,
): { readonly reply: Uint8Array; readonly nodes: number } | null {
  const places = decodeWalk(body);
  if (places === null) return null;
  const nodes: Subtree[] = [];
  let sizeBytes = 0;
  for (const { path, flat } of places) {
    const subtree = subtreeOf(holdings, path, flat);
    sizeBytes += sizeOf(subtree);
    if (nodes.length > 0 && sizeBytes > WALK_REPLY_BYTES_MAX) break;
    nodes.push(subtree);
  }
  return { reply: encodeWalkReply(nodes), nodes: nodes.length };
}

function subtreeOf(holdings: Holdings, path: Path, flat: number): Subtree {
  const { frontier } = holdings;
  if (frontier.countAt(path) > Math.max(flat, TRIE_LEAF_ENTRIES_MAX)) {
    const children = [...NIBBLES].map((nibble) =>
      frontier.hashAt(path + nibble).subarray(0, TRIE_HASH_BYTES),
    );
    return { kind: 'inner', children };
  }
  const entries = frontier.entriesAt(path).map((entry) => ({
    ...entry,
    generation: holdings.generation(entry.author),
  }));
  return { kind: 'entries', entries };
}

function sizeOf(subtree: Subtree): number {
  if (subtree.kind === 'entries') return 8 + subtree.entries.length * ENTRY_BYTES;
  return 8 + subtree.children.length * TRIE_HASH_BYTES;
}

/**
 * A page of records for what is wanted, in that order; null: the body is wrong. The lines come one
 * by one, so that a slow reader holds back the reading; the last says where the page ended.
 */
export function answerPull(
  holdings: Holdings,
  body: Uint8Array,
): Generator<string, void, void> | null {
  const wants = decodePull(body);
  return wants === null ? null : pageOf(holdings, wants);
}

function* pageOf(holdings: Holdings, wants: readonly Want[]): Generator<string, void, void> {
  const common: number[] = [];
  const room = { bytes: REPLY_BYTES_MAX, records: REPLY_RECORDS_MAX };
  for (const want of wants) {
    const known = want.from > 0 ? want.from - 1 : startOf(holdings, want);
    common.push(known);
    if (known === DIVERGED) continue;
    let last = 0;
    for (const { seq, line } of holdings.lines(want.author, known + 1)) {
      // All lines of one seq go together: a page that goes on at a seq would send them again.
      if (seq !== last && (room.bytes <= 0 || room.records <= 0)) {
        yield encodePageEnd({ common, from: seq, next: common.length - 1 });
        return;
      }
      last = seq;
      room.bytes -= utf8(line).length + 1;
      room.records -= 1;
      yield line;
    }
    if (room.bytes <= 0 || room.records <= 0) break;
  }
  yield encodePageEnd({ common, from: 0, next: common.length });
}

/** The highest place of the want on our live path; 0 where the want names the chain's beginning. */
function startOf(holdings: Holdings, want: Want): number {
  for (const { seq, id } of want.have) if (holdings.liveId(want.author, seq) === id) return seq;
  const lowest = want.have.at(-1)?.seq ?? 1;
  return lowest === 1 ? 0 : DIVERGED;
}
