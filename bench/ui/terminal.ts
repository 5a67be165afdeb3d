// A program at a terminal of its own, which `script` makes: what it draws and when, and keys for
// it.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { findTool } from '../../src/os/tools.ts';

export const COLUMNS = 160;
export const ROWS = 50;
/** After the last byte of a picture nothing more of it comes. */
const QUIET_MS = 60;
const PATIENCE_MS = 60_000;

export function terminalMissing(): string | null {
  return findTool('script') === null ? 'it lacks script' : null;
}

export interface At {
  /** Waits until it has drawn this since `mark`; when that was. */
  draws(pattern: RegExp, mark?: number): Promise<number>;
  /** Presses a key; milliseconds until the last byte of what it changes. */
  press(key: string): Promise<number>;
  /** How much it has drawn. */
  mark(): number;
  /** Processor time that it has taken so far, all threads. */
  cpuMs(): number;
  /** What it has told of its own processor time: `cpu USER,SYSTEM`, in microseconds. */
  toldCpuMs(): number;
  readonly beganMs: number;
  end(): Promise<void>;
}

/** `words` as of a shell, without quotes. */
export function atTerminal(words: readonly string[]): At {
  const line = `stty cols ${COLUMNS} rows ${ROWS}; echo pid $$.; exec ${words.join(' ')}`;
  const env = { ...process.env, LANG: 'C.UTF-8', TERM: 'xterm-256color', SHELL: '/bin/sh' };
  const child: ChildProcess = spawn('script', ['-qfec', line, '/dev/null'], {
    ...{ stdio: ['pipe', 'pipe', 'ignore'], env },
  });
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const at = { beganMs: performance.now(), drawnMs: 0, text: '' };
  child.stdout?.setEncoding('utf8').on('data', (more: string) => {
    at.drawnMs = performance.now();
    // From the shell's last word on: what came before was not the program's time.
    if (!at.text.includes('.') && (at.text + more).includes('.')) at.beganMs = at.drawnMs;
    at.text += more;
  });
  const until = async (isSo: () => boolean, what: string): Promise<void> => {
    const limit = performance.now() + PATIENCE_MS;
    while (!isSo()) {
      if (performance.now() > limit) throw new Error(`${words[1]} never drew ${what}`);
      await pause(1);
    }
  };
  return {
    async draws(pattern, mark = 0) {
      await until(() => pattern.test(at.text.slice(mark)), String(pattern));
      return at.drawnMs;
    },
    async press(key) {
      const mark = at.text.length;
      const pressedMs = performance.now();
      child.stdin?.write(key);
      await until(() => at.text.length > mark, `anything after ${JSON.stringify(key)}`);
      await until(() => performance.now() - at.drawnMs > QUIET_MS, 'less');
      return at.drawnMs - pressedMs;
    },
    mark: () => at.text.length,
    cpuMs: () => cpuOf(Number(/pid (\d+)/.exec(at.text)?.[1])),
    toldCpuMs() {
      const [, user, system] = /cpu (\d+),(\d+)/.exec(at.text) ?? [];
      return (Number(user) + Number(system)) / 1_000;
    },
    get beganMs() {
      return at.beganMs;
    },
    async end() {
      child.stdin?.end();
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function cpuOf(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const ns = tasks.map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
  );
  return ns.reduce((sum, one) => sum + one, 0) / 1e6;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
