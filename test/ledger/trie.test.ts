import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toBase64url, toHex } from '../../proto/bytes.ts';
import type { Digest, Key, RecordId } from '../../proto/ids.ts';
import {
  type Entry,
  type Mark,
  cutMark,
  cutOf,
  entryBytes,
  pathOf,
} from '../../ledger/frontier.ts';
import { TRIE_LEAF_ENTRIES_MAX } from '../../ledger/limits.ts';
import { type Trie, NIBBLES, createTrie } from '../../ledger/trie.ts';
import { nodePlatform } from '../../src/platform.ts';

function bytes32(n: number): string {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, n);
  return toBase64url(bytes);
}
const author = (n: number): Key => bytes32(n) as Key;
const id = (n: number): RecordId => bytes32(n) as RecordId;

function entry(n: number, seq = 1, mark: Mark = 'none'): Entry {
  return { author: author(n), seq, id: seq === 0 ? '' : id(seq), mark };
}

function built(entries: Iterable<Entry>): Trie {
  const trie = createTrie(nodePlatform);
  for (const one of entries) trie.set(one.author, one);
  return trie;
}

/** The root by the definition, from the entries alone. */
function definedHash(entries: readonly Entry[], path: string): Uint8Array {
  const below = entries
    .filter((one) => pathOf(one.author, nodePlatform).startsWith(path))
    .toSorted((a, b) => (pathOf(a.author, nodePlatform) < pathOf(b.author, nodePlatform) ? -1 : 1));
  if (below.length === 0) return new Uint8Array(32);
  if (below.length <= TRIE_LEAF_ENTRIES_MAX) {
    return nodePlatform.sha256(
      Buffer.concat([Buffer.from('kith-leaf-v1\n'), ...below.map(entryBytes)]),
    );
  }
  const children = [...NIBBLES].map((nibble) => definedHash(below, path + nibble));
  return nodePlatform.sha256(Buffer.concat([Buffer.from('kith-node-v1\n'), ...children]));
}

const marks: fc.Arbitrary<Mark> = fc.oneof(
  fc.constant<Mark>('none'),
  fc.constant<Mark>('fork'),
  fc.nat(3).map((n) => cutMark(id(n))),
);
const change = fc.record({
  who: fc.nat(399),
  seq: fc.nat(3),
  mark: marks,
  gone: fc.boolean(),
});

describe('an entry', () => {
  test('has one spelling of a fixed length', () => {
    const all = [entry(1), entry(1, 0, 'fork'), entry(1, 2, cutMark(id(7)))].map(entryBytes);
    expect(all.map((bytes) => bytes.length)).toEqual([119, 119, 119]);
    expect(toHex(entryBytes(entry(1, 258, cutMark(id(7)))))).toBe(
      toHex(new TextEncoder().encode('kith-entry-v1\n')) +
        `00000001${'00'.repeat(28)}` +
        '0000000000000102' +
        `00000102${'00'.repeat(28)}` +
        '02' +
        `00000007${'00'.repeat(28)}`,
    );
  });

  test('differs in its bytes wherever it differs', () => {
    const all = [
      entry(1),
      entry(2),
      entry(1, 2),
      entry(1, 1, 'fork'),
      entry(1, 1, cutMark(id(1))),
      entry(1, 1, cutMark(id(2))),
      entry(1, 0, 'fork'),
      entry(1, 2 ** 40),
    ];
    expect(new Set(all.map((one) => toHex(entryBytes(one)))).size).toBe(all.length);
    expect(cutOf(cutMark(id(5)))).toBe(id(5));
    expect(cutOf('fork')).toBe(undefined);
  });
});

describe('the trie', () => {
  test('of no entries has the root of zeros, also after the last one left', () => {
    const trie = built([entry(1)]);
    expect(trie.root()).not.toBe(toBase64url(new Uint8Array(32)));
    trie.set(author(1), undefined);
    expect(trie.root()).toBe(toBase64url(new Uint8Array(32)));
    expect(createTrie(nodePlatform).root()).toBe(trie.root());
  });

  test('has the root that building it from scratch gives, after any changes in any order', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 900, size: 'max' }), (changes) => {
        const trie = createTrie(nodePlatform);
        const kept = new Map<Key, Entry>();
        for (const { who, seq, mark, gone } of changes) {
          if (gone) kept.delete(author(who));
          else kept.set(author(who), entry(who, seq, mark));
          trie.set(author(who), kept.get(author(who)));
        }
        const scratch = built([...kept.values()].reverse());
        expect(trie.root()).toBe(scratch.root());
        expect(trie.root()).toBe(toBase64url(definedHash([...kept.values()], '')) as Digest);
        expect(trie.countAt('')).toBe(kept.size);
        expect(trie.entriesAt('')).toEqual(scratch.entriesAt(''));
        for (const one of kept.values()) expect(trie.get(one.author)).toEqual(one);
      }),
      { numRuns: 25 },
    );
  });

  test('shows below a leaf what the subtree there would be', () => {
    const trie = built(Array.from({ length: 300 }, (_, n) => entry(n)));
    const all = trie.entriesAt('');
    for (const path of ['', 'a', 'a7', 'a7c', '0000', pathOf(author(5), nodePlatform)]) {
      expect(toHex(trie.hashAt(path))).toBe(toHex(definedHash(all, path)));
      const below = all.filter((one) => pathOf(one.author, nodePlatform).startsWith(path));
      expect(trie.entriesAt(path)).toEqual(below);
      expect(trie.countAt(path)).toBe(below.length);
    }
    expect(trie.entriesAt(pathOf(author(5), nodePlatform))).toEqual([entry(5)]);
  });

  test('computes only the changed path again', () => {
    let hashes = 0;
    const counting = {
      ...nodePlatform,
      sha256: (bytes: Uint8Array) => {
        hashes += 1;
        return nodePlatform.sha256(bytes);
      },
    };
    const trie = createTrie(counting);
    for (let n = 0; n < 10_000; n++) trie.set(author(n), entry(n));
    trie.root();
    hashes = 0;
    trie.set(author(77), entry(77, 2));
    trie.root();
    // The author's path, its leaf, and three inner nodes; a fourth where the keys crowd.
    expect(hashes).toBeLessThanOrEqual(6);
    hashes = 0;
    trie.set(author(77), entry(77, 2));
    trie.root();
    expect(hashes).toBe(1);
  });
});
