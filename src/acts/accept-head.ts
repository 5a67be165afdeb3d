// `kith ledger accept-head`, without its screen: a person's word that what is held here is the last
// that this machine has written. It is not taken while other nodes could know better and none was
// asked since the ledger was put back. The marker is made anew, and so is the journal of each key
// of this machine that is gone, unreadable, behind the ledger, or restored with it.

import type { Decoded } from '../../ledger/record.ts';
import { stateOf } from '../../ledger/replica.ts';
import type { Key } from '../../proto/ids.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import { operatorFolder } from '../home/folder.ts';
import type { HomeLedger } from '../home/ledger.ts';
import type { KeyHost } from '../keys/host.ts';
import { readIdentityKey } from '../keys/identity.ts';
import {
  type Journal,
  lastIn,
  openJournal,
  refreshJournal,
  renewJournal,
} from '../keys/journal.ts';
import { readOperatorKey } from '../keys/operator.ts';
import type { HomeCode, SignCode } from '../keys/refusals.ts';
import { isSyncedLately, lastSynced } from './synced.ts';

export interface Renewed {
  readonly key: Key;
  /** Why its journal was made anew. */
  readonly because: HomeCode | 'key-behind';
}

export interface AcceptedHead {
  /** Why own records were held back, or null where they were not. */
  readonly heldBack: string | null;
  readonly renewed: readonly Renewed[];
}

interface Word {
  readonly nowMs: number;
  /** Nobody is left to ask, or a person knows it otherwise. */
  readonly isSure: boolean;
}

export async function acceptHead(
  host: KeyHost,
  home: HomeLedger,
  { nowMs, isSure }: Word,
): Promise<Result<AcceptedHead, SignCode | 'head-unasked'>> {
  const { folder, store } = home;
  const { heldBack } = store;
  if (heldBack !== null && !isSure && !isWitnessed(host, home, nowMs))
    return refuse('head-unasked');
  const renewed: Renewed[] = [];
  const card = readOperatorKey(host, operatorFolder(folder));
  const identity = readIdentityKey(host, folder);
  const keys = [
    [operatorFolder(folder), card.ok ? card.value.publicKey : null],
    [folder, identity.ok ? identity.value : null],
  ] as const;
  const own = keys.flatMap(([, key]) => (key === null ? [] : [key]));
  for (const [place, key] of keys) {
    const done = key === null ? ok(null) : renew(host, home, place, key);
    if (!done.ok) return done;
    if (done.value !== null) renewed.push(done.value);
  }
  // Last: until the journals are sound, nothing may be written.
  await store.acceptHead(own);
  return ok({ heldBack, renewed });
}

/** Whether a member has agreed with this very file lately, or there is nobody else. */
function isWitnessed(host: KeyHost, { folder, replica }: HomeLedger, nowMs: number): boolean {
  const identity = readIdentityKey(host, folder);
  const own = identity.ok ? identity.value : null;
  const others = stateOf(replica).members.filter(
    ({ class: its, removed, key }) => its === 'node' && !removed && key !== own,
  );
  return others.length === 0 || isSyncedLately(lastSynced(host, folder), nowMs);
}

function renew(
  host: KeyHost,
  home: HomeLedger,
  folder: string,
  key: Key,
): Result<Renewed | null, SignCode> {
  const head = headOf(home, key);
  const found = openJournal(host, folder, key);
  // A backup put back where it was made: the person's word covers the keys in it as well. A key
  // from another machine is another question, with another answer: --moved.
  const isCopied = !found.ok && found.code === 'key-copied';
  const opened = isCopied ? openJournal(host, folder, key, true) : found;
  if (isCopied && !opened.ok) return opened;
  // An old journal also lacks what peers have brought back of it since.
  const because = opened.ok ? behind(host, opened.value, head) : opened.code;
  const isAsked =
    because === 'journal-missing' || because === 'journal-damaged' || because === 'key-behind';
  if (!isAsked) return ok(isCopied ? { key, because: 'key-copied' } : null);
  const renewed = renewJournal(host, folder, key, head === null ? [] : [head]);
  return renewed.ok ? ok({ key, because: isCopied ? 'key-copied' : because }) : renewed;
}

function behind(host: KeyHost, journal: Journal, head: Decoded | null): 'key-behind' | null {
  if (head === null || !refreshJournal(host, journal).ok) return null;
  const ledger = head.ledger === '' ? head.id : head.ledger;
  return (lastIn(journal, ledger)?.seq ?? 0) < head.seq ? 'key-behind' : null;
}

function headOf({ replica, store }: HomeLedger, key: Key): Decoded | null {
  const id = replica.books.get(key)?.chain.trunkId ?? '';
  return id === '' ? null : store.find(id);
}
