// The peer API over the ledger of this machine: its members are who is let in, and what they send
// goes through the one door for records. Spec: docs/sync.md, "The door".

import { type Decoded, decodeText } from '../../ledger/record.ts';
import type { RefusalCode } from '../../ledger/refusals.ts';
import { memberOf } from '../../ledger/replica.ts';
import type { Key } from '../../proto/ids.ts';
import type { HomeLedger } from '../home/ledger.ts';
import { nodePlatform } from '../platform.ts';
import type { Door } from './door.ts';
import type { Ingest } from './lines.ts';

/**
 * Lets in every member that is not removed; one that is frozen too, since the cut that settles its
 * fork must reach it. Whoever is unknown and brings records has them looked at first.
 */
export function memberDoor(home: HomeLedger): Door {
  const ingest = ingestInto(home);
  return async ({ key, brought }) => {
    if (isWelcome(home, key)) return true;
    if (brought.length === 0 || wasRemoved(home, key)) return false;
    await ingest(brought, key);
    return isWelcome(home, key);
  };
}

function isWelcome({ replica }: HomeLedger, key: Key): boolean {
  const member = memberOf(replica, key);
  return member !== null && member.cut === null && member.class !== 'ticket';
}

function wasRemoved({ replica }: HomeLedger, key: Key): boolean {
  return (memberOf(replica, key)?.cut ?? null) !== null;
}

export function ingestInto(home: HomeLedger): Ingest {
  return async (lines) => {
    const records: Decoded[] = [];
    const refused: { code: RefusalCode }[] = [];
    for (const line of lines) {
      const decoded = decodeText(line, nodePlatform);
      if (decoded.ok) records.push(decoded.value);
      else refused.push({ code: decoded.code });
    }
    const intake = await home.takeIn(records);
    refused.push(...intake.refused.map(({ code }) => ({ code })));
    const { accepted, duplicates, parked } = intake;
    return { accepted: accepted.length, duplicates, parked, refused };
  };
}
