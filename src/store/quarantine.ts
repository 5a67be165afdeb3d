// Rot and torn tails, copied aside before anything else happens to them. A copy is named after the
// place and the content, so that finding the same rot again makes no second one.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { RefusalCode } from '../../ledger/refusals.ts';
import { type Claims, claimsOf } from '../../ledger/scan.ts';
import { LINE_BYTES_MAX } from '../../ledger/limits.ts';
import type { Disk, DiskFile } from './disk.ts';
import { replaceFile } from './disk.ts';
import { QUARANTINE_BYTES_MAX } from './limits.ts';

/**
 * A line of our own file that is not what its author wrote. It stays where it is, and is skipped.
 */
export interface Damage {
  readonly line: number;
  readonly offset: number;
  readonly length: number;
  readonly code: RefusalCode;
  /** What the bytes still say of themselves: a hint for what to fetch, believed by nobody. */
  readonly claims: Claims;
}

export function damageOf(
  file: DiskFile,
  line: { line: number; offset: number; length: number; code: RefusalCode },
): Damage {
  const { offset, length, code } = line;
  const bytes = Buffer.alloc(Math.min(length, LINE_BYTES_MAX));
  file.readAt(bytes, offset);
  return { line: line.line, offset, length, code, claims: claimsOf(bytes) };
}

/** Copies a stretch of the ledger into quarantine/. Resolves when the copy is durable. */
export async function copyAside(
  disk: Disk,
  folder: string,
  kind: 'torn' | 'rot',
  file: DiskFile,
  offset: number,
  length: number,
): Promise<void> {
  const bytes = Buffer.alloc(Math.min(length, QUARANTINE_BYTES_MAX));
  file.readAt(bytes, offset);
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const path = join(folder, `${kind}-${offset}-${digest}`);
  if (disk.exists(path)) return;
  disk.makeFolder(folder);
  await replaceFile(disk, path, bytes);
}

/** Damaged lines that follow each other, as one stretch each; newlines included. */
export function stretchesOf(damage: readonly Damage[]): { offset: number; length: number }[] {
  const stretches: { offset: number; length: number }[] = [];
  for (const { offset, length } of damage.toSorted((a, b) => a.offset - b.offset)) {
    const last = stretches.at(-1);
    if (last !== undefined && last.offset + last.length === offset) last.length += length + 1;
    else stretches.push({ offset, length: length + 1 });
  }
  return stretches;
}
