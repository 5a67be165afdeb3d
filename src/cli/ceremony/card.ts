// The card of a new machine: the code, where the machine can be reached, how long it lasts, who it
// is, and who tried. Lines of text, from facts alone.

import { letters, lettersWidth } from '../../../proto/letters.ts';
import { clockText } from '../../../proto/when.ts';
import type { Style } from '../style.ts';
import { columnsOf } from '../table.ts';

export interface CardFacts {
  /** Null once it is of no use to anybody. */
  readonly code: string | null;
  readonly addresses: readonly string[];
  /** How it is about the lobby, where it waits in one. */
  readonly lobby: string | null;
  readonly left: number;
  readonly secondsLeft: number;
  readonly name: string;
  readonly fingerprint: string;
  /** What goes on just now, in a sentence. */
  readonly now: string;
  /** Who tried and failed, the last of them last: time, source and why. */
  readonly failures: readonly string[];
}

const FAILURES_SHOWN = 5;
const INDENT = 2;

export function cardLines(facts: CardFacts, style: Style, columns: number): string[] {
  const { code, addresses, lobby, left, secondsLeft, name, fingerprint, now, failures } = facts;
  const rows = [
    [addresses.length > 1 ? 'addresses' : 'address', addresses.join('  ')],
    ...(lobby === null ? [] : [['lobby', lobby]]),
    ['time left', `${clockText(secondsLeft)}   tries left: ${left}`],
    ['this machine', name],
    ['fingerprint', `${fingerprint}   (the operator is shown the same)`],
  ];
  const shown = failures.slice(-FAILURES_SHOWN);
  return [
    '',
    ...(code === null ? [] : [...codeLines(code, style, columns), '']),
    ...columnsOf(code === null ? rows.slice(-2) : rows, { indent: INDENT }),
    '',
    `  ${style.bold(now)}`,
    ...(shown.length === 0 ? [] : ['', '  tried and failed:']),
    ...shown.map((line) => `    ${style.yellow(line)}`),
    '',
  ];
}

function codeLines(code: string, style: Style, columns: number): string[] {
  const isWide = columns >= lettersWidth(code) + 2 * INDENT;
  const said = `  code  ${style.bold(code)}`;
  return isWide ? [...letters(code).map((row) => `  ${style.bold(row)}`), '', said] : [said];
}
