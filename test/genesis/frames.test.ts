// Messages out of a stream of any bytes, in any pieces: whole ones in their order, nothing past one
// that does not fit, never more kept than one may have.

import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wireOver } from '../../src/genesis/frames.ts';

const SIZE_MAX = 64;

interface Told {
  readonly messages: number[][];
  misfits: number;
  gone: number;
}

/** What a run is told of these bytes, given in pieces of these sizes. */
async function told(bytes: Uint8Array, sizes: readonly number[]): Promise<Told> {
  const heard: Told = { messages: [], misfits: 0, gone: 0 };
  const stream = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done: () => void) => done(),
  });
  wireOver(stream, {
    sizeMax: () => SIZE_MAX,
    message: (message) => void heard.messages.push([...message]),
    misfit: () => void heard.misfits++,
    gone: () => void heard.gone++,
  });
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes.length === 0 ? bytes.length : (sizes[i % sizes.length] as number);
    stream.push(bytes.subarray(at, at + size));
    at += size;
  }
  stream.push(null);
  await new Promise((ended) => stream.once('end', ended));
  stream.destroy();
  return heard;
}

/** The same by the definition alone. */
function expected(bytes: Uint8Array): Told {
  const messages: number[][] = [];
  const view = Buffer.from(bytes);
  for (let at = 0; at + 4 <= view.length; ) {
    const size = view.readUInt32BE(at);
    if (size === 0 || size > SIZE_MAX) return { messages, misfits: 1, gone: 0 };
    if (at + 4 + size > view.length) break;
    messages.push([...view.subarray(at + 4, at + 4 + size)]);
    at += 4 + size;
  }
  return { messages, misfits: 0, gone: 1 };
}

const framed = fc.uint8Array({ maxLength: SIZE_MAX + 2 }).map((message) => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(message.length);
  return Buffer.concat([head, message]);
});
const streams = fc
  .array(fc.oneof({ weight: 4, arbitrary: framed }, fc.uint8Array({ maxLength: 9 })), {
    maxLength: 6,
  })
  .map((parts) => new Uint8Array(Buffer.concat(parts)));

test('are those that are there, however the bytes come', async () => {
  const seen = { misfits: 0, messages: 0 };
  await fc.assert(
    fc.asyncProperty(
      streams,
      fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 5 }),
      async (bytes, sizes) => {
        const heard = await told(bytes, sizes);
        expect(heard).toEqual(expected(bytes));
        seen.misfits += heard.misfits;
        seen.messages += heard.messages.length;
      },
    ),
    { numRuns: 300 },
  );
  expect(seen.misfits).toBeGreaterThan(10);
  expect(seen.messages).toBeGreaterThan(100);
});
