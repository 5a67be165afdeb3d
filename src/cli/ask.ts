// A question to the person at the terminal, before something that cannot be taken back. Without a
// terminal nobody is asked: whoever runs a command from a script has decided.

import { createInterface } from 'node:readline/promises';
import { Stop } from './complaint.ts';
import { complaintOf } from './sentences.ts';

/** Goes on where the person says yes, or where there is nobody to ask. */
export async function confirmed(question: string): Promise<void> {
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
