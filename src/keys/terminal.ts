// The person at the keyboard: /dev/tty, whatever stdin and stdout are, so that neither a pipe nor
// --json is in the way. It is read key by key, since nobody knows how the program before has left
// the terminal: a shell whose background job ends may have neither lines nor an echo. Afterwards it
// is put back as it was.

import fs from 'node:fs';
import tty from 'node:tty';
import { textOf } from '../../proto/bytes.ts';
import { PASSPHRASE_BYTES_MAX } from './limits.ts';

export interface Terminal {
  say(text: string): void;
  /** The answer to a question, typed without echo; null where the person gave up. */
  askHidden(question: string): Promise<Uint8Array | null>;
  /** Where it compares two entries of a new secret by itself. */
  readonly askNew?: (question: string) => Promise<Uint8Array | null>;
  close(): void;
}

/** One that this process has itself. */
export interface OwnTerminal extends Terminal {
  /** The same, seen as it is typed. */
  askShown(question: string): Promise<Uint8Array | null>;
}

/** The terminal of this process, or null where it has none. */
export function openTerminal(): OwnTerminal | null {
  let fd: number;
  try {
    fd = fs.openSync('/dev/tty', 'r+');
  } catch {
    return null;
  }
  const input = new tty.ReadStream(fd);
  input.pause();
  // What was typed or pasted ahead of the next question.
  let ahead: Uint8Array = new Uint8Array();
  const ask = async (question: string, show: Show): Promise<Uint8Array | null> => {
    const typing = startTyping();
    // First no echo, then the question: a quick answer would be seen.
    input.setRawMode(true);
    try {
      fs.writeSync(fd, question);
      let chunk: Uint8Array | null = ahead;
      while (chunk !== null) {
        const used = typing.take(chunk);
        ahead = chunk.subarray(used);
        show(typing.line());
        if (typing.state !== 'typing') break;
        chunk = await nextChunk(input);
      }
    } finally {
      if (input.isRaw) input.setRawMode(false);
      fs.writeSync(fd, '\n');
    }
    return typing.state === 'done' ? typing.line() : null;
  };
  return {
    say: (text) => void fs.writeSync(fd, text),
    askHidden: (question) => ask(question, () => undefined),
    askShown: (question) => ask(question, echoTo(fd)),
    close() {
      if (input.isRaw) input.setRawMode(false);
      input.destroy();
    },
  };
}

type Show = (line: Uint8Array) => void;

/** Shows what a line has become since it was shown last. */
function echoTo(fd: number): Show {
  let before: string[] = [];
  return (line) => {
    const text = textOf(line);
    // In the middle of a character.
    if (text === null) return;
    const now = [...text];
    let same = 0;
    while (same < before.length && before[same] === now[same]) same++;
    const gone = '\b \b'.repeat(before.length - same);
    const added = now.slice(same).join('');
    before = now;
    if (gone + added !== '') fs.writeSync(fd, gone + added);
  };
}

function nextChunk(input: tty.ReadStream): Promise<Uint8Array | null> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      input.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onError).pause();
      act();
    };
    const onData = (chunk: Uint8Array): void => settle(() => resolve(chunk));
    const onEnd = (): void => settle(() => resolve(null));
    const onError = (fault: Error): void => settle(() => reject(fault));
    input.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onError).resume();
  });
}

export interface Typing {
  readonly state: 'typing' | 'done' | 'cancelled';
  /** Takes bytes up to the end of the line; answers how many. */
  take(bytes: Uint8Array): number;
  line(): Uint8Array;
}

const CTRL_C = 0x03;
const CTRL_D = 0x04;
const CTRL_U = 0x15;
const ESCAPE = 0x1b;
const ERASE: readonly number[] = [0x08, 0x7f];
const ENTER: readonly number[] = [0x0a, 0x0d];

/** The editing of one line: what a person expects of keys, also where they show nothing. */
export function startTyping(): Typing {
  const line: number[] = [];
  let state: Typing['state'] = 'typing';
  // Inside what an arrow or a function key sends, which belongs to no passphrase.
  let key: 'none' | 'escape' | 'sequence' = 'none';
  const takeByte = (byte: number): void => {
    if (byte === CTRL_C) state = 'cancelled';
    else if (key === 'escape') key = byte === 0x5b || byte === 0x4f ? 'sequence' : 'none';
    else if (key === 'sequence') key = byte >= 0x40 && byte <= 0x7e ? 'none' : 'sequence';
    else if (byte === ESCAPE) key = 'escape';
    else if (ENTER.includes(byte)) state = 'done';
    else if (byte === CTRL_D) state = line.length === 0 ? 'cancelled' : 'done';
    else if (ERASE.includes(byte)) eraseCharacter(line);
    else if (byte === CTRL_U) line.length = 0;
    // One more than the bound is kept, so that a line too long is refused and not cut.
    else if (byte >= 0x20 && line.length <= PASSPHRASE_BYTES_MAX) line.push(byte);
  };
  return {
    get state() {
      return state;
    },
    take(bytes) {
      for (const [at, byte] of bytes.entries()) {
        takeByte(byte);
        if (state !== 'typing') return at + 1;
      }
      return bytes.length;
    },
    line: () => Uint8Array.from(line),
  };
}

/** The last character is one byte, or continuation bytes (10xxxxxx) and their head. */
function eraseCharacter(line: number[]): void {
  let byte = line.pop();
  while (byte !== undefined && (byte & 0xc0) === 0x80) byte = line.pop();
}
