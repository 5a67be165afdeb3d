// The running SHA-256 of nodes.jsonl. What was verified before is recognised by the hash of the
// prefix it was found in, so opening costs reading and hashing, and appending goes on from there.

import { type Hash, createHash } from 'node:crypto';
import type { DiskFile } from './disk.ts';
import { HASH_READ_BYTES } from './limits.ts';

/** The hash so far, as text; the running state goes on. */
export function digestSoFar(hash: Hash): string {
  return hash.copy().digest('base64url');
}

export interface Hashed {
  readonly hash: Hash;
  /** The digest of each prefix asked for; absent where the file is shorter. */
  readonly marks: ReadonlyMap<number, string>;
}

/** Hashes the first `sizeBytes` of a file, with the digests at some places on the way. */
export async function hashPrefix(
  file: DiskFile,
  sizeBytes: number,
  places: readonly number[],
  progress?: (bytesDone: number) => void,
): Promise<Hashed> {
  const hash = createHash('sha256');
  const marks = new Map<number, string>();
  const stops = [...places.filter((place) => place <= sizeBytes), sizeBytes].toSorted(
    (a, b) => a - b,
  );
  const buffer = Buffer.allocUnsafe(Math.min(HASH_READ_BYTES, Math.max(1, sizeBytes)));
  let done = 0;
  for (const stop of stops) {
    while (done < stop) {
      const got = file.readAt(buffer.subarray(0, Math.min(buffer.length, stop - done)), done);
      if (got === 0) throw new Error('nodes.jsonl became shorter while it was read');
      hash.update(buffer.subarray(0, got));
      done += got;
      progress?.(done);
      // Each read takes milliseconds: timers and signals get their turn between two.
      await new Promise(setImmediate);
    }
    marks.set(stop, digestSoFar(hash));
  }
  return { hash, marks };
}
