// How often a member may ask: a bucket for each caller, full at first. It goes by the clock that
// nobody sets. Spec: docs/sync.md, "The door".

import { type Bucket, type Rate, fullBucket, spent, waitMs } from '../../ledger/bucket.ts';
import type { Key } from '../../proto/ids.ts';
import { monotonicMs } from '../os/clock.ts';

/** True where the caller has asked too often; else it has asked once more. */
export function turnstile(rate: Rate): (from: Key) => boolean {
  const buckets = new Map<Key, Bucket>();
  return (from) => {
    const nowMs = monotonicMs();
    const bucket = buckets.get(from) ?? fullBucket(rate, nowMs);
    if (waitMs(bucket, rate, nowMs) > 0) return true;
    buckets.set(from, spent(bucket, rate, nowMs, 1));
    return false;
  };
}
