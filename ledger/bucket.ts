// Token buckets: what one peer may cost us, over time. Time is an input. A request is let in while
// its bucket is not empty and pays afterwards what it really cost, so that a price never has to be
// known before; a debt is waited off. Spec: docs/sync.md, "What a peer may cost".

export interface Rate {
  readonly perSecond: number;
  /** What a bucket holds when full: the burst of an honest peer. */
  readonly burst: number;
}

export interface Bucket {
  /** Below zero: a debt. */
  readonly level: number;
  readonly atMs: number;
}

export function fullBucket(rate: Rate, nowMs: number): Bucket {
  return { level: rate.burst, atMs: nowMs };
}

/** The bucket as it is now. A clock that steps back fills nothing. */
export function refilled(bucket: Bucket, rate: Rate, nowMs: number): Bucket {
  const passedMs = Math.max(0, nowMs - bucket.atMs);
  const level = Math.min(rate.burst, bucket.level + (passedMs * rate.perSecond) / 1000);
  return { level, atMs: nowMs };
}

export function spent(bucket: Bucket, rate: Rate, nowMs: number, cost: number): Bucket {
  const now = refilled(bucket, rate, nowMs);
  return { ...now, level: now.level - cost };
}

/** How long until the bucket lets a request in; 0: it does now. */
export function waitMs(bucket: Bucket, rate: Rate, nowMs: number): number {
  const { level } = refilled(bucket, rate, nowMs);
  return level >= 1 ? 0 : Math.ceil(((1 - level) * 1000) / rate.perSecond);
}
