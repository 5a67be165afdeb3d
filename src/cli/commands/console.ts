// `kith console ID`: the console of a machine, wherever it runs. What it says comes out of its log,
// from what is kept on; what is typed goes to its host. Ctrl-] leaves, and the machine runs on.

import { toBase64url } from '../../../proto/bytes.ts';
import { askDaemon } from '../../daemon/client.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import type { Exit } from '../exit.ts';
import type { Printer } from '../print.ts';
import { stop } from '../sentences.ts';
import { followOutput, streamsOf } from '../work-output.ts';

/** Ctrl-], as telnet has it: no shell and no editor wants it. */
const LEAVE = 0x1d;
/** In one request: a paste goes in parts. */
const TYPED_BYTES_MAX = 2_048;

export async function run(call: Call, print: Printer): Promise<Exit> {
  if (print.json) {
    const say = '`kith logs ID -f --json` gives what it says, line by line';
    throw new Stop(wrongUse('a console has no --json', say));
  }
  const { work } = await askDaemon(call.folder, 'work', { id: call.needed('id') });
  const left = new AbortController();
  const { stdin } = process;
  if (stdin.isTTY) print.note('Ctrl-] leaves; the machine goes on');
  const typing = typeFrom(call.folder, work.id, left);
  try {
    const following = followOutput(
      call.folder,
      work.id,
      streamsOf(print),
      left.signal,
      left.signal,
    );
    // A word that does not get there ends it; so does the end of the machine.
    await Promise.race([following, typing]);
    return 'ok';
  } finally {
    left.abort();
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
  }
}

/**
 * Each key at once, in their order; ends when the person leaves, and fails where nobody listens.
 */
async function typeFrom(folder: string, id: string, left: AbortController): Promise<void> {
  const { stdin } = process;
  if (stdin.isTTY) stdin.setRawMode(true);
  for await (const chunk of stdin) {
    if (left.signal.aborted) return;
    const bytes = chunk as Uint8Array;
    const end = stdin.isTTY ? bytes.indexOf(LEAVE) : -1;
    const typed = end === -1 ? bytes : bytes.subarray(0, end);
    for (let at = 0; at < typed.length; at += TYPED_BYTES_MAX) {
      const part = toBase64url(typed.subarray(at, at + TYPED_BYTES_MAX));
      const { taken } = await askDaemon(folder, 'workType', { id, bytes: part });
      if (!taken) return stop('no-console');
    }
    if (end !== -1) return;
  }
  // A pipe has ended: what the machine says to it is still to come.
  await new Promise<void>((resolve) => {
    left.signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
