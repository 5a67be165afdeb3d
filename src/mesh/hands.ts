// What the links ask for, carried out: the interface is pointed elsewhere, a peer is asked for a
// sign of life, an endpoint is kept. Spec: docs/links.md.

import { monotonicMs } from '../os/clock.ts';
import { urlIn } from '../peer/address.ts';
import type { Ground } from './ground.ts';
import type { LinkHands } from './links.ts';

export function handsOf(of: () => Ground): LinkHands {
  return {
    turn(node, done) {
      void of()
        .applying.turn(node)
        .then((isTurned) => {
          if (!isTurned) return;
          done();
          of().lookSoon();
        });
    },
    apply: () => void of().applying.apply(),
    meet: (node) => of().meeting?.meet(node),
    lease: (node, relay) => of().meeting?.lease(node, relay),
    ask: (node) => of().heart?.ask(node),
    keep(node, endpoint) {
      const { kept, parts } = of();
      kept.keep(node, endpoint);
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
