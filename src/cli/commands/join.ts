// `kith join`: starts the process that shows the code, and after a burnt code another one, when
// somebody presses a key. It never learns the code. With a ticket it needs no code.

import { answerTo, closeAsker, hasAsker } from '../asker.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { monotonicMs } from '../../os/clock.ts';
import type { Printer } from '../print.ts';
import { stop } from '../sentences.ts';
import { spanText } from '../../../proto/when.ts';
import { join as joinByTicket } from '../ceremony/ticket.ts';
import { runCeremony } from '../ceremony/start.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  if (call.value('ticket') !== undefined || call.value('ticket-file') !== undefined) {
    process.title = 'kith join';
    return joinByTicket(call, print);
  }
  let renewed = false;
  for (;;) {
    const { exit, said } = await runCeremony({
      ...{ call, json: print.json, input: 'none', begin: { renewed } },
    });
    if (exit !== 'burnt') return exit;
    const { leftMs = 0 } = (said ?? {}) as { leftMs?: number };
    const pressed = await keyPressed(leftMs, print);
    if (pressed === 'interrupted') return 'interrupted';
    if (pressed === 'nobody') return stop('code-burnt');
    renewed = true;
  }
}

type Pressed = 'key' | 'nobody' | 'interrupted';

const CTRL_C = 3;
const AHEAD_MS = 100;

/**
 * Any key at a terminal, any byte through a pipe; nobody, once the time is over or it is closed.
 */
async function keyPressed(withinMs: number, print: Printer): Promise<Pressed> {
  const { stdin } = process;
  if (hasAsker()) return keyAsked(withinMs);
  if (stdin.isTTY) print.note(`press a key for a new code, within ${spanText(withinMs)}`);
  return new Promise((resolve) => {
    const settle = (pressed: Pressed): void => {
      clearTimeout(timer);
      stdin.off('data', onData).off('end', onEnd).off('error', onEnd).pause();
      if (stdin.isTTY) stdin.setRawMode(false);
      // A pipe or a terminal that was read once keeps a process alive; a file does not.
      if ('unref' in stdin) stdin.unref();
      resolve(pressed);
    };
    const began = monotonicMs();
    const onData = (bytes: Uint8Array): void => {
      if (stdin.isTTY && bytes[0] === CTRL_C) return settle('interrupted');
      // Keys that were pressed before anybody asked for one.
      if (!stdin.isTTY || monotonicMs() - began > AHEAD_MS) settle('key');
    };
    const onEnd = (): void => settle('nobody');
    const timer = setTimeout(onEnd, withinMs);
    if (stdin.isTTY) stdin.setRawMode(true);
    if (stdin.readableEnded) return onEnd();
    stdin.on('data', onData).on('end', onEnd).on('error', onEnd).resume();
  });
}

/** The same of the program that asks; where it has said nothing in time, nobody. */
async function keyAsked(withinMs: number): Promise<Pressed> {
  const timer = setTimeout(closeAsker, withinMs);
  const seconds = Math.floor(withinMs / 1_000);
  const yes = await answerTo({ ask: 'key', question: 'press a key for a new code', seconds });
  clearTimeout(timer);
  return yes === true ? 'key' : 'nobody';
}
