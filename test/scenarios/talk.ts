// A child of a test inside a machine of the laboratory, which talks in lines of JSON.

import type { Machine } from '../lab/machine.ts';
import { until } from '../lab/until.ts';

export interface Talk {
  readonly lines: readonly unknown[];
  /** Says a line, and waits for the next one. */
  ask(line: string): Promise<unknown>;
}

export async function talkTo(machine: Machine, argv: readonly string[]): Promise<Talk> {
  const child = machine.start(argv);
  const lines: unknown[] = [];
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const whole = (rest + text).split('\n');
    rest = whole.pop() ?? '';
    for (const line of whole) lines.push(JSON.parse(line));
  });
  await until('a child that runs', () => lines.includes('ready'));
  return {
    lines,
    async ask(line) {
      const count = lines.length;
      child.stdin?.write(`${line}\n`);
      await until('an answer', () => lines.length > count);
      return lines[count];
    },
  };
}
