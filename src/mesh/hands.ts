// What the links ask for, carried out: the interface is pointed elsewhere, a peer is asked for a
// sign of life, an endpoint is kept. Spec: docs/links.md.

import type { Key } from '../../proto/ids.ts';
import type { Actual } from '../../wg/dump.ts';
import { monotonicMs, nowMs } from '../os/clock.ts';
import { urlIn } from '../peer/address.ts';
import type { Ground } from './ground.ts';
import { JUST_COME_S } from './limits.ts';
import type { LinkHands } from './links.ts';

/**
 * Points WireGuard elsewhere, unless the peer has just shaken hands from a place that the link does
 * not know of: a turn would end that session, and the peer would take long to notice. Nor is a peer
 * turned that has only now begun there: its second word in so short a time would be taken for a
 * copy of the first, the answer to which this side has forgotten.
 */
async function turn(ground: Ground, node: Key, done: () => void): Promise<void> {
  const { applying, links, wishing } = ground;
  const before = applying.beginnings();
  const actual = await applying.look();
  if (actual !== null && hasJustCome(ground, node, actual)) {
    done();
    return links.seen(actual, wishing.publicKeys());
  }
  if (!hasJustBegun(ground, node, before) && !(await applying.turn(node))) return;
  done();
  ground.lookSoon();
}

function hasJustBegun({ applying, links, wishing }: Ground, node: Key, before: number): boolean {
  const publicKey = wishing.publicKeyOf(node);
  const endpoint = links.dials().get(node)?.endpoint ?? null;
  return publicKey !== null && endpoint !== null && applying.hasBegun(publicKey, endpoint, before);
}

function hasJustCome({ links, wishing }: Ground, node: Key, { peers }: Actual): boolean {
  const peer = peers.get(wishing.publicKeyOf(node) ?? '');
  const state = links.state(node);
  if (peer === undefined || state === null || peer.endpoint === null) return false;
  // On the relay that is about to be left, a handshake is no news.
  const isKnown = 'path' in state && state.path.endpoint === peer.endpoint;
  // A clock that was set back since would make every handshake one of the future.
  const agoS = Math.abs(nowMs() / 1_000 - peer.handshakeS);
  return !isKnown && agoS <= JUST_COME_S && peer.handshakeS > 0;
}

/**
 * On our own network it is heard by each family of addresses, and the link takes the first. From
 * elsewhere only another one of them may lead there: one of the link itself never does.
 */
export function keepOnLan({ kept, meeting }: Ground, node: Key): void {
  kept.also(node, meeting?.onLan(node) ?? []);
}

export function handsOf(of: () => Ground): LinkHands {
  return {
    turn: (node, done) => void turn(of(), node, done),
    apply: () => void of().applying.apply(),
    meet: (node) => of().meeting?.meet(node),
    lease: (node, relay) => of().meeting?.lease(node, relay),
    ask: (node) => of().heart?.ask(node),
    keep(node, endpoint) {
      const { kept, parts } = of();
      kept.keep(node, endpoint);
      keepOnLan(of(), node);
      const url = urlIn(endpoint);
      if (url !== null) parts.syncing.linkedAt({ key: node, url });
    },
    told(node, { path, via, why }) {
      const { parts, askedMs, heart, rtts } = of();
      parts.tell({ event: 'link', peer: node, path, via, why });
      if (path === 'down' || heart === null) return;
      // A new path has another length.
      rtts.delete(node);
      askedMs.set(node, monotonicMs());
      heart.ask(node);
    },
  };
}
