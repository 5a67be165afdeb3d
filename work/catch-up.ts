// Where to go on in output that an engine has kept while no daemon read it. Whoever reads for the
// first time counts bytes; whoever comes later drops as many of what the engine has kept. Where the
// engine has thrown its beginning away, the count says nothing any more, and the clock decides:
// what is older than the last moment that was heard has been heard. Spec: docs/jobs.md, "Output".

import type { Piece, Side } from './multiplex.ts';

/** What a reader leaves for the next one, by the clock of this machine. */
export interface Heard {
  /** When the first bytes of each stream came; absent: none did. */
  readonly first: Readonly<Partial<Record<Side, number>>>;
  /** Until when everything was read. */
  readonly lastMs: number;
}

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

export function catchUp(heard: Heard | null, written: Readonly<Record<Side, number>>): CatchUp {
  const skip = { ...written };
  const mode: Partial<Record<Side, 'count' | 'clock'>> = {};

  const begins = (side: Side, atMs: number): 'count' | 'clock' => {
    const firstMs = heard?.first[side];
    // Its first line was stamped before it was heard: a later one is not the first.
    const isFirst = firstMs === undefined || atMs <= firstMs;
    return isFirst || skip[side] === 0 ? 'count' : 'clock';
  };

  return {
    take(side, atMs, bytes) {
      const isNew = mode[side] === undefined;
      const way = (mode[side] ??= begins(side, atMs));
      if (way === 'count') {
        const part = bytes.subarray(Math.min(skip[side], bytes.length));
        skip[side] -= bytes.length - part.length;
        return { piece: part.length === 0 ? null : { side, bytes: part }, gap: null };
      }
      const lastMs = heard?.lastMs ?? 0;
      const gap = isNew && atMs > lastMs ? { side, fromMs: lastMs, toMs: atMs } : null;
      // podman stamps with whole seconds: what came in the second of the last moment may be left
      // out, and nothing comes twice.
      const isOld = atMs <= lastMs;
      return { piece: isOld ? null : { side, bytes }, gap };
    },
  };
}
