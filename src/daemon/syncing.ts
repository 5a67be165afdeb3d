// Keeping the ledger in agreement with the peers whose addresses are known: a timer over the book
// of rounds.ts, and the syncs themselves. Spec: docs/daemon.md, "Syncing".

import { holdingsOf } from '../../ledger/holdings.ts';
import { stateOf } from '../../ledger/replica.ts';
import type { Key } from '../../proto/ids.ts';
import { noteSynced } from '../acts/synced.ts';
import type { HomeLedger } from '../home/ledger.ts';
import type { KeyHost } from '../keys/host.ts';
import { monotonicMs, nowMs, randomSeed } from '../os/clock.ts';
import { urlIn } from '../peer/address.ts';
import type { PeerIdentity } from '../peer/certificate.ts';
import { type SyncResult, syncWith } from '../peer/client.ts';
import { askEndpoints } from '../peer/endpoints.ts';
import type { Ingest } from '../peer/lines.ts';
import { broughtBy, isPeer, memberDoor } from '../peer/members.ts';
import { nodePlatform } from '../platform.ts';
import type { Tell } from './events.ts';
import { type KeptPeer, readPeers, withPeer, writePeers } from './kept.ts';
import { ASK_EVERY_MS, NOTE_SYNC_EVERY_MS, SYNC_EVERY_MS } from './limits.ts';
import type { PeerStatus } from './routes.ts';
import {
  type Book,
  type Found,
  beaten,
  begun,
  due,
  ended,
  heard,
  hurried,
  learned,
  lostAmong,
  nextDueAtMs,
  without,
} from './rounds.ts';

export interface SyncingParts {
  readonly home: HomeLedger;
  readonly host: KeyHost;
  readonly identity: PeerIdentity;
  readonly ingest: Ingest;
  readonly tell: Tell;
  /** This peer holds the same as we do. */
  readonly agreed: (key: Key) => void;
  /** Addresses that a person has named. */
  readonly told: readonly string[];
}

export interface Syncing {
  /** Syncs with one peer now, whatever the book says. */
  now(url: string, signal: AbortSignal): Promise<SyncResult>;
  /** Records came in, from a peer or (null) from here: others want them, too. */
  news(from: Key | null): void;
  /** The addresses on the mesh of those who are heard there. */
  onMesh(found: readonly KeptPeer[]): void;
  /** Where the links of those who are not heard may lead: their doors are there, too. */
  onLinks(found: readonly KeptPeer[]): void;
  /** A link led to a peer there: where nothing better is known of it, its door may be, too. */
  linkedAt(peer: KeptPeer): void;
  /** A heartbeat of a peer, and whether it holds the same as this machine. */
  beaten(key: Key, isSame: boolean): void;
  peers(): readonly PeerStatus[];
  /** Where peers have answered, the latest first. */
  kept(): readonly KeptPeer[];
  /** Breaks what is under way; nothing of it is lost. */
  stop(): Promise<void>;
}

/** What is told of a peer beside the book. */
interface Last {
  readonly syncedAt: number | null;
  readonly why: string | null;
}

interface Running extends SyncingParts {
  book: Book;
  kept: readonly KeptPeer[];
  readonly last: Map<string, Last>;
  readonly busy: Map<string, number | null>;
  readonly underWay: Set<Promise<unknown>>;
  readonly aborted: AbortController;
  /** The ledger has changed since its endpoints were read. */
  isStale: boolean;
  notedAtMs: number;
  /** When a member was last asked where others are. */
  askedAtMs: number;
  timer: NodeJS.Timeout | undefined;
}

