// A replica small enough to see through, for tests of sync alone: authors are numbers in rank
// order, a record can admit a junior or cut one, two records at one place are a fork. It keeps the
// rules of the real fold that sync meets (links, unknown authors, cuts, forks) and none of the
// others.

import { toBase64url, utf8 } from '../../proto/bytes.ts';
import type { Digest, Key, RecordId } from '../../proto/ids.ts';
import { type Entry, type Mark, cutMark } from '../../ledger/frontier.ts';
import type { Holdings, Tally } from '../../ledger/sync-holdings.ts';
import { createTrie } from '../../ledger/trie.ts';
import { nodePlatform } from '../../src/platform.ts';

export interface Toy {
  readonly author: number;
  readonly seq: number;
  readonly prev: RecordId | '';
  readonly salt: number;
  readonly admit?: number;
  readonly cut?: { readonly target: number; readonly seq: number; readonly id: RecordId | '' };
}
interface Held extends Toy {
  readonly id: RecordId;
  readonly line: string;
}

export interface ToyLedger {
  readonly holdings: Holdings;
  ingest(lines: readonly string[]): Tally;
  /** Every held line, void ones too. */
  all(): string[];
  /** Ends a change of `rules` or of the state root for the tests that need one. */
  readonly tweaks: { rules: number; state: string };
}

const keys = new Map<number, Key>();
export function toyKey(author: number): Key {
  let key = keys.get(author);
  if (key === undefined) {
    const bytes = new Uint8Array(32);
    new DataView(bytes.buffer).setUint32(0, author);
    keys.set(author, (key = toBase64url(bytes) as Key));
  }
  return key;
}

export function toyLine(toy: Toy): string {
  return JSON.stringify({ auth: [], ...toy });
}

function sha(text: string): string {
  return toBase64url(nodePlatform.sha256(utf8(text)));
}

export function toyId(toy: Toy): RecordId {
  return sha(toyLine(toy)) as RecordId;
}

const TOY_LEDGER: RecordId = sha('toy') as RecordId;

interface Chain {
  /** All held records, by seq - 1. */
  readonly held: Held[][];
  live: Held[];
  mark: Mark;
  /** Two records past the live path end it. */
  forked: boolean;
  generation: number;
}

