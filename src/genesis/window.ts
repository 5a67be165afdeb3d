// The window of a new machine, performed: its listener and connections, its timers, its disk. What
// happens is decided in pairing/window.ts; this file does it, in the order in which it is told, and
// the listener is gone when it returns. Spec: docs/pairing.md, "The shell".

import { type AddressInfo, type Server, Socket, createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { CODE_RANDOM_BYTES, showCode } from '../../pairing/code.ts';
import { PLEDGES_MAX, WINDOW_MS } from '../../pairing/limits.ts';
import type { Introduction } from '../../pairing/introduce.ts';
import { isDead } from '../../pairing/machine.ts';
import { NEWCOMER_RANDOM_BYTES, type NewcomerInput } from '../../pairing/newcomer-state.ts';
import { newcomerBytesMax } from '../../pairing/newcomer.ts';
import type {
  Run,
  Stored,
  WindowInput,
  WindowNews,
  WindowOut,
  WindowSelf,
  WindowState,
} from '../../pairing/window-state.ts';
import { openWindow, stepWindow } from '../../pairing/window.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import { SYNC_EVERY_MS } from '../daemon/limits.ts';
import type { KeyHost } from '../keys/host.ts';
import { pairingPlatform } from '../pairing-platform.ts';
import { type LobbyNews, waitIn } from '../lobby/wait.ts';
import { type Address, textOfAddress } from '../peer/address.ts';
import type { PeerIdentity } from '../peer/certificate.ts';
import { type Wire, wireOver } from './frames.ts';
import { type Kept, writeKept } from './kept.ts';
import { WINDOW_PORT, WINDOW_SOCKETS_MAX } from './limits.ts';
import type { NewcomerDesk } from './newcomer.ts';
import { type Pledged, doorsIn } from './pledged.ts';
import { keepReachable } from './reachable.ts';
import { type Seeking, startSeeking } from './seeking.ts';

export interface WindowSetting {
  readonly host: KeyHost;
  readonly folder: string;
  readonly key: Key;
  readonly name: string;
  readonly introduction: Omit<Introduction, 'pledges'>;
  readonly kept: Kept;
  /** The network of the ledger that lies here, where there is one. */
  readonly network: RecordId | null;
  readonly desk: NewcomerDesk;
  /** Null: all addresses, at the usual port if it is free. */
  readonly listen: Address | null;
  /** The member in whose lobby it waits besides, for a machine that can only dial out. */
  readonly via: Address | null;
  readonly identity: PeerIdentity;
  /** The most that the window may be open; the ceremony has its own bound. */
  readonly openMsMax: number;
  readonly tell: (news: WindowEvent) => void;
  /**
   * Asks once for the record of an admission that was accepted before, here or in an earlier
   * window: whether this machine is in.
   */
  readonly seek: (pledged: Pledged, signal: AbortSignal) => Promise<boolean>;
  /** Ends the window. */
  readonly signal: AbortSignal;
}

export type WindowEvent =
  | LobbyNews
  | { readonly what: 'listening'; readonly host: string; readonly port: number }
  /** Show it, and never write it down. */
  | { readonly what: 'shown'; readonly code: string; readonly left: number; readonly forMs: number }
  | Exclude<WindowNews, { what: 'code' }>;

export type WindowEnd = Exclude<WindowState['at'], 'open' | 'held' | 'closing'>;

interface Connection {
  readonly wire: Wire;
  readonly timers: Set<NodeJS.Timeout>;
}

/** A window and what its effects need. */
interface Shell {
  readonly setting: WindowSetting;
  readonly server: Server;
  readonly connections: Map<number, Connection>;
  readonly timers: Set<NodeJS.Timeout>;
  readonly queue: WindowInput[];
  readonly finish: (end: WindowEnd) => void;
  readonly fail: (error: unknown) => void;
  seeking: Seeking | null;
  /** Ends the wait in a lobby. */
  unwait: () => void;
  state: WindowState;
  kept: Kept;
  isBusy: boolean;
  lastRun: number;
}

/** A window from its first code to its end; where the code is burnt, that is the end. */
export async function runWindow(setting: WindowSetting): Promise<WindowEnd> {
  const { tell, signal } = setting;
  const { server, address } = await listen(setting.listen);
  tell({ what: 'listening', host: address.address, port: address.port });
  return new Promise((resolve, reject) => {
    const abort = (): void => input(shell, { kind: 'cancel' });
    const settle = (act: () => void): void => {
      signal.removeEventListener('abort', abort);
      void close(shell).then(act);
    };
    const opened = openWindow(selfOf(setting), setting.host.random(CODE_RANDOM_BYTES));
    const shell: Shell = {
      ...{ setting, server, connections: new Map(), timers: new Set(), queue: [] },
      ...{ state: opened.state, kept: setting.kept, isBusy: false, lastRun: 0 },
      seeking: null,
      unwait: () => undefined,
      finish: (end) => settle(() => resolve(end)),
      fail: (error) => settle(() => reject(error)),
    };
    signal.addEventListener('abort', abort, { once: true });
    for (const out of opened.out) perform(shell, out);
    server
      .on('connection', (socket) => connect(shell, socket, sourceOf(socket)))
      .on('error', shell.fail);
    shell.unwait = waitInLobby(shell);
    shell.seeking = seekMeanwhile(shell);
    setImmediate(setting.desk.prepare);
    if (signal.aborted) abort();
    // Burnt before it began: a person has to press a key first.
    else if (isOver(shell.state)) input(shell, { kind: 'timer', gen: -1 });
  });
}

function selfOf({ key, name, introduction, kept, network }: WindowSetting): WindowSelf {
  const { used, pledges } = kept;
  return { key, name, introduction, used, pledges, network: kept.network ?? network };
}

/** One input after the other: what a step asks for may answer at once. */
function input(shell: Shell, next: WindowInput): void {
  const { queue } = shell;
  queue.push(next);
  if (shell.isBusy) return;
  shell.isBusy = true;
  try {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      const step = stepWindow(pairingPlatform, shell.state, one);
      shell.state = step.state;
      for (const out of step.out) perform(shell, out);
    }
  } catch (error) {
    shell.fail(error);
  } finally {
    shell.isBusy = false;
  }
  if (isOver(shell.state)) shell.finish(shell.state.at as WindowEnd);
}

