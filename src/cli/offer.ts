// The offer to install what a mesh needs, at `npm start`: asked at a terminal, as root, on a system
// whose packages are known for sure; anywhere else it says what it would run. Nothing is ever
// installed without a yes, and the ledger works without any of it.

import { spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline/promises';
import { installText, installWords, type Part, type System } from '../doctor/packages.ts';
import { answerTo, hasAsker } from './asker.ts';
import type { Printer } from './print.ts';

export interface Terminal {
  readonly isRoot: boolean;
  /** The answer, or null where there is nobody to ask. */
  ask(question: string): Promise<string | null>;
  /** Runs the command before the person's eyes; whether it ended well. */
  install(words: readonly string[]): boolean;
}

export async function offerInstall(
  missing: readonly Part[],
  system: System,
  print: Pick<Printer, 'note'>,
  terminal: Terminal = realTerminal,
): Promise<void> {
  if (missing.length === 0) return;
  print.note(`For the mesh this machine lacks ${missing.join(', ')}.`);
  const words = installWords(missing, system);
  if (words === null || system.family !== 'debian' || !terminal.isRoot) {
    print.note(`To have it: ${installText(missing, system)}. The ledger works without.`);
    return;
  }
  const answer = await terminal.ask(`Run \`${words.join(' ')}\` now?`);
  if (answer === null || !/^y(es)?$/i.test(answer.trim())) {
    print.note(`Not installed. To have it: ${installText(missing, system)}.`);
    return;
  }
  // A system that was never updated knows no packages.
  const done =
    terminal.install(words) || (terminal.install(['apt-get', 'update']) && terminal.install(words));
  print.note(
    done ? 'Installed.' : 'It could not be installed: see above. The ledger works without.',
  );
}

const realTerminal: Terminal = {
  isRoot: process.geteuid?.() === 0,
  async ask(question) {
    if (hasAsker()) {
      const yes = await answerTo({ ask: 'confirm', question, lines: [] });
      return yes === true ? 'yes' : 'no';
    }
    if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await terminal.question(`${question} [y/N] `);
    } finally {
      terminal.close();
    }
  },
  install([tool = '', ...words]) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    // Its words go to stderr: what kith prints on stdout is the result of a command.
    return spawnSync(tool, words, { stdio: ['inherit', 2, 2], env }).status === 0;
  },
};
