// The links of a node: one machine (wg/link.ts) for each other member, fed with what WireGuard
// shows, with heartbeats and with what peers say, and asked where WireGuard is to be pointed. What
// the machines want of the network goes out through `LinkHands`. Spec: docs/links.md.

import type { Key } from '../../proto/ids.ts';
import type { Actual } from '../../wg/dump.ts';
import { stepLink } from '../../wg/link.ts';
import {
  type Facts,
  type Lease,
  type LinkInput,
  type LinkOut,
  type LinkState,
  newLink,
  wakeAt,
} from '../../wg/link-state.ts';
import { type Shown, showLink } from '../../wg/link-why.ts';
import { KEEPALIVE_PUNCH_S, KEEPALIVE_S } from '../../wg/limits.ts';
import { type Dial, QUIET_DIAL } from '../../wg/table.ts';
import { monotonicMs } from '../os/clock.ts';

/** What links ask of the rest of the mesh. */
export interface LinkHands {
  /** Remove the peer and add it again as its dial says; `done` when that was carried out. */
  turn(node: Key, done: () => void): void;
  /** A dial has changed in a way that needs no turn. */
  apply(): void;
  meet(node: Key): void;
  lease(node: Key, relay: Key): void;
  ask(node: Key): void;
  keep(node: Key, endpoint: string): void;
  /** The link is shown otherwise than before. */
  told(node: Key, shown: Shown): void;
}

export interface Links {
  /** The members of now, with what is known of where each is. */
  members(nodes: readonly Key[], factsOf: (node: Key) => Facts): void;
  facts(node: Key, facts: Facts): void;
  dials(): ReadonlyMap<Key, Dial>;
  /** Until its new key has shaken hands, the old one keeps the prefixes of a node. */
  carry(node: Key, carrier: Key | null): void;
  /** What WireGuard holds, by the public key of each node. */
  seen(actual: Actual, publicKeyOf: (node: Key) => string | null): void;
  beat(node: Key): void;
  meet(node: Key): void;
  leased(node: Key, lease: Lease): void;
  refused(node: Key, relay: Key): void;
  /** Our own network changed, or a person asks: one link, or all. */
  changed(node: Key | null): number;
  shown(node: Key): Shown | null;
  /** Whether there is a path to it, by itself or over a relay: cheaper than its words. */
  isUp(node: Key): boolean;
  state(node: Key): LinkState | null;
  /** A path is being looked for: WireGuard is worth a look soon. */
  isSearching(): boolean;
  stop(): void;
}

interface One {
  state: LinkState;
  dial: Dial;
  /** Of the last `point` that was carried out. */
  carriedGen: number;
  path: Shown['path'];
  via: Key | null;
}

/** What is known of a peer beside its link, for the words that it is shown in. */
export interface LinkAbout {
  isBehindNat(node: Key): boolean;
  isOnLan(node: Key, endpoint: string): boolean;
}

interface Running {
  readonly hands: LinkHands;
  readonly about: LinkAbout;
  readonly links: Map<Key, One>;
  readonly dials: Map<Key, Dial>;
  timer: NodeJS.Timeout | null;
  /** When it goes off; infinite where there is none. */
  timerAtMs: number;
}

export function createLinks(hands: LinkHands, about: LinkAbout): Links {
  const running: Running = {
    ...{ hands, about, links: new Map(), dials: new Map() },
    ...{ timer: null, timerAtMs: Number.POSITIVE_INFINITY },
  };
  const { links, dials } = running;
  return {
    members: (nodes, factsOf) => takeMembers(running, nodes, factsOf),
    facts: (node, facts) => stepOne(running, node, { kind: 'facts', facts }),
    dials: () => dials,
    carry(node, carrier) {
      const one = links.get(node);
      if (one === undefined || one.dial.carrier === carrier) return;
      dialTo(running, node, one, { ...one.dial, carrier });
      hands.apply();
    },
    seen: (actual, publicKeyOf) => seenAll(running, actual, publicKeyOf),
    beat: (node) => stepOne(running, node, { kind: 'beat' }),
    meet: (node) => stepOne(running, node, { kind: 'meet' }),
    leased: (node, lease) => stepOne(running, node, { kind: 'leased', lease }),
    refused: (node, relay) => stepOne(running, node, { kind: 'refused', relay }),
    changed(node) {
      const all = node === null ? [...links.keys()] : [node];
      for (const one of all) stepOne(running, one, { kind: 'changed' });
      return all.length;
    },
    shown(node) {
      const one = links.get(node);
      return one === undefined ? null : shownOf(running, node, one);
    },
    isUp: (node) => isUp(links.get(node)?.state),
    state: (node) => links.get(node)?.state ?? null,
    isSearching: () => [...links.values()].some(({ state }) => isUnsettled(state)),
    stop() {
      if (running.timer !== null) clearTimeout(running.timer);
      links.clear();
    },
  };
}

