// Who has carried out a removal: each member says so in its heartbeats, and this is the list of who
// has not yet. It is kept over a restart, so that "missing since" means since the removal and not
// since the daemon started. Spec: docs/heartbeat.md, "Coverage".

import { type Key, type RecordId, isKey, isRecordId } from '../proto/ids.ts';
import { ACKS_MAX, REMOVALS_MAX } from './limits.ts';
import { type Brief, briefOf } from './mark.ts';

/** A removal that is in force in the ledger. */
export interface Removal {
  readonly id: RecordId;
  /** Who was removed. */
  readonly key: Key;
}

interface Covered extends Removal {
  /** When this node learned of it, by its calendar. */
  readonly sinceMs: number;
  /** Who has carried it out, and when this node heard so. */
  readonly by: ReadonlyMap<Key, number>;
}

/** Oldest first. */
export interface Coverage {
  readonly removals: readonly Covered[];
}

export interface Missing {
  readonly key: Key;
  /** When it was last heard, by our calendar; null where it never was. */
  readonly heardAtMs: number | null;
}

/** "7 of 9 have it; missing: attic". */
export interface CoverageLine extends Removal {
  readonly sinceMs: number;
  readonly have: number;
  readonly of: number;
  readonly missing: readonly Missing[];
}

export const NOTHING_REMOVED: Coverage = { removals: [] };

/** The removals in force, as the ledger has them now: new ones begin, others end. */
export function inForce(
  coverage: Coverage,
  removals: readonly Removal[],
  calendarMs: number,
): Coverage {
  const newest = removals.slice(-REMOVALS_MAX);
  const held = new Map(coverage.removals.map((one) => [one.id, one]));
  const named = new Set(newest.map(({ id }) => id));
  if (named.size === held.size && newest.every(({ id }) => held.has(id))) return coverage;
  const kept = coverage.removals.filter(({ id }) => named.has(id));
  const added = newest
    .filter(({ id }) => !held.has(id))
    .map(({ id, key }): Covered => ({ id, key, sinceMs: calendarMs, by: new Map() }));
  return { removals: [...kept, ...added] };
}

/** A member, or this node itself, has carried these out. */
export function acknowledged(
  coverage: Coverage,
  member: Key,
  acks: readonly Brief[],
  calendarMs: number,
): Coverage {
  if (acks.length === 0) return coverage;
  const isNew = ({ id, by }: Covered): boolean => !by.has(member) && acks.includes(briefOf(id));
  if (!coverage.removals.some(isNew)) return coverage;
  const removals = coverage.removals.map((one) =>
    isNew(one) ? { ...one, by: new Map(one.by).set(member, calendarMs) } : one,
  );
  return { removals };
}

/** What this node may say in its next heartbeat. Where there are many they take turns. */
export function acksOf(coverage: Coverage, self: Key, turn: number): Brief[] {
  const own = coverage.removals.filter(({ by }) => by.has(self)).reverse();
  // The newest always: somebody waits for it. The rest follow each other.
  const [newest, ...older] = own.map(({ id }) => briefOf(id));
  if (newest === undefined) return [];
  const start = older.length === 0 ? 0 : (turn * (ACKS_MAX - 1)) % older.length;
  const turned = [...older.slice(start), ...older.slice(0, start)];
  return [newest, ...turned.slice(0, ACKS_MAX - 1)];
}

/** One line for each removal, newest first, over the members of now. */
export function coverageLines(
  coverage: Coverage,
  members: readonly Key[],
  heardAtMs: (key: Key) => number | null,
): CoverageLine[] {
  const lines = coverage.removals.map(({ id, key, sinceMs, by }): CoverageLine => {
    const missing = members.filter((member) => !by.has(member));
    return {
      ...{ id, key, sinceMs, have: members.length - missing.length, of: members.length },
      missing: missing.map((member) => ({ key: member, heardAtMs: heardAtMs(member) })),
    };
  });
  return lines.reverse();
}

/** As JSON holds it. */
export function coverageJson({ removals }: Coverage): unknown {
  return removals.map(({ id, key, sinceMs, by }) => ({ id, key, sinceMs, by: [...by] }));
}

/** What of a kept file can be believed; the rest begins anew. */
export function readCoverage(value: unknown): Coverage {
  if (!Array.isArray(value)) return NOTHING_REMOVED;
  return { removals: value.flatMap(readCovered).slice(-REMOVALS_MAX) };
}

function readCovered(value: unknown): Covered[] {
  if (typeof value !== 'object' || value === null) return [];
  const { id, key, sinceMs, by } = value as Record<string, unknown>;
  if (typeof id !== 'string' || !isRecordId(id) || typeof key !== 'string' || !isKey(key)) {
    return [];
  }
  if (!isTime(sinceMs) || !Array.isArray(by)) return [];
  const pairs = by.filter(
    (pair): pair is [Key, number] =>
      Array.isArray(pair) && typeof pair[0] === 'string' && isKey(pair[0]) && isTime(pair[1]),
  );
  return [{ id, key, sinceMs, by: new Map(pairs) }];
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
