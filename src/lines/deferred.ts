// Lines that were refused for want of another record, kept by their author until a record names
// that author: then only its lines are shown again. A chain of admissions in the worst order is so
// read twice, and not once for each of its links. Spec: docs/ledger.md, "The file".

import type { Key } from '../../proto/ids.ts';
import type { Act } from '../../ledger/kinds.ts';
import type { RefusalCode } from '../../ledger/refusals.ts';
import { DEFERRED_LINES_MAX } from '../store/limits.ts';
import type { Span } from './line-chunks.ts';

export interface DeferredLine extends Span {
  readonly seq: number;
  readonly code: RefusalCode;
}

export interface Deferred {
  readonly byAuthor: Map<Key, DeferredLine[]>;
  count: number;
  /** Authors named since their lines were shown last. */
  readonly named: Set<Key>;
  /** Once a round, or an author who is named in vain a thousand times is shown as often. */
  readonly shown: Set<Key>;
}

export function emptyDeferred(): Deferred {
  return { byAuthor: new Map(), count: 0, named: new Set(), shown: new Set() };
}

/** False where no more lines may wait. */
export function defer(deferred: Deferred, author: Key, line: DeferredLine): boolean {
  if (deferred.count >= DEFERRED_LINES_MAX) return false;
  const lines = deferred.byAuthor.get(author);
  if (lines === undefined) deferred.byAuthor.set(author, [line]);
  else lines.push(line);
  deferred.count++;
  return true;
}

/** A record was taken in: whom it names may speak now. */
export function noteNamed(deferred: Deferred, act: Act): void {
  for (const key of namedBy(act)) deferred.named.add(key);
}

/** The lines of the authors that were named, to be shown now: along each chain. */
export function takeNamed(deferred: Deferred): DeferredLine[] {
  const taken: DeferredLine[] = [];
  for (const key of deferred.named) {
    const lines = deferred.shown.has(key) ? undefined : deferred.byAuthor.get(key);
    if (lines === undefined) continue;
    deferred.shown.add(key);
    deferred.byAuthor.delete(key);
    deferred.count -= lines.length;
    for (const line of lines) taken.push(line);
  }
  deferred.named.clear();
  return taken.toSorted((a, b) => a.seq - b.seq);
}

/** All lines, for another round. */
export function takeAll(deferred: Deferred): DeferredLine[] {
  const taken = [...deferred.byAuthor.values()].flat();
  deferred.byAuthor.clear();
  deferred.count = 0;
  deferred.named.clear();
  deferred.shown.clear();
  return taken.toSorted((a, b) => a.seq - b.seq);
}

function namedBy(act: Act): readonly Key[] {
  switch (act.kind) {
    case 'genesis':
    case 'root.rotate':
      return [...act.body.roots.map(({ key }) => key), act.body.recovery];
    case 'operator.admit':
    case 'node.admit':
    case 'ticket.issue':
      return [act.body.key];
    default:
      return [];
  }
}
