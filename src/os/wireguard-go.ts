// wireguard-go, where the kernel has no WireGuard: started in the foreground by us, watched, and
// started again when it dies. Its control socket is tested before it is trusted, since a daemon
// that crashed leaves its file behind; one that outlived us is taken over as it is, sessions and
// all. Spec: docs/mesh.md, "Backends".

import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from './clock.ts';
import { isInterface } from './interfaces.ts';
import {
  WGGO_AGAIN_MS,
  WGGO_AGAIN_MS_MAX,
  WGGO_ANSWER_MS,
  WGGO_END_MS,
  WGGO_POLL_MS,
  WGGO_START_MS,
  WGGO_STEADY_MS,
  TOOL_SAID_CHARS_MAX,
} from './limits.ts';
import { findTool, runTool, ToolFault } from './tools.ts';

/** Where `wg` looks for control sockets. */
export const SOCKETS = '/var/run/wireguard';
/** A write of nothing: it is answered, and unlike a read the answer holds no key. */
const PROBE = 'set=1\n\n';
const PROBE_ANSWER = 'errno=0\n\n';

export interface WireguardGo {
  /** It was running already. */
  readonly adopted: boolean;
  /** It hangs: it is ended, which starts it again. */
  hung(): void;
  /** Ends it, and takes its interface away. */
  close(): Promise<void>;
}

export interface WireguardGoParts {
  readonly name: string;
  /** It died; it is being started again. */
  readonly lost: (why: string) => void;
  /** It runs again, and its interface is a new one. */
  readonly again: () => void;
}

interface Supervised extends WireguardGoParts {
  readonly adopted: boolean;
  /** Null where it was taken over. */
  child: ChildProcess | null;
  /** Idle; its end is the end of the daemon. */
  line: net.Socket;
  said: string;
  sinceMs: number;
  waitMs: number;
  isClosed: boolean;
  restart: Promise<void> | null;
}

/** Throws a ToolFault where it does not come up. */
export async function startWireguardGo(parts: WireguardGoParts): Promise<WireguardGo> {
  const line = await probe(parts.name);
  const adopted = line !== null;
  const first = line === null ? await launch(parts.name) : { line, child: null };
  const own: Supervised = {
    ...{ ...parts, ...first, adopted, said: '', sinceMs: monotonicMs() },
    ...{ waitMs: WGGO_AGAIN_MS, isClosed: false, restart: null },
  };
  watch(own);
  const hung = (): void => processesOf(own.name).forEach(endProcess);
  return { adopted, hung, close: async () => close(own) };
}

/** The file of its control socket: `wg` finds it by the same name. */
function socketOf(name: string): string {
  return path.join(SOCKETS, `${name}.sock`);
}

/** An idle connection to a daemon that answers, or null where none does. */
export function probe(name: string): Promise<net.Socket | null> {
  return new Promise((resolve) => {
    const socket = net.connect(socketOf(name));
    const timer = setTimeout(() => socket.destroy(), WGGO_ANSWER_MS);
    let heard = '';
    socket.on('connect', () => socket.write(PROBE));
    socket.on('data', (bytes: Buffer) => {
      heard += bytes.toString('latin1');
      if (!heard.endsWith('\n\n')) return;
      clearTimeout(timer);
      socket.removeAllListeners();
      // A connection may break at any time: `close` tells.
      socket.on('error', () => undefined);
      if (heard === PROBE_ANSWER) return resolve(socket);
      socket.destroy();
      resolve(null);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(null);
    });
  });
}

async function launch(name: string): Promise<Pick<Supervised, 'child' | 'line'>> {
  await sweep(name);
  const argv = ['wireguard-go', '-f', name];
  const file = findTool('wireguard-go');
  if (file === null) throw new ToolFault(argv, 'it is not installed');
  let said = '';
  let ended: string | null = null;
  // A process group of its own: it outlives a Ctrl-C for us until its interface is gone.
  const child = spawn(file, argv.slice(1), {
    env: { PATH: process.env['PATH'], LC_ALL: 'C', LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const hear = (chunk: Buffer): void => {
    if (said.length < TOOL_SAID_CHARS_MAX) said += chunk.toString('utf8');
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  child.on('error', (error) => (ended = error.message));
  child.on('exit', (code, signal) => (ended ??= `it ended with ${code ?? signal}`));
  for (const untilMs = monotonicMs() + WGGO_START_MS; monotonicMs() < untilMs; ) {
    if (ended !== null) throw new ToolFault(argv, [ended, lastLineOf(said)].join(': '));
    const line = fs.existsSync(socketOf(name)) ? await probe(name) : null;
    if (line !== null) return { child, line };
    await pause(WGGO_POLL_MS);
  }
  child.kill('SIGKILL');
  throw new ToolFault(argv, `it did not answer within ${WGGO_START_MS} ms`);
}

/** Its last words: before them it prints a banner. */
function lastLineOf(said: string): string {
  return said.trim().split('\n').at(-1)?.trim() ?? '';
}

/** What a daemon that is not to be trusted left behind: its process, its interface, its socket. */
async function sweep(name: string): Promise<void> {
  for (const pid of processesOf(name)) endProcess(pid);
  if (isInterface(name)) await runTool(['ip', 'link', 'delete', 'dev', name]);
  fs.rmSync(socketOf(name), { force: true });
}

/** Those that run wireguard-go for exactly this interface. */
function processesOf(name: string): number[] {
  return fs
    .readdirSync('/proc')
    .filter((entry) => /^[0-9]+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        const words = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
        return path.basename(words[0] ?? '') === 'wireguard-go' && words.at(-1) === name;
      } catch {
        // It has ended.
        return false;
      }
    });
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended, or belongs to somebody else: then making the interface will say so.
  }
}

function watch(own: Supervised): void {
  own.sinceMs = monotonicMs();
  own.line.on('close', () => {
    if (own.isClosed) return;
    if (monotonicMs() - own.sinceMs > WGGO_STEADY_MS) own.waitMs = WGGO_AGAIN_MS;
    own.lost('wireguard-go has ended');
    own.restart = startAgain(own);
  });
  own.line.resume();
}

async function startAgain(own: Supervised): Promise<void> {
  while (!own.isClosed) {
    await pause(own.waitMs);
    own.waitMs = Math.min(own.waitMs * 2, WGGO_AGAIN_MS_MAX);
    if (own.isClosed) return;
    try {
      Object.assign(own, await launch(own.name));
    } catch (error) {
      // Also where there is no memory or no file for it: this goes on, and nobody hears a throw.
      own.lost((error as Error).message);
      continue;
    }
    if (own.isClosed) return;
    own.restart = null;
    watch(own);
    own.again();
    return;
  }
}

async function close(own: Supervised): Promise<void> {
  own.isClosed = true;
  await own.restart;
  const { child, line, name } = own;
  const gone = new Promise<void>((resolve) => {
    if (line.destroyed) resolve();
    line.once('close', () => resolve());
  });
  // It ends by itself once its interface is gone, and takes its socket with it.
  await runTool(['ip', 'link', 'delete', 'dev', name]);
  await Promise.race([gone, pause(WGGO_END_MS, undefined, { ref: false })]);
  line.destroy();
  child?.kill('SIGKILL');
  await sweep(name);
}
