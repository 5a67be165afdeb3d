// Secrets in and out of a command: typed at the terminal or read from a file that is the owner's
// alone; written once to stdout, to stderr or to a new file of mode 600. Never in JSON, in a log or
// in an error.

import { writeSync } from 'node:fs';
import { textOf, utf8 } from '../../proto/bytes.ts';
import { keyHost } from '../home/host.ts';
import { createSecretFile, readSecretFile } from '../keys/secret-file.ts';
import { openPerson } from './asker.ts';
import { Stop } from './complaint.ts';
import type { Printer } from './print.ts';
import { complaintOf, unwrap } from './sentences.ts';

/** A secret that a person has: from `file`, else asked for. */
export async function secretText(
  file: string | undefined,
  question: string,
  sizeMax: number,
): Promise<string> {
  const bytes =
    file === undefined
      ? await typed(question)
      : unwrap(readSecretFile(keyHost().disk, file, { sizeMax, pipe: true }));
  const text = textOf(bytes);
  if (text === null) throw new Stop(complaintOf('passphrase-not-text'));
  return text;
}

async function typed(question: string): Promise<Uint8Array> {
  const terminal = openPerson();
  if (terminal === null) throw new Stop(complaintOf('no-terminal'));
  try {
    const line = await terminal.askHidden(question);
    if (line === null) throw new Stop(complaintOf('cancelled'));
    return line;
  } finally {
    terminal.close();
  }
}

/** Puts a text where nobody loses it, before anything depends on it. */
export function handOut(print: Printer, file: string | undefined, text: string): void {
  if (file === undefined) writeWhole(print.json ? 2 : 1, utf8(text));
  else unwrap(createSecretFile(keyHost().disk, file, () => utf8(text)));
}

// Not through a stream: it must have left this process when the next record is signed.
function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (fault) {
      // A pipe whose reader is slow.
      if (!(fault instanceof Error && 'code' in fault && fault.code === 'EAGAIN')) throw fault;
    }
  }
}
