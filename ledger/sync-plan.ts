// What one author's two entries ask for: which records to pull, which to push. The rule that keeps
// both sides from sending what the other must turn away: where one side has decided about an author
// (a fork, a cut) and the other has not, that author's lines do not move towards the decision; it
// travels itself, as the evidence or in a senior's chain. Spec: docs/sync.md, "One author".

import type { Key } from '../proto/ids.ts';
import type { Entry } from './frontier.ts';
import { LOCATOR_STEPS_MAX } from './limits.ts';
import type { Holdings } from './sync-holdings.ts';
import type { ChainPlace, Want } from './sync-wire.ts';

/** An author whose entries differ. */
export interface Difference {
  readonly author: Key;
  readonly theirs: Entry | undefined;
  readonly generation: number;
}

/** What this sync has learned about an author beside its entry. */
export interface Learned {
  /** The highest place on both live paths, told by the peer in a pull. */
  readonly common?: number;
  /** Our head was not on the peer's path: name lower places. */
  readonly diverged?: boolean;
}

/** Our path from its head down, in steps that double: the peer finds where the two part. */
function locator(holdings: Holdings, author: Key): ChainPlace[] {
  const head = holdings.frontier.get(author)?.seq ?? 0;
  const places: ChainPlace[] = [];
  for (let seq = head, step = 1; seq > 0; step *= 2) {
    const id = holdings.liveId(author, seq);
    if (id !== undefined) places.push({ seq, id });
    const last = seq === 1 || places.length >= LOCATOR_STEPS_MAX;
    seq = last ? 0 : Math.max(1, seq - step);
  }
  return places;
}

/** What to ask of the peer; null: it has nothing for us, or nothing that we would keep. */
export function wantOf(
  holdings: Holdings,
  difference: Difference,
  learned: Learned,
  thorough: boolean,
): Want | null {
  const { author, theirs } = difference;
  const ours = holdings.frontier.get(author);
  if (theirs === undefined) return null;
  if (!thorough && decidedAlone(ours, theirs)) return null;
  if (reaches(holdings, theirs)) {
    return lacksEvidence(ours, theirs) ? { author, have: placeOf(theirs), from: 0 } : null;
  }
  if (ours === undefined) return { author, have: [], from: 0 };
  const parted = learned.diverged === true || theirs.seq <= ours.seq;
  return { author, have: parted ? locator(holdings, author) : placeOf(ours), from: 0 };
}

/** From which seq on to send what we may send of this author; null: nothing that would be kept. */
export function pushFrom(
  holdings: Holdings,
  difference: Difference,
  learned: Learned,
  thorough: boolean,
): number | null {
  const { author, theirs } = difference;
  const ours = holdings.frontier.get(author);
  if (ours === undefined) return null;
  if (theirs === undefined) return 1;
  if (!thorough && decidedAlone(theirs, ours)) return null;
  if (reaches(holdings, theirs)) return theirs.seq + 1;
  if (lacksEvidence(theirs, ours)) return ours.seq + 1;
  return learned.common === undefined ? null : learned.common + 1;
}

/** True where `mine` carries a decision about the author that `other` does not share. */
function decidedAlone(mine: Entry | undefined, other: Entry): boolean {
  if (mine === undefined || mine.mark === 'none') return false;
  // Two forks: the lower one decides. A fork and a cut: the cut may be what settles the fork.
  if (mine.mark === 'fork' && other.mark !== 'none')
    return other.mark === 'fork' && mine.seq <= other.seq;
  return mine.mark !== other.mark;
}

/** True where `other` froze the author at a place that `mine` has gone past, or not frozen at. */
function lacksEvidence(mine: Entry | undefined, other: Entry): boolean {
  if (other.mark !== 'fork') return false;
  return mine?.mark !== 'fork' || mine.seq > other.seq;
}

/** True where our live path goes through the peer's head: it holds nothing past us. */
function reaches(holdings: Holdings, theirs: Entry): boolean {
  return theirs.seq === 0 || holdings.liveId(theirs.author, theirs.seq) === theirs.id;
}

function placeOf(entry: Entry): ChainPlace[] {
  return entry.id === '' ? [] : [{ seq: entry.seq, id: entry.id }];
}
