// What may cost work: so many datagrams of each address and so many checks of signatures in each
// second, whatever arrives. Counted in whole seconds, so that nothing has to be remembered longer.
// Spec: docs/heartbeat.md, "Bounds".

import { CHECKS_MAX, HEARSAY_CHECKS_MAX, SOURCES_MAX, SOURCE_DATAGRAMS_MAX } from './limits.ts';

export interface Inlet {
  /** One datagram came from there: may it be looked at? */
  mayRead(address: string, nowMs: number): boolean;
  /** May a signature be checked? Hearsay has less of the budget. */
  mayCheck(firstHand: boolean, nowMs: number): boolean;
}

export function createInlet(): Inlet {
  const sources = new Map<string, number>();
  let second = -1;
  let checks = 0;
  let hearsay = 0;
  const turn = (nowMs: number): void => {
    const now = Math.floor(nowMs / 1_000);
    if (now === second) return;
    second = now;
    checks = 0;
    hearsay = 0;
    sources.clear();
  };
  return {
    mayRead(address, nowMs) {
      turn(nowMs);
      const count = (sources.get(address) ?? 0) + 1;
      if (count > SOURCE_DATAGRAMS_MAX) return false;
      if (count === 1 && sources.size >= SOURCES_MAX) return false;
      sources.set(address, count);
      return true;
    },
    mayCheck(firstHand, nowMs) {
      turn(nowMs);
      if (checks >= CHECKS_MAX || (!firstHand && hearsay >= HEARSAY_CHECKS_MAX)) return false;
      checks += 1;
      if (!firstHand) hearsay += 1;
      return true;
    },
  };
}
