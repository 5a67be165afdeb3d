// May this machine write records of its own? The marker in use: compared with the ledger at the
// start, brought up to date after each own record, made anew by a person's word.

import type { Key } from '../../proto/ids.ts';
import type { Verified } from '../../ledger/verify.ts';
import type { Disk } from './disk.ts';
import { systemCode } from './faults.ts';
import type { Index } from './index.ts';
import { MARKER_AUTHORS_MAX } from './limits.ts';
import { type Marker, makeMarker, mismatch, readMarker, updateMarker, withHead } from './marker.ts';

export interface OwnHeads {
  readonly heldBack: string | null;
  /** Compares the marker with what is held. Once, after the replay. */
  check(): void;
  /**
   * After own records were stored. Never throws: they are stored whatever becomes of the marker.
   */
  note(records: readonly Verified[]): Promise<void>;
  /** Who writes here, as far as the caller knows; the marker may know more. */
  accept(authors: readonly Key[]): Promise<void>;
}

export function ownHeads(
  disk: Disk,
  path: string,
  here: { readonly machine: string; readonly file: string },
  index: Index,
): OwnHeads {
  let marker: Marker = readMarker(disk, path) ?? { ...here, own: [] };
  let heldBack: string | null = 'the ledger has not been read yet';
  return {
    get heldBack() {
      return heldBack;
    },
    check() {
      heldBack = mismatch(readMarker(disk, path), here, ({ author, seq, id }) =>
        index.isHeld(author, seq, id),
      );
    },
    async note(records) {
      for (const { author, seq, id } of records) marker = withHead(marker, { author, seq, id });
      try {
        await updateMarker(disk, path, marker);
      } catch (error) {
        heldBack = `the marker cannot be written (${systemCode(error)})`;
      }
    },
    async accept(authors) {
      // What is held now is what counts as written here: a record of it that goes missing later
      // holds this machine back again, also before it has written another.
      const known = new Set([...authors, ...marker.own.map(({ author }) => author)]);
      const own = [...known].slice(0, MARKER_AUTHORS_MAX).flatMap((author) => {
        const seq = index.highest(author);
        const id = index.placesAt(author, seq)[0]?.id;
        return id === undefined ? [] : [{ author, seq, id }];
      });
      marker = { ...here, own };
      await makeMarker(disk, path, marker);
      heldBack = null;
    },
  };
}

/** The heads of a file that is nobody's: it is judged, never written on. */
export const NO_OWN_HEADS: OwnHeads = {
  heldBack: 'the ledger is open for reading only',
  check: () => undefined,
  note: () => Promise.resolve(),
  accept: () => Promise.resolve(),
};

/**
 * What a writer would be told, for a reader beside it. The marker was read before the file: a
 * record stands in the file before the marker names it.
 */
export function seenOwnHeads(
  marker: Marker | null,
  here: { readonly machine: string; readonly file: string },
  index: Index,
): OwnHeads {
  let { heldBack } = NO_OWN_HEADS;
  return {
    ...NO_OWN_HEADS,
    get heldBack() {
      return heldBack;
    },
    check() {
      heldBack = mismatch(marker, here, ({ author, seq, id }) => index.isHeld(author, seq, id));
    },
  };
}
