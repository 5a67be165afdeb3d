// Who waits in a lobby: a list that is full at some point, of one source sooner, and keeps the
// oldest. A machine is on it once; its newest connection is the one that counts, for the handshake
// has shown that it holds its key. Spec: docs/pairing.md, "The lobby".

import { isIP } from 'node:net';
import { isObject } from '../../ledger/schema.ts';
import { type Key, isKey } from '../../proto/ids.ts';
import { type Json, canonical, parseCanonical } from '../../proto/json.ts';
import { isLabel, isName } from '../../proto/names.ts';
import type { Announcement } from './protocol.ts';
import { WAITING_MAX, WAITING_PER_SOURCE_MAX } from './limits.ts';

/** A newcomer that waits: its own words, the key it holds, and where the lobby sees it. */
export interface Waiting extends Announcement {
  readonly key: Key;
  readonly source: string;
  readonly waitedMs: number;
}

/** True where there is room for one of this key and source. */
export function hasRoom(
  list: readonly Pick<Waiting, 'key' | 'source'>[],
  { key, source }: Pick<Waiting, 'key' | 'source'>,
): boolean {
  const others = list.filter((one) => one.key !== key);
  const its = others.filter((one) => one.source === source);
  return others.length < WAITING_MAX && its.length < WAITING_PER_SOURCE_MAX;
}

/** A member's answer to who waits there. */
export function encodeWaiting(list: readonly Waiting[]): string {
  return canonical({
    waiting: list.map(({ key, name, role, source, waitedMs }) => ({
      ...{ key, name, role, source, waited_ms: waitedMs },
    })),
  });
}

/** The rows of such an answer that can be what they say; null where it is no answer. */
export function readWaiting(text: string): Waiting[] | null {
  const parsed = parseCanonical(text);
  const answer = 'value' in parsed && isObject(parsed.value) ? parsed.value : {};
  const rows = answer['waiting'];
  if (!Array.isArray(rows)) return null;
  const keys = new Set<Key>();
  return rows.slice(0, WAITING_MAX).flatMap((row: Json): Waiting[] => {
    const waiting = rowOf(row);
    if (waiting === null || keys.has(waiting.key)) return [];
    keys.add(waiting.key);
    return [waiting];
  });
}

function rowOf(row: Json): Waiting | null {
  if (!isObject(row)) return null;
  const { key, name, role, source, waited_ms: waitedMs } = row;
  if (typeof key !== 'string' || !isKey(key)) return null;
  if (typeof name !== 'string' || !isName(name)) return null;
  if (typeof role !== 'string' || !isLabel(role)) return null;
  if (typeof source !== 'string' || isIP(source) === 0) return null;
  const isAge = typeof waitedMs === 'number' && waitedMs >= 0;
  return isAge ? { key, name, role, source, waitedMs } : null;
}