export function startSyncing(parts: SyncingParts): Syncing {
  const running: Running = {
    ...parts,
    book: new Map(),
    kept: readPeers(parts.host, parts.home.folder),
    last: new Map(),
    busy: new Map(),
    underWay: new Set(),
    aborted: new AbortController(),
    isStale: true,
    notedAtMs: Number.NEGATIVE_INFINITY,
    askedAtMs: Number.NEGATIVE_INFINITY,
    timer: undefined,
  };
  const told: Found[] = parts.told.map((url) => ({ url, source: 'told', key: null }));
  running.book = learned(running.book, 'told', told, monotonicMs());
  running.book = learned(running.book, 'kept', foundIn(running.kept), monotonicMs());
  round(running);
  return {
    now: (url, signal) => tracked(running, syncOnce(running, url, signal)),
    news(from) {
      running.isStale = true;
      running.book = hurried(running.book, from, monotonicMs(), chance());
      wake(running);
    },
    onMesh(found) {
      const mesh: Found[] = found.map((peer) => ({ ...peer, source: 'mesh' }));
      running.book = learned(running.book, 'mesh', mesh, monotonicMs());
      wake(running);
    },
    onLinks(found) {
      const links: Found[] = found.map((peer) => ({ ...peer, source: 'link' }));
      running.book = learned(running.book, 'link', links, monotonicMs());
      wake(running);
    },
    linkedAt(peer) {
      if (running.kept.some(({ key }) => key === peer.key)) return;
      running.kept = withPeer(running.kept, peer);
      note(running, 'peers.json', () => writePeers(parts.host, parts.home.folder, running.kept));
    },
    beaten(key, isSame) {
      running.book = beaten(running.book, { key, isSame }, monotonicMs(), chance());
      if (isSame) noteAgreed(running, key);
      else wake(running);
    },
    peers: () => peersOf(running),
    kept: () => running.kept,
    async stop() {
      clearTimeout(running.timer);
      running.aborted.abort();
      await Promise.allSettled(running.underWay);
    },
  };
}

function foundIn(kept: readonly KeptPeer[]): Found[] {
  return kept.map((peer) => ({ ...peer, source: 'kept' }));
}

/** 0 to 1. */
function chance(): number {
  return randomSeed() / 2 ** 32;
}

/** Starts what is due, and wakes up again for what is due next. */
function round(running: Running): void {
  if (running.aborted.signal.aborted) return;
  if (running.isStale) learnFromLedger(running);
  for (const { url } of due(running.book, running.busy, monotonicMs())) {
    running.busy.set(url, monotonicMs());
    void tracked(
      running,
      syncOnce(running, url, running.aborted.signal)
        .catch((error: Error) => {
          running.tell({ event: 'failed', what: `the sync with ${url}`, why: error.message });
        })
        .finally(() => {
          running.busy.delete(url);
          wake(running);
        }),
    );
  }
  wake(running);
}

function wake(running: Running): void {
  clearTimeout(running.timer);
  if (running.aborted.signal.aborted) return;
  const nextMs = nextDueAtMs(running.book, running.busy);
  const waitMs = Math.min(SYNC_EVERY_MS, (nextMs ?? Number.POSITIVE_INFINITY) - monotonicMs());
  running.timer = setTimeout(round, Math.max(1, waitMs), running);
}

async function tracked<Value>(running: Running, work: Promise<Value>): Promise<Value> {
  running.underWay.add(work);
  try {
    return await work;
  } finally {
    running.underWay.delete(work);
  }
}

function learnFromLedger(running: Running): void {
  running.isStale = false;
  const { replica } = running.home;
  const found: Found[] = [];
  for (const { key, endpoints } of stateOf(replica).members) {
    if (key === running.identity.publicKey || !isPeer(replica, key)) continue;
    for (const endpoint of endpoints) {
      const url = urlIn(endpoint);
      if (url !== null) found.push({ url, source: 'ledger', key });
    }
  }
  running.book = learned(running.book, 'ledger', found, monotonicMs());
}

async function syncOnce(running: Running, url: string, signal: AbortSignal): Promise<SyncResult> {
  const { home, identity, ingest } = running;
  running.book = begun(running.book, url, monotonicMs(), chance());
  const result = await syncWith({
    ...{ identity, url, ingest, signal: AbortSignal.any([signal, running.aborted.signal]) },
    door: memberDoor(home),
    holdings: holdingsOf(home.replica),
    platform: nodePlatform,
    brought: broughtBy(home, identity.publicKey),
    progress: () => void (running.busy.has(url) && running.busy.set(url, null)),
  });
  book(running, url, result);
  if (result.outcome.kind === 'agree') void tracked(running, askWhere(running, url));
  return result;
}

