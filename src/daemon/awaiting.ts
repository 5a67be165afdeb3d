// The daemon of a machine that has accepted an admission and not seen it: it asks the doors it
// knows, now and then, until the record is there. What it takes in opens the door by itself, as
// with every ledger that comes. Spec: docs/daemon.md, "Not seen yet".

import type { Decoded } from '../../ledger/record.ts';
import { NOTHING_KEPT, writeKept } from '../genesis/kept.ts';
import { pledgedIn, seekRecord } from '../genesis/pledged.ts';
import { type Seeking, startSeeking } from '../genesis/seeking.ts';
import type { HomeLedger } from '../home/ledger.ts';
import type { KeyHost } from '../keys/host.ts';
import type { PeerIdentity } from '../peer/certificate.ts';
import type { Tell } from './events.ts';

export interface AwaitingParts {
  readonly folder: string;
  readonly host: KeyHost;
  readonly identity: PeerIdentity;
  /** URLs that a person has named. */
  readonly told: readonly string[];
  readonly tell: Tell;
  /** False once this machine is a node. */
  readonly isWaiting: () => boolean;
  readonly begin: (genesis: Decoded) => Promise<HomeLedger>;
}

export function startAwaiting(parts: AwaitingParts): Seeking {
  const { host, folder, identity, told, tell, isWaiting, begin } = parts;
  return startSeeking({
    firstMs: 0,
    pledged: () => (isWaiting() ? pledgedIn(host, folder, told) : null),
    news: ({ network, doors }) => tell({ event: 'awaiting', ledger: network, doors: doors.length }),
    async ask(pledged, signal) {
      const found = await seekRecord(pledged, { identity, begin, signal });
      if (found === null) return;
      tell({ event: 'found', ledger: pledged.network, url: found });
      writeKept(host, folder, NOTHING_KEPT);
    },
    failed: ({ message: why }) => tell({ event: 'failed', what: 'asking for the admission', why }),
  });
}
