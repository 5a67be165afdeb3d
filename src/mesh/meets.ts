// The meets of a node: its own, which other members carry, and those of others, from which it
// learns where they are. Spec: docs/links.md, "Meeting".

import type { Key } from '../../proto/ids.ts';
import { kith } from '../../proto/wire.js';
import { type Meet, meetBody, readMeet } from '../../wg/meet.ts';
import { type NatKind, natKind } from '../../wg/nat.ts';
import { sightingsOf } from '../../wg/observations.ts';
import { decoded } from '../../wg/signed.ts';
import { monotonicMs } from '../os/clock.ts';
import { MEET_PATH, requestOf } from '../peer/mesh-routes.ts';
import { askMember } from './asking.ts';
import { hearAnew } from './facts-of.ts';
import type { Ground } from './ground.ts';
import { CARRIER_LOOK_MS, MEET_CARRIERS_MAX, MEET_WAIT_MS } from './relay-limits.ts';
import { sightingGround, signedBy, takeSightings } from './sighting.ts';

/** What a member said of itself last. */
export interface Said {
  readonly sequence: number;
  readonly nat: NatKind;
  readonly own: readonly string[];
}

export interface Meets {
  /** Through any common peer, once the first address had its chance and somebody is there. */
  send(node: Key): void;
  /** Somebody looks for this node. The answer. */
  take(meet: Meet, sighting: Uint8Array): Uint8Array;
  said(node: Key): Said | null;
  stop(): void;
}

export function createMeets(ground: Ground): Meets {
  const said = new Map<Key, Said>();
  /** Whom a meet is for that was not sent yet, and how long it is worth it. */
  const waiting = new Map<Key, number>();
  let timer: NodeJS.Timeout | null = null;
  let sequence = 0;

  function write(to: Key): Uint8Array {
    // Rises across starts, too.
    sequence = Math.max(sequence + 1, ground.parts.calendar.nowMs());
    return ownMeet(ground, to, sequence);
  }

  /** False where it is no news: carried by two, or replayed. */
  function learn(meet: Meet, sighting: Uint8Array): boolean {
    const { from, sequence: count, nat, own, sightings } = meet;
    if ((said.get(from)?.sequence ?? -1) >= count) return false;
    said.set(from, { sequence: count, nat, own });
    const words = sightings.map(({ bytes }) => bytes);
    takeSightings(ground, sighting.length === 0 ? words : [...words, sighting]);
    hearAnew(ground, from);
    return true;
  }

  async function sendThrough(carrier: Key, node: Key, meet: Uint8Array): Promise<void> {
    const body = requestOf(node, meet, new Uint8Array());
    const answer = await askMember(ground, carrier, MEET_PATH, body);
    const reply = answer === null ? null : decoded(kith.MeshMeetReply, answer);
    const theirs = reply === null ? null : readMeet(sightingGround(ground), reply.meet);
    if (reply === null || theirs?.from !== node || theirs.to !== ground.self) return;
    learn(theirs, reply.sighting);
  }

  /** False where nobody is there to carry it: right after a start. */
  function sendNow(node: Key): boolean {
    const carriers = carriersTo(ground, node);
    if (carriers.length === 0) return false;
    const meet = write(node);
    for (const carrier of carriers) void sendThrough(carrier, node, meet);
    return true;
  }

  function sendWaiting(): void {
    const nowMs = monotonicMs();
    for (const [node, untilMs] of waiting) {
      // Most are reached at the first address: then nobody need be bothered.
      const isFound = ground.links.state(node)?.at === 'direct';
      if (isFound || nowMs >= untilMs || sendNow(node)) waiting.delete(node);
    }
    if (waiting.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  }

  return {
    send(node) {
      waiting.set(node, monotonicMs() + MEET_WAIT_MS);
      timer ??= setInterval(sendWaiting, CARRIER_LOOK_MS);
    },
    take(meet, sighting) {
      if (learn(meet, sighting)) ground.links.meet(meet.from);
      return write(meet.from);
    },
    said: (node) => said.get(node) ?? null,
    stop() {
      if (timer !== null) clearInterval(timer);
    },
  };
}

function ownMeet(ground: Ground, to: Key, sequence: number): Uint8Array {
  const nowMs = monotonicMs();
  const own = ground.own();
  const seen = sightingsOf(ground.sightings, ground.self, nowMs);
  const sightings = seen.map(({ bytes }) => bytes);
  const nat = natKind(seen, own, nowMs);
  return signedBy(ground, 'meet', meetBody({ to, sequence, nat, own, sightings }));
}

/** Members that we hear, those whom we reach without a relay first. */
function carriersTo({ wishing, links, heart }: Ground, node: Key): Key[] {
  const isDirect = (key: Key): boolean => links.state(key)?.at === 'direct';
  return wishing
    .others()
    .map(({ key }) => key)
    .filter((key) => key !== node && heart?.liveness(key).state === 'alive')
    .toSorted((a, b) => Number(isDirect(b)) - Number(isDirect(a)))
    .slice(0, MEET_CARRIERS_MAX);
}
