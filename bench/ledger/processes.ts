// A process of its own for each row, and for each part of a row whose memory or first touch counts:
// what ran before it must not warm or burden it.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BenchShape } from './bench.ts';

export interface Task {
  /** Of rows.ts, or of probes.ts for a part of a row. */
  readonly kind: 'row' | 'probe';
  readonly name: string;
  readonly bench: BenchShape;
  /** For a probe that does one of several things. */
  readonly args?: readonly string[];
}

export type Message =
  | { readonly kind: 'say'; readonly line: string }
  | { readonly kind: 'done'; readonly result: unknown };

/** Runs a task in a fresh process with gc() at hand, and answers what it sent as its result. */
export function inFreshProcess(task: Task, say: (line: string) => void): Promise<unknown> {
  const script = fileURLToPath(new URL('./child.js', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = fork(script, [], { execArgv: ['--expose-gc'], stdio: ['ignore', 2, 2, 'ipc'] });
    let done: { result: unknown } | null = null;
    child.on('message', (message: Message) => {
      if (message.kind === 'say') say(message.line);
      else done = message;
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (done !== null) resolve(done.result);
      else reject(new Error(`${task.name} ended with ${code ?? signal}`));
    });
    child.send(task);
  });
}
