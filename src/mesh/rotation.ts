// New WireGuard keys of the members: the old one keeps the prefix of its node until bytes come
// under the new one, and this node says in its heartbeats that the new one is set up here. One
// machine (wg/rotate-peer.ts) for each member. Spec: docs/links.md, "Key rotation".

import { briefOf } from '../../beat/mark.ts';
import type { Rotation } from '../../beat/packet.ts';
import type { Key } from '../../proto/ids.ts';
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
import { LOOK_AT_KEY_MS, ROTATION_TOLD_MS } from './limits.ts';

export interface Rotations {
  readonly peers: Map<Key, RotatePeer>;
  /** New keys that are set up here, and since when it is said. */
  readonly told: Map<Key, { readonly counter: number; readonly atMs: number }>;
  /** Whose new key is waited for. */
  readonly watched: Set<Key>;
  isWatching: boolean;
}

export function noRotations(): Rotations {
  return { peers: new Map(), told: new Map(), watched: new Set(), isWatching: false };
}

/** The members of now with their keys, as the ledger has them; `before` is what was known. */
export function keysOf(
  ground: Ground,
  rows: readonly RosterRow[],
  before: ReadonlyMap<Key, RosterRow>,
): void {
  const { rotations, heart } = ground;
  const named = new Set(rows.map(({ key }) => key));
  for (const key of rotations.peers.keys()) {
    if (named.has(key)) continue;
    rotations.peers.delete(key);
    rotations.told.delete(key);
    rotations.watched.delete(key);
  }
  for (const row of rows) {
    const { key, wg, counter } = row;
    if (wg === null || before.get(key) === row) continue;
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
        watchOn(ground);
        break;
    }
  }
}

/** Looks for the first bytes under the keys that are waited for: each look later may cost some. */
async function watch(ground: Ground): Promise<void> {
  const { rotations, device, parts } = ground;
  if (rotations.isWatching) return;
  rotations.isWatching = true;
  try {
    while (rotations.watched.size > 0 && !ground.isStopped) {
      keysSeen(ground, await device.received());
      await new Promise((resolve) => void setTimeout(resolve, LOOK_AT_KEY_MS));
    }
  } catch (error) {
    // The next look at the whole interface begins anew.
    parts.tell({ event: 'failed', what: 'waiting for a new key', why: (error as Error).message });
  } finally {
    rotations.isWatching = false;
  }
}

function keysSeen(ground: Ground, received: ReadonlyMap<string, number>): void {
  const { rotations, wishing } = ground;
  for (const node of rotations.watched) {
    const state = rotations.peers.get(node);
    const bytes = received.get(wishing.newKeyOf(node) ?? '');
    if (state?.at !== 'both') continue;
    if (bytes !== undefined) step(ground, node, { kind: 'added', wg: state.wg });
    if ((bytes ?? 0) > 0) step(ground, node, { kind: 'received', wg: state.wg });
    else if (rotatePeerWakeAt(state) <= monotonicMs()) step(ground, node, { kind: 'tick' });
  }
}

/** Goes on watching where that was broken off. */
export function watchOn(ground: Ground): void {
  if (ground.rotations.watched.size > 0) void watch(ground);
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
