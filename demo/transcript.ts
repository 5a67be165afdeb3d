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
  const prompt = (host: Host, line: string): void =>
    put(`${style.green(`${host.name}$`)} ${style.bold(line)}`);
  return {
    prompt,
    step: (number, name) => put(`\n${style.yellow(`[${number}] ${name}`)}`),
    say: (text) => put(`\n${wrapped(text, COLUMNS).join('\n')}\n`),
    show: (lines) => put(trimmed(lines).join('\n')),
    async type(host, line, { answers = [], code = 0 } = {}) {
      prompt(host, line);
      const ended = await openTerminal(host, line, { answers, onLine: put }).ended;
      if (ended.code === code) return ended;
      throw new Error(`${host.name}$ ${line}: it ended with ${ended.code}`);
    },
    async stay(host, line, pattern) {
      prompt(host, `${line} &`);
      let isShown = true;
      const onLine = (text: string): void => void (isShown && put(text));
      const terminal = openTerminal(host, line, { onLine });
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
