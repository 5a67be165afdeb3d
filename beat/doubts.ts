// Doubts: a watcher says, in its own signed heartbeat, that it misses a member since a mark. Three
// of its watchers take a member out of those that work is given to; they never change membership,
// never add anything, and any newer packet of the member itself refutes them.
// Spec: docs/heartbeat.md, "Doubts".

import type { Key } from '../proto/ids.ts';
import { DOUBTERS_MIN, DOUBTS_MAX, DOUBT_MS } from './limits.ts';
import type { Heart } from './heart.ts';
import { type Brief, type Mark, NEVER, briefOf, isNewer } from './mark.ts';
import type { Beat, Doubt } from './packet.ts';
import { isWatcher } from './ring.ts';

type Known = Pick<Heart, 'kept' | 'doubting' | 'ring' | 'subjects'>;

/** What this node itself doubts, the newest doubt first. */
export function doubtsOf({ subjects, watch }: Pick<Heart, 'subjects' | 'watch'>): Doubt[] {
  const missing = [...subjects.values()].filter(
    ({ state, expected, heardMs }) =>
      expected &&
      (state === 'suspect' || state === 'down') &&
      watch.watchMs - (heardMs ?? 0) < DOUBT_MS,
  );
  return missing
    .toSorted((a, b) => (b.heardMs ?? 0) - (a.heardMs ?? 0))
    .slice(0, DOUBTS_MAX)
    .map(({ key, mark }) => ({ subject: briefOf(key), ...mark }));
}

/** The watchers whose last packets doubt a member, and are not refuted. */
export function doubtersOf(known: Known, subject: Key): Key[] {
  const brief = briefOf(subject);
  const newest = newestOf(known, subject);
  const doubters: Key[] = [];
  for (const key of known.doubting) {
    if (!hasDoubt(known, key, brief, newest)) continue;
    if (isWatcher(known.ring, subject, key)) doubters.push(key);
  }
  return doubters;
}

/** A packet with a doubt that its last one had not, about a member that not enough doubt yet. */
export function tellsNewDoubt(known: Known, beat: Beat, before: Beat | undefined): boolean {
  return beat.doubts.some(({ subject }) => {
    if (before?.doubts.some((old) => old.subject === subject)) return false;
    let others = 0;
    for (const key of known.doubting) {
      if (key !== beat.subject && hasDoubt(known, key, subject, NEVER)) others += 1;
      if (others === DOUBTERS_MIN) return false;
    }
    return true;
  });
}

/** The first packet of a member that others doubt since an older one. */
export function isRefutation(known: Known, beat: Beat, before: Beat | undefined): boolean {
  const brief = briefOf(beat.subject);
  const newest = before ?? NEVER;
  for (const key of known.doubting) {
    if (hasDoubt(known, key, brief, newest) && !hasDoubt(known, key, brief, beat)) return true;
  }
  return false;
}

// The packet that a doubter is known by may have been forgotten since it was marked.
function hasDoubt({ kept }: Known, doubter: Key, subject: Brief, newest: Mark): boolean {
  const beat = kept.get(doubter)?.beat;
  return beat !== undefined && doubtIn(beat, subject, newest);
}

function newestOf({ subjects, kept }: Known, subject: Key): Mark {
  return subjects.get(subject)?.newest ?? kept.get(subject)?.beat ?? NEVER;
}

// A doubt counts until something newer than its mark was seen of its subject.
function doubtIn({ doubts }: Beat, subject: Brief, newest: Mark): boolean {
  return doubts.some((doubt) => doubt.subject === subject && !isNewer(newest, doubt));
}
