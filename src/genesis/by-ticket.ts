// A machine without a console joins by a ticket: it reads the ledger at the door of a member, shown
// the ticket's own key, redeems the ticket on what it has verified from the genesis on, and brings
// its admission to a door. Nothing is signed on a stranger's word, and a run that was broken off is
// finished by the next. Spec: docs/pairing.md, "By a ticket".

import { holdingsOf } from '../../ledger/holdings.ts';
import type { Decoded } from '../../ledger/record.ts';
import { type Replica, memberOf, stateOf } from '../../ledger/replica.ts';
import type { Outcome } from '../../ledger/sync-state.ts';
import type { Ticket } from '../../ledger/ticket.ts';
import type { Key } from '../../proto/ids.ts';
import { type Refused, type Result, ok, refuse } from '../../proto/result.ts';
import { type RedeemCode, redeemTicket } from '../acts/tickets.ts';
import { readPeers, withPeer, writePeers } from '../daemon/kept.ts';
import { foundDesk } from '../home/desk.ts';
import type { HomeLedger } from '../home/ledger.ts';
import type { KeyHost } from '../keys/host.ts';
import type { PassphraseCode } from '../keys/refusals.ts';
import type { Identity } from '../keys/identity.ts';
import { ticketKeyPair } from '../keys/ticket.ts';
import { urlIn } from '../peer/address.ts';
import type { PeerIdentity } from '../peer/certificate.ts';
import { syncWith } from '../peer/client.ts';
import { type FetchCode, type Fetching, fetchLedger, genesisFrom } from '../peer/fetch.ts';
import { broughtBy, ingestInto, isPeer, memberDoor } from '../peer/members.ts';
import { nodePlatform } from '../platform.ts';
import { TICKET_DOORS_MAX } from './limits.ts';
import type { GenesisCode } from './refusals.ts';

export interface ByTicket {
  readonly host: KeyHost;
  readonly folder: string;
  readonly identity: Identity;
  readonly ticket: Ticket;
  readonly name: string;
  /** Doors to try, as HOST:PORT, in this order. */
  readonly addresses: readonly string[];
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
  /** Hears why an address was of no use. */
  readonly tried: (address: string, code: string, detail: string) => void;
}

export type ByTicketCode = RedeemCode | FetchCode | GenesisCode | PassphraseCode;

export interface JoinedByTicket {
  readonly record: Decoded;
  /** The door that has taken the admission in; null where none was reached. */
  readonly told: string | null;
}

/** The ledger of the folder, null as long as there is none. The caller closes it. */
export interface Held {
  home: HomeLedger | null;
}

export async function joinByTicket(
  joining: ByTicket,
  held: Held,
): Promise<Result<JoinedByTicket, ByTicketCode>> {
  const { host, ticket, identity, name, nowMs } = joining;
  const own = identity.publicKey;
  if (held.home !== null && held.home.replica.ledger !== ticket.ledger) {
    return refuse('ticket-other-ledger');
  }
  const pair = ticketKeyPair(ticket.secret);
  const missing = await readLedger(joining, held, pair);
  const { home } = held;
  if (home === null || missing !== null) return missing ?? refuse('ticket-unanswered');
  const redeemed = isPeer(home.replica, own)
    ? admissionOf(home, own)
    : await redeemTicket(host, home, ticket, { name, nowMs });
  if (!redeemed.ok) return redeemed;
  if (!isPeer(home.replica, own)) return refuse('ticket-twice');
  return tell(joining, home, pair, redeemed.value);
}

function admissionOf({ replica, store }: HomeLedger, key: Key): Result<Decoded, 'node-admitted'> {
  const by = memberOf(replica, key)?.by;
  const record = by === undefined ? null : store.find(by);
  return record === null ? refuse('node-admitted') : ok(record);
}

/** Whether this replica is all that is needed to go on. */
function isEnough(replica: Replica | undefined, ticket: Key, own: Key): boolean {
  if (replica === undefined) return false;
  return isPeer(replica, own) || memberOf(replica, ticket)?.class === 'ticket';
}

/** Which of the words of several doors is told to a person: the last of these that was heard. */
const TELLING: readonly ByTicketCode[] = ['ticket-expired', 'ticket-closed', 'ticket-used'];

