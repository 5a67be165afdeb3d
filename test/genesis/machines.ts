// Machines for the tests of joining and admitting: data folders, the real ./kith in them, what its
// processes are, and a wire between two of them that counts messages.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { makeCode, showCode } from '../../pairing/code.ts';
import { type Ran, ROOT, kith, scratch } from '../cli/ledgers.ts';

export type Event = Readonly<Record<string, unknown>>;

const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

export interface Process {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<Ran>;
  /** The JSON lines that it has printed so far. */
  events(): Event[];
  /** The first one, now or later, of this name; fails where the process ends without it. */
  event(name: string, after?: number): Promise<Event>;
  write(text: string): void;
}

/** `./kith` with a standard input that stays open, and a group of its own. */
export function started(words: readonly string[]): Process {
  const env = { ...process.env, KITH_DIR: join(tmpdir(), 'kith-genesis-nowhere') };
  const child = spawn(join(ROOT, 'kith'), words, { cwd: tmpdir(), env, detached: true });
  running.add(child);
  let [out, err] = ['', ''];
  const listeners = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    for (const listener of listeners) listener();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<Ran>((resolve) => {
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve({ code, signal, out, err });
      for (const listener of listeners) listener();
    });
  });
  const events = (): Event[] =>
    out
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Event);
  return {
    child,
    pid: child.pid as number,
    ended,
    events,
    event: (name, after = 0) =>
      new Promise((found, fail) => {
        const look = (): void => {
          const event = events().filter((one) => one['event'] === name)[after];
          if (event !== undefined) settle(() => found(event));
          else if (!running.has(child)) settle(() => fail(new Error(`no ${name}: ${out}${err}`)));
        };
        const settle = (act: () => void): void => {
          listeners.delete(look);
          act();
        };
        listeners.add(look);
        look();
      }),
    write: (text) => void child.stdin.write(text),
  };
}

export interface NewMachine extends Process {
  readonly folder: string;
  readonly code: string;
  readonly address: string;
  readonly port: number;
}

/** A machine that shows a code. */
export async function joining(folder: string, ...words: string[]): Promise<NewMachine> {
  const process = started([
    ...['join', '--dir', folder, '--listen', '127.0.0.1:0', '--json'],
    ...words,
  ]);
  const { code, address } = (await process.event('window')) as Record<string, string>;
  const port = Number((address as string).split(':')[1]);
  return { ...process, folder, code: code as string, address: address as string, port };
}

/** A code that is not this one, with a check symbol that fits. */
export function wrongFor({ code }: { readonly code: string }): string {
  const wrong = showCode(makeCode(new Uint8Array(8)));
  return wrong === code ? showCode(makeCode(new Uint8Array(8).fill(1))) : wrong;
}

/** An operator who types `code` and agrees. */
export function admitting(
  dir: string,
  place: string | number,
  code: string,
  ...words: string[]
): Process {
  const address = typeof place === 'number' ? `127.0.0.1:${place}` : place;
  const process = started(['admit', address, '--yes', '--json', '--dir', dir, ...words]);
  process.write(`${code}\n`);
  return process;
}

export async function done(...words: string[]): Promise<string> {
  const ran = await kith(words);
  expect([words.join(' '), ran.code, ran.err]).toEqual([words.join(' '), 0, expect.anything()]);
  return ran.out;
}

/** A network whose operator anna sits at this folder. */
export async function founded(name: string): Promise<string> {
  const folder = join(scratch(name), 'attic');
  await done(
    ...['init', 'home', '--dir', folder, '--operator', 'anna', '--node', 'attic'],
    ...['--no-passphrase', '--sheet', join(folder, '..', 'sheet.txt')],
  );
  return folder;
}

/** What two folders have to agree on, and how often a key was admitted. */
export async function truthIn(folder: string): Promise<{ root: string; admissions: string[] }> {
  const state = JSON.parse(await done('ledger', 'state', '--dir', folder, '--json')) as {
    stateRoot: string;
  };
  const admissions = readFileSync(join(folder, 'nodes.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"kind":"node.admit"'))
    // Two copies may have them in another order.
    .toSorted();
  return { root: state.stateRoot, admissions };
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

/** The process of the ceremony, once there is one; the launcher has others before it. */
export async function ceremonyOf({ pid }: Process): Promise<number> {
  for (;;) {
    const found = childrenOf(pid).find((child) => wordsOf(child).includes('/child.js'));
    if (found !== undefined) return found;
    await new Promise((wait) => setTimeout(wait, 10));
  }
}

function wordsOf(pid: number | string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\u0000', ' ');
  } catch {
    return '';
  }
}

/** Every process whose words name a folder. */
export function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map((pid) => `${pid} ${wordsOf(pid)}`)
    .filter((line) => line.includes(folder));
}

export interface Relay {
  readonly port: number;
  close(): void;
}

export type Direction = 'to newcomer' | 'to admitter';

/**
 * A wire to a new machine. `on` hears of each message before it goes on, counted from 1 in each
 * direction; where it says false, this message and all after it are held back.
 */
export async function relayTo(
  port: number,
  on: (direction: Direction, number: number) => boolean,
): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    carry(near, far, 'to newcomer', on);
    carry(far, near, 'to admitter', on);
  });
  await new Promise<void>((open) => server.listen(0, '127.0.0.1', open));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function carry(
  from: Socket,
  to: Socket,
  direction: Direction,
  on: (direction: Direction, number: number) => boolean,
): void {
  let bytes = Buffer.alloc(0);
  let number = 0;
  let isHeld = false;
  from.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (!isHeld && bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32BE(0)) {
      const end = 4 + bytes.readUInt32BE(0);
      number++;
      isHeld = !on(direction, number);
      if (!isHeld) to.write(bytes.subarray(0, end));
      bytes = bytes.subarray(end);
    }
  });
  from.on('close', () => to.destroy());
}
