// What each member has cost us lately, and who is not spoken to for a while. Only members have a
// row, so the table is as large as the network. Spec: docs/sync.md, "What a peer may cost".

import { type Bucket, type Rate, fullBucket, spent, waitMs } from '../../ledger/bucket.ts';
import type { Key } from '../../proto/ids.ts';
import { CONNECTIONS_PER_PEER_MAX, FAULTY_MS, type Metered } from './limits.ts';

export type Cost = Readonly<Partial<Record<Metered, number>>>;

interface Account {
  readonly buckets: Record<Metered, Bucket>;
  connections: number;
  barredUntilMs: number;
}

export interface Meter {
  /** Counts a new connection, unless the member has enough of them or is not spoken to. */
  connect(key: Key): 'ok' | 'too-many' | 'faulty-before';
  disconnect(key: Key): void;
  /** How long until the member may ask again for what costs these; 0: it may now. */
  waitMs(key: Key, what: readonly Metered[]): number;
  charge(key: Key, cost: Cost): void;
  /** The member sent what no honest one sends: nobody listens to it for a while. */
  bar(key: Key): void;
  isBarred(key: Key): boolean;
}

export function createMeter(nowMs: () => number, rates: Readonly<Record<Metered, Rate>>): Meter {
  const accounts = new Map<Key, Account>();

  function accountOf(key: Key): Account {
    let account = accounts.get(key);
    if (account === undefined) {
      const full = (rate: Rate): Bucket => fullBucket(rate, nowMs());
      const buckets = {
        bytes: full(rates.bytes),
        lines: full(rates.lines),
        nodes: full(rates.nodes),
        bulk: full(rates.bulk),
      };
      accounts.set(key, (account = { buckets, connections: 0, barredUntilMs: 0 }));
    }
    return account;
  }

  function isBarred({ barredUntilMs }: Account): boolean {
    return barredUntilMs > nowMs();
  }

  return {
    connect(key) {
      const account = accountOf(key);
      if (isBarred(account)) return 'faulty-before';
      if (account.connections >= CONNECTIONS_PER_PEER_MAX) return 'too-many';
      account.connections += 1;
      return 'ok';
    },
    disconnect(key) {
      accountOf(key).connections -= 1;
    },
    waitMs(key, what) {
      const { buckets } = accountOf(key);
      return what.reduce(
        (longest, one) => Math.max(longest, waitMs(buckets[one], rates[one], nowMs())),
        0,
      );
    },
    charge(key, cost) {
      const { buckets } = accountOf(key);
      for (const what of Object.keys(rates) as Metered[]) {
        const amount = cost[what] ?? 0;
        if (amount > 0) buckets[what] = spent(buckets[what], rates[what], nowMs(), amount);
      }
    },
    bar(key) {
      accountOf(key).barredUntilMs = nowMs() + FAULTY_MS;
    },
    isBarred: (key) => isBarred(accountOf(key)),
  };
}