function toRun(shell: Shell, run: number, its: NewcomerInput): void {
  input(shell, { kind: 'run', run, input: its });
}

function perform(shell: Shell, out: WindowOut): void {
  const { connections, setting } = shell;
  switch (out.kind) {
    case 'send':
      return connections.get(out.run)?.wire.send(out.frame);
    case 'close':
      return forget(shell, out.run);
    case 'arm':
      return arm(shell, out);
    case 'store':
      shell.kept = keeping(shell.kept, out.what);
      // Before the pledge: who promised knows whom to ask.
      if (out.what.kind === 'pledge') {
        keepReachable(setting.host, setting.folder, out.what.pledge.members);
      }
      writeKept(setting.host, setting.folder, shell.kept);
      if (out.run !== null) toRun(shell, out.run, { kind: 'stored' });
      return;
    case 'ask': {
      const { run } = out;
      answer(shell, out).then((its) => toRun(shell, run, its), shell.fail);
      return;
    }
    case 'tell':
      return setting.tell(out.tell.what === 'code' ? shown(out.tell, setting) : out.tell);
  }
}

async function answer(
  { seeking, setting }: Shell,
  { run, ask }: Extract<WindowOut, { kind: 'ask' }>,
): Promise<NewcomerInput> {
  // Two must not write the ledger of this folder.
  if (ask.what === 'verify') await seeking?.pause();
  return setting.desk.answer(run, ask);
}

function keeping(kept: Kept, what: Stored): Kept {
  if (what.kind === 'attempts') return { ...kept, used: what.used };
  const { network, admitter, ceremony } = what.pledge;
  const pledges = [...kept.pledges, { admitter, ceremony }].slice(-PLEDGES_MAX);
  return { ...kept, network, pledges };
}

function shown(
  { prs, left }: Extract<WindowNews, { what: 'code' }>,
  { openMsMax }: WindowSetting,
): WindowEvent {
  return { what: 'shown', code: showCode(prs), left, forMs: Math.min(WINDOW_MS, openMsMax) };
}

function arm(shell: Shell, out: Extract<WindowOut, { kind: 'arm' }>): void {
  const { run, timer, gen, afterMs } = out;
  if (run === null || timer === 'expire') {
    const ms = Math.min(afterMs, shell.setting.openMsMax);
    shell.timers.add(setTimeout(() => input(shell, { kind: 'timer', gen }), ms));
    return;
  }
  const own = shell.connections.get(run)?.timers;
  own?.add(setTimeout(() => toRun(shell, run, { kind: 'timer', timer, gen }), afterMs));
}

