// What a daemon is while it runs, and what it does with lines that come in: the ledger may be
// missing, and this machine no node of it yet; each comes in through the local API, and the door
// opens and the syncing begins as soon as they can.

import type { Socket } from 'node:net';
import { RULES_VERSION } from '../../ledger/limits.ts';
import { isSigned } from '../../ledger/proof.ts';
import type { Decoded } from '../../ledger/record.ts';
import { frontierRoot, memberOf, stateRoot } from '../../ledger/replica.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import type { Seeking } from '../genesis/seeking.ts';
import { type HomeLedger, foundHome } from '../home/ledger.ts';
import type { KeyHost } from '../keys/host.ts';
import type { MeshWishes } from '../mesh/facts.ts';
import type { Mesh } from '../mesh/mesh.ts';
import type { Calendar } from '../os/calendar.ts';
import type { Voice } from '../keys/identity.ts';
import type { Lobby } from '../lobby/lobby.ts';
import { urlOf } from '../peer/address.ts';
import type { Ingest } from '../peer/lines.ts';
import { broughtBy, ingestInto, isOut, isPeer, memberDoor } from '../peer/members.ts';
import type { PeerServer } from '../peer/server.ts';
import { nodePlatform } from '../platform.ts';
import type { Work, WorkParts } from '../work/working.ts';
import { StoreFault } from '../store/faults.ts';
import type { Ahead } from './ahead.ts';
import { startAwaiting } from './awaiting.ts';
import type { Tell } from './events.ts';
import { CHECKPOINT_EVERY_MS, DOOR_RETRY_MS } from './limits.ts';
import { type Lookout, dialWaiting } from './lobbies.ts';
import { meshOf, meshStatusOf } from './on-mesh.ts';
import { workOf } from './on-work.ts';
import { DaemonFault } from './refusals.ts';
import type { DaemonState, LedgerFacts, Replies, Status, TakenLines } from './routes.ts';
import { type Publisher, startPublishing } from './publishing.ts';
import { type Syncing, startSyncing } from './syncing.ts';
import { type DoorParts, type DoorPlace, openDoor, shownName } from './underlay.ts';
import { placesOf } from './whereabouts.ts';

export interface Daemon {
  readonly version: string;
  readonly host: KeyHost;
  readonly voice: Voice;
  readonly place: DoorPlace;
  /** URLs of peers that a person has named. */
  readonly told: readonly string[];
  /** Where others reach this machine, beside what its interfaces say. */
  readonly named: readonly string[];
  readonly folder: string;
  readonly tell: Tell;
  readonly lobby: Lobby | null;
  readonly startedAt: number;
  readonly calendar: Calendar;
  readonly wishes: MeshWishes | null;
  state: DaemonState;
  home: HomeLedger | null;
  door: PeerServer | null;
  syncing: Syncing | null;
  publisher: Publisher | null;
  /** Asks for an admission that was accepted and not seen. */
  awaiting: Seeking | null;
  mesh: Mesh | null;
  /** What runs here, and what this node has placed. */
  work: Work | null;
  /** Other drivers than those of this machine. */
  readonly drivers: WorkParts['drivers'] | null;
  readonly ahead: Ahead;
  /** Lines of local clients, one request after the other. */
  queue: Promise<unknown>;
  /** The door is being opened, or will be tried again. */
  opening: Promise<void> | null;
  retry: NodeJS.Timeout | null;
  checkpoints: NodeJS.Timeout | null;
}

/** From here on there is a ledger. */
export function adopt(daemon: Daemon, home: HomeLedger): void {
  daemon.home = home;
  const save = (): void => {
    daemon.ahead.forget();
    const failed = (error: Error): void =>
      daemon.tell({ event: 'failed', what: 'the checkpoint', why: error.message });
    home.saveCheckpoint().then(daemon.calendar.save).catch(failed);
  };
  daemon.checkpoints = setInterval(save, CHECKPOINT_EVERY_MS);
}

