// A real session at a real terminal: `kith ui` in tmux, keys in, the screen read back. Each has a
// server of its own, which ends with it.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const KITH = join(fileURLToPath(new URL('../..', import.meta.url)), 'kith');
/** On a machine that is busy with the other suites. */
const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 50;

export interface Session {
  /** Names of keys as tmux has them: F11, Enter, C-c; with `type`, letters as they are. */
  press(...keys: readonly string[]): void;
  type(text: string): void;
  screen(): string;
  /** The same with its colours, as a terminal is told them. */
  painted(): string;
  /** Waits until the screen shows this; fails with what it shows instead. */
  shows(what: string | RegExp): Promise<string>;
  resize(columns: number, rows: number): void;
  /** Whether the program has ended. */
  hasEnded(): boolean;
  close(): void;
}

export interface Opening {
  readonly words: readonly string[];
  /** What `words` are for; unless said, the kith of this clone. */
  readonly program?: readonly string[];
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

let opened = 0;

export function openSession({
  words,
  program = [KITH],
  columns = 80,
  rows = 24,
  env = {},
}: Opening): Session {
  const name = `kith-test-${process.pid}-${++opened}`;
  const tmux = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-L', name, '-f', '/dev/null', ...args], { encoding: 'utf8' });
  const settings = Object.entries({ LANG: 'C.UTF-8', ...env }).flatMap(([key, value]) => [
    '-e',
    `${key}=${value}`,
  ]);
  const size = ['-x', String(columns), '-y', String(rows)];
  tmux('new-session', '-d', '-s', 'ui', ...size, ...settings, ...program, ...words);
  tmux('set-option', '-g', 'remain-on-exit', 'on');
  const screen = (): string => tmux('capture-pane', '-p', '-t', 'ui');
  return {
    press: (...keys) => void tmux('send-keys', '-t', 'ui', ...keys),
    type: (text) => void tmux('send-keys', '-t', 'ui', '-l', text),
    screen,
    painted: () => tmux('capture-pane', '-e', '-p', '-t', 'ui'),
    async shows(what) {
      const until = performance.now() + PATIENCE_MS;
      for (;;) {
        const shown = screen();
        if (typeof what === 'string' ? shown.includes(what) : what.test(shown)) return shown;
        if (performance.now() > until) throw new Error(`no ${String(what)} in:\n${shown}`);
        await new Promise((wait) => void setTimeout(wait, LOOK_AGAIN_MS));
      }
    },
    resize: (toColumns, toRows) =>
      void tmux('resize-window', '-t', 'ui', '-x', String(toColumns), '-y', String(toRows)),
    hasEnded: () => tmux('display-message', '-p', '-t', 'ui', '#{pane_dead}').trim() === '1',
    close() {
      try {
        tmux('kill-server');
      } catch {
        // It has ended by itself.
      }
    },
  };
}
