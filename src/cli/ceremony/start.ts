// Starts the process of a ceremony and waits for its end. What is secret goes through a pipe, never
// in its words or its environment; what it prints goes where this process prints.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ASK_FD, askerFd } from '../asker.ts';
import type { Call } from '../command.ts';
import { EXITS, EXITS_OF_ALL, type Exit } from '../exit.ts';
import { optionsOf } from '../args.ts';
import { stop } from '../sentences.ts';

export interface Start {
  readonly call: Call;
  readonly json: boolean;
  /** Arguments that the process is not to see among its words. */
  readonly without?: readonly string[];
  /** Its standard input: nothing, ours, or this text. */
  readonly input: 'none' | 'ours' | { readonly text: string };
  /** The first thing that it is told. */
  readonly begin: Readonly<Record<string, boolean>>;
}

export interface Ended {
  readonly exit: Exit;
  /** The last thing that it said. */
  readonly said: unknown;
}

export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export async function runCeremony(start: Start): Promise<Ended> {
  const { input } = start;
  const script = fileURLToPath(new URL('./child.js', import.meta.url));
  const stdin = input === 'none' ? 'ignore' : input === 'ours' ? 'inherit' : 'pipe';
  const asker = askerFd();
  const child = spawn(process.execPath, [script, ...wordsOf(start)], {
    // Before the channel of the two processes, which takes the number after the last.
    stdio: [stdin, 'inherit', 'inherit', asker ?? 'ignore', 'ipc'],
    env: { ...process.env, ...(asker === null ? {} : { [ASK_FD]: '3' }) },
  });
  if (typeof input === 'object') child.stdin?.on('error', () => undefined).end(`${input.text}\n`);
  let said: unknown = null;
  child.on('message', (message) => (said = message));
  // At a terminal it has been told already; twice does no harm.
  const passed = new Set<NodeJS.Signals | null>();
  const pass = (signal: NodeJS.Signals): void => {
    passed.add(signal);
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  try {
    child.send(start.begin);
    const { code, signal } = await ended(child);
    // The second one may reach it when it has said its last word and listens no more.
    if (code === null && passed.has(signal)) return { exit: 'interrupted', said };
    if (code === null) return stop('ceremony-died', String(signal));
    return { exit: exitOf(start.call, code), said };
  } finally {
    for (const signal of SIGNALS) process.off(signal, pass);
  }
}

function ended(
  child: ChildProcess,
): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

function exitOf({ command }: Call, code: number): Exit {
  const known = [...(command.exits ?? []), ...EXITS_OF_ALL];
  return known.find((exit) => EXITS[exit].code === code) ?? 'bug';
}

/** The words of a call, written anew: every option as --name=value, arguments after a `--`. */
function wordsOf({ call, json, without = [] }: Start): string[] {
  const { command, folder } = call;
  const options = optionsOf(command).filter(({ name }) => name !== 'dir' && name !== 'json');
  const given = options.flatMap(({ name, value }) =>
    call.values(name).map((its) => (value === undefined ? `--${name}` : `--${name}=${its}`)),
  );
  const rest = (command.arguments ?? [])
    .filter(({ name }) => !without.includes(name))
    .flatMap(({ name }) => call.values(name));
  const all = [`--dir=${folder}`, ...(json ? ['--json'] : [])];
  return [...command.path, ...given, ...all, '--', ...rest];
}

/** In the process of the ceremony: what it is told first. */
export function begun(): Promise<Record<string, boolean>> {
  process.channel?.ref();
  return new Promise((resolve) => {
    process.once('message', (message) => {
      process.channel?.unref();
      resolve(message as Record<string, boolean>);
    });
  });
}

/** In the process of the ceremony: aborted when this process is to end. */
export function endingSignal(): AbortSignal {
  const ending = new AbortController();
  for (const signal of SIGNALS) process.on(signal, () => ending.abort());
  return ending.signal;
}
