// The peer API over the ledger of this machine: who may speak to it, what becomes of the lines that
// come in, and what it brings along where it may not be known yet. Spec: docs/sync.md, "The door".

import { holdingsOf } from '../../ledger/holdings.ts';
import type { Member } from '../../ledger/member.ts';
import { type Decoded, decodeText } from '../../ledger/record.ts';
import { isLateRedemption, ticketStanding } from '../../ledger/redemption.ts';
import type { RefusalCode } from '../../ledger/refusals.ts';
import { type Replica, memberOf } from '../../ledger/replica.ts';
import { utf8 } from '../../proto/bytes.ts';
import type { Key } from '../../proto/ids.ts';
import { nowMs } from '../os/clock.ts';
import type { Door, TicketDoor } from './door.ts';
import { BROUGHT_BYTES_MAX } from './limits.ts';
import type { Ingest, Ingested } from './lines.ts';
import type { HomeLedger } from '../home/ledger.ts';
import type { ServeOptions } from './served.ts';

/**
 * True for a node that was not removed. One whose chain is frozen is still a peer: a freeze takes
 * authority, not links, or the record that settles it could not reach it.
 */
export function isPeer(replica: Replica, key: Key): boolean {
  const member = memberOf(replica, key);
  return member?.class === 'node' && member.cut === null;
}

/** True for a key that was a member and is none any more. */
export function isOut(replica: Replica, key: Key): boolean {
  return (memberOf(replica, key)?.cut ?? null) !== null;
}

/** Lets nodes of the ledger in, and whoever brings the record that makes it one. */
export function memberDoor(home: HomeLedger): Door {
  const { replica } = home;
  return async ({ key, brought }) => {
    if (isPeer(replica, key)) return true;
    const records = [...decoding(replica, brought, [])];
    if (!records.some((record) => admits(record, key))) return false;
    if (records.some((record) => isLateRedemption(replica, record, nowMs()))) return false;
    await home.takeIn(records);
    return isPeer(replica, key);
  };
}

/** Knows the tickets of the ledger by their keys. */
export function ticketDoor({ replica }: HomeLedger): TicketDoor {
  return (key) => {
    const member = memberOf(replica, key);
    return member?.class === 'ticket' ? ticketStanding(replica, member, nowMs()) : null;
  };
}

/** What a node of this ledger serves, and whom. */
export function servingOf(
  home: HomeLedger,
  node: Key,
): Pick<ServeOptions, 'brought' | 'door' | 'tickets' | 'genesis' | 'holdings'> {
  const { replica, store } = home;
  const genesis = store.find(replica.ledger)?.line;
  return {
    brought: broughtBy(home, node),
    door: memberDoor(home),
    tickets: ticketDoor(home),
    ...(genesis === undefined ? {} : { genesis }),
    holdings: holdingsOf(replica),
  };
}

function admits({ act }: Decoded, key: Key): boolean {
  return act.kind === 'node.admit' && act.body.key === key;
}

/** The way of a peer's lines into the home: that of a stranger's. */
export function ingestInto(home: HomeLedger): Ingest {
  return async (lines): Promise<Ingested> => {
    const refused: { code: RefusalCode }[] = [];
    const before = home.replica.parking.records;
    const intake = await home.takeIn(decoding(home.replica, lines, refused));
    return {
      accepted: intake.accepted.length,
      duplicates: intake.duplicates,
      parked: Math.max(0, intake.parked - before),
      refused: [...refused, ...intake.refused],
    };
  };
}

/** The records of lines, each when it is asked for; the lines that are none go to `refused`. */
function* decoding(
  { platform }: Replica,
  lines: readonly string[],
  refused: { code: RefusalCode }[],
): Generator<Decoded, void> {
  for (const line of lines) {
    const result = decodeText(line, platform);
    if (result.ok) yield result.value;
    else refused.push({ code: result.code });
  }
}

/**
 * The lines that make a node known, seniors first: its admission, that of whoever admitted it, and
 * so on as far as they fit. Whoever holds what came before them can take them in.
 */
export function broughtBy({ replica, store }: HomeLedger, node: Key): string[] {
  const lines: string[] = [];
  let room = BROUGHT_BYTES_MAX;
  for (let member = memberOf(replica, node); member !== null && !member.root; ) {
    const admission = store.find(member.by);
    if (admission === null) break;
    room -= utf8(admission.line).length + 1;
    if (room < 0) break;
    lines.unshift(admission.line);
    member = memberOf(replica, admission.author) as Member;
  }
  return lines;
}
