// Everything that a command puts out. Results go to stdout: lines for people, or JSON with --json.
// Whatever else there is to say goes to stderr. A complaint is two lines, `error:` and `hint:`, and
// with --json a document on stdout. Colour adds to the words and never replaces them.

import type { Json } from '../../proto/json.ts';
import type { Complaint } from './complaint.ts';
import { type Style, styleFor } from './style.ts';

export interface Printer {
  readonly json: boolean;
  readonly style: Style;
  /** Columns of the terminal, or null where the output is none. */
  readonly columns: number | null;
  /** The one result of a command. `human` is called where no JSON was asked for. */
  result(document: unknown, human: () => string | readonly string[]): void;
  /** One of many results: a line for people, or a line of JSON. */
  item(document: unknown, human: () => string | readonly string[]): void;
  /** For people, on stderr, whatever stdout is. */
  note(text: string): void;
  complain(complaint: Complaint): void;
}

export interface Streams {
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
}

export function printerTo({ out, err }: Streams, env: NodeJS.ProcessEnv, json: boolean): Printer {
  const style = styleFor(out, env);
  const put = (document: unknown, human: () => string | readonly string[]): void => {
    out.write(json ? `${JSON.stringify(document)}\n` : linesOf(human()));
  };
  return {
    json,
    style,
    columns: out.isTTY ? out.columns : null,
    result: put,
    item: put,
    note: (text) => void err.write(linesOf(text)),
    complain(complaint) {
      if (json) out.write(`${JSON.stringify({ error: errorDocument(complaint) })}\n`);
      else err.write(complaintText(complaint, styleFor(err, env)));
    },
  };
}

function linesOf(text: string | readonly string[]): string {
  if (typeof text !== 'string') return text.map((line) => `${line}\n`).join('');
  return text === '' ? '' : `${text}\n`;
}

/** A complaint as JSON has it. */
export function errorDocument({
  code,
  what,
  hint,
  detail,
  facts,
}: Complaint): Record<string, Json> {
  return { code, what, hint, ...(detail === undefined ? {} : { detail }), ...facts };
}

/** Two lines, whatever the details hold. */
export function complaintText({ what, hint, detail = '' }: Complaint, style: Style): string {
  const said = detail === '' ? what : `${what} (${detail})`;
  return `${style.red('error:')} ${plain(said)}\n${style.bold('hint:')} ${plain(hint)}\n`;
}

// What could move a cursor, ring, break a line or turn its direction.
const UNSAFE =
  // oxlint-disable-next-line no-control-regex -- they are what it looks for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;

/** Foreign text as one harmless line: what a terminal would act on is written as \u{...}. */
export function plain(text: string): string {
  return text.replace(UNSAFE, (found) => `\\u{${(found.codePointAt(0) as number).toString(16)}}`);
}
