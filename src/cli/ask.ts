// A question to the person at the terminal, or to the program that asks in its place, before
// something that cannot be taken back. Without either nobody is asked: whoever runs a command from
// a script has decided.

import { createInterface } from 'node:readline/promises';
import { answerTo, hasAsker } from './asker.ts';
import { Stop } from './complaint.ts';
import { complaintOf } from './sentences.ts';

/** Whether there is somebody whom `confirmed` would ask. */
export function canConfirm(): boolean {
  return hasAsker() || process.stdin.isTTY;
}

/**
 * Goes on where the person says yes, or where there is nobody to ask. `lines`: what was printed for
 * the person to read before.
 */
export async function confirmed(question: string, lines: readonly string[]): Promise<void> {
  if (hasAsker()) {
    if ((await answerTo({ ask: 'confirm', question, lines })) === true) return;
    throw new Stop(complaintOf('cancelled'));
  }
  if (!process.stdin.isTTY || !process.stderr.isTTY) return;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    terminal.close();
  }
  throw new Stop(complaintOf('cancelled'));
}