function isUp(state: LinkState | undefined): boolean {
  return state?.at === 'direct' || state?.at === 'relayed' || state?.at === 'probing';
}

/** A path is being looked for, or has not shown yet that it is one. */
function isUnsettled(state: LinkState): boolean {
  if (state.at === 'relayed') return !state.isProven;
  return state.at === 'searching' || state.at === 'probing';
}

function takeMembers(running: Running, nodes: readonly Key[], factsOf: (node: Key) => Facts): void {
  const { links, dials } = running;
  const named = new Set(nodes);
  for (const node of links.keys()) {
    if (named.has(node)) continue;
    links.delete(node);
    dials.delete(node);
  }
  for (const node of nodes) {
    if (links.has(node)) continue;
    const one: One = {
      ...{ state: newLink(), dial: QUIET_DIAL, carriedGen: 0, path: 'down', via: null },
    };
    links.set(node, one);
    step(running, node, one, { kind: 'facts', facts: factsOf(node) });
  }
  wake(running);
}

function seenAll(
  running: Running,
  actual: Actual,
  publicKeyOf: (node: Key) => string | null,
): void {
  for (const [node, one] of running.links) {
    const peer = actual.peers.get(publicKeyOf(node) ?? '');
    if (peer === undefined) continue;
    const { handshakeS, endpoint } = peer;
    const handshake = handshakeS === 0 ? null : handshakeS;
    step(running, node, one, { kind: 'seen', gen: one.carriedGen, handshake, endpoint });
  }
  wake(running);
}

function stepOne(running: Running, node: Key, input: LinkInput): void {
  const one = running.links.get(node);
  if (one === undefined) return;
  step(running, node, one, input);
  // One that wants its tick later than before is looked at once more in vain, and that is all.
  if (wakeAt(one.state) < running.timerAtMs) wake(running);
}

function step(running: Running, node: Key, one: One, input: LinkInput): void {
  const before = one.state;
  const { state, out } = stepLink(before, input, monotonicMs());
  one.state = state;
  for (const wish of out) perform(running, node, one, wish);
  if (!isSamePath(before, state)) tellPath(running, node, one);
}

/** A heartbeat, or a look that shows nothing new: what the path is called by is as it was. */
function isSamePath(before: LinkState, after: LinkState): boolean {
  if (before === after) return true;
  if (before.at !== 'direct' || after.at !== 'direct') return false;
  const isHere = before.endpoint === after.endpoint && before.found === after.found;
  return isHere && before.facts === after.facts;
}

function perform(running: Running, node: Key, one: One, wish: LinkOut): void {
  const { hands } = running;
  switch (wish.kind) {
    case 'point': {
      const keepaliveS = wish.punch ? KEEPALIVE_PUNCH_S : KEEPALIVE_S;
      dialTo(running, node, one, { ...one.dial, endpoint: wish.endpoint, keepaliveS });
      const { gen } = wish;
      return hands.turn(node, () => (one.carriedGen = gen));
    }
    case 'settle':
      dialTo(running, node, one, { ...one.dial, keepaliveS: KEEPALIVE_S });
      return hands.apply();
    case 'meet':
      return hands.meet(node);
    case 'lease':
      return hands.lease(node, wish.relay);
    case 'ask':
      return hands.ask(node);
    case 'keep':
      return hands.keep(node, wish.endpoint);
  }
}

function dialTo({ dials }: Running, node: Key, one: One, dial: Dial): void {
  one.dial = dial;
  dials.set(node, dial);
}

function tellPath(running: Running, node: Key, one: One): void {
  const shown = shownOf(running, node, one);
  if (shown.path === one.path && shown.via === one.via) return;
  one.path = shown.path;
  one.via = shown.via;
  running.hands.told(node, shown);
}

function shownOf({ about }: Running, node: Key, { state }: One): Shown {
  const shown = showLink(state, about.isBehindNat(node), monotonicMs());
  // It was found otherwise first, and its beacon came from there later.
  const isNear = shown.path === 'direct' && about.isOnLan(node, shown.endpoint ?? '');
  return isNear ? { ...shown, path: 'lan' } : shown;
}

/** One timer for all: the first that wants a tick. */
function wake(running: Running): void {
  const { links, timer } = running;
  if (timer !== null) clearTimeout(timer);
  let atMs = Number.POSITIVE_INFINITY;
  for (const { state } of links.values()) atMs = Math.min(atMs, wakeAt(state));
  const waitMs = Math.max(1, atMs - monotonicMs());
  running.timerAtMs = atMs;
  running.timer = atMs === Number.POSITIVE_INFINITY ? null : setTimeout(tick, waitMs, running);
}

function tick(running: Running): void {
  const nowMs = monotonicMs();
  for (const [node, one] of running.links) {
    if (wakeAt(one.state) <= nowMs) step(running, node, one, { kind: 'tick' });
  }
  wake(running);
}
