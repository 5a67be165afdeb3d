// The look that a raised mesh takes around every few seconds, and several times a second while a
// path is being looked for: the interface, the addresses of this machine, who is still heard.

import type { Key } from '../../proto/ids.ts';
import type { Facts } from '../../wg/link-state.ts';
import type { KeptPeer } from '../daemon/kept.ts';
import { monotonicMs } from '../os/clock.ts';
import { networkPrint } from '../os/own-addresses.ts';
import { urlIn } from '../peer/address.ts';
import { commonFacts, factsOf, hearAnew } from './facts-of.ts';
import type { Ground } from './ground.ts';
import {
  AWAY_MS,
  KEEP_EVERY_MS,
  LOOK_MS,
  LOOK_SOON_MS,
  QUIET_MS,
  RTT_EVERY_MS,
  SLOW_MS,
} from './limits.ts';
import { measurePaths } from './path-mtu.ts';
import { rotationSeen } from './rotating.ts';
import { watchOn } from './rotation.ts';
import { setLink } from './setting.ts';
import { pruneSightings, seeActual } from './sighting.ts';

/** Looks again and again until the mesh is stopped. */
export function startLooking(ground: Ground): void {
  let lastMs = Number.NEGATIVE_INFINITY;
  let seenMs = Number.NEGATIVE_INFINITY;
  const look = async (): Promise<void> => {
    ground.timer = null;
    if (!isQuiet(ground) || monotonicMs() - seenMs >= QUIET_MS) {
      seenMs = monotonicMs();
      await see(ground);
    }
    if (!ground.isStopped) measurePaths(ground, async () => setLink(ground));
    if (monotonicMs() - lastMs >= LOOK_MS) {
      lastMs = monotonicMs();
      await lookAround(ground);
    }
  };
  const again = (): void => {
    look()
      .catch((error: Error) => {
        ground.parts.tell({ event: 'failed', what: 'looking at the mesh', why: error.message });
      })
      .finally(() => wind(monotonicMs() + waitOf(ground)));
  };
  let nextMs = 0;
  const wind = (atMs: number): void => {
    if (ground.isStopped) return;
    nextMs = atMs;
    ground.timer = setTimeout(again, Math.max(0, atMs - monotonicMs()));
  };
  ground.lookSoon = (withinMs = waitOf(ground)) => {
    seenMs = Number.NEGATIVE_INFINITY;
    const atMs = monotonicMs() + withinMs;
    // One that is under way sees to it by itself.
    if (ground.timer === null || ground.isStopped || nextMs <= atMs) return;
    clearTimeout(ground.timer);
    wind(atMs);
  };
  again();
}

/** What WireGuard shows of each peer. */
async function see(ground: Ground): Promise<void> {
  const actual = await ground.applying.look();
  if (actual === null || ground.isStopped) return;
  ground.links.seen(actual, ground.wishing.publicKeys());
  watchOn(ground);
  rotationSeen(ground, actual);
  seeActual(ground, actual);
}

/** Every link has what it wants, and no key is changing: heartbeats say that it stays so. */
function isQuiet({ rotating, rotations, links }: Ground): boolean {
  return !links.isSearching() && rotating.state.at === 'steady' && rotations.watched.size === 0;
}

function waitOf({ rotating, links }: Ground): number {
  const isSoon = links.isSearching() || rotating.state.at === 'speaking';
  return isSoon ? LOOK_SOON_MS : LOOK_MS;
}

async function lookAround(ground: Ground): Promise<void> {
  const { device, wishing, links, heart, kept, places, parts } = ground;
  const nowMs = monotonicMs();
  await setLink(ground);
  const isSlow = nowMs - ground.slowMs >= SLOW_MS;
  if (isSlow) {
    ground.slowMs = nowMs;
    const local = device.localPrefixes();
    if (local.join() !== ground.local.join()) ground.local = local;
  }
  const print = networkPrint();
  if (print !== ground.print) {
    ground.print = print;
    ground.meeting?.moved();
    links.changed(null);
  }
  const silent: KeptPeer[] = [];
  const common = commonFacts(ground);
  for (const row of wishing.others()) {
    const isHeard = heart?.liveness(row.key).state === 'alive';
    if (isHeard && !isSlow && links.state(row.key)?.at === 'direct') continue;
    const facts = factsOf(ground, row, common);
    links.facts(row.key, facts);
    if (!isHeard) silent.push(...doorsOf(row.key, facts));
  }
  parts.syncing.onLinks(silent);
  places.resolve(wishing.others(), (node) => hearAnew(ground, node));
  pruneSightings(ground);
  measure(ground, nowMs);
  const hasOthers = wishing.others().length > 0;
  if (hasOthers && nowMs - ground.heardMs > AWAY_MS) ground.isReconciled = false;
  if (nowMs - ground.keptMs > KEEP_EVERY_MS) {
    ground.keptMs = nowMs;
    kept.save();
  }
}

/**
 * The door of a peer has the port of its link. One that is not heard may not know this node yet, or
 * not its newest key, so that no link to it can come up before the ledgers have met there.
 */
function doorsOf(key: Key, { candidates }: Facts): KeptPeer[] {
  return candidates.flatMap(({ endpoint }) => {
    const url = urlIn(endpoint);
    return url === null ? [] : [{ key, url }];
  });
}

/** Asks those whose link works for a sign of life now and then, and takes the time. */
function measure({ wishing, links, heart, askedMs, measuredMs }: Ground, nowMs: number): void {
  for (const { key } of wishing.others()) {
    if (!links.isUp(key)) continue;
    if (nowMs - (measuredMs.get(key) ?? Number.NEGATIVE_INFINITY) < RTT_EVERY_MS) continue;
    measuredMs.set(key, nowMs);
    askedMs.set(key, nowMs);
    heart?.ask(key);
  }
}
