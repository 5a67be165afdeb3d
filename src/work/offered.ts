// What this host tells of itself in heartbeats: what it still promises, by its book and by what is
// seen to be free, whichever is less; and a digest of what runs, so that an owner asks only where
// something has changed. Spec: docs/heartbeat.md, "Offer".

import { createHash } from 'node:crypto';
import type { Headroom } from '../../proto/status.ts';
import { type Offer, type Taking, imageBriefOf } from '../../beat/offer.ts';
import type { Digest } from '../../proto/ids.ts';
import { freeOf, seenFree } from '../../work/admission.ts';
import type { Facts as HostFacts, Host } from '../../work/host-state.ts';
import { shownState } from '../../work/stages.ts';
import type { Cards } from '../beat/gpu.ts';
import type { Drivers } from './drivers.ts';

export function factsOf(room: Headroom | null, { count, cards }: Cards): HostFacts {
  return {
    ...{ cpuMilli: room?.cpuMilli ?? null, memMiB: room?.ramMib ?? null },
    ...{ diskMiB: room?.diskMib ?? null, memAvailableMiB: room?.ramFreeMib ?? null },
    diskAvailableMiB: room?.diskFreeMib ?? null,
    // A card that cannot be named cannot be given to anybody.
    cards:
      count === null
        ? null
        : cards.flatMap(({ uuid, name, vramMib, state }) =>
            uuid === null ? [] : [{ uuid, name, vramMiB: vramMib, fit: state === 'fit' }],
          ),
  };
}

export interface Shown {
  readonly drivers: Pick<Drivers, 'kinds' | 'beside'>;
  readonly cards: Cards['cards'];
  /** That it holds whole, the newest first. */
  readonly images: readonly Digest[];
}

export function offerOf(host: Host, { drivers, cards, images }: Shown): Offer {
  const free = freeOf(host);
  const seen = seenFree(host);
  const held = new Set(
    [...host.leases.values()].flatMap(({ charge }) => charge.cards.map(({ uuid }) => uuid)),
  );
  return {
    ...{ taking: takingOf(host), kinds: drivers.kinds(), cpuMilli: positive(free.cpuMilli) },
    memMib: lesser(free.memMiB, seen.memMiB),
    diskMib: lesser(free.diskMiB, seen.diskMiB),
    takenCards: cards.flatMap(({ uuid }, at) => (uuid !== null && held.has(uuid) ? [at] : [])),
    held: host.leases.size,
    images: images.map(imageBriefOf),
    beside: { job: drivers.beside('job'), vm: drivers.beside('vm') },
  };
}

function takingOf({ recovering, draining }: Host): Taking {
  if (draining !== 'no') return draining;
  return recovering ? 'recovering' : 'open';
}

function positive(amount: number | null): number | null {
  return amount === null ? null : Math.max(0, Math.floor(amount));
}

/** Unknown is never promised. */
function lesser(book: number | null, seen: number | null): number | null {
  return book === null || seen === null ? null : positive(Math.min(book, seen));
}

/** Of what holds room here, and how far it is; null where nothing does. */
export function workDigest({ leases }: Host): Digest | null {
  if (leases.size === 0) return null;
  const lines = [...leases.values()]
    .map((lease) => `${lease.id} ${lease.generation} ${shownState(lease)}\n`)
    .toSorted();
  const hash = createHash('sha256').update('kith-work-held-v1\n').update(lines.join(''));
  return hash.digest('base64url') as Digest;
}
