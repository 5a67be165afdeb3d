// The marker says which records of its own this machine has shown to anybody, on which machine and
// in which file that was. Where it and the ledger disagree, the ledger is an old copy, and writing
// on would sign one seq twice: own records are held back. Spec: docs/ledger.md, "Fork".

import { textOf, utf8 } from '../../proto/bytes.ts';
import { type Key, type RecordId, isKey, isRecordId } from '../../proto/ids.ts';
import { type Disk, readWhole, replaceFile, writeWhole } from './disk.ts';
import { MARKER_AUTHORS_MAX, MARKER_BYTES } from './limits.ts';

export interface OwnHead {
  readonly author: Key;
  readonly seq: number;
  readonly id: RecordId;
}

export interface Marker {
  readonly machine: string;
  /** The identity of nodes.jsonl. */
  readonly file: string;
  /** Last written first. */
  readonly own: readonly OwnHead[];
}

export function readMarker(disk: Disk, path: string): Marker | null {
  const bytes = readWhole(disk, path, MARKER_BYTES);
  const text = bytes === null ? null : textOf(bytes);
  if (text === null) return null;
  try {
    const marker = JSON.parse(text) as Marker;
    const sound =
      typeof marker.machine === 'string' &&
      typeof marker.file === 'string' &&
      Array.isArray(marker.own) &&
      marker.own.every(
        ({ author, seq, id }) => isKey(author) && Number.isSafeInteger(seq) && isRecordId(id),
      );
    return sound ? marker : null;
  } catch {
    return null;
  }
}

function markerBytes(marker: Marker): Uint8Array {
  return utf8(`${JSON.stringify(marker).padEnd(MARKER_BYTES - 1)}\n`);
}

/** A new marker file: once, when the ledger is made or a person accepts its head. */
export async function makeMarker(disk: Disk, path: string, marker: Marker): Promise<void> {
  await replaceFile(disk, path, markerBytes(marker));
}

/**
 * Overwrites the marker in place: it needs no room on a full disk, and one sync. Torn, it is no
 * marker, which holds this machine's own records back: the safe side.
 */
export async function updateMarker(disk: Disk, path: string, marker: Marker): Promise<void> {
  const file = disk.open(path, 'update');
  try {
    const bytes = markerBytes(marker);
    let at = 0;
    writeWhole((rest) => {
      const took = file.writeAt(rest, at);
      at += took;
      return took;
    }, bytes);
    await file.sync();
  } finally {
    file.close();
  }
}

/** The marker after one more own record. */
export function withHead(marker: Marker, head: OwnHead): Marker {
  const others = marker.own.filter((other) => other.author !== head.author);
  return { ...marker, own: [head, ...others].slice(0, MARKER_AUTHORS_MAX) };
}

/** Why own records are held back, or null. */
export function mismatch(
  marker: Marker | null,
  here: { readonly machine: string; readonly file: string },
  isHeld: (head: OwnHead) => boolean,
): string | null {
  if (marker === null) return 'there is no readable marker beside the ledger';
  if (marker.machine !== here.machine) return 'the ledger was written on another machine';
  if (marker.file !== here.file) return 'nodes.jsonl was copied or restored';
  const lost = marker.own.find((head) => !isHeld(head));
  return lost === undefined ? null : `record ${lost.seq} of this machine is missing`;
}
