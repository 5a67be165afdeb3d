// The shelf of the replica over nodes.jsonl: the index says where, the file says what. Neighbours
// are read in one go, and every line read back is held against the id that the index has for it.

import type { Key } from '../../proto/ids.ts';
import { textOf } from '../../proto/bytes.ts';
import type { Platform } from '../../proto/platform.ts';
import { type Decoded, decodeHeld } from '../../ledger/record.ts';
import type { Shelf } from '../../ledger/shelf.ts';
import { StoreFault } from './faults.ts';
import type { Index } from './index.ts';
import type { LedgerFile } from './ledger-file.ts';
import { SHELF_GAP_BYTES, SHELF_READ_BYTES_MAX, SHELF_READ_RECORDS } from './limits.ts';
import type { Place } from './rows.ts';

export interface FileShelf extends Shelf {
  recordAt(place: Place): Decoded;
}

export function fileShelf(ledger: LedgerFile, index: Index, platform: Platform): FileShelf {
  function recordAt(place: Place): Decoded {
    return decodePlace(readBytes(ledger, place.offset, place.length), place, platform);
  }
  return {
    recordAt,
    idsAt: (author, seq) => index.placesAt(author, seq).map((place) => place.id),
    *read(author, from, to) {
      const last = Math.min(to, index.highest(author));
      let seq = Math.max(1, from);
      while (seq <= last) {
        const places = placesFrom(index, author, seq, last);
        for (const record of readPlaces(ledger, places.found, platform)) yield record;
        seq = places.next;
      }
    },
  };
}

function placesFrom(
  index: Index,
  author: Key,
  from: number,
  to: number,
): { found: Place[]; next: number } {
  const found: Place[] = [];
  let seq = from;
  while (seq <= to && found.length < SHELF_READ_RECORDS) {
    found.push(...index.placesAt(author, seq));
    seq++;
  }
  return { found, next: seq };
}

/** The records of some places, in the order given, with one read for those that stand together. */
function readPlaces(ledger: LedgerFile, places: readonly Place[], platform: Platform): Decoded[] {
  const order = places.map((_, i) => i);
  const at = (i: number): Place => places[i] as Place;
  order.sort((a, b) => at(a).offset - at(b).offset);
  const records: Decoded[] = Array.from({ length: places.length });
  let first = 0;
  while (first < order.length) {
    const start = at(order[first] as number).offset;
    let next = first;
    let end = start;
    while (next < order.length) {
      const place = at(order[next] as number);
      const far = place.offset > end + SHELF_GAP_BYTES && next > first;
      if (far || (next > first && place.offset + place.length - start > SHELF_READ_BYTES_MAX))
        break;
      end = Math.max(end, place.offset + place.length);
      next++;
    }
    const bytes = readBytes(ledger, start, end - start);
    for (const i of order.slice(first, next)) {
      const { offset, length } = at(i);
      const line = bytes.subarray(offset - start, offset - start + length);
      records[i] = decodePlace(line, at(i), platform);
    }
    first = next;
  }
  return records;
}

function readBytes(ledger: LedgerFile, offset: number, length: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(length);
  if (ledger.file.readAt(bytes, offset) < length)
    throw new StoreFault('content-changed', `it ends before byte ${offset + length}`);
  return bytes;
}

function decodePlace(bytes: Uint8Array, place: Place, platform: Platform): Decoded {
  const text = textOf(bytes);
  if (text !== null) {
    try {
      const record = decodeHeld(text, platform);
      if (record.id === place.id) return record;
    } catch {
      // Not JSON any more: the same fault as another id.
    }
  }
  throw new StoreFault('content-changed', `at byte ${place.offset}`);
}