/** Opens the door and begins to sync, where the ledger knows this machine as a node. */
export function openUp(daemon: Daemon): Promise<void> {
  const { home, voice, syncing, state } = daemon;
  const isWanted = home !== null && syncing === null && state !== 'stopping';
  if (!isWanted || !isPeer(home.replica, voice.publicKey)) return Promise.resolve();
  daemon.opening ??= openNow(daemon, home).finally(() => {
    daemon.opening = null;
  });
  return daemon.opening;
}

async function openNow(daemon: Daemon, home: HomeLedger): Promise<void> {
  const { host, voice, tell, told, place, lobby } = daemon;
  const ingest: Ingest = (lines, from) => ingestInto(watching(daemon, home, from))(lines, from);
  const agreeing = new Set<Key>();
  const parts: DoorParts = {
    ...{ home: watching(daemon, home, null), host, identity: voice, ingest, tell, lobby },
    kept: () => daemon.syncing?.kept() ?? [],
    agreed: (key) => agreeing.add(key),
  };
  daemon.door = await openDoor(parts, place);
  tell({ event: 'listening', url: urlOf(daemon.door.address), node: voice.publicKey });
  daemon.syncing = startSyncing({ ...parts, told });
  // What was promised is promised again before anybody hears of this node.
  daemon.work = await workOf(daemon, parts);
  daemon.mesh = meshOf(daemon, parts, daemon.door, daemon.syncing);
  // A copy signs nothing.
  if (voice.copied) return;
  const { address: door } = daemon.door;
  const { named } = daemon;
  daemon.publisher = startPublishing({
    ...{ home: parts.home, host, node: voice.publicKey, door, named, tell, agreeing },
    nowMs: daemon.calendar.nowMs,
  });
}

/** Where this machine is no node yet: asks for the admission that it may have accepted. */
export function awaitAdmission(daemon: Daemon): void {
  const { folder, host, voice, told, tell } = daemon;
  daemon.awaiting = startAwaiting({
    ...{ folder, host, identity: voice, told, tell },
    isWaiting: () => daemon.home === null || !isPeer(daemon.home.replica, voice.publicKey),
    begin: (genesis) =>
      inTurn(daemon, async () => {
        if (daemon.home === null) adopt(daemon, await foundHome(folder, genesis, false));
        return watching(daemon, daemon.home as unknown as HomeLedger, null);
      }),
  });
}

/** The same later on: what is in the way is told, and tried again. */
function openUpLater(daemon: Daemon): void {
  if (daemon.retry !== null || daemon.opening !== null) return;
  openUp(daemon).catch((error: Error) => {
    daemon.tell({ event: 'door-failed', why: error.message });
    if (daemon.state === 'stopping') return;
    daemon.retry = setTimeout(() => {
      daemon.retry = null;
      openUpLater(daemon);
    }, DOOR_RETRY_MS);
  });
}

/** The home, telling of what it has taken in and from whom. */
function watching(daemon: Daemon, home: HomeLedger, from: Key | null): HomeLedger {
  return {
    ...home,
    async takeIn(records, options) {
      const intake = await home.takeIn(records, options);
      const count = intake.accepted.length;
      if (count > 0) {
        daemon.tell({ event: 'records', count, from });
        tellForks(daemon, home, intake.accepted);
        daemon.syncing?.news(from);
        // What was let in before a removal came ends with it.
        daemon.door?.drop((key) => isOut(home.replica, key));
        daemon.mesh?.ledgerChanged();
        daemon.work?.ledgerChanged();
        // Whoever has brought the records hears of it first: the door takes some milliseconds.
        setImmediate(() => openUpLater(daemon));
      }
      return intake;
    },
  };
}

/** Everybody hears of a key that speaks with two tongues, a ticket that was redeemed twice, too. */
function tellForks({ tell }: Daemon, { replica }: HomeLedger, records: readonly Decoded[]): void {
  for (const key of new Set(records.map(({ author }) => author))) {
    if (memberOf(replica, key)?.live.frozen === true) tell({ event: 'forked', key });
  }
}

/** Lines of a local client. The first that come may found the ledger. */
export function takeLines(
  daemon: Daemon,
  lines: readonly string[],
  own: boolean,
): Promise<TakenLines> {
  return inTurn(daemon, () => takeLinesNow(daemon, lines, own));
}

