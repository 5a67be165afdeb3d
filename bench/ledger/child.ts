// The other end of processes.ts: waits for its task, does it, sends the result and ends.

import type { Message, Task } from './processes.ts';
import { PROBES } from './probes.ts';
import { ROWS } from './rows.ts';

process.once('message', (task: Task) => {
  perform(task).then(
    (result) => send({ kind: 'done', result }, () => process.exit(0)),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});

async function perform({ name, bench }: Task): Promise<unknown> {
  const full = { ...bench, say: (line: string) => send({ kind: 'say', line }) };
  const row = ROWS.get(name);
  if (row !== undefined) return await row.run(full);
  const probe = PROBES.get(name);
  if (probe === undefined) throw new Error(`no row and no probe is called ${name}`);
  return await probe(full);
}

function send(message: Message, sent?: () => void): void {
  process.send?.(message, undefined, {}, sent);
}
