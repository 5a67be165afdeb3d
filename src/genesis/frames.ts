// Messages over a stream of bytes: four bytes of length, big endian, then the message. A length
// that the run does not expect now ends it before a byte of the message is kept, so that a stranger
// costs a kilobyte. Spec: docs/pairing.md, "Frames".

import type { Duplex } from 'node:stream';
import { CLOSING_MS_MAX } from './limits.ts';

export interface Heard {
  /** The most that the next message may have. */
  readonly sizeMax: () => number;
  readonly message: (bytes: Uint8Array) => void;
  /** A message is announced that is empty or too long. */
  readonly misfit: () => void;
  /** The other end is gone. */
  readonly gone: () => void;
}

export interface Wire {
  send(frame: Uint8Array): void;
  /** Once everything is sent; by force where the other end does not let go. */
  close(): void;
  /** Resolves when nothing is left of the stream. */
  readonly closed: Promise<void>;
}

const HEAD_BYTES = 4;

export function wireOver(stream: Duplex, heard: Heard): Wire {
  let buffer: Buffer = Buffer.alloc(0);
  let isOver = false;
  const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()));

  function take(): void {
    while (!isOver && buffer.length >= HEAD_BYTES) {
      const size = buffer.readUInt32BE(0);
      if (size === 0 || size > heard.sizeMax()) return misfit();
      if (buffer.length < HEAD_BYTES + size) return;
      // A copy: the run keeps parts of it, and the rest of the buffer may be a megabyte.
      const message = new Uint8Array(buffer.subarray(HEAD_BYTES, HEAD_BYTES + size));
      buffer = buffer.subarray(HEAD_BYTES + size);
      heard.message(message);
    }
  }
  function misfit(): void {
    isOver = true;
    buffer = Buffer.alloc(0);
    heard.misfit();
  }
  function gone(): void {
    if (isOver) return;
    isOver = true;
    heard.gone();
  }
  stream.on('data', (chunk: Buffer) => {
    if (isOver) return;
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    take();
  });
  stream.on('error', gone).on('end', gone).on('close', gone);
  return {
    send(frame) {
      if (stream.writableEnded || stream.destroyed) return;
      const head = Buffer.alloc(HEAD_BYTES);
      head.writeUInt32BE(frame.length);
      stream.write(Buffer.concat([head, frame]));
    },
    close() {
      isOver = true;
      stream.end();
      stream.resume();
      const force = setTimeout(() => stream.destroy(), CLOSING_MS_MAX);
      void closed.then(() => clearTimeout(force));
    },
    closed,
  };
}