/** One after the other: only one of them founds. */
function inTurn<Value>(daemon: Daemon, work: () => Promise<Value>): Promise<Value> {
  const turn = daemon.queue.then(work);
  daemon.queue = turn.catch(() => undefined);
  return turn;
}

async function takeLinesNow(
  daemon: Daemon,
  lines: readonly string[],
  own: boolean,
): Promise<TakenLines> {
  const refused: { line: number; code: TakenLines['refused'][number]['code'] }[] = [];
  const numbers = new Map<Decoded, number>();
  lines.forEach((text, line) => {
    const decoded = daemon.ahead.decoded(text);
    if (decoded.ok) numbers.set(decoded.value, line);
    else refused.push({ line, code: decoded.code });
  });
  const records = [...numbers.keys()];
  const founded: RecordId[] = [];
  if (daemon.home === null) {
    const genesis = records.find(
      (record) => record.act.kind === 'genesis' && isSigned(record, nodePlatform),
    );
    if (genesis === undefined) throw new StoreFault('no-ledger', daemon.folder);
    const { pool } = daemon.ahead;
    adopt(daemon, await foundHome(daemon.folder, genesis, own, { pool }));
    records.splice(records.indexOf(genesis), 1);
    founded.push(genesis.id);
    daemon.tell({ event: 'records', count: 1, from: null });
  }
  const home = watching(daemon, daemon.home as unknown as HomeLedger, null);
  const intake = await home.takeIn(records, { own });
  for (const { record, code } of intake.refused) {
    // A record that had waited for these is nobody's line here.
    const line = numbers.get(record);
    if (line !== undefined) refused.push({ line, code });
  }
  return {
    accepted: [...founded, ...intake.accepted.map(({ id }) => id)],
    already: intake.already.flatMap((record) => numbers.get(record) ?? []),
    parked: intake.parked,
    refused: refused.toSorted((a, b) => a.line - b.line),
  };
}

export async function syncNow(
  { syncing }: Daemon,
  url: string,
  signal: AbortSignal,
): Promise<Replies['sync']> {
  if (syncing === null) throw new DaemonFault('no-node-here');
  return syncing.now(url, signal);
}

/** Where newcomers may be waiting, and how members are dialled. */
export function lookoutOf({ home, voice, syncing, lobby }: Daemon): Lookout {
  if (home === null || syncing === null) throw new DaemonFault('no-node-here');
  const { publicKey: own } = voice;
  const dialling = { identity: voice, door: memberDoor(home), brought: broughtBy(home, own) };
  return { own, lobby, places: placesOf(syncing.peers()), dialling };
}

/** A connection to a newcomer, wherever it waits. */
export function dialFor(daemon: Daemon, newcomer: Key, lobby: Key): Promise<Socket> {
  const lookout = lookoutOf(daemon);
  const name = daemon.home === null ? '' : shownName(daemon.home.replica, lookout.own);
  return dialWaiting(lookout, newcomer, lobby, name);
}

export function statusOf(daemon: Daemon): Status {
  const { version, state, startedAt, home, voice, door, syncing, lobby } = daemon;
  return {
    ...{ pid: process.pid, version, state, startedAt },
    ledger: home?.replica.ledger ?? null,
    node: voice.publicKey,
    member: home !== null && isPeer(home.replica, voice.publicKey),
    door: door?.address ?? null,
    lobby: lobby?.waiting().length ?? null,
    peers: syncing?.peers() ?? [],
    mesh: meshStatusOf(daemon),
  };
}

/** For a request that needs a ledger. */
export function homeIn({ home, folder }: Daemon): HomeLedger {
  if (home === null) throw new StoreFault('no-ledger', folder);
  return home;
}

export function ledgerFactsOf(daemon: Daemon): LedgerFacts {
  const home = homeIn(daemon);
  const { replica, store } = home;
  return {
    ledger: replica.ledger,
    network: replica.genesis.network,
    records: store.records,
    bytes: store.bytes,
    parked: replica.parking.records,
    frontierRoot: frontierRoot(replica),
    stateRoot: stateRoot(replica),
    rules: RULES_VERSION,
    mode: store.mode.kind,
    heldBack: store.heldBack,
  };
}