/** Reads the ledger from one door after the other, until it knows the ticket. */
async function readLedger(
  joining: ByTicket,
  held: Held,
  pair: PeerIdentity,
): Promise<Refused<ByTicketCode> | null> {
  const { identity, addresses, ticket, signal, tried } = joining;
  const own = identity.publicKey;
  const has = (): boolean => isEnough(held.home?.replica, pair.publicKey, own);
  let worst = -1;
  for (const address of has() ? [] : addresses) {
    if (signal.aborted) return refuse('cancelled');
    let got = await fetchLedger(fetchingOf(joining, held, address, pair));
    // Used by this very machine, which has lost what it had: its own key is known there.
    if (!got.ok && got.code === 'ticket-used') {
      const mine = await fetchLedger(fetchingOf(joining, held, address, identity));
      if (mine.ok) got = mine;
    }
    if (!got.ok) {
      worst = Math.max(worst, TELLING.indexOf(got.code));
      tried(address, got.code, got.detail);
      continue;
    }
    held.home = got.value.home;
    const { outcome } = got.value.sync;
    if (outcome.kind !== 'agree') tried(address, 'door-silent', whyOf(outcome));
    else if (has()) return null;
    else tried(address, 'ticket-unknown', '');
  }
  if (has()) return null;
  if (worst >= 0) return refuse(TELLING[worst] as ByTicketCode);
  return held.home?.replica.ledger === ticket.ledger && addresses.length === 0
    ? refuse('ticket-unknown')
    : refuse(addresses.length === 0 ? 'ticket-no-door' : 'ticket-unanswered');
}

function fetchingOf(
  { folder, ticket, signal }: ByTicket,
  held: Held,
  address: string,
  identity: PeerIdentity,
): Fetching {
  const { publicKey, privateKey } = identity;
  return {
    identity: { publicKey, privateKey },
    ...{ url: `https://${address}`, ledger: ticket.ledger, signal },
    begin: async (genesis) => (held.home ??= await foundDesk(folder, genesis, false)),
  };
}

/** Brings the admission to the first door that takes it in. */
async function tell(
  joining: ByTicket,
  home: HomeLedger,
  pair: PeerIdentity,
  record: Decoded,
): Promise<Result<JoinedByTicket, ByTicketCode>> {
  const { host, folder, identity, signal, tried } = joining;
  for (const address of doorsFor(joining, home)) {
    if (signal.aborted) return refuse('cancelled');
    const url = `https://${address}`;
    const { outcome, peer } = await syncWith({
      ...{ identity, url, signal, platform: nodePlatform },
      door: memberDoor(home),
      holdings: holdingsOf(home.replica),
      ingest: ingestInto(home),
      brought: broughtBy(home, identity.publicKey),
    });
    // What came may have brought the other redemption.
    if (!isPeer(home.replica, identity.publicKey)) return refuse('ticket-twice');
    if (outcome.kind === 'agree' && peer !== null) {
      writePeers(host, folder, withPeer(readPeers(host, folder), { key: peer, url }));
      return ok({ record, told: address });
    }
    const why = await whyTurnedAway(joining, { home }, address, pair);
    if (why !== null) return why;
    tried(address, 'door-silent', whyOf(outcome));
  }
  return ok({ record, told: null });
}

function whyOf(outcome: Outcome): string {
  return 'why' in outcome ? outcome.why : outcome.kind;
}

/** Where the ticket led, then where the ledger says that members are. */
function doorsFor({ addresses, identity }: ByTicket, { replica }: HomeLedger): readonly string[] {
  const members = stateOf(replica).members.filter(
    ({ key }) => key !== identity.publicKey && isPeer(replica, key),
  );
  const stated = members.flatMap(({ endpoints }) => endpoints).filter((one) => urlIn(one) !== null);
  return [...new Set([...addresses, ...stated])].slice(0, TICKET_DOORS_MAX);
}

/**
 * A door that takes the ticket for used and does not know this machine has seen another redemption:
 * it, and with it this one, counts for nothing.
 */
async function whyTurnedAway(
  joining: ByTicket,
  held: Held,
  address: string,
  pair: PeerIdentity,
): Promise<Refused<ByTicketCode> | null> {
  const word = await genesisFrom(fetchingOf(joining, held, address, pair));
  if (word.ok || !TELLING.includes(word.code)) return null;
  const asNode = await genesisFrom(fetchingOf(joining, held, address, joining.identity));
  if (asNode.ok) return null;
  return word.code === 'ticket-used' ? refuse('ticket-twice') : word;
}
