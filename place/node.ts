// A node as whoever places sees it: what the ledger says of it, and what it has said of itself
// first-hand. What is unknown is null, and what is unknown is never taken for room.
// Spec: docs/placement.md, "Nodes".

import type { Key } from '../proto/ids.ts';
import type { Arch } from './demand.ts';
import type { Lack } from './lacks.ts';

/** Null: it takes none. */
export type Taking = 'open' | 'recovering' | 'draining' | 'frozen' | null;

export interface Card {
  readonly name: string;
  readonly vramMib: number | null;
  readonly vramFreeMib: number | null;
  /** Answers, and is not divided. */
  readonly fit: boolean;
  /** Some other work has it. */
  readonly taken: boolean;
}

/** How much there is, and how much of it the host still promises: less than is observed free. */
export interface Room {
  readonly cpuMilli: number | null;
  readonly cpuFreeMilli: number | null;
  readonly memMib: number | null;
  readonly memFreeMib: number | null;
  readonly diskMib: number | null;
  readonly diskFreeMib: number | null;
  /** Null: there may be cards, and nobody knows how many. */
  readonly cardCount: number | null;
  /** Those that it told of. */
  readonly cards: readonly Card[];
}

export interface PlaceNode {
  readonly key: Key;
  readonly name: string;
  readonly labels: readonly string[];
  readonly arch: Arch | null;
  /** `here`: the node that places. Heard with its own ears, never by hearsay. */
  readonly heard: 'here' | 'alive' | 'suspect' | 'down' | 'unheard';
  readonly heardAgoMs: number | null;
  /** Two machines speak with its key. */
  readonly cloned: boolean;
  readonly frozen: boolean;
  readonly drained: boolean;
  /** It places work itself; an observer or a guest does not, and takes none. */
  readonly peer: boolean;
  /** Why whoever places may not place there; null: it may. */
  readonly denied: Lack | null;
  /** Whether it takes new work, by its last word. */
  readonly taking: Taking;
  /** Kinds of work that it has something to run with. */
  readonly kinds: readonly string[];
  /** It has every image of this work already: nothing need be fetched. */
  readonly holds: boolean;
  /** Its last word about itself; null where it has said none. */
  readonly room: Room | null;
}
