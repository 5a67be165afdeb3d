// Where a passphrase comes from: a file that only its owner reads, or a person at a terminal. Never
// from arguments or the environment, which other processes can see.

import { textOf, utf8 } from '../../proto/bytes.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import { type Secret, hide } from '../../proto/secret.ts';
import type { KeyDisk } from './disk.ts';
import { PASSPHRASE_BYTES_MAX, PROMPT_TRIES } from './limits.ts';
import type { FileCode, PassphraseCode } from './refusals.ts';
import { readSecretFile } from './secret-file.ts';
import { type Terminal, openTerminal } from './terminal.ts';

export type PassphraseSource =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'prompt' };

/** A passphrase to open a key with. `question` names the key. */
export async function askPassphrase(
  disk: KeyDisk,
  source: PassphraseSource,
  question: string,
  open: () => Terminal | null = openTerminal,
): Promise<Result<Secret, FileCode | PassphraseCode>> {
  if (source.kind === 'file') return passphraseIn(disk, source.file);
  return atTerminal(open, (terminal) => ask(terminal, question));
}

/** A passphrase to seal a new key with: asked for twice. */
export async function newPassphrase(
  disk: KeyDisk,
  source: PassphraseSource,
  question: string,
  open: () => Terminal | null = openTerminal,
): Promise<Result<Secret, FileCode | PassphraseCode>> {
  if (source.kind === 'file') return passphraseIn(disk, source.file);
  return atTerminal(open, (terminal) => askTwice(terminal, question));
}

function passphraseIn(disk: KeyDisk, file: string): Result<Secret, FileCode | PassphraseCode> {
  // Room for the line break of the longest one.
  const bytes = readSecretFile(disk, file, { sizeMax: PASSPHRASE_BYTES_MAX + 2, pipe: true });
  return bytes.ok ? passphraseOf(bytes.value) : bytes;
}

/**
 * Without its line break, and in one Unicode form: keyboards differ in how they write one letter.
 */
export function passphraseOf(bytes: Uint8Array): Result<Secret, PassphraseCode> {
  const text = textOf(bytes);
  if (text === null) return refuse('passphrase-not-text');
  const phrase = utf8(text.replace(/\r?\n$/, '').normalize('NFC'));
  if (phrase.length === 0) return refuse('passphrase-empty');
  return phrase.length > PASSPHRASE_BYTES_MAX ? refuse('passphrase-too-long') : ok(hide(phrase));
}

async function atTerminal(
  open: () => Terminal | null,
  act: (terminal: Terminal) => Promise<Result<Secret, PassphraseCode>>,
): Promise<Result<Secret, PassphraseCode>> {
  const terminal = open();
  if (terminal === null) return refuse('no-terminal');
  try {
    return await act(terminal);
  } finally {
    terminal.close();
  }
}

async function ask(terminal: Terminal, question: string): Promise<Result<Secret, PassphraseCode>> {
  return phraseIn(await terminal.askHidden(question));
}

function phraseIn(line: Uint8Array | null): Result<Secret, PassphraseCode> {
  if (line === null) return refuse('cancelled');
  const phrase = passphraseOf(line);
  line.fill(0);
  return phrase;
}

async function askTwice(
  terminal: Terminal,
  question: string,
): Promise<Result<Secret, PassphraseCode>> {
  if (terminal.askNew !== undefined) return phraseIn(await terminal.askNew(question));
  for (let tries = 0; tries < PROMPT_TRIES; tries++) {
    const first = await terminal.askHidden(question);
    if (first === null) return refuse('cancelled');
    const phrase = passphraseOf(first);
    if (!phrase.ok) return phrase;
    const second = await terminal.askHidden('The same again: ');
    if (second === null) return refuse('cancelled');
    if (Buffer.from(first).equals(second)) return phrase;
    terminal.say('The two entries differ.\n');
  }
  return refuse('passphrase-differs');
}
