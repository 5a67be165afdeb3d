// A process of kith that stays, as a test sees it: the JSON lines that it prints, as they come, and
// how it ended.

import type { ChildProcess } from 'node:child_process';
import { askDaemon } from '../../src/daemon/client.ts';
import type { Ran } from './machine.ts';

export type Event = Readonly<Record<string, unknown>> & { readonly event: string };

export interface Daemon {
  readonly events: readonly Event[];
  /** The first event of this name that fits, which has happened or will. */
  until(name: string, fits?: (event: Event) => boolean): Promise<Event>;
  write(text: string): void;
  readonly ended: Promise<Ran>;
  /** As `kith down` does it. */
  stop(): Promise<void>;
  /** At once; what it has started stays. */
  kill(): Promise<void>;
}

const EVENT_LIMIT_MS = 180_000;

export function daemonOf(
  name: string,
  child: ChildProcess,
  folder: string,
  keep: (text: string) => void,
): Daemon {
  const events: Event[] = [];
  const looking = new Set<() => void>();
  let [out, err, rest] = ['', '', ''];
  child.stdin?.on('error', () => undefined);
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    keep(text);
    out += text;
    const lines = (rest + text).split('\n');
    rest = lines.pop() as string;
    events.push(...lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)));
    for (const look of looking) look();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    keep(text);
    err += text;
  });
  let isOver = false;
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      isOver = true;
      resolve({ code, out, err });
      for (const look of looking) look();
    });
  });
  return {
    ...{ events, ended },
    until: (wanted, fits = () => true) =>
      new Promise((resolve, reject) => {
        const settle = (act: () => void): void => {
          looking.delete(look);
          clearTimeout(limit);
          act();
        };
        const fail = (why: string): void =>
          settle(() =>
            reject(new Error(`${name}: no ${wanted}: ${why}: ${(out + err).slice(-4_000)}`)),
          );
        const look = (): void => {
          const found = events.find((event) => event.event === wanted && fits(event));
          if (found !== undefined) settle(() => resolve(found));
          else if (isOver) fail('it ended');
        };
        const limit = setTimeout(() => fail('it took too long'), EVENT_LIMIT_MS);
        looking.add(look);
        look();
      }),
    write: (text) => void child.stdin?.write(text),
    async stop() {
      await askDaemon(folder, 'stop', undefined);
      await ended;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
