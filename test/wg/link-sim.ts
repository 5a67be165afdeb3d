// Two nodes that run the machine of a link over the model of link-net.ts, with a common peer that
// carries their meets and tells them where it sees them, and a relay where one is wanted.

import type { Key } from '../../proto/ids.ts';
import { NOTHING_KNOWN, candidatesOf } from '../../wg/candidates.ts';
import type { LinkInput, LinkOut, LinkState } from '../../wg/link-state.ts';
import { newLink, wakeAt } from '../../wg/link-state.ts';
import { stepLink } from '../../wg/link.ts';
import { type NatKind, natKind } from '../../wg/nat.ts';
import {
  NO_SIGHTINGS,
  type Sightings,
  hasMoved,
  sightingsOf,
  withSighting,
} from '../../wg/observations.ts';
import {
  type Nat,
  type Net,
  type NetNode,
  type Wire,
  createNet,
  createWire,
  lease,
  route,
  sendFrom,
} from './link-net.ts';

export interface Setting {
  readonly nats: readonly [Nat, Nat];
  readonly loss: number;
  readonly relay: boolean;
  /** How much later the second one starts. */
  readonly lagMs: number;
  /** Each knows an address of the other that is wrong. */
  readonly stale: boolean;
  readonly seed: number;
}
export interface Side {
  readonly key: Key;
  readonly node: NetNode;
  readonly wire: Wire;
  link: LinkState;
  /** What it knows of itself and of the other. */
  own: Sightings;
  theirs: readonly string[];
  theirNat: NatKind;
  /** What an observer knows of it: the router that its last packet came through. */
  reachedVia: NetNode['router'] | null;
  counts: Record<LinkOut['kind'], number>;
  beatMs: number;
  toldMs: number;
  faults: string[];
}
export interface Pair {
  readonly net: Net;
  readonly sides: readonly [Side, Side];
  run(untilMs: number): void;
  replace(side: 0 | 1, nat: Nat, isNoticed: boolean): void;
  /** When both came to be where the predicate holds; null: not within the time. */
  until(holds: (side: Side) => boolean, limitMs: number): number | null;
}

const OBSERVERS = ['198.51.100.1:7447', '198.51.100.2:7447'] as const;
const RELAY_HOST = '198.51.100.2';
const RELAY = 'R' as Key;
const NETWORK = 'fd00::/48';
const STEP_MS = 100;
const BEAT_MS = 10_000;

