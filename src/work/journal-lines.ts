// The lines of the journal of work as bytes: CHECK NUMBER TEXT, one entry each. The check is over
// number and text, so that a line that was changed, moved or lost is seen; the numbers rise by one
// for as long as the journal lives. Spec: docs/running.md, "The journal".

import { createHash } from 'node:crypto';
import { textOf, utf8 } from '../../proto/bytes.ts';

const PREFIX = 'kith-work-journal-v1\n';
const CHECK_CHARS = 22;
const LF = 0x0a;
const LINE = /^([A-Za-z0-9_-]{22}) (0|[1-9][0-9]{0,15}) (.*)$/s;

export interface Stretch {
  readonly offset: number;
  readonly length: number;
}

export interface Scanned {
  readonly texts: readonly string[];
  /** The number of the next line. */
  readonly next: number;
  /** Pieces between two newlines that are not what was written; newlines included. */
  readonly damaged: readonly Stretch[];
  /** Lines that must have stood there, by the numbers of those around them. */
  readonly missing: number;
  /** Where the last whole line ends: what follows is the rest of a write that broke off. */
  readonly wholeBytes: number;
}

function checkOf(number: number, text: string): string {
  const hash = createHash('sha256').update(`${PREFIX}${number} ${text}`);
  return hash.digest('base64url').slice(0, CHECK_CHARS);
}

/** Entries as the bytes of their lines. A text has no newline. */
export function lineBytes(first: number, texts: readonly string[]): Uint8Array {
  return utf8(
    texts.map((text, at) => `${checkOf(first + at, text)} ${first + at} ${text}\n`).join(''),
  );
}

/** Everything that can be read of a journal, and what cannot. */
export function scanned(bytes: Uint8Array): Scanned {
  const texts: string[] = [];
  const damaged: Stretch[] = [];
  let next = 0;
  let missing = 0;
  let start = 0;
  for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
    const line = readLine(bytes.subarray(start, end));
    if (line === null || line.number < next) {
      damaged.push({ offset: start, length: end + 1 - start });
    } else {
      // The first number of a journal that was written anew is any.
      if (texts.length > 0) missing += line.number - next;
      next = line.number + 1;
      texts.push(line.text);
    }
    start = end + 1;
  }
  return { texts, next, damaged, missing, wholeBytes: start };
}

function readLine(piece: Uint8Array): { number: number; text: string } | null {
  const [, check, digits, text = ''] = LINE.exec(textOf(piece) ?? '') ?? [];
  const number = Number(digits);
  return check === undefined || check !== checkOf(number, text) ? null : { number, text };
}
