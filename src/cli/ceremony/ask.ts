// What a person types at a ceremony: a line at the terminal, seen as it is typed, or the one line
// of a pipe; or what the program says that asks in the person's place. It is read in the process of
// the ceremony, so that no other one of this command knows the code.

import { textOf } from '../../../proto/bytes.ts';
import { openTerminal } from '../../keys/terminal.ts';
import { answerTo, hasAsker } from '../asker.ts';
import { SIGNALS } from './start.ts';

/** More than a code with every separator that somebody might type; the rest is no code. */
const LINE_BYTES_MAX = 256;

/** The line that the person types; null where there is nobody, or no line. */
export async function askLine(question: string): Promise<string | null> {
  if (hasAsker()) return answerTo({ ask: 'line', question });
  return askAtTerminal(question);
}

/** Whether the person says yes. */
export async function agreed(question: string): Promise<boolean> {
  if (hasAsker()) return (await answerTo({ ask: 'confirm', question, lines: [] })) === true;
  const typed = await askAtTerminal(`${question} [y/N] `);
  return typed !== null && /^y(es)?$/i.test(typed);
}

async function askAtTerminal(question: string): Promise<string | null> {
  const terminal = openTerminal();
  if (terminal === null) return null;
  // Whoever ends this command is not kept waiting for an answer.
  const giveUp = (): void => terminal.close();
  for (const signal of SIGNALS) process.on(signal, giveUp);
  try {
    const line = await terminal.askShown(question);
    const text = line === null ? null : textOf(line)?.trim();
    return text === undefined || text === '' ? null : text;
  } finally {
    for (const signal of SIGNALS) process.off(signal, giveUp);
    terminal.close();
  }
}

/** The first line of standard input; null where there is none. */
export async function lineOfInput(): Promise<string | null> {
  try {
    return await firstLine(process.stdin);
  } finally {
    process.stdin.destroy();
  }
}

function firstLine(input: NodeJS.ReadableStream): Promise<string | null> {
  let bytes = Buffer.alloc(0);
  return new Promise((resolve) => {
    const settle = (): void => {
      input.removeAllListeners('data').removeAllListeners('end').removeAllListeners('error');
      const line = bytes.toString('utf8').split('\n', 1).join('').trim();
      bytes.fill(0);
      resolve(line === '' ? null : line);
    };
    input.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.includes(0x0a) || bytes.length > LINE_BYTES_MAX) settle();
    });
    input.on('end', settle).on('error', settle);
  });
}
