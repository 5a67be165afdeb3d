// The state of a link in the words that `kith peers` shows: which path, and why this one, in one
// line. Spec: docs/links.md, "What people see".

import type { Key } from '../proto/ids.ts';
import type { Origin } from './candidates.ts';
import { type Found, type LinkState, type Search, currentOf } from './link-state.ts';
import { isIpv6, scopeOf } from './scope.ts';

export type Path = 'direct' | 'lan' | 'punched' | 'relay' | 'down';

export interface Shown {
  readonly path: Path;
  /** The relay, where there is one. */
  readonly via: Key | null;
  readonly why: string;
  readonly endpoint: string | null;
}

/** `behindNat`: this node or the peer has another address than the one that others see. */
export function showLink(state: LinkState, behindNat: boolean, nowMs: number): Shown {
  switch (state.at) {
    case 'idle':
      return down('no address of it is known yet');
    case 'searching':
      return {
        ...down(searchWords(state.search)),
        endpoint: currentOf(state.search)?.endpoint ?? null,
      };
    case 'direct': {
      const { endpoint, found } = state;
      return { path: pathOf(found, endpoint, behindNat), via: null, why: FOUND[found], endpoint };
    }
    case 'leasing':
      return down('no address of it answered; a relay is being asked');
    case 'relayed': {
      const { endpoint, relay } = state.path;
      return { path: 'relay', via: relay, why: relayWords(state, nowMs), endpoint };
    }
    case 'probing': {
      const { endpoint, relay } = state.path;
      return { path: 'relay', via: relay, why: searchWords(state.search), endpoint };
    }
    case 'down':
      return down(downWords(state, nowMs));
  }
}

function down(why: string): Shown {
  return { path: 'down', via: null, why, endpoint: null };
}

const FOUND: Readonly<Record<Found, string>> = {
  first: 'the address where it joined answered',
  lan: 'it was heard on the local network',
  ipv6: 'its public IPv6 address answered',
  observed: 'the address where others see it answered',
  configured: 'an address that it names itself answered',
  last: 'the address where it was reached before answered',
  roamed: 'it showed itself from a new address',
};

function pathOf(found: Found, endpoint: string, behindNat: boolean): Path {
  if (found === 'lan') return 'lan';
  const isMapped = scopeOf(endpoint) === 'public' && !isIpv6(endpoint);
  return found === 'observed' && behindNat && isMapped ? 'punched' : 'direct';
}

const ORIGINS: Readonly<Record<Origin, string>> = {
  first: 'where it joined',
  lan: 'heard on the local network',
  ipv6: 'public IPv6',
  observed: 'seen by others',
  configured: 'named by itself',
  last: 'where it was before',
};

function searchWords(search: Search): string {
  const { list, slot } = search;
  const current = currentOf(search);
  if (current === null) return 'asking others where it is';
  const { endpoint, origin } = current;
  return `trying ${endpoint} (${ORIGINS[origin]}), ${(slot % list.length) + 1} of ${list.length}`;
}

function relayWords(state: Extract<LinkState, { at: 'relayed' }>, nowMs: number): string {
  if (!state.isProven) return 'waiting for it to come to the relay';
  const reason = state.facts.bothDependent
    ? 'both NATs give each destination another port'
    : state.facts.candidates.length === 0
      ? 'no address of it is known'
      : 'no address of it answered';
  return `${reason}; next direct try in ${inWords(state.probeAtMs - nowMs)}`;
}

function downWords(state: Extract<LinkState, { at: 'down' }>, nowMs: number): string {
  const { relays } = state.facts;
  const relay = relays.length === 0 ? 'and no relay is in reach' : 'nor did it come to a relay';
  return `no address of it answered, ${relay}; next try in ${inWords(state.retryAtMs - nowMs)}`;
}

function inWords(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
