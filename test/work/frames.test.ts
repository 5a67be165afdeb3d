// Frames in a chain: any output comes back as it was, whatever the split; what is torn, changed,
// moved or left out is found; and whoever has the hash before a page can check everything from
// there on.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../proto/bytes.ts';
import { nodePlatform } from '../../src/platform.ts';
import {
  type Frame,
  type FrameKind,
  type Mark,
  NO_COUNTS,
  countedWith,
  firstMark,
  framed,
  lostContent,
  lostIn,
  unframed,
} from '../../work/frames.ts';
import { FRAME_BYTES_MAX, FRAME_NUMBER_MAX } from '../../work/limits.ts';

const START = firstMark(nodePlatform);
const chunks = fc.array(
  fc.record({
    kind: fc.constantFrom<FrameKind>('out', 'err', 'console', 'kith', 'lost', 'end'),
    ts: fc.nat({ max: FRAME_NUMBER_MAX }),
    bytes: fc.uint8Array({ maxLength: 60 }),
  }),
  { maxLength: 12 },
);
type Chunks = readonly Omit<Frame, 'seq'>[];

/** The bytes of each, and the mark before each and at the end. */
function chain(all: Chunks, from: Mark = START): { parts: Uint8Array[]; marks: Mark[] } {
  const [parts, marks] = [[] as Uint8Array[], [from]];
  for (const chunk of all) {
    const { bytes, after } = framed(marks.at(-1) as Mark, chunk, nodePlatform);
    parts.push(bytes);
    marks.push(after);
  }
  return { parts, marks };
}
const read = (from: Mark, bytes: Uint8Array): ReturnType<typeof unframed> =>
  unframed(from, bytes, nodePlatform);
const plain = (frames: readonly Frame[]): object[] =>
  frames.map(({ bytes, ...rest }) => ({ ...rest, bytes: [...bytes] }));

describe('a chain', () => {
  test('comes back as it was, with the same end', () => {
    fc.assert(
      fc.property(chunks, (all) => {
        const { parts, marks } = chain(all);
        const { frames, after, used, rest } = read(START, Buffer.concat(parts));
        expect(plain(frames)).toEqual(plain(all.map((chunk, seq) => ({ seq, ...chunk }))));
        expect([after, rest]).toEqual([marks.at(-1), 'none']);
        expect(used).toBe(Buffer.concat(parts).length);
      }),
    );
  });

  test('has the hash that docs/logs.md says', () => {
    const sha = (...bytes: Uint8Array[]): Buffer =>
      createHash('sha256').update(Buffer.concat(bytes)).digest();
    const bytes = Buffer.from('hello\n');
    const head = Buffer.from('00000006 00 000000000000 0193800000ff'.replaceAll(' ', ''), 'hex');
    const made = framed(START, { kind: 'out', ts: 0x193800000ff, bytes }, nodePlatform);
    const hash = sha(sha(Buffer.from('kith-log-v1\n')), head, bytes);
    expect(toHex(made.after.hash)).toBe(hash.toString('hex'));
    expect(toHex(made.bytes)).toBe(
      Buffer.concat([head, bytes, hash.subarray(0, 8)]).toString('hex'),
    );
  });

  test('cut anywhere gives its whole frames, and says that more was there', () => {
    fc.assert(
      fc.property(chunks, fc.nat(), (all, dice) => {
        const { parts, marks } = chain(all);
        const bytes = Buffer.concat(parts);
        const cut = dice % (bytes.length + 1);
        const whole = parts.findIndex(
          (_, i) => parts.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0) > cut,
        );
        const count = whole < 0 ? parts.length : whole;
        const found = read(START, bytes.subarray(0, cut));
        expect(found.frames).toHaveLength(count);
        expect(found.after).toEqual(marks[count]);
        expect(found.rest).toBe(found.used === cut ? 'none' : 'short');
      }),
    );
  });

  test('read in pieces from any frame on has the same end', () => {
    fc.assert(
      fc.property(chunks, fc.nat(), fc.nat(), (all, dice, more) => {
        const { parts, marks } = chain(all);
        const from = dice % (parts.length + 1);
        const then = from + (more % (parts.length - from + 1));
        const first = read(marks[from] as Mark, Buffer.concat(parts.slice(from, then)));
        const second = read(first.after, Buffer.concat(parts.slice(then)));
        expect(second.after).toEqual(marks.at(-1));
        expect(first.frames.length + second.frames.length).toBe(parts.length - from);
      }),
    );
  });

  test('with any bit turned breaks before or at that frame', () => {
    fc.assert(
      fc.property(chunks, fc.nat(), fc.integer({ min: 0, max: 7 }), (all, dice, bit) => {
        const bytes = Buffer.concat(chain(all).parts);
        fc.pre(bytes.length > 0);
        const at = dice % bytes.length;
        bytes[at] = (bytes[at] as number) ^ (1 << bit);
        const found = read(START, bytes);
        expect(found.rest).not.toBe('none');
        expect(found.used).toBeLessThanOrEqual(at);
      }),
    );
  });

  test('does not take a frame of another place or another chain', () => {
    const two: Chunks = [
      { kind: 'out', ts: 1, bytes: Buffer.from('a') },
      { kind: 'out', ts: 1, bytes: Buffer.from('a') },
    ];
    const { parts } = chain(two);
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = parts;
    expect(read(START, second)).toMatchObject({ frames: [], rest: 'wrong' });
    expect(read(START, Buffer.concat([first, first]))).toMatchObject({ rest: 'wrong' });
    const other = { ...START, hash: nodePlatform.sha256(Buffer.from('another')) };
    expect(read(other, first)).toMatchObject({ frames: [], rest: 'wrong' });
  });
});

test('a length that no frame has is refused before it is waited for', () => {
  const bytes = Buffer.alloc(17);
  bytes.writeUInt32BE(FRAME_BYTES_MAX + 1);
  expect(read(START, bytes)).toMatchObject({ frames: [], used: 0, rest: 'wrong' });
  bytes.writeUInt32BE(FRAME_BYTES_MAX);
  expect(read(START, bytes)).toMatchObject({ frames: [], used: 0, rest: 'short' });
});

test('any bytes are read without harm', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const { used, frames } = read(START, bytes);
      expect(used).toBeLessThanOrEqual(bytes.length);
      expect(frames).toEqual([]);
    }),
  );
});

test('lost output counts as written of its source', () => {
  const bytes = lostContent({ out: 5, err: 2 ** 40, console: 0, kith: 1 });
  const frame: Frame = { seq: 3, ts: 0, kind: 'lost', bytes };
  expect(lostIn(frame)).toEqual({ out: 5, err: 2 ** 40, console: 0, kith: 1 });
  const before = { ...NO_COUNTS, out: 10 };
  expect(countedWith(before, frame)).toEqual({ out: 15, err: 2 ** 40, console: 0, kith: 1 });
  expect(lostIn({ ...frame, bytes: bytes.subarray(1) })).toBeNull();
  expect(countedWith(before, { ...frame, kind: 'end' })).toBe(before);
});
