import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { textOf, utf8 } from '../../proto/bytes.ts';
import type { Result } from '../../proto/result.ts';
import { type Secret, reveal } from '../../proto/secret.ts';
import { keyDisk } from '../../src/keys/disk.ts';
import {
  type PassphraseSource,
  askPassphrase,
  newPassphrase,
  passphraseOf,
} from '../../src/keys/passphrase.ts';
import type { Terminal } from '../../src/keys/terminal.ts';
import { temporaryFolder } from './host.ts';

const PROMPT: PassphraseSource = { kind: 'prompt' };
const outcome = (read: Result<Secret, string>): string =>
  read.ok ? `"${textOf(reveal(read.value))}"` : read.code;

/** A terminal at which these lines are typed; null is Ctrl-C. */
function typing(...lines: (string | null)[]): { open: () => Terminal; said: string[] } {
  const said: string[] = [];
  const open = (): Terminal => ({
    say: (text) => void said.push(text),
    askHidden: async (question) => {
      said.push(question);
      const line = lines.shift();
      return line === null || line === undefined ? null : utf8(line);
    },
    close: () => void said.push('closed'),
  });
  return { open, said };
}

function inFile(content: string, mode = 0o600): PassphraseSource {
  const file = path.join(temporaryFolder(), 'passphrase');
  fs.writeFileSync(file, content, { mode });
  return { kind: 'file', file };
}

describe('a passphrase from a file', () => {
  test.each([
    ['correct horse\n', '"correct horse"'],
    ['correct horse\r\n', '"correct horse"'],
    ['correct horse', '"correct horse"'],
    [' two \n\n', '" two \n"'],
    ['', 'passphrase-empty'],
    ['\n', 'passphrase-empty'],
    ['x'.repeat(1024), `"${'x'.repeat(1024)}"`],
    ['x'.repeat(1025), 'passphrase-too-long'],
    ['x'.repeat(1027), 'file-too-long'],
  ])('%j is %s', async (content, expected) => {
    expect(outcome(await askPassphrase(keyDisk, inFile(content), ''))).toBe(expected);
    expect(outcome(await newPassphrase(keyDisk, inFile(content), ''))).toBe(expected);
  });

  test('that others may read is refused', async () => {
    const source = inFile('correct horse\n', 0o644);
    expect(outcome(await askPassphrase(keyDisk, source, ''))).toBe('file-open-to-others');
  });

  test('is the same from every keyboard: letters are put in one form', () => {
    expect(outcome(passphraseOf(utf8('pässphrase')))).toBe('"pässphrase"');
    expect(outcome(passphraseOf(utf8('pa\u0308ssphrase')))).toBe('"pässphrase"');
    expect(outcome(passphraseOf(Uint8Array.of(0xff)))).toBe('passphrase-not-text');
  });
});

describe('a passphrase from a person', () => {
  test('is asked for once to open a key, and the terminal is closed', async () => {
    const { open, said } = typing('correct horse');
    expect(outcome(await askPassphrase(keyDisk, PROMPT, 'Passphrase: ', open))).toBe(
      '"correct horse"',
    );
    expect(said).toEqual(['Passphrase: ', 'closed']);
  });

  test('is asked for twice when it is new, and again where the two differ', async () => {
    const { open, said } = typing('one', 'two', 'one', 'one');
    expect(outcome(await newPassphrase(keyDisk, PROMPT, 'New: ', open))).toBe('"one"');
    expect(said).toEqual([
      'New: ',
      'The same again: ',
      'The two entries differ.\n',
      'New: ',
      'The same again: ',
      'closed',
    ]);
  });

  test('is given up on after three tries', async () => {
    const { open } = typing('1', '2', '3', '4', '5', '6', '7', '7');
    expect(outcome(await newPassphrase(keyDisk, PROMPT, '', open))).toBe('passphrase-differs');
  });

  test.each([[[null]], [['one', null]]])('may be refused: %j', async (lines) => {
    const { open, said } = typing(...lines);
    expect(outcome(await newPassphrase(keyDisk, PROMPT, '', open))).toBe('cancelled');
    expect(said.at(-1)).toBe('closed');
  });

  test('cannot be empty, and needs a terminal', async () => {
    expect(outcome(await newPassphrase(keyDisk, PROMPT, '', typing('').open))).toBe(
      'passphrase-empty',
    );
    expect(outcome(await askPassphrase(keyDisk, PROMPT, '', () => null))).toBe('no-terminal');
  });
});
