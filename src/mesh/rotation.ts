// New WireGuard keys of the members: the old one keeps the prefix of its node until bytes come
// under the new one, and this node says in its heartbeats that the new one is set up here. One
// machine (wg/rotate-peer.ts) for each member. Spec: docs/links.md, "Key rotation".

import { briefOf } from '../../beat/mark.ts';
import type { Rotation } from '../../beat/packet.ts';
import type { Key } from '../../proto/ids.ts';
import type { Actual } from '../../wg/dump.ts';
import {
  type RotatePeer,
  type RotatePeerInput,
  knownPeer,
  rotatePeerWakeAt,
  stepRotatePeer,
} from '../../wg/rotate-peer.ts';
import type { RosterRow } from '../derive.ts';
import { monotonicMs } from '../os/clock.ts';
import type { Ground } from './ground.ts';
import { ROTATION_TOLD_MS } from './limits.ts';

export interface Rotations {
  readonly peers: Map<Key, RotatePeer>;
  /** New keys that are set up here, and since when it is said. */
  readonly told: Map<Key, { readonly counter: number; readonly atMs: number }>;
  /** Whose new key is waited for. */
  readonly watched: Set<Key>;
}

export function noRotations(): Rotations {
  return { peers: new Map(), told: new Map(), watched: new Set() };
}

/** The members of now with their keys, as the ledger has them. */
export function keysOf(ground: Ground, rows: readonly RosterRow[]): void {
  const { rotations, heart } = ground;
  const named = new Set(rows.map(({ key }) => key));
  for (const key of rotations.peers.keys()) {
    if (named.has(key)) continue;
    rotations.peers.delete(key);
    rotations.told.delete(key);
    rotations.watched.delete(key);
  }
  for (const { key, wg, counter } of rows) {
    if (wg === null) continue;
    if (!rotations.peers.has(key)) rotations.peers.set(key, knownPeer(wg, counter));
    const isAlive = heart?.liveness(key).state === 'alive';
    step(ground, key, { kind: 'ledger', wg, counter, isAlive });
  }
}

function step(ground: Ground, node: Key, input: RotatePeerInput): void {
  const { rotations, links } = ground;
  const before = rotations.peers.get(node);
  if (before === undefined) return;
  const { state, out } = stepRotatePeer(before, input, monotonicMs());
  rotations.peers.set(node, state);
  for (const one of out) {
    switch (one.kind) {
      case 'carry':
        links.carry(node, one.carrier);
        break;
      case 'acknowledge':
        rotations.told.set(node, { counter: one.counter, atMs: monotonicMs() });
        ground.heart?.beatNow();
        break;
      case 'watch':
        if (one.isOn) rotations.watched.add(node);
        else rotations.watched.delete(node);
        ground.lookSoon();
        break;
    }
  }
}

/** What the interface shows of the keys that are waited for. */
export function keysSeen(ground: Ground, actual: Actual): void {
  const { rotations, wishing } = ground;
  for (const node of rotations.watched) {
    const state = rotations.peers.get(node);
    const peer = actual.peers.get(wishing.newKeyOf(node) ?? '');
    if (state?.at !== 'both' || peer === undefined) continue;
    step(ground, node, { kind: 'added', wg: state.wg });
    if (peer.rxBytes > 0) step(ground, node, { kind: 'received', wg: state.wg });
    else if (rotatePeerWakeAt(state) <= monotonicMs()) step(ground, node, { kind: 'tick' });
  }
}

export function keyBeat(ground: Ground, node: Key): void {
  step(ground, node, { kind: 'beat' });
}

/** Of which members the new key is set up here: they wait for it. */
export function rotationsTold({ rotations }: Ground): Rotation[] {
  const nowMs = monotonicMs();
  return [...rotations.told].flatMap(([key, { counter, atMs }]): Rotation[] => {
    if (nowMs - atMs < ROTATION_TOLD_MS) return [{ member: briefOf(key), counter }];
    rotations.told.delete(key);
    return [];
  });
}