export function toyLedger(): ToyLedger {
  const chains = new Map<number, Chain>();
  const byKey = new Map<Key, number>();
  const ids = new Set<RecordId>();
  const admitted = new Map<number, number>([[0, 0]]);
  let parked: Held[] = [];
  const trie = createTrie(nodePlatform);
  const tweaks = { rules: 1, state: '' };

  function chainOf(author: number): Chain {
    let chain = chains.get(author);
    if (chain === undefined) {
      chain = { held: [], live: [], mark: 'none', forked: false, generation: 0 };
      chains.set(author, chain);
      byKey.set(toyKey(author), author);
    }
    return chain;
  }

  function placed(record: Held): 'accepted' | 'duplicates' | 'parked' | 'refused' {
    if (ids.has(record.id)) return 'duplicates';
    if (!admitted.has(record.author)) return 'refused';
    const chain = chainOf(record.author);
    if (isBeyondCut(chain, record, cuts.get(record.author))) return 'refused';
    const before = chain.held[record.seq - 2] ?? [];
    if (record.seq > 1 && !before.some((other) => other.id === record.prev)) return 'parked';
    (chain.held[record.seq - 1] ??= []).push(record);
    ids.add(record.id);
    changed.add(record.author);
    if (record.admit !== undefined) {
      chainOf(record.admit);
      if (!admitted.has(record.admit)) admitted.set(record.admit, 1);
    }
    return 'accepted';
  }

  let cuts = new Map<number, { by: number; cut: NonNullable<Toy['cut']>; id: RecordId }>();
  const changed = new Set<number>();

  /** Everything again, in rank order. */
  function fold(): void {
    if (changed.size === 0) return;
    changed.clear();
    cuts = new Map();
    const known = new Map<number, number>([[0, 0]]);
    for (const author of [...chains.keys()].toSorted((a, b) => a - b)) {
      const chain = chainOf(author);
      const generation = known.get(author);
      chain.live = [];
      chain.mark = 'none';
      chain.forked = false;
      if (generation !== undefined) {
        chain.generation = generation;
        judge(chain, cuts.get(author));
        for (const record of chain.live) apply(record, generation, known);
      }
      trie.set(toyKey(author), entryOf(author, chain));
    }
    admitted.clear();
    for (const [author, generation] of known) admitted.set(author, generation);
  }

  function apply(record: Held, generation: number, known: Map<number, number>): void {
    const { admit, cut, author, id } = record;
    if (admit !== undefined && admit > author && !known.has(admit))
      known.set(admit, generation + 1);
    if (cut === undefined || cut.target <= author) return;
    const before = cuts.get(cut.target);
    // The most senior cutter's last cut decides.
    if (before === undefined || before.by >= author) cuts.set(cut.target, { by: author, cut, id });
  }

  return {
    tweaks,
    ingest(lines) {
      const tally = { accepted: 0, duplicates: 0, parked: 0, refused: 0, faulty: false };
      let open = lines.flatMap((line) => {
        const record = read(line);
        if (record === null) tally.faulty = true;
        return record === null ? [] : [record];
      });
      for (let first = true; open.length > 0; first = false) {
        const waiting: Held[] = [];
        let moved = false;
        for (const record of open) {
          const verdict = placed(record);
          moved ||= verdict === 'accepted';
          if (verdict === 'parked') waiting.push(record);
          if (first || verdict === 'accepted') tally[verdict] += 1;
        }
        fold();
        open = moved ? [...parked, ...waiting] : [];
        parked = moved ? [] : [...parked, ...waiting].slice(-4096);
      }
      return tally;
    },
    all: () => [...chains.values()].flatMap((chain) => chain.held.flat().map(({ line }) => line)),
    holdings: {
      ledger: TOY_LEDGER,
      get rules() {
        return tweaks.rules;
      },
      count: () => ids.size,
      stateRoot: () => sha(`state ${trie.root()} ${tweaks.state}`) as Digest,
      frontier: trie,
      liveId: (author, seq) => chains.get(byKey.get(author) ?? -1)?.live[seq - 1]?.id,
      *lines(author, from) {
        const chain = chains.get(byKey.get(author) ?? -1);
        if (chain === undefined) return;
        yield* chain.live.slice(from - 1);
        const forked = chain.live.length + 1;
        if (chain.forked && from <= forked) yield* chain.held[forked - 1] ?? [];
      },
      generation: (author) => chains.get(byKey.get(author) ?? -1)?.generation ?? 0,
    },
  };
}

function read(line: string): Held | null {
  try {
    const toy = JSON.parse(line) as Toy;
    const fine = typeof toy.author === 'number' && toy.seq >= 1 && line.startsWith('{"auth":[]');
    return fine ? { ...toy, line, id: sha(line) as RecordId } : null;
  } catch {
    return null;
  }
}

function judge(chain: Chain, decided: { cut: NonNullable<Toy['cut']>; id: RecordId } | undefined) {
  chain.live = [];
  const end = decided === undefined ? Number.POSITIVE_INFINITY : decided.cut.seq;
  if (decided !== undefined) {
    chain.mark = cutMark(decided.id);
    const { seq, id } = decided.cut;
    let at = seq === 0 ? undefined : (chain.held[seq - 1] ?? []).find((other) => other.id === id);
    if (at !== undefined) {
      const path: Held[] = [];
      for (; at !== undefined; at = (chain.held[at.seq - 2] ?? []).find((r) => r.id === at?.prev))
        path.unshift(at);
      chain.live = path;
      return;
    }
  }
  for (let seq = 1; seq <= chain.held.length; seq++) {
    const [only, ...others] = chain.held[seq - 1] ?? [];
    if (only === undefined || seq >= end) return;
    chain.forked = others.length > 0;
    if (chain.forked) chain.mark = 'fork';
    if (chain.forked) return;
    chain.live.push(only);
  }
}

function isBeyondCut(
  chain: Chain,
  record: Held,
  decided: { cut: NonNullable<Toy['cut']> } | undefined,
): boolean {
  if (decided === undefined) return false;
  const { seq, id } = decided.cut;
  if (record.seq > seq || (record.seq === seq && record.id !== id)) return true;
  return chain.live.at(-1)?.id === id;
}

function entryOf(author: number, chain: Chain): Entry | undefined {
  const head = chain.live.at(-1);
  if (head === undefined && chain.mark === 'none') return undefined;
  return { author: toyKey(author), seq: head?.seq ?? 0, id: head?.id ?? '', mark: chain.mark };
}
