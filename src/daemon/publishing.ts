// Tells the others where this machine is: a `node.update` signed by the node's own key, when
// own-endpoints.ts says that it is worth one. Spec: docs/daemon.md, "Where this machine is".

import { networkInterfaces } from 'node:os';
import { freeQuota } from '../../ledger/quota.ts';
import { memberOf, stateOf } from '../../ledger/replica.ts';
import type { Key } from '../../proto/ids.ts';
import { writeIntent } from '../acts/write.ts';
import type { HomeLedger } from '../home/ledger.ts';
import type { KeyHost } from '../keys/host.ts';
import { openIdentity } from '../keys/identity.ts';
import { monotonicMs } from '../os/clock.ts';
import { isPeer } from '../peer/members.ts';
import type { Tell } from './events.ts';
import { ENDPOINT_LOOK_MS } from './limits.ts';
import {
  NOTHING_PUBLISHED,
  type OwnAddress,
  type Publishing,
  type Sight,
  isWitnessed,
  published,
  reachableAt,
} from './own-endpoints.ts';

export interface PublishingParts {
  readonly home: HomeLedger;
  readonly host: KeyHost;
  readonly node: Key;
  readonly door: { readonly host: string; readonly port: number };
  readonly named: readonly string[];
  readonly nowMs: () => number;
  readonly tell: Tell;
  /** Those with whom this replica has agreed since the start. */
  readonly agreeing: ReadonlySet<Key>;
}

export interface Publisher {
  stop(): Promise<void>;
}

export function startPublishing(parts: PublishingParts): Publisher {
  const elders = othersIn(parts);
  let state: Publishing = NOTHING_PUBLISHED;
  let work: Promise<void> = Promise.resolve();
  let isBusy = false;
  const look = (): void => {
    if (isBusy) return;
    isBusy = true;
    work = lookNow()
      .catch((error: Error) =>
        parts.tell({ event: 'failed', what: 'stating the addresses', why: error.message }),
      )
      .finally(() => (isBusy = false));
  };
  const lookNow = async (): Promise<void> => {
    const decided = published(state, sightOf(parts, elders));
    state = decided.state;
    if (decided.write !== null) await write(parts, decided.write);
  };
  const timer = setInterval(look, ENDPOINT_LOOK_MS);
  look();
  return {
    async stop() {
      clearInterval(timer);
      await work;
    },
  };
}

/** The other machines that the ledger knows just now. */
function othersIn({ home: { replica }, node }: PublishingParts): readonly Key[] {
  const keys = stateOf(replica).members.map(({ key }) => key);
  return keys.filter((key) => key !== node && isPeer(replica, key));
}

function sightOf(
  { home, node, door, named, agreeing }: PublishingParts,
  elders: readonly Key[],
): Sight {
  const { replica } = home;
  const member = memberOf(replica, node);
  const { members } = stateOf(replica);
  // Past its end, or frozen, it writes nothing that counts.
  const mayWrite = member !== null && member.cut === null && !member.live.frozen;
  return {
    reachable: reachableAt({ addresses: ownAddresses(), door, named }),
    stated: members.find(({ key }) => key === node)?.endpoints ?? [],
    isCurrent: isWitnessed(
      elders.filter((key) => isPeer(replica, key)),
      agreeing,
    ),
    places: mayWrite ? freeQuota('node', member.quota) - member.live.seq : 0,
    atMs: monotonicMs(),
  };
}

function ownAddresses(): OwnAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.map(({ address, internal }) => ({ name, address, internal })),
  );
}

async function write(
  { home, host, nowMs, tell }: PublishingParts,
  endpoints: readonly string[],
): Promise<void> {
  const identity = openIdentity(host, home.folder);
  if (!identity.ok) throw new Error(identity.code);
  const { signer } = identity.value;
  const act = { kind: 'node.update', body: { endpoints } } as const;
  const written = await writeIntent({ home, signer, nowMs }, { act, refs: [], at: 'fixed' });
  if (!written.ok) throw new Error(`${written.code} ${written.detail}`);
  tell({ event: 'endpoints', endpoints });
}
