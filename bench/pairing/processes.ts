// Processes that a ceremony is made of, as a person would start them: their output by the line,
// their input by the text, and the moment at which each line came.

import { type ChildProcess, spawn } from 'node:child_process';

export interface Line {
  readonly text: string;
  readonly atMs: number;
}

export interface Running {
  /** The first line that fits, which has come or will; fails where the process ends without it. */
  until(fits: (text: string) => boolean): Promise<Line>;
  write(text: string): void;
  readonly ended: Promise<number | null>;
  stop(): Promise<void>;
}

/** Started and not ended yet: a benchmark that fails leaves nothing behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

export function run(program: string, words: readonly string[]): Running {
  const child = spawn(program, words, { stdio: 'pipe' });
  running.add(child);
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  let rest = '';
  let said = '';
  const take = (text: string): void => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() as string;
    lines.push(...parts.map((part) => ({ text: part, atMs: performance.now() })));
    for (const look of waiting) look();
  };
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    take(text);
  });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return {
    ended,
    until: (fits) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find(({ text }) => fits(text));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        void ended.then(() => reject(new Error(`${program} ${words[0]} has ended: ${said}`)));
      }),
    write: (text) => void child.stdin.write(text),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
