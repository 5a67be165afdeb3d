// What heartbeats do: they keep links, bring ledgers together, correct the calendar, spread where
// members are seen, and show what has gone wrong. Spec: docs/heartbeat.md, docs/daemon.md
// "Syncing".

import { sign } from 'node:crypto';
import type { HeartEvent, HeartParts } from '../beat/parts.ts';
import { openWire } from '../beat/wire.ts';
import { MESH_PORT } from '../beat/limits.ts';
import type { Removal } from '../../beat/coverage.ts';
import { briefOf } from '../../beat/mark.ts';
import type { Beat } from '../../beat/packet.ts';
import { RULES_VERSION } from '../../ledger/limits.ts';
import { frontierRoot, stateOf, stateRoot } from '../../ledger/replica.ts';
import { fromBase64url } from '../../proto/bytes.ts';
import { verdict } from '../../proto/ed25519.ts';
import type { Key } from '../../proto/ids.ts';
import { monotonicMs } from '../os/clock.ts';
import { nodePlatform } from '../platform.ts';
import { realDisk } from '../store/disk.ts';
import { urlOf } from '../peer/address.ts';
import type { Ground } from './ground.ts';
import { LOOK_SOON_MS, RTT_MS_MAX } from './limits.ts';
import { rotationHeard, rotationWithout } from './rotating.ts';
import { keyBeat, rotationsTold } from './rotation.ts';
import { sightingsToTell, takeSightings } from './sighting.ts';

/** What the heart is made of here. */
export function heartParts(ground: Ground, address: string): HeartParts {
  const { parts, self, ledger, wishing } = ground;
  const { home, version } = parts;
  const { replica } = home;
  return {
    ...{ self, ledger, version, folder: home.folder, disk: realDisk },
    calendarMs: parts.calendar.nowMs,
    wire: (arrived) => openWire(address, arrived),
    sign: (message) => new Uint8Array(sign(null, message, ground.identity.privateKey)),
    verify: (key, message, signature) =>
      verdict(nodePlatform, fromBase64url(key) as Uint8Array, message, signature),
    roster: () => wishing.roster().rows,
    ledgerFacts: () => ({
      count: replica.records,
      frontierRoot: frontierRoot(replica),
      stateRoot: stateRoot(replica),
      rules: RULES_VERSION,
    }),
    removals: () => removalsIn(ground),
    facts: () => ({
      headroom: ground.headroom(),
      ...{ offer: parts.work?.offer() ?? null, work: parts.work?.digest() ?? null },
      ...{ relay: parts.wishes.relay, lobby: parts.wishes.lobby },
    }),
    observations: () => sightingsToTell(ground),
    rotations: () => rotationsTold(ground),
    tell: (event) => onHeartEvent(ground, event),
  };
}

/** Removals of nodes and operators that are in force, in the order of the ledger. */
export function removalsIn({ parts }: Ground): Removal[] {
  return stateOf(parts.home.replica).members.flatMap(({ key, class: its, removed }) =>
    removed === undefined || its === 'ticket' ? [] : [{ id: removed.by, key }],
  );
}

/** A heartbeat that is newer than all before of its member. */
export function onHeard(ground: Ground, beat: Beat, firstHand: boolean): void {
  const { parts, links, askedMs, rtts } = ground;
  takeSightings(ground, beat.observations);
  if (!firstHand) return;
  const nowMs = monotonicMs();
  ground.heardMs = nowMs;
  const key = beat.subject;
  const own = briefOf(ground.self);
  parts.work?.heard(
    key,
    beat.doubts.some(({ subject }) => subject === own),
  );
  // Before the link looks at it: one that finds a new path by this asks again at once.
  const asked = askedMs.get(key);
  if (asked !== undefined) askedMs.delete(key);
  const wasDown = !links.isUp(key);
  links.beat(key);
  // Where it appears is what others wait for who cannot reach it yet.
  if (wasDown) ground.lookSoon(LOOK_SOON_MS);
  keyBeat(ground, key);
  rotationHeard(ground, beat);
  parts.calendar.heard(key, beat.clockMs);
  if (asked !== undefined) {
    // The least counts: a machine that is busy answers late, and the way is no longer for that.
    const tookMs = Math.min(nowMs - asked, rtts.get(key) ?? RTT_MS_MAX);
    if (tookMs < RTT_MS_MAX) rtts.set(key, tookMs);
  }
  const isSame = beat.frontierRoot === frontierRoot(parts.home.replica);
  if (isSame) ground.isReconciled = true;
  parts.syncing.beaten(key, isSame);
}

function onHeartEvent(ground: Ground, event: HeartEvent): void {
  const { parts, alarms } = ground;
  switch (event.what) {
    case 'liveness': {
      const { key, from, to } = event;
      parts.tell({ event: 'liveness', peer: key, from, to });
      if (to === 'down') rotationWithout(ground, key);
      return tellMeshAddresses(ground);
    }
    case 'clone':
      if (!event.found) return alarms.end(`clone ${event.key}`);
      return alarms.raise(
        `clone ${event.key}`,
        `two machines speak with the key of ${nameOf(ground, event.key)}`,
      );
    case 'rival':
      return alarms.raise(
        'rival',
        'another machine speaks with the key of this one: a copy of its folder, or a backup',
      );
    case 'torn':
      return alarms.raise(
        `torn ${event.key}`,
        `${nameOf(ground, event.key)} holds the same records and makes another state of them: ` +
          'one of the two has a bug or a damaged memory',
      );
    case 'mended':
      return alarms.end(`torn ${event.key}`);
    case 'failed':
      return parts.tell({ event: 'failed', what: event.doing, why: event.why });
  }
}

/** Ledgers are compared over the mesh with whoever is heard there. */
export function tellMeshAddresses({ parts, wishing, heart }: Ground): void {
  if (heart === null) return;
  const heard = wishing.others().filter(({ key }) => heart.liveness(key).state === 'alive');
  parts.syncing.onMesh(
    heard.map(({ key, address }) => ({ key, url: urlOf({ host: address, port: MESH_PORT }) })),
  );
}

export function nameOf({ wishing }: Ground, key: Key): string {
  return wishing.roster().byKey.get(key)?.name ?? key.slice(0, 8);
}
