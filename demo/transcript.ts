// What the demonstration prints: steps with a sentence each, and commands as they are typed, behind
// the prompt of their host. Everything else that it knows goes to stderr.

import { type Style, styleFor } from '../src/cli/style.ts';
import { wrapped } from '../src/cli/table.ts';
import type { Host } from '../test/lab/host.ts';
import { type Answer, COLUMNS, type Ended, type Terminal, openTerminal } from './terminal.ts';

export interface TypeOptions {
  readonly answers?: readonly Answer[];
  /** How it is to end; 0 unless said. */
  readonly code?: number;
}

export interface Transcript {
  step(number: string, name: string): void;
  /** A sentence to the reader. */
  say(text: string): void;
  /** Lines of a terminal, as they stand there. */
  show(lines: readonly string[]): void;
  prompt(host: Host, line: string): void;
  /** Types a command and waits for its end. */
  type(host: Host, line: string, options?: TypeOptions): Promise<Ended>;
  /** Types a command that stays, until it has said this; what it says later is not shown. */
  stay(host: Host, line: string, pattern: RegExp): Promise<Terminal>;
}

export function transcriptOn(out: NodeJS.WriteStream): Transcript {
  const style: Style = styleFor(out, process.env);
  const put = (text: string): void => void out.write(`${text}\n`);
  // Of what stands behind a line nobody sees anything.
  const line = (text: string): void => put(text.trimEnd());
  const prompt = (host: Host, typed: string): void =>
    put(`${style.green(`${host.name}$`)} ${style.bold(typed)}`);
  return {
    prompt,
    step: (number, name) => put(`\n${style.yellow(`[${number}] ${name}`)}`),
    say: (text) => put(`\n${wrapped(text, COLUMNS).join('\n')}\n`),
    show: (lines) => trimmed(lines).forEach(line),
    async type(host, typed, { answers = [], code = 0 } = {}) {
      prompt(host, typed);
      const ended = await openTerminal(host, typed, { answers, onLine: line }).ended;
      if (ended.code === code) return ended;
      throw new Error(`${host.name}$ ${typed}: it ended with ${ended.code}`);
    },
    async stay(host, typed, pattern) {
      prompt(host, `${typed} &`);
      let isShown = true;
      const onLine = (text: string): void => void (isShown && line(text));
      const terminal = openTerminal(host, typed, { onLine });
      await terminal.until(pattern);
      isShown = false;
      return terminal;
    },
  };
}

/** Without empty lines at its ends. */
function trimmed(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => line !== '');
  return first < 0 ? [] : lines.slice(first, lines.findLastIndex((line) => line !== '') + 1);
}
