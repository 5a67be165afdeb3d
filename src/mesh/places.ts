// Where each peer may be: what it states in the ledger (names looked up), where it answered the
// underlay last, where WireGuard reached it last, its beacons, what it and others say of it. From
// these come the candidates of its link. Spec: docs/links.md, "Candidates".

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Key } from '../../proto/ids.ts';
import { type Candidate, type Known, candidatesOf } from '../../wg/candidates.ts';
import { type Sightings, sightingsOf } from '../../wg/observations.ts';
import type { RosterRow } from '../derive.ts';
import { monotonicMs } from '../os/clock.ts';
import { hostAndPort } from '../peer/address.ts';
import { NAMES_AT_ONCE_MAX, RESOLVED_MS } from './limits.ts';

/** What is known of one peer beside the ledger. */
export interface PeerPlaces {
  /** Where its door answered, or where it was in the ceremony. */
  readonly first: readonly string[];
  readonly lan: readonly string[];
  readonly own: readonly string[];
  readonly last: readonly string[];
}

export interface Places {
  candidates(row: RosterRow, places: PeerPlaces, sightings: Sightings): readonly Candidate[];
  /** Looks up the names among these endpoints; `found` is called where one leads elsewhere now. */
  resolve(rows: readonly RosterRow[], found: (node: Key) => void): void;
}

export interface Here {
  /** Endpoints of this node itself. */
  readonly own: readonly string[];
  readonly network: string;
}

interface Resolved {
  readonly endpoints: readonly string[];
  readonly atMs: number;
}

export function createPlaces(here: () => Here): Places {
  const resolved = new Map<string, Resolved>();
  let underWay = 0;

  async function resolveOne(text: string): Promise<boolean> {
    const address = hostAndPort(text);
    if (address === null) return false;
    underWay += 1;
    try {
      const found = await lookup(address.host, { all: true });
      const endpoints = found.map(({ address: host, family }) =>
        family === 6 ? `[${host}]:${address.port}` : `${host}:${address.port}`,
      );
      const before = resolved.get(text)?.endpoints.join() ?? '';
      resolved.set(text, { endpoints, atMs: monotonicMs() });
      return endpoints.join() !== before;
    } catch {
      // Nobody knows it just now: what it was before may still be right.
      resolved.set(text, { endpoints: resolved.get(text)?.endpoints ?? [], atMs: monotonicMs() });
      return false;
    } finally {
      underWay -= 1;
    }
  }

  return {
    candidates(row, { first, lan, own, last }, sightings) {
      const configured = row.endpoints.flatMap((text) =>
        isNumeric(text) ? [text] : (resolved.get(text)?.endpoints ?? []),
      );
      const observed = sightingsOf(sightings, row.key, monotonicMs()).map((one) => one.endpoint);
      const known: Known = { first, lan, own, observed, configured, last };
      return candidatesOf(known, here());
    },
    resolve(rows, found) {
      const nowMs = monotonicMs();
      for (const { key, endpoints } of rows) {
        for (const text of endpoints) {
          if (underWay >= NAMES_AT_ONCE_MAX) return;
          const atMs = resolved.get(text)?.atMs ?? Number.NEGATIVE_INFINITY;
          if (isNumeric(text) || nowMs - atMs < RESOLVED_MS) continue;
          // So that it is not asked for again meanwhile.
          resolved.set(text, { endpoints: resolved.get(text)?.endpoints ?? [], atMs: nowMs });
          void resolveOne(text).then((isNew) => isNew && found(key));
        }
      }
    },
  };
}

function isNumeric(endpoint: string): boolean {
  return isIP(hostAndPort(endpoint)?.host ?? '') !== 0;
}
