// What became of the lines of a file, as a person reads it: the same for a file that is verified
// and for one that is imported.

import type { RefusalCode, VoidCode } from '../../ledger/refusals.ts';
import { REFUSALS, VOIDS } from '../../ledger/refusals.ts';
import { short } from './names.ts';
import type { Style } from './style.ts';
import { columnsOf } from './table.ts';
import { counted } from '../../proto/when.ts';

/** Lines shown of each list: what is longer is read with --json. */
const SHOWN_MAX = 20;

export interface RefusedLine {
  readonly line: number;
  readonly code: RefusalCode;
  readonly detail?: string;
}

/** `refused` may list the first of `count` only. */
export function refusedPart(
  refused: readonly RefusedLine[],
  count: number,
  style: Style,
): string[] {
  if (count === 0) return [];
  const rows = refused.slice(0, SHOWN_MAX).map(({ line, code, detail = '' }) => {
    const { what } = REFUSALS[code];
    return [`line ${line}`, style.red(code), detail === '' ? what : `${what} (${detail})`];
  });
  return ['', `${style.bold('Refused')}: ${counted(count, 'line')}`, ...rowsOf(rows, count)];
}

export function voidPart(
  voids: readonly { readonly line: number; readonly id: string; readonly code: VoidCode }[],
  count: number,
  style: Style,
): string[] {
  if (count === 0) return [];
  const rows = voids
    .slice(0, SHOWN_MAX)
    .map(({ line, id, code }) => [
      `line ${line}`,
      style.yellow(code),
      `record ${short(id)}: ${VOIDS[code].what}`,
    ]);
  return ['', `${style.bold('Void')}: ${counted(count, 'record')}`, ...rowsOf(rows, count)];
}

export function pendingPart(
  pending: readonly { readonly line: number; readonly id: string }[],
  style: Style,
): string[] {
  if (pending.length === 0) return [];
  const rows = pending
    .slice(0, SHOWN_MAX)
    .map(({ line, id }) => [`line ${line}`, `record ${short(id)}: an earlier one is missing`]);
  const title = `${style.bold('Pending')}: ${counted(pending.length, 'record')}`;
  return ['', title, ...rowsOf(rows, pending.length)];
}

function rowsOf(rows: readonly (readonly string[])[], count: number): string[] {
  const more = count - rows.length;
  const rest = more === 0 ? [] : [`  and ${counted(more, 'more', 'more')}: see --json`];
  return [...columnsOf(rows, { indent: 2 }), ...rest];
}