/** While nobody has the slot: who has it may be bringing that very record. */
function seekMeanwhile(shell: Shell): Seeking {
  const { host, folder, seek } = shell.setting;
  const isFree = (): boolean => shell.state.at === 'open';
  return startSeeking({
    firstMs: SYNC_EVERY_MS,
    pledged() {
      // Not from the disk: a daemon beside this forgets the promise once it has found the record.
      const { network } = shell.kept;
      return network !== null && isFree() ? { network, doors: doorsIn(host, folder) } : null;
    },
    async ask(pledged, signal) {
      if ((await seek(pledged, signal)) && isFree()) input(shell, { kind: 'found' });
    },
    // The code on the screen is as good as before, and the next round may do better.
    failed: () => undefined,
  });
}

/** Whoever comes by the lobby is a connection like another; the lobby's word says who. */
function waitInLobby(shell: Shell): () => void {
  const { via, identity, name, introduction, tell } = shell.setting;
  if (via === null || isOver(shell.state)) return () => undefined;
  const lobby = textOfAddress(via);
  return waitIn({
    ...{ identity, place: via, tell },
    announcement: { name, role: introduction.role },
    take: (stream, by) => connect(shell, stream, `${by} by the lobby ${lobby}`),
  });
}

function connect(shell: Shell, stream: Duplex, source: string): void {
  const run = ++shell.lastRun;
  if (stream instanceof Socket) stream.setNoDelay(true);
  const wire = wireOver(stream, {
    sizeMax: () => newcomerBytesMax(runIn(shell.state, run)?.state ?? NO_RUN),
    message: (bytes) => toRun(shell, run, { kind: 'message', bytes }),
    misfit: () => toRun(shell, run, { kind: 'end', code: 'malformed' }),
    gone: () => toRun(shell, run, { kind: 'closed' }),
  });
  shell.connections.set(run, { wire, timers: new Set() });
  const random = shell.setting.host.random(NEWCOMER_RANDOM_BYTES);
  input(shell, { kind: 'connect', run, source, random });
}

const NO_RUN = { at: 'failed', code: null } as const;

function forget({ connections }: Shell, run: number): void {
  const connection = connections.get(run);
  if (connection === undefined) return;
  for (const timer of connection.timers) clearTimeout(timer);
  connection.wire.close();
  void connection.wire.closed.then(() => connections.delete(run));
}

async function close(shell: Shell): Promise<void> {
  const { server, timers, connections, setting } = shell;
  server.close();
  shell.unwait();
  // Not before the end of the turn: a round may be what ends the window.
  const sought = shell.seeking?.stop();
  for (const timer of timers) clearTimeout(timer);
  for (const run of connections.keys()) forget(shell, run);
  await Promise.all([sought, ...[...connections.values()].map(({ wire }) => wire.closed)]);
  setting.desk.close();
}

/** A burnt code ends this window: its process goes, and with it the last copy of the code. */
function isOver({ at }: WindowState): boolean {
  return at === 'burnt' || isDead('window', at);
}

function runIn(state: WindowState, id: number): Run | undefined {
  if ('runs' in state) return state.runs.find((run) => run.id === id);
  return 'holder' in state && state.holder.id === id ? state.holder : undefined;
}

function sourceOf({ remoteAddress = '?' }: Socket): string {
  return remoteAddress.replace(/^::ffff:/, '');
}

async function listen(
  wanted: WindowSetting['listen'],
): Promise<{ server: Server; address: AddressInfo }> {
  if (wanted !== null) return listenAt(wanted);
  let fault: unknown;
  // Where there is no IPv6, at all addresses of the other family.
  for (const port of [WINDOW_PORT, 0]) {
    for (const host of ['::', '0.0.0.0']) {
      try {
        return await listenAt({ host, port });
      } catch (error) {
        fault ??= error;
      }
    }
  }
  throw fault;
}

function listenAt(where: Address): Promise<{ server: Server; address: AddressInfo }> {
  const server = createServer();
  server.maxConnections = WINDOW_SOCKETS_MAX;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve({ server, address: server.address() as AddressInfo });
    });
  });
}
