// The calendar of a data folder: the wall clock of this machine, but never below the last time that
// was kept here, so that a battery that died or a clock set back by a year does not make records
// that claim to be older than their ancestors. A clock that ran ahead is not kept for ever: where
// several peers agree that it is earlier, it is what they say, though never below the system's own.
// Spec: docs/daemon.md, "The clock".

import path from 'node:path';
import { textOf, utf8 } from '../../proto/bytes.ts';
import type { Key } from '../../proto/ids.ts';
import { type KeyDisk, keyDisk } from '../keys/disk.ts';
import { readSecretFile, replaceSecretFile } from '../keys/secret-file.ts';
import { monotonicMs, nowMs } from './clock.ts';
import {
  CALENDAR_AHEAD_MS,
  CALENDAR_BYTES_MAX,
  CALENDAR_LATEST_MS,
  CALENDAR_PEERS_MIN,
} from './limits.ts';

export interface Calendar {
  /** Milliseconds since 1970: never below what was kept, rising with the monotonic clock. */
  nowMs(): number;
  /** How far the system's clock is behind it, in ms; 0 where they agree. */
  behindMs(): number;
  /** What the signed heartbeat of a peer says the time is, as it arrives. */
  heard(peer: Key, theirMs: number): void;
  /** Keeps the time on disk. */
  save(): void;
}

interface Clocks {
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
}

export function openCalendar(
  folder: string,
  disk: KeyDisk = keyDisk,
  clocks: Clocks = { nowMs, monotonicMs },
): Calendar {
  const file = path.join(folder, 'calendar.json');
  // What was reached last, and when by the monotonic clock.
  let kept = keptIn(disk, file);
  let keptAtMs = clocks.monotonicMs();
  /** Of each peer: how far its calendar is ahead of our monotonic clock. */
  const peers = new Map<Key, number>();

  function now(): number {
    const system = clocks.nowMs();
    const atMs = clocks.monotonicMs();
    kept = Math.max(system, Math.floor(kept + (atMs - keptAtMs)));
    keptAtMs = atMs;
    return kept;
  }

  return {
    nowMs: now,
    behindMs: () => Math.max(0, now() - clocks.nowMs()),
    heard(peer, theirMs) {
      if (!(theirMs >= 0 && theirMs <= CALENDAR_LATEST_MS)) return;
      const atMs = clocks.monotonicMs();
      peers.set(peer, theirMs - atMs);
      // Only what is ahead of the system's clock can be lowered.
      if (peers.size < CALENDAR_PEERS_MIN || now() <= clocks.nowMs()) return;
      const theirs = medianOf([...peers.values()]) + atMs;
      if (now() <= theirs + CALENDAR_AHEAD_MS) return;
      kept = Math.max(clocks.nowMs(), Math.floor(theirs));
      keptAtMs = atMs;
    },
    save() {
      const at = now();
      replaceSecretFile(disk, file, () => utf8(`{"at":${at}}\n`));
    },
  };
}

/** The time that was kept in the last run; 0 where none was, or where it does not read. */
function keptIn(disk: KeyDisk, file: string): number {
  const bytes = readSecretFile(disk, file, { sizeMax: CALENDAR_BYTES_MAX });
  const at = bytes.ok ? /^\{"at":(\d{1,16})\}\n$/.exec(textOf(bytes.value) ?? '')?.[1] : undefined;
  return at === undefined || Number(at) > CALENDAR_LATEST_MS ? 0 : Number(at);
}

/** The lower of two middle ones: of two that differ, the earlier. */
function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}
