import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fullBucket, refilled, spent, waitMs } from '../../ledger/bucket.ts';

const rate = { perSecond: 1_000, burst: 100 };

describe('a token bucket', () => {
  test('lets a burst in at once and then its rate', () => {
    let bucket = fullBucket(rate, 0);
    expect(waitMs(bucket, rate, 0)).toBe(0);
    bucket = spent(bucket, rate, 0, 100);
    expect(waitMs(bucket, rate, 0)).toBe(1);
    expect(waitMs(bucket, rate, 1)).toBe(0);
    bucket = spent(bucket, rate, 30, 50);
    expect(waitMs(bucket, rate, 30)).toBe(21);
  });

  test('lets a debt be waited off in full', () => {
    const bucket = spent(fullBucket(rate, 0), rate, 0, 600);
    expect(waitMs(bucket, rate, 0)).toBe(501);
    expect(waitMs(bucket, rate, 501)).toBe(0);
  });

  test('never holds more than its burst, also when the clock steps back', () => {
    const bucket = spent(fullBucket(rate, 1_000), rate, 1_000, 50);
    expect(refilled(bucket, rate, 0).level).toBe(50);
    expect(refilled(bucket, rate, 1_000_000).level).toBe(100);
  });

  test('never lets more in than burst, rate and one overdraft, however it is asked', () => {
    const asks = fc.array(fc.record({ afterMs: fc.nat(5_000), cost: fc.nat(200) }), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(asks, (all) => {
        let bucket = fullBucket(rate, 0);
        let nowMs = 0;
        let admitted = 0;
        for (const { afterMs, cost } of all) {
          nowMs += afterMs;
          if (waitMs(bucket, rate, nowMs) > 0) continue;
          bucket = spent(bucket, rate, nowMs, cost);
          admitted += cost;
        }
        expect(admitted).toBeLessThanOrEqual(rate.burst + (nowMs / 1000) * rate.perSecond + 200);
      }),
    );
  });
});
