// The other end of processes.ts: waits for its task, does it, sends the result and ends.

import type { Message, Task } from './processes.ts';
import { PROBES } from './probes.ts';
import { ROWS } from './rows.ts';

// A run that was stopped leaves no part of it behind.
process.once('disconnect', () => process.exit(1));

process.once('message', (task: Task) => {
  perform(task).then(
    (result) => send({ kind: 'done', result }, () => process.exit(0)),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});

async function perform({ kind, name, bench, args = [] }: Task): Promise<unknown> {
  const full = { ...bench, say: (line: string) => send({ kind: 'say', line }) };
  const run = kind === 'row' ? ROWS.get(name)?.run : PROBES.get(name);
  if (run === undefined) throw new Error(`no ${kind} is called ${name}`);
  return await run(full, args);
}

function send(message: Message, sent?: () => void): void {
  process.send?.(message, undefined, {}, sent);
}
