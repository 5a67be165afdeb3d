// The note beside a job of what was heard of its output, and when: a daemon that comes later goes
// on after it. It may be lost or torn; then only bytes are counted. Spec: docs/jobs.md, "Output".

import fs from 'node:fs';
import path from 'node:path';
import type { Heard } from '../../../work/catch-up.ts';
import type { Side } from '../../../work/multiplex.ts';
import { monotonicMs, nowMs } from '../../os/clock.ts';
import { HEARD_BYTES_MAX, HEARD_EVERY_MS } from './limits.ts';

const NAME = 'heard.json';

export function readHeard(folder: string): Heard | null {
  try {
    const file = path.join(folder, NAME);
    if (fs.statSync(file).size > HEARD_BYTES_MAX) return null;
    const { first, lastMs } = JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<Heard>;
    if (!Number.isFinite(lastMs) || typeof first !== 'object' || first === null) return null;
    if (!Object.values(first).every(Number.isFinite)) return null;
    return { first, lastMs: lastMs as number };
  } catch {
    // Not there yet, or torn by the death of a daemon.
    return null;
  }
}

/** Notes what comes, at most once a second after the first bytes of a stream. */
export function hearing(folder: string, heard: Heard | null): (side: Side) => void {
  const first: Partial<Record<Side, number>> = { ...heard?.first };
  let writtenMs = Number.NEGATIVE_INFINITY;
  return (side) => {
    const isFirst = first[side] === undefined;
    const now = monotonicMs();
    if (!isFirst && now - writtenMs < HEARD_EVERY_MS) return;
    first[side] ??= nowMs();
    writtenMs = now;
    const file = path.join(folder, NAME);
    try {
      fs.writeFileSync(`${file}.new`, JSON.stringify({ first, lastMs: nowMs() }), { mode: 0o600 });
      fs.renameSync(`${file}.new`, file);
    } catch {
      // A full disk does not stop the output; the next daemon counts.
    }
  };
}
