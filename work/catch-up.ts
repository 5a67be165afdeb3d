// Where to go on in output that an engine has kept while no daemon read it. The log knows how many
// bytes it has of each stream, and as many are dropped of what the engine has kept: a moment says
// too little, as an engine stamps a line when it ends, which may be long after it was heard. Where
// what is dropped came later than anything that was heard, the engine has thrown the beginning
// away, and all from there on is new. Spec: docs/jobs.md, "Output".

import { HEARD_LATE_MS } from './limits.ts';
import type { Piece, Side } from './multiplex.ts';

export interface Gap {
  readonly side: Side;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface CatchUp {
  /** What of a stamped frame is new; `gap` once for a stream whose beginning is gone. */
  take(
    side: Side,
    atMs: number,
    bytes: Uint8Array,
  ): { readonly piece: Piece | null; readonly gap: Gap | null };
}

/** `heardMs`: when output was heard last, by the clock of this machine; null where none knows. */
export function catchUp(heardMs: number | null, written: Readonly<Record<Side, number>>): CatchUp {
  const skip = { ...written };
  return {
    take(side, atMs, bytes) {
      // With more to drop behind it this frame was heard as a whole, and before it was stamped.
      const wasHeard = skip[side] > bytes.length;
      let gap: Gap | null = null;
      if (wasHeard && heardMs !== null && atMs > heardMs + HEARD_LATE_MS) {
        gap = { side, fromMs: heardMs, toMs: atMs };
        skip[side] = 0;
      }
      const part = bytes.subarray(Math.min(skip[side], bytes.length));
      skip[side] -= bytes.length - part.length;
      return { piece: part.length === 0 ? null : { side, bytes: part }, gap };
    },
  };
}
