// The daemon of a machine that has accepted an admission and not seen it: it asks the doors it
// knows, now and then, until the record is there. What it takes in opens the door by itself, as
// with every ledger that comes. Spec: docs/daemon.md, "Not seen yet".

import type { Decoded } from '../../ledger/record.ts';
import { NOTHING_KEPT, writeKept } from '../genesis/kept.ts';
import { pledgedIn, seekRecord } from '../genesis/pledged.ts';
import type { HomeLedger } from '../home/ledger.ts';
import type { KeyHost } from '../keys/host.ts';
import { randomBytes } from '../os/clock.ts';
import type { PeerIdentity } from '../peer/certificate.ts';
import type { Tell } from './events.ts';
import { RETRY_MS_MAX, SYNC_EVERY_MS } from './limits.ts';
import { jittered } from './rounds.ts';

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

export interface Awaiting {
  stop(): Promise<void>;
}

export function startAwaiting(parts: AwaitingParts): Awaiting {
  const aborted = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let work: Promise<void> = Promise.resolve();
  let failures = 0;
  let said = '';

  async function round(): Promise<void> {
    const { host, folder, identity, told, tell, isWaiting, begin } = parts;
    const pledged = isWaiting() ? pledgedIn(host, folder, told) : null;
    if (pledged === null) {
      failures = 0;
      return;
    }
    const { network, doors } = pledged;
    // Another promise or other addresses: it is worth a line, and to be quick again.
    const now = `${network} ${doors.join(' ')}`;
    if (now !== said) {
      tell({ event: 'awaiting', ledger: network, doors: doors.length });
      [said, failures] = [now, 0];
    }
    const found = await seekRecord(pledged, { identity, begin, signal: aborted.signal });
    failures += 1;
    if (found === null) return;
    tell({ event: 'found', ledger: network, url: found });
    writeKept(host, folder, NOTHING_KEPT);
  }

  function go(): void {
    work = round()
      .catch((error: Error) =>
        parts.tell({ event: 'failed', what: 'asking for the admission', why: error.message }),
      )
      .then(() => {
        if (aborted.signal.aborted) return;
        const waitMs = Math.min(RETRY_MS_MAX, SYNC_EVERY_MS * 2 ** Math.max(0, failures - 1));
        timer = setTimeout(go, jittered(waitMs, (randomBytes(1)[0] as number) / 256));
      });
  }

  go();
  return {
    async stop() {
      aborted.abort();
      clearTimeout(timer);
      await work;
    },
  };
}
