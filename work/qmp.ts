// What QEMU says on its control socket: JSON, a message a line. Any of it may come in pieces, be
// nonsense or never end; a line that is too long or no message is told as one and skipped, and
// what follows is read again. Spec: docs/machines.md, "QMP".

import { textOf } from '../proto/bytes.ts';
import { QMP_LINE_BYTES_MAX } from './limits.ts';

export type Fields = Readonly<Record<string, unknown>>;

export type QmpMessage =
  | { readonly is: 'greeting'; readonly version: string }
  | { readonly is: 'return'; readonly id: number | null; readonly value: unknown }
  | { readonly is: 'error'; readonly id: number | null; readonly what: string }
  | { readonly is: 'event'; readonly name: string; readonly data: Fields }
  | { readonly is: 'nonsense'; readonly why: string };

export interface QmpReader {
  /** The messages that are whole with these bytes. */
  read(bytes: Uint8Array): readonly QmpMessage[];
}

const LINE_FEED = 10;

export function qmpReader(lineBytesMax: number = QMP_LINE_BYTES_MAX): QmpReader {
  let pieces: Uint8Array[] = [];
  let size = 0;
  /** The rest of a line that is too long. */
  let skips = false;
  const keep = (piece: Uint8Array): readonly QmpMessage[] => {
    if (skips || piece.length === 0) return [];
    size += piece.length;
    if (size <= lineBytesMax) {
      // A copy: whoever reads a socket uses its buffer again.
      pieces.push(piece.slice());
      return [];
    }
    [pieces, size, skips] = [[], 0, true];
    return [{ is: 'nonsense', why: `a line of more than ${lineBytesMax} bytes` }];
  };
  const ended = (): readonly QmpMessage[] => {
    const line = joined(pieces, size);
    const wasSkipped = skips;
    [pieces, size, skips] = [[], 0, false];
    return wasSkipped ? [] : messagesIn(line);
  };
  return {
    read(bytes) {
      const messages: QmpMessage[] = [];
      let from = 0;
      for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, from)) {
        messages.push(...keep(bytes.subarray(from, at)), ...ended());
        from = at + 1;
      }
      messages.push(...keep(bytes.subarray(from)));
      return messages;
    },
  };
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const line = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    line.set(piece, at);
    at += piece.length;
  }
  return line;
}

function messagesIn(line: Uint8Array): readonly QmpMessage[] {
  const text = textOf(line)?.trim();
  if (text === '') return [];
  if (text === undefined) return [{ is: 'nonsense', why: 'no text' }];
  try {
    return [messageOf(JSON.parse(text))];
  } catch {
    return [{ is: 'nonsense', why: 'no JSON' }];
  }
}

function messageOf(value: unknown): QmpMessage {
  if (!isFields(value)) return { is: 'nonsense', why: 'no object' };
  const id = typeof value['id'] === 'number' ? value['id'] : null;
  const { QMP: greeting, event, error } = value;
  if (isFields(greeting)) return { is: 'greeting', version: versionIn(greeting) };
  if (typeof event === 'string') {
    const { data } = value;
    return { is: 'event', name: event, data: isFields(data) ? data : {} };
  }
  if (isFields(error)) return { is: 'error', id, what: reasonIn(error) };
  if ('return' in value) return { is: 'return', id, value: value['return'] };
  return { is: 'nonsense', why: 'neither an answer nor an event' };
}

function reasonIn({ desc }: { readonly desc?: unknown }): string {
  return typeof desc === 'string' ? desc : 'no reason given';
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function versionIn(greeting: Fields): string {
  const { version } = greeting;
  const numbers = isFields(version) ? version['qemu'] : null;
  if (!isFields(numbers)) return 'unknown';
  return ['major', 'minor', 'micro']
    .map((part) => (typeof numbers[part] === 'number' ? numbers[part] : '?'))
    .join('.');
}

/** One command as its line. */
export function qmpLine(id: number, execute: string, args: Fields = {}): string {
  return `${JSON.stringify({ execute, arguments: args, id })}\n`;
}

/** How a guest has ended, from what QEMU says of its state; null: it has not. */
export type GuestEnd = 'shutdown' | 'panicked';

const STATES: Readonly<Record<string, GuestEnd>> = {
  shutdown: 'shutdown',
  'guest-panicked': 'panicked',
};

export function endIn(status: unknown): GuestEnd | null {
  const name = isFields(status) ? status['status'] : null;
  return typeof name === 'string' ? (STATES[name] ?? null) : null;
}

export function endOf(message: QmpMessage): GuestEnd | null {
  if (message.is !== 'event') return null;
  if (message.name === 'GUEST_PANICKED') return 'panicked';
  return message.name === 'SHUTDOWN' && message.data['guest'] === true ? 'shutdown' : null;
}
