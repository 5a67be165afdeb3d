// The life of a daemon: one process for a folder, which holds the ledger, opens the underlay door,
// serves the local API and keeps syncing. It has the node's key and never an operator's. Its lock
// comes first, its socket before its ledger, so that a command that waits for it can see it.
// Spec: docs/daemon.md.

import type { Key } from '../../proto/ids.ts';
import { socketFile } from '../home/folder.ts';
import { keyHost } from '../home/host.ts';
import { type HomeLedger, openHome } from '../home/ledger.ts';
import { rollOf } from '../home/roll.ts';
import { openVoice } from '../keys/identity.ts';
import { createLobby } from '../lobby/lobby.ts';
import type { MeshWishes } from '../mesh/facts.ts';
import { openCalendar } from '../os/calendar.ts';
import { nowMs } from '../os/clock.ts';
import { realDisk } from '../store/disk.ts';
import { StoreFault } from '../store/faults.ts';
import { takeLock } from '../store/lock.ts';
import { createAhead } from './ahead.ts';
import { type Api, type Behind, serveApi } from './api.ts';
import { type Events, type Tell, createEvents } from './events.ts';
import { whoWaits } from './lobbies.ts';
import { LOCK_WAIT_MS_MAX, LOOK_AGAIN_MS, STOP_GRACE_MS } from './limits.ts';
import { DaemonFault } from './refusals.ts';
import {
  type Daemon,
  adopt,
  dialFor,
  awaitAdmission,
  homeIn,
  ledgerFactsOf,
  lookoutOf,
  openUp,
  statusOf,
  syncNow,
  takeLines,
} from './running.ts';
import { meshBehind } from './on-mesh.ts';
import { hostingBehind, runningIn } from './on-hosting.ts';
import { imagesBehind } from './on-images.ts';
import { workBehind } from './on-work.ts';
import type { DoorPlace } from './underlay.ts';

export interface DaemonOptions {
  readonly folder: string;
  readonly version: string;
  /** A person's word that the old place of this node is gone. */
  readonly moved: boolean;
  readonly place: DoorPlace;
  readonly told: readonly string[];
  /** Whether newcomers that can only dial out may wait here. */
  readonly lobby: boolean;
  /** Where others reach this machine, beside what its interfaces say. */
  readonly named: readonly string[];
  /** What it does for the mesh; null: there is to be none. */
  readonly mesh: MeshWishes | null;
  /** Other drivers of work than those of this machine. */
  readonly drivers?: Daemon['drivers'];
  /** Hears every event, from the first one on. */
  readonly log: Tell;
}

export interface RunningDaemon {
  readonly node: Key;
  /** True in a copy of the folder, which serves and syncs and signs nothing. */
  readonly copied: boolean;
  /** Finishes what is under way and ends; once, however often it is called. */
  stop(why: string): void;
  readonly stopped: Promise<void>;
  /** The ledger, or null where there is none yet: for looking only. */
  home(): Pick<HomeLedger, 'replica'> | null;
}

/** Starts a daemon, or throws why not: a `DaemonFault`, a `StoreFault` or the system's error. */
export async function startDaemon(options: DaemonOptions): Promise<RunningDaemon> {
  realDisk.makeFolder(options.folder);
  const release = once(takeDaemonLock(options.folder));
  try {
    const events = createEvents(nowMs);
    events.listen(({ at: _, ...event }) => options.log(event));
    const daemon = newDaemon(options, events);
    return await run(daemon, events, release);
  } catch (error) {
    release();
    throw error;
  }
}

/** A second call must not give back what another process holds by then. */
function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}

function takeDaemonLock(folder: string): () => void {
  try {
    return takeLock(folder, 'daemon.lock');
  } catch (error) {
    if (!(error instanceof StoreFault) || error.code !== 'locked') throw error;
    throw new DaemonFault('daemon-running', error.detail);
  }
}

function newDaemon(options: DaemonOptions, { tell }: Events): Daemon {
  const { folder, version, place, told, named, moved, lobby, mesh: wishes } = options;
  const host = keyHost();
  const voice = openVoice(host, folder, moved);
  if (!voice.ok) throw new DaemonFault(voice.code, voice.detail);
  return {
    ...{ folder, version, place, told, named, host, voice: voice.value, tell, wishes },
    lobby: lobby ? createLobby() : null,
    ...{ startedAt: nowMs(), state: 'opening', home: null, door: null },
    ...{ syncing: null, awaiting: null, publisher: null },
    ...{ queue: Promise.resolve(), opening: null, retry: null, checkpoints: null },
    ...{ calendar: openCalendar(folder), mesh: null, work: null, ahead: createAhead() },
    drivers: options.drivers ?? null,
  };
}

