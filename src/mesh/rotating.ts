// The rotation of this node's own WireGuard key: told by the ledger, set up by the peers, and then
// put into use. Spec: docs/mesh.md, "Keys".

import type { Key } from '../../proto/ids.ts';
import { ROTATE_WAIT_MS } from '../../wg/link-limits.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import { adoptWireguard } from '../keys/identity.ts';
import { monotonicMs } from '../os/clock.ts';
import type { Rotated } from './facts.ts';
import type { Ground } from './ground.ts';
import { READY_LOOK_MS } from './limits.ts';
import { tellNextKey } from './own-key.ts';
import { readyFor } from './rotation.ts';

export async function rotateOwn(ground: Ground): Promise<Rotated> {
  if (ground.isRotating) throw new DaemonFault('rotation-under-way');
  ground.isRotating = true;
  try {
    return await rotateNow(ground);
  } finally {
    ground.isRotating = false;
  }
}

async function rotateNow(ground: Ground): Promise<Rotated> {
  const { parts, applying, heart, wishing } = ground;
  const told = await tellNextKey(parts.host, parts.home, parts.calendar.nowMs);
  if (!told.ok) throw new DaemonFault(told.code, told.detail);
  const counter = told.value.nextWireguard?.counter ?? told.value.wireguard.counter;
  const ready = await waitForPeers(ground, counter);
  const adopted = adoptWireguard(parts.host, parts.home.folder);
  if (!adopted.ok) throw new DaemonFault(adopted.code, adopted.detail);
  ground.identity = adopted.value;
  await applying.apply();
  const others = wishing.others().map(({ key }) => key);
  // Whoever speaks first shows the new key.
  for (const key of others) heart?.ask(key);
  const late = others.filter((key) => !ready.includes(key));
  parts.tell({ event: 'rotated', counter, ready: ready.length });
  return { counter, ready: ready.length, late };
}

/** Those who have the new key, once all who are heard have it, or it has taken too long. */
async function waitForPeers(ground: Ground, counter: number): Promise<readonly Key[]> {
  const untilMs = monotonicMs() + ROTATE_WAIT_MS;
  for (;;) {
    const others = ground.wishing.others().map(({ key }) => key);
    const heard = others.filter((key) => ground.heart?.liveness(key).state === 'alive');
    const ready = readyFor(ground, others, counter);
    const isReady = heard.every((key) => ready.includes(key));
    if (isReady || ground.isStopped || monotonicMs() >= untilMs) return ready;
    await new Promise((resolve) => void setTimeout(resolve, READY_LOOK_MS));
  }
}
