// The rotation of this node's own WireGuard key, carried out as the machine of wg/rotate-own.ts
// asks for it: told in the ledger, waited for, put into use, and spoken with to each peer.
// Spec: docs/links.md, "Key rotation".

import { briefOf } from '../../beat/mark.ts';
import type { Beat } from '../../beat/packet.ts';
import type { Key } from '../../proto/ids.ts';
import type { Actual } from '../../wg/dump.ts';
import {
  type RotateOwn,
  type RotateOwnInput,
  type RotateOwnOut,
  rotateOwnWakeAt,
  STEADY,
  stepRotateOwn,
} from '../../wg/rotate-own.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import { adoptWireguard } from '../keys/identity.ts';
import { monotonicMs } from '../os/clock.ts';
import type { Rotated } from './facts.ts';
import type { Ground } from './ground.ts';
import { tellNextKey } from './own-key.ts';

export interface Rotating {
  state: RotateOwn;
  counter: number;
  /** The last handshake with each peer when the key was changed. */
  handshakes: ReadonlyMap<Key, number>;
  timer: NodeJS.Timeout | null;
  /** Whoever asked for it. */
  waiting: { done(rotated: Rotated): void; fail(error: Error): void } | null;
}

export function notRotating(): Rotating {
  return { state: STEADY, counter: 0, handshakes: new Map(), timer: null, waiting: null };
}

export function rotateOwn(ground: Ground): Promise<Rotated> {
  const { rotating, wishing, heart } = ground;
  if (rotating.waiting !== null) throw new DaemonFault('rotation-under-way');
  const others = wishing.others().map(({ key }) => key);
  const alive = others.filter((key) => heart?.liveness(key).state === 'alive');
  return new Promise((resolve, reject) => {
    rotating.waiting = { done: resolve, fail: reject };
    step(ground, { kind: 'start', alive });
  });
}

function step(ground: Ground, input: RotateOwnInput): void {
  const { rotating } = ground;
  const { state, out } = stepRotateOwn(rotating.state, input, monotonicMs());
  rotating.state = state;
  for (const one of out) perform(ground, one);
  if (rotating.timer !== null) clearTimeout(rotating.timer);
  const waitMs = rotateOwnWakeAt(rotating.state) - monotonicMs();
  rotating.timer =
    waitMs === Number.POSITIVE_INFINITY || ground.isStopped
      ? null
      : setTimeout(step, Math.max(1, waitMs), ground, { kind: 'tick' } satisfies RotateOwnInput);
}

function perform(ground: Ground, out: RotateOwnOut): void {
  const { rotating, parts, heart } = ground;
  switch (out.kind) {
    case 'tell':
      return void tell(ground);
    case 'switch':
      return void change(ground);
    case 'speak':
      return heart?.ask(out.node);
    case 'done': {
      const { counter, waiting } = rotating;
      rotating.waiting = null;
      parts.tell({ event: 'rotated', counter, ready: out.ready.length });
      return waiting?.done({ counter, ready: out.ready.length, late: out.late });
    }
    case 'given-up':
      return;
  }
}

async function tell(ground: Ground): Promise<void> {
  const { parts, rotating } = ground;
  try {
    const told = await tellNextKey(parts.host, parts.home, parts.calendar.nowMs);
    if (!told.ok) throw new DaemonFault(told.code, told.detail);
    rotating.counter = (told.value.nextWireguard ?? told.value.wireguard).counter;
    step(ground, { kind: 'told', counter: rotating.counter });
  } catch (error) {
    giveUp(ground, error as Error);
    step(ground, { kind: 'failed' });
  }
}

async function change(ground: Ground): Promise<void> {
  const { parts, rotating, applying, wishing } = ground;
  try {
    const adopted = adoptWireguard(parts.host, parts.home.folder);
    if (!adopted.ok) throw new DaemonFault(adopted.code, adopted.detail);
    ground.identity = adopted.value;
  } catch (error) {
    // A full disk: the key was told, so the next start of the mesh puts it to use.
    rotating.state = STEADY;
    parts.tell({ event: 'failed', what: 'changing the key', why: (error as Error).message });
    return giveUp(ground, error as Error);
  }
  const actual = applying.actual();
  rotating.handshakes = new Map(
    wishing.others().map(({ key }) => [key, handshakeOf(ground, actual, key)]),
  );
  await applying.apply();
  step(ground, { kind: 'switched' });
  ground.lookSoon();
}

function giveUp({ rotating }: Ground, error: Error): void {
  const { waiting } = rotating;
  rotating.waiting = null;
  waiting?.fail(error);
}

function handshakeOf({ wishing }: Ground, actual: Actual | null, node: Key): number {
  return actual?.peers.get(wishing.publicKeyOf(node) ?? '')?.handshakeS ?? 0;
}

/** A heartbeat says whose new key is set up at its sender. */
export function rotationHeard(ground: Ground, { subject, rotations }: Beat): void {
  const own = briefOf(ground.self);
  for (const { member, counter } of rotations) {
    if (member === own) step(ground, { kind: 'acknowledged', node: subject, counter });
  }
}

export function rotationSeen(ground: Ground, actual: Actual): void {
  const { rotating } = ground;
  if (rotating.state.at !== 'speaking') return;
  for (const node of rotating.state.silent) {
    const before = rotating.handshakes.get(node) ?? 0;
    if (handshakeOf(ground, actual, node) > before) step(ground, { kind: 'shaken', node });
  }
}

export function rotationWithout(ground: Ground, node: Key): void {
  step(ground, { kind: 'gone', node });
}

export function stopRotating(ground: Ground): void {
  if (ground.rotating.timer !== null) clearTimeout(ground.rotating.timer);
  giveUp(ground, new DaemonFault('daemon-stopping'));
}
