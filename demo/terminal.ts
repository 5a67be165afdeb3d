// A terminal on a host: one command line in it, just as it is typed, with what it prints and what
// is typed where it asks. It is a real terminal, so that kith shows and asks what it would of a
// person.

import type { Host } from '../test/lab/host.ts';
import { screenOf } from './screen.ts';

export interface Answer {
  /** The question, at the end of the screen. */
  readonly asks: RegExp;
  readonly say: string;
}

export interface TerminalOptions {
  /** In the order in which they are asked for. */
  readonly answers?: readonly Answer[];
  /** Each line as it is finished. */
  readonly onLine?: (line: string) => void;
}

export interface Terminal {
  readonly host: Host;
  readonly line: string;
  screen(): readonly string[];
  /** The screen, once it has this on a line. */
  until(pattern: RegExp): Promise<readonly string[]>;
  /** How it ended, and its screen then. */
  readonly ended: Promise<Ended>;
}

export interface Ended {
  readonly code: number | null;
  readonly screen: readonly string[];
}

export const COLUMNS = 100;
const ROWS = 50;
const PATIENCE_MS = 120_000;
/** A terminal that hides what is typed is told so just after it was asked. */
const BEFORE_TYPING_MS = 80;

export function openTerminal(
  host: Host,
  line: string,
  { answers = [], onLine = () => undefined }: TerminalOptions = {},
): Terminal {
  const inside = `stty cols ${COLUMNS} rows ${ROWS}; cd; ${line}`;
  const child = host.machine.start(['script', '-qfec', inside, '/dev/null'], environmentOf(host));
  const left = [...answers];
  const looking = new Set<() => void>();
  let raw = '';
  let told = 0;
  let isOver = false;
  const screen = (): readonly string[] => screenOf(raw);
  const changed = (): void => {
    const lines = screen();
    for (; told < lines.length - 1; told++) onLine(lines[told] as string);
    for (const look of looking) look();
    const [next] = left;
    if (next === undefined || !next.asks.test(lines.at(-1) as string)) return;
    left.shift();
    setTimeout(() => child.stdin?.write(`${next.say}\n`), BEFORE_TYPING_MS);
  };
  child.stdin?.on('error', () => undefined);
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    raw += text;
    changed();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      isOver = true;
      for (const look of looking) look();
      resolve({ code, screen: screen() });
    });
  });
  const until = (pattern: RegExp): Promise<readonly string[]> =>
    new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        looking.delete(look);
        clearTimeout(limit);
        act();
      };
      const fail = (why: string): void =>
        settle(() => reject(new Error(`${host.name}$ ${line}: ${why}:\n${screen().join('\n')}`)));
      const look = (): void => {
        const lines = screen();
        if (lines.some((one) => pattern.test(one))) settle(() => resolve(lines));
        else if (isOver) fail(`it ended before it said ${String(pattern)}`);
      };
      const limit = setTimeout(() => fail(`no ${String(pattern)} came`), PATIENCE_MS);
      looking.add(look);
      look();
    });
  return { host, line, screen, until, ended };
}

/** Of everything that is typed on a host. */
export function environmentOf({ folder }: Host): Record<string, string> {
  const path = `${TOOLS}:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  const home = folder.slice(0, folder.lastIndexOf('/'));
  const plain = { NO_COLOR: '1', TERM: 'dumb', SHELL: '/bin/sh' };
  return { ...plain, PATH: path, HOME: home, KITH_DIR: folder };
}

/** Where `kith` lies, on each host. */
export const TOOLS = '/run/bin';
