// Real daemons for tests: `./kith up` as a process of its own, on loopback, with the events that it
// logs.

import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import type { DaemonEvent } from '../../src/daemon/events.ts';
import { type Ran, kith, start } from '../cli/ledgers.ts';

export interface Up {
  readonly dir: string;
  readonly child: ChildProcess;
  readonly events: readonly DaemonEvent[];
  readonly ended: Promise<Ran>;
  /** The first event of this sort that fits, which has happened or will. */
  until<Kind extends DaemonEvent['event']>(
    kind: Kind,
    fits?: (event: Extract<DaemonEvent, { event: Kind }>) => boolean,
  ): Promise<Extract<DaemonEvent, { event: Kind }>>;
}

const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** Where no outgoing connection is made from, so that it is free when a daemon is back. */
export const STEADY_PORT: string = String(20_000 + (process.pid % 10_000));

/** A daemon that has opened its ledger: at any port, unless the words say otherwise. */
export async function up(dir: string, words: readonly string[] = ['--port', '0']): Promise<Up> {
  const own = ['up', '--dir', dir, '--json', '--listen', '127.0.0.1', '--no-mesh'];
  const { child, ended } = start([...own, ...words]);
  running.add(child);
  void ended.then(() => running.delete(child));
  const events: DaemonEvent[] = [];
  const waiting = new Set<() => void>();
  let rest = '';
  child.stdout?.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() as string;
    events.push(...lines.map((line) => JSON.parse(line) as DaemonEvent));
    for (const look of waiting) look();
  });
  const daemon: Up = {
    ...{ dir, child, events, ended },
    until(kind, fits = () => true) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = events.find((event) => event.event === kind && fits(event as never));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found as never);
        };
        waiting.add(look);
        look();
        void ended.then(({ out, err }) => reject(new Error(`no ${kind}: ${out}${err}`)));
      });
    },
  };
  await daemon.until('running');
  return daemon;
}

/** A command that has to work: what it printed, as JSON. */
export async function done<Document = Record<string, unknown>>(
  ...words: string[]
): Promise<Document> {
  const ran = await kith([...words, '--json']);
  expect([words.join(' '), ran.code, ran.out.includes('"error"')]).toEqual([
    words.join(' '),
    0,
    false,
  ]);
  return JSON.parse(ran.out.trimEnd().split('\n').at(-1) as string) as Document;
}

/** A founded network in a folder, without a daemon. */
export async function founded(dir: string, node: string): Promise<string> {
  const names = ['--operator', 'anna', '--node', node, '--sheet', join(dir, 'sheet')];
  await done('init', 'home', '--dir', dir, '--no-passphrase', ...names);
  return dir;
}

export interface Shown {
  readonly ledger: string;
  readonly records: number;
  readonly stateRoot: string;
  readonly daemon: { readonly pid: number; readonly state: string; readonly url: string } | null;
}

export function status(dir: string): Promise<Shown> {
  return done<Shown>('status', '--dir', dir);
}
