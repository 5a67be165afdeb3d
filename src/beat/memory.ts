// What the heart keeps over a restart: its incarnation, on the disk before the first packet that
// carries it, and what it heard of others. Notes beside the ledger: a file that does not read is
// begun anew, and the calendar still makes the incarnation rise.
// Spec: docs/heartbeat.md, "Kept on disk".

import { join } from 'node:path';
import { type Coverage, NOTHING_REMOVED, coverageJson, readCoverage } from '../../beat/coverage.ts';
import type { Remembered } from '../../beat/detector.ts';
import { INCARNATION_MAX } from '../../beat/limits.ts';
import { textOf, utf8 } from '../../proto/bytes.ts';
import { type Key, isKey } from '../../proto/ids.ts';
import { type Disk, readWhole, replaceFile } from '../store/disk.ts';
import { HEARD_BYTES_MAX, REMEMBERED_MAX } from './limits.ts';

export interface HeardBefore {
  readonly remembered: ReadonlyMap<Key, Remembered>;
  readonly coverage: Coverage;
}

const beatFile = (folder: string): string => join(folder, 'beat.json');
const heardFile = (folder: string): string => join(folder, 'heard.json');

/**
 * The incarnation of a start: higher than all before. Seconds of the calendar, so that it rises
 * also where the file was lost or is that of a backup; one more than before, where the calendar is
 * behind. It is on the disk when this resolves.
 */
export async function riseAbove(
  disk: Disk,
  folder: string,
  calendarMs: number,
  atLeast = 0,
): Promise<number> {
  const kept = readJson(disk, beatFile(folder))?.['incarnation'];
  const before = isCount(kept) && kept < INCARNATION_MAX ? kept : 0;
  const seconds = Math.floor(calendarMs / 1_000);
  const incarnation = Math.max(before + 1, seconds, atLeast, 1);
  await replaceFile(disk, beatFile(folder), utf8(`${JSON.stringify({ incarnation })}\n`));
  return incarnation;
}

export function readHeard(disk: Disk, folder: string): HeardBefore {
  const json = readJson(disk, heardFile(folder));
  const members = json?.['members'];
  if (!Array.isArray(members)) return { remembered: new Map(), coverage: NOTHING_REMOVED };
  return {
    remembered: new Map(members.slice(0, REMEMBERED_MAX).flatMap(readRemembered)),
    coverage: readCoverage(json?.['removals']),
  };
}

export async function writeHeard(
  disk: Disk,
  folder: string,
  { remembered, coverage }: HeardBefore,
): Promise<void> {
  const members = [...remembered].slice(0, REMEMBERED_MAX).map(([key, { mark, heardAtMs }]) => {
    return [key, mark.incarnation, mark.sequence, heardAtMs];
  });
  const text = JSON.stringify({ members, removals: coverageJson(coverage) });
  await replaceFile(disk, heardFile(folder), utf8(`${text}\n`));
}

function readRemembered(value: unknown): [Key, Remembered][] {
  if (!Array.isArray(value)) return [];
  const [key, incarnation, sequence, heardAtMs] = value as unknown[];
  if (typeof key !== 'string' || !isKey(key) || !isCount(incarnation) || !isCount(sequence)) {
    return [];
  }
  const mark = { incarnation, sequence };
  return [[key, { mark, heardAtMs: isCount(heardAtMs) ? heardAtMs : null }]];
}

function readJson(disk: Disk, path: string): Record<string, unknown> | null {
  const bytes = readWhole(disk, path, HEARD_BYTES_MAX);
  if (bytes === null) return null;
  try {
    const value: unknown = JSON.parse(textOf(bytes) ?? '');
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
