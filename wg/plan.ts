// Wanted against actual, as named changes in an order that is safe at every step: who is not wanted
// goes first, what one peer gains comes before another is told of its loss (so that a prefix moves
// in one step), a key that was rotated away goes once the new one has its prefixes, and no change
// writes to a peer that is not wanted. Spec: docs/mesh.md, "Changes".

import type { Actual, ActualPeer } from './dump.ts';
import { PEERS_A_CALL_MAX } from './limits.ts';
import type { Own, Table, WantedPeer } from './table.ts';

export type Change =
  /** Somebody who is no member any more, or a key that was rotated away. */
  | { readonly kind: 'remove-peer'; readonly publicKey: string }
  /** A peer that nobody of us put there: removed, and an alarm. */
  | {
      readonly kind: 'remove-stranger';
      readonly publicKey: string;
      readonly allowed: readonly string[];
      readonly endpoint: string | null;
    }
  /** The private key of this machine; what the interface has instead is not said. */
  | { readonly kind: 'set-key'; readonly publicKey: string }
  | { readonly kind: 'set-port'; readonly listenPort: number }
  | { readonly kind: 'add-peer'; readonly peer: WantedPeer }
  /** Several that are not there yet, in one call (`together`). */
  | { readonly kind: 'add-peers'; readonly peers: readonly WantedPeer[] }
  /** Removed and added again with its endpoint: a changed one would wait for the next retry. */
  | { readonly kind: 'turn-endpoint'; readonly peer: WantedPeer }
  /** The peer gets exactly its prefixes; `from` are the peers that lose some of them by it. */
  | { readonly kind: 'move-prefix'; readonly peer: WantedPeer; readonly from: readonly string[] }
  | { readonly kind: 'set-keepalive'; readonly peer: WantedPeer }
  /** Somebody gave the peer a preshared key, with which it can speak to nobody. */
  | { readonly kind: 'clear-preshared'; readonly peer: WantedPeer };

/**
 * `known` are the public keys that this network ever had: a peer outside it that is on the
 * interface is a stranger.
 */
export function planOf(wanted: Table, actual: Actual, known: ReadonlySet<string>): Change[] {
  const { first, last } = removals(wanted, actual, known);
  const changes: Change[] = [...first, ...ownChanges(wanted.own, actual)];
  const owners = ownersOf(wanted, actual);
  const losses: WantedPeer[] = [];
  for (const peer of wanted.peers.values()) {
    const now = actual.peers.get(peer.publicKey);
    if (now === undefined) {
      changes.push({ kind: 'add-peer', peer });
      take(owners, peer);
    } else if (isTurned(peer, now)) {
      changes.push({ kind: 'turn-endpoint', peer });
      take(owners, peer);
    } else {
      if (now.preshared) changes.push({ kind: 'clear-preshared', peer });
      if (now.keepaliveS !== peer.keepaliveS) changes.push({ kind: 'set-keepalive', peer });
      if (peer.allowed.every((prefix) => owners.get(prefix) === peer.publicKey)) {
        if (now.allowed.length > peer.allowed.length) losses.push(peer);
      } else {
        changes.push({ kind: 'move-prefix', peer, from: take(owners, peer) });
      }
    }
  }
  for (const peer of losses) {
    const now = actual.peers.get(peer.publicKey) as ActualPeer;
    const left = now.allowed.filter((prefix) => owners.get(prefix) === peer.publicKey);
    if (left.length > peer.allowed.length) changes.push({ kind: 'move-prefix', peer, from: [] });
  }
  return [...changes, ...last];
}

/**
 * The same plan, with peers that are added one behind the other made into few calls: a first table
 * of a thousand peers would be a thousand processes.
 */
export function together(changes: readonly Change[]): Change[] {
  const made: Change[] = [];
  let peers: WantedPeer[] = [];
  const flush = (): void => {
    const [first] = peers;
    if (first === undefined) return;
    made.push(
      peers.length === 1 ? { kind: 'add-peer', peer: first } : { kind: 'add-peers', peers },
    );
    peers = [];
  };
  for (const change of changes) {
    if (change.kind !== 'add-peer' || peers.length === PEERS_A_CALL_MAX) flush();
    if (change.kind === 'add-peer') peers.push(change.peer);
    else made.push(change);
  }
  flush();
  return made;
}

interface Removals {
  readonly first: Change[];
  /** Keys that were rotated away: all that they hold moves to the node's new key before. */
  readonly last: Change[];
}

function removals(wanted: Table, actual: Actual, known: ReadonlySet<string>): Removals {
  const first: Change[] = [];
  const last: Change[] = [];
  const unwanted = [...actual.peers.values()].filter((peer) => !wanted.peers.has(peer.publicKey));
  if (unwanted.length === 0) return { first, last };
  const given = new Set([...wanted.peers.values()].flatMap(({ allowed }) => allowed));
  for (const { publicKey, allowed, endpoint } of unwanted) {
    if (!known.has(publicKey)) {
      first.push({ kind: 'remove-stranger', publicKey, allowed, endpoint });
      continue;
    }
    const isTakenOver = allowed.length > 0 && allowed.every((prefix) => given.has(prefix));
    (isTakenOver ? last : first).push({ kind: 'remove-peer', publicKey });
  }
  return { first, last };
}

function ownChanges({ publicKey, listenPort }: Own, actual: Actual): Change[] {
  const changes: Change[] = [];
  if (actual.publicKey !== publicKey) changes.push({ kind: 'set-key', publicKey });
  if (actual.listenPort !== listenPort) changes.push({ kind: 'set-port', listenPort });
  return changes;
}

/** Which of the wanted peers holds each prefix now. */
function ownersOf(wanted: Table, actual: Actual): Map<string, string> {
  const owners = new Map<string, string>();
  for (const { publicKey, allowed } of actual.peers.values()) {
    if (!wanted.peers.has(publicKey)) continue;
    for (const prefix of allowed) owners.set(prefix, publicKey);
  }
  return owners;
}

/** The peer holds its prefixes from now on; who held them before. */
function take(owners: Map<string, string>, { publicKey, allowed }: WantedPeer): string[] {
  const from = new Set<string>();
  for (const prefix of allowed) {
    const owner = owners.get(prefix);
    if (owner !== undefined && owner !== publicKey) from.add(owner);
    owners.set(prefix, publicKey);
  }
  return [...from];
}

function isTurned(peer: WantedPeer, now: ActualPeer): boolean {
  if (peer.endpoint === null || peer.endpoint === now.endpoint) return false;
  return peer.pinned || now.endpoint === null;
}

/**
 * The change without the peers that are not wanted any more, where `wg` would make them if they
 * were not there; null where nothing is left of it.
 */
export function stillWanted(
  change: Change,
  isWanted: (publicKey: string) => boolean,
): Change | null {
  if ('peer' in change) return isWanted(change.peer.publicKey) ? change : null;
  if (change.kind !== 'add-peers') return change;
  const peers = change.peers.filter(({ publicKey }) => isWanted(publicKey));
  return peers.length === 0 ? null : { kind: 'add-peers', peers };
}
