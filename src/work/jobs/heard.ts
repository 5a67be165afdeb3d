// The note beside a job of when its output was heard last: a daemon that comes later tells by it
// whether the engine still has all of it. It may be lost or torn; then only bytes are counted.
// Spec: docs/jobs.md, "Output".

import fs from 'node:fs';
import path from 'node:path';
import { monotonicMs, nowMs } from '../../os/clock.ts';
import { HEARD_BYTES_MAX, HEARD_EVERY_MS } from './limits.ts';

const NAME = 'heard.json';

export function readHeard(folder: string): number | null {
  try {
    const file = path.join(folder, NAME);
    if (fs.statSync(file).size > HEARD_BYTES_MAX) return null;
    const { lastMs } = JSON.parse(fs.readFileSync(file, 'utf8')) as { lastMs?: unknown };
    return typeof lastMs === 'number' && Number.isFinite(lastMs) ? lastMs : null;
  } catch {
    // Not there yet, or torn by the death of a daemon.
    return null;
  }
}

/** Notes that something came, at most once a second. */
export function hearing(folder: string): () => void {
  let writtenMs = Number.NEGATIVE_INFINITY;
  return () => {
    const now = monotonicMs();
    if (now - writtenMs < HEARD_EVERY_MS) return;
    writtenMs = now;
    const file = path.join(folder, NAME);
    try {
      fs.writeFileSync(`${file}.new`, JSON.stringify({ lastMs: nowMs() }), { mode: 0o600 });
      fs.renameSync(`${file}.new`, file);
    } catch {
      // A full disk does not stop the output; the next daemon counts.
    }
  };
}