export function createPair(setting: Setting): Pair {
  const roll = rolling(setting.seed);
  const net = createNet(roll, setting.loss);
  let leased: readonly [string, string] | null = null;
  let sequence = 0;
  const sides = [createSide('X', 0), createSide('Y', 1)] as const;

  function createSide(name: string, at: 0 | 1): Side {
    const node = { receive: () => undefined } as unknown as NetNode;
    route(net, node, setting.nats[at]);
    const wire = createWire(net, node, (beat) => {
      if (beat === 'no') return;
      const side = sides[at];
      side.beatMs = net.clock.nowMs;
      if (beat === 'ask') wire.beat('yes');
      feed(at, { kind: 'beat' });
    });
    return {
      ...{ key: name as Key, node, wire, link: newLink(), own: NO_SIGHTINGS, theirs: [] },
      ...{ theirNat: 'unknown', reachedVia: null, beatMs: 0, toldMs: -1e9, faults: [] },
      counts: { point: 0, settle: 0, meet: 0, lease: 0, ask: 0, keep: 0 },
    };
  }

  function feed(at: 0 | 1, input: LinkInput): void {
    const side = sides[at];
    const before = side.link;
    const nowMs = net.clock.nowMs;
    if (input.kind === 'meet' || input.kind === 'changed' || input.kind === 'leased') {
      side.toldMs = nowMs;
    }
    const { state, out } = stepLink(before, input, nowMs);
    side.link = state;
    for (const one of out) {
      side.counts[one.kind]++;
      const isAlone = before.at === 'direct' && nowMs - side.toldMs > 5_000;
      if (one.kind === 'point' && isAlone && nowMs - side.beatMs < 20_000) {
        side.faults.push(`re-pointed at ${nowMs} while beats arrive`);
      }
      perform(at, one);
    }
  }

  function perform(at: 0 | 1, out: LinkOut): void {
    const side = sides[at];
    const other = sides[1 - at] as Side;
    switch (out.kind) {
      case 'point':
        return side.wire.point(out.endpoint, out.punch ? 1 : 25, out.gen);
      case 'settle':
        return side.wire.settle();
      case 'ask':
        return side.wire.beat('ask');
      case 'keep':
        return;
      case 'meet':
        // A request over TCP: it is not lost while the sender is online, but may take long.
        observe(at);
        return later(() => meet(at, (1 - at) as 0 | 1, 5));
      case 'lease': {
        if (!setting.relay) return later(() => feed(at, { kind: 'refused', relay: out.relay }));
        leased ??= lease(net, RELAY_HOST, 7_500);
        const ports = leased;
        later(() => feed(at, { kind: 'leased', lease: { relay: RELAY, endpoint: ports[at] } }));
        if (other.reachedVia !== other.node.router) return;
        const endpoint = ports[1 - at] as string;
        return later(() =>
          feed((1 - at) as 0 | 1, { kind: 'leased', lease: { relay: RELAY, endpoint } }),
        );
      }
    }
  }

  function later(act: () => void): void {
    net.clock.plan(20 + Math.floor(roll() * 120) + (roll() < setting.loss ? 300 : 0), act);
  }

  function meet(from: 0 | 1, to: 0 | 1, tries: number): void {
    const [author, reader] = [sides[from], sides[to]];
    if (reader.reachedVia !== reader.node.router) {
      if (tries > 0) net.clock.plan(1_000, () => meet(from, to, tries - 1));
      return;
    }
    tell(from, to);
    feed(to, { kind: 'meet' });
    later(() => {
      if (author.reachedVia === author.node.router) tell(to, from);
    });
  }

  function tell(from: 0 | 1, to: 0 | 1): void {
    const nowMs = net.clock.nowMs;
    const [author, reader] = [sides[from], sides[to]];
    const seen = sightingsOf(author.own, author.key, nowMs);
    reader.theirs = [...new Set(seen.map(({ endpoint }) => endpoint))].slice(0, 3);
    reader.theirNat = natOf(author);
    refresh(to);
  }

  function natOf(side: Side): NatKind {
    const own = side.node.router.nat === 'open' ? [`${side.node.router.host}:7447`] : [];
    return natKind(sightingsOf(side.own, side.key, net.clock.nowMs), own, net.clock.nowMs);
  }

  function refresh(at: 0 | 1): void {
    const side = sides[at];
    const stale = setting.stale ? ['203.0.113.250:7447', '192.168.9.9:7447'] : [];
    // What an open node wrote into its record, and that of one that has moved on.
    const named = setting.nats[1 - at] === 'open' ? [`203.0.113.${2 - at}:7447`] : [];
    const known = { ...NOTHING_KNOWN, observed: side.theirs, configured: [...named, ...stale] };
    const candidates = candidatesOf(known, { own: [], network: NETWORK });
    const bothDependent = side.theirNat === 'dependent' && natOf(side) === 'dependent';
    const relays = setting.relay ? [RELAY] : [];
    feed(at, { kind: 'facts', facts: { candidates, relays, bothDependent } });
  }

  /** Each observer hears this node and tells it where it is. */
  function observe(at: 0 | 1): void {
    const side = sides[at];
    for (const [i, observer] of OBSERVERS.entries()) {
      const { router } = side.node;
      const endpoint = sendFrom(net, side.node, observer, { kind: 'data', id: 0, beat: 'no' });
      later(() => {
        if (side.node.router !== router) return;
        side.reachedVia = router;
        const before = side.own;
        const sighting = {
          observer: `O${i}` as Key,
          subject: side.key,
          sequence: ++sequence,
          endpoint,
        };
        side.own = withSighting(before, sighting, new Uint8Array(), net.clock.nowMs);
        if (!hasMoved(before, side.own, side.key)) return;
        refresh(at);
        feed(at, { kind: 'changed' });
      });
    }
  }

  function every(ms: number, phaseMs: number, act: () => void): void {
    net.clock.plan(phaseMs, function again() {
      act();
      net.clock.plan(ms, again);
    });
  }

  for (const at of [0, 1] as const) {
    const side = sides[at];
    const start = at === 0 ? 0 : setting.lagMs;
    net.clock.plan(start, () => {
      every(BEAT_MS, Math.floor(roll() * 500), () => observe(at));
      every(BEAT_MS, Math.floor(roll() * BEAT_MS), () => side.wire.beat('yes'));
      every(BEAT_MS, BEAT_MS, () => refresh(at));
      every(STEP_MS, STEP_MS, () => {
        feed(at, { kind: 'seen', ...side.wire.seen() });
        if (net.clock.nowMs >= wakeAt(side.link)) feed(at, { kind: 'tick' });
      });
      // The ledger has told each of the other, and where it was admitted.
      net.clock.plan(500, () => refresh(at));
    });
  }

  const pair: Pair = {
    net,
    sides,
    run(untilMs) {
      while (net.clock.nowMs < untilMs) net.clock.next()?.();
    },
    replace(at, nat, isNoticed) {
      route(net, sides[at].node, nat);
      if (!isNoticed) return;
      observe(at);
      feed(at, { kind: 'changed' });
    },
    until(holds, limitMs) {
      const endMs = net.clock.nowMs + limitMs;
      while (net.clock.nowMs < endMs) {
        net.clock.next()?.();
        if (sides.every(holds) && areJoined(sides)) return net.clock.nowMs;
      }
      return null;
    },
  };
  return pair;
}

/** Each has a handshake on the path where it is, and they are on the same kind of path. */
function areJoined(sides: readonly [Side, Side]): boolean {
  return sides.every(({ wire, link }) => {
    const { handshake, gen } = wire.seen();
    return handshake !== null && gen === link.gen;
  });
}

export const isDirect = ({ link }: Side): boolean => link.at === 'direct';
export const isRelayed = ({ link }: Side): boolean =>
  (link.at === 'relayed' && link.isProven) || (link.at === 'probing' && link.isProven);

/** Whether the model lets these two speak without a relay. */
export function canBeDirect([a, b]: readonly [Nat, Nat]): boolean {
  const isReachable = (nat: Nat): boolean => nat === 'open' || nat === 'cone';
  return isReachable(a) || isReachable(b) || (a === 'independent' && b === 'independent');
}

function rolling(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