async function run(daemon: Daemon, events: Events, release: () => void): Promise<RunningDaemon> {
  const { folder, tell, voice } = daemon;
  let end = (): void => undefined;
  const stopped = new Promise<void>((resolve) => (end = resolve));
  let opened: Promise<void> = Promise.resolve();
  const stop = (why: string): void => {
    if (daemon.state === 'stopping') return;
    daemon.state = 'stopping';
    tell({ event: 'stopping', why });
    // What is being opened is closed when it is open.
    void opened
      .catch(() => undefined)
      .then(() => shutDown(daemon, api))
      .catch((error: Error) => tell({ event: 'failed', what: 'stopping', why: error.message }))
      .finally(() => {
        release();
        tell({ event: 'stopped' });
        end();
      });
  };
  tell({ event: 'opening', folder, pid: process.pid });
  const api = await serveApi(socketFile(folder), behindOf(daemon, stop), events);
  opened = open(daemon);
  try {
    await opened;
  } catch (error) {
    if (daemon.state !== 'stopping') await shutDown(daemon, api);
    throw error;
  }
  return { node: voice.publicKey, copied: voice.copied, stop, stopped, home: () => daemon.home };
}

function behindOf(daemon: Daemon, stop: (why: string) => void): Behind {
  return {
    state: () => daemon.state,
    status: () => statusOf(daemon),
    ledger: () => ledgerFactsOf(daemon),
    members: () => rollOf(homeIn(daemon)),
    takeLines: (lines, own) => takeLines(daemon, lines, own),
    checkLines: async (lines) => ({
      checked: daemon.home === null ? await daemon.ahead.check(lines) : 0,
    }),
    syncNow: (url, signal) => syncNow(daemon, url, signal),
    candidates: (signal) => whoWaits(lookoutOf(daemon), signal),
    dialWaiting: (newcomer, lobby) => dialFor(daemon, newcomer, lobby),
    ...meshBehind(daemon, () => statusOf(daemon)),
    ...workBehind(daemon),
    ...hostingBehind(daemon),
    ...imagesBehind(daemon),
    running: () => (daemon.work === null ? 0 : runningIn(daemon.work.hosting.state())),
    stop,
  };
}

async function open(daemon: Daemon): Promise<void> {
  const home = await openWhenFree(daemon);
  if (home !== null) adopt(daemon, home);
  await openUp(daemon);
  if (daemon.state !== 'opening') return;
  daemon.state = 'running';
  awaitAdmission(daemon);
  const records = home?.store.records ?? null;
  daemon.tell({ event: 'running', socket: socketFile(daemon.folder), records });
}

/** The ledger, once a command that writes just now has ended. */
async function openWhenFree({ folder }: Daemon): Promise<HomeLedger | null> {
  for (let waitedMs = 0; ; waitedMs += LOOK_AGAIN_MS) {
    try {
      return await openHome(folder, { write: true });
    } catch (error) {
      const isLocked = error instanceof StoreFault && error.code === 'locked';
      if (!isLocked || waitedMs >= LOCK_WAIT_MS_MAX) throw error;
      await new Promise((resolve) => void setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }
}

/**
 * What asks for records first, then those who bring them, then the ledger, then who waits. What
 * fails on the way is told, and the rest ends all the same: half a daemon would hold the door.
 */
async function shutDown(daemon: Daemon, api: Api): Promise<void> {
  if (daemon.retry !== null) clearTimeout(daemon.retry);
  if (daemon.checkpoints !== null) clearInterval(daemon.checkpoints);
  for (const [what, end] of [
    ['asking for an admission', () => daemon.awaiting?.stop()],
    ['opening', () => daemon.opening],
    ['the mesh', () => daemon.mesh?.stop()],
    ['work', () => daemon.work?.close()],
    ['stating addresses', () => daemon.publisher?.stop()],
    ['syncing', () => daemon.syncing?.stop()],
    ['the lobby', () => daemon.lobby?.close()],
    ['the door', () => daemon.door?.close()],
    ['taking in', () => daemon.queue],
    ['the ledger', () => daemon.home?.close()],
    ['checking ahead', () => daemon.ahead.close()],
    ['the clock', () => (daemon.home === null ? undefined : daemon.calendar.save())],
    ['the local API', () => api.close(STOP_GRACE_MS)],
  ] as const) {
    try {
      await end();
    } catch (error) {
      // Told when it happened.
      if (what === 'opening') continue;
      const why = (error as Error).message;
      daemon.tell({ event: 'failed', what: `stopping: ${what}`, why });
    }
  }
}
