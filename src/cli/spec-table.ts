// The fields of a spec for people: columns for `kith place --schema`, a table for docs/work.md.
// Both are written from the schema (work/schema.ts), so that neither can be out of date.

import { canonical } from '../../proto/json.ts';
import { type FieldRow, fieldRows } from '../../work/fields.ts';
import { columnsOf } from './table.ts';

export function schemaLines(width: number | null): string[] {
  const rows = fieldRows().map((row) => [pathText(row), unlessText(row), row.takes, row.what]);
  return columnsOf(
    [['field', 'else', 'takes', 'meaning'], ...rows],
    width === null ? {} : { width },
  );
}

const TABLE = /<!-- fields -->\n[\s\S]*?<!-- end -->/;

/** `page` with the table of fields written again. */
export function withFields(page: string): string {
  const rows = fieldRows().map((row) =>
    [`\`${row.path}\``, amountText(row), row.takes, unlessText(row), `\`${row.example}\``, row.what]
      .map((cell) => cell.replaceAll('|', '\\|'))
      .join(' | '),
  );
  const table = [
    '| field | with a unit | takes | if absent | example | meaning |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
  return page.replace(TABLE, () => `<!-- fields -->\n${table}\n<!-- end -->`);
}

function pathText({ path, amount }: FieldRow): string {
  return amount === null ? path : `${path} (${amount})`;
}

function amountText({ amount }: FieldRow): string {
  return amount === null ? '' : `\`${amount}\``;
}

function unlessText({ required, unless }: FieldRow): string {
  if (required) return 'required';
  if (unless === null) return '-';
  return typeof unless === 'string' ? unless : canonical(unless);
}