/** Asks a member that was reached where those are who are not. */
async function askWhere(running: Running, url: string): Promise<void> {
  const { home, identity, aborted } = running;
  const { replica } = home;
  const own = identity.publicKey;
  const others = stateOf(replica).members.filter(({ key }) => key !== own && isPeer(replica, key));
  const lost = lostAmong(
    running.book,
    others.map(({ key }) => key),
  );
  const atMs = monotonicMs();
  if (lost.size === 0 || atMs - running.askedAtMs < ASK_EVERY_MS) return;
  running.askedAtMs = atMs;
  const { signal } = aborted;
  const told = await askEndpoints({ identity, url, door: memberDoor(home), signal });
  const places = (told ?? []).map(({ key, endpoints }) => ({
    key,
    urls: endpoints.flatMap((endpoint) => urlIn(endpoint) ?? []),
  }));
  running.book = heard(running.book, places, lost, monotonicMs());
  wake(running);
}

/** Books how a sync has ended, and tells it where it is worth a line. */
function book(running: Running, url: string, { outcome, moved, peer }: SyncResult): void {
  if (peer === running.identity.publicKey) {
    running.book = without(running.book, url);
    return;
  }
  const agree = outcome.kind === 'agree';
  const atMs = monotonicMs();
  const [received, sent] = [moved.pulled.accepted, moved.pushed.accepted];
  if (agree && peer !== null) {
    running.agreed(peer);
    keep(running, { key: peer, url }, received + sent > 0);
  }
  running.book = ended(running.book, url, { agree, key: peer }, atMs, chance());
  const before = running.last.get(url);
  const why = agree ? null : 'why' in outcome ? outcome.why : outcome.kind;
  const syncedAt = agree ? nowMs() : (before?.syncedAt ?? null);
  // An address that a client has tried once and nobody knows leaves nothing behind.
  if (running.book.has(url)) running.last.set(url, { syncedAt, why });
  if (before?.why !== why || received + sent > 0) {
    running.tell({ event: 'synced', url, peer, outcome: outcome.kind, received, sent, why });
  }
}

/** Remembers where a peer has answered, for the next rounds and for the next run. */
function keep(running: Running, peer: KeptPeer, hasMoved: boolean): void {
  const { host, home } = running;
  const atMs = monotonicMs();
  // An address on the mesh is derived: what is worth keeping is how to get there without it.
  const isMesh = running.book.get(peer.url)?.source === 'mesh';
  const kept = isMesh ? running.kept : withPeer(running.kept, peer);
  if (kept !== running.kept) {
    running.kept = kept;
    note(running, 'peers.json', () => writePeers(host, home.folder, kept));
    if (!running.book.has(peer.url)) {
      running.book = learned(running.book, 'kept', foundIn(kept), atMs);
      running.book = begun(running.book, peer.url, atMs, chance());
    }
  }
  noteSync(running, peer.key, hasMoved);
}

/** Both hold the same, as a heartbeat says: as good as a sync that has moved nothing. */
function noteAgreed(running: Running, key: Key): void {
  running.agreed(key);
  for (const known of running.book.values()) {
    if (known.key !== key || known.source !== 'mesh') continue;
    running.last.set(known.url, { syncedAt: nowMs(), why: null });
  }
  noteSync(running, key, false);
}

function noteSync(running: Running, peer: Key, hasMoved: boolean): void {
  const atMs = monotonicMs();
  if (!hasMoved && atMs - running.notedAtMs < NOTE_SYNC_EVERY_MS) return;
  running.notedAtMs = atMs;
  const { host, home } = running;
  note(running, 'synced.json', () => noteSynced(host, home.folder, { at: nowMs(), peer }));
}

/** Heartbeats and links bring us here: a disk that is full must cost the note and nothing else. */
function note({ tell }: Running, what: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    tell({ event: 'failed', what: `writing ${what}`, why: (error as Error).message });
  }
}

function peersOf({ book: known, last }: Running): PeerStatus[] {
  const atMs = monotonicMs();
  return [...known.values()].map(({ url, source, key, failures, dueAtMs }) => ({
    ...{ url, source, key, failures },
    dueInMs: Math.max(0, Math.round(dueAtMs - atMs)),
    syncedAt: last.get(url)?.syncedAt ?? null,
    why: last.get(url)?.why ?? null,
  }));
}
