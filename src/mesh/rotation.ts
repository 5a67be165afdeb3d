// A new WireGuard key of a member: the old one keeps its prefix until the new one has shaken hands,
// and this node says in its heartbeats that the new one is set up here. Spec: docs/mesh.md, "Keys".

import type { Rotation } from '../../beat/packet.ts';
import { briefOf } from '../../beat/mark.ts';
import type { Key } from '../../proto/ids.ts';
import type { Actual } from '../../wg/dump.ts';
import type { RosterRow } from '../derive.ts';
import { monotonicMs } from '../os/clock.ts';
import type { Ground } from './ground.ts';
import { CARRY_MS, ROTATION_TOLD_MS } from './limits.ts';

/** The ledger has another key of a member than it had. */
export function rotatedBy(ground: Ground, before: RosterRow, after: RosterRow): void {
  if (before.wg === null || after.wg === null || before.wg === after.wg) return;
  ground.rotated.set(after.key, { counter: after.counter, atMs: monotonicMs() });
  ground.links.carry(after.key, before.wg);
}

/** Moves the prefix of whoever has shaken hands with its new key. */
export function settleRotations({ links, rotated, wishing }: Ground, actual: Actual): void {
  const nowMs = monotonicMs();
  for (const [node, dial] of links.dials()) {
    if (dial.carrier === null) continue;
    const fresh = actual.peers.get(wishing.newKeyOf(node) ?? '');
    const sinceMs = nowMs - (rotated.get(node)?.atMs ?? 0);
    if ((fresh?.handshakeS ?? 0) > 0 || sinceMs > CARRY_MS) links.carry(node, null);
  }
}

/** Of which members the new key is set up here: they wait for it. */
export function rotationsTold({ rotated }: Ground): Rotation[] {
  const nowMs = monotonicMs();
  return [...rotated].flatMap(([key, { counter, atMs }]): Rotation[] => {
    if (nowMs - atMs < ROTATION_TOLD_MS) return [{ member: briefOf(key), counter }];
    rotated.delete(key);
    return [];
  });
}

/** Who has said that this node's new key is set up there. */
export function readyFor({ heart, self }: Ground, nodes: readonly Key[], counter: number): Key[] {
  const own = briefOf(self);
  return nodes.filter((node) => {
    const beat = heart?.liveness(node).beat ?? null;
    return beat?.rotations.some((one) => one.member === own && one.counter >= counter) === true;
  });
}
