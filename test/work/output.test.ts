// The stream of an engine taken apart, and where a later reader goes on in what was kept of it.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, utf8 } from '../../proto/bytes.ts';
import { type CatchUp, catchUp } from '../../work/catch-up.ts';
import { ENGINE_FRAME_BYTES_MAX, HEARD_LATE_MS } from '../../work/limits.ts';
import { type Side, splitter, stamped } from '../../work/multiplex.ts';

function frame(side: Side, text: string): Uint8Array {
  const bytes = utf8(text);
  const header = new Uint8Array(8);
  header[0] = side === 'out' ? 1 : 2;
  new DataView(header.buffer).setUint32(4, bytes.length);
  return concat(header, bytes);
}

const said = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe('a stream of frames', () => {
  const frames = fc.array(
    fc.record({ side: fc.constantFrom<Side>('out', 'err'), text: fc.string({ minLength: 1 }) }),
    { maxLength: 8 },
  );

  test('comes apart the same, wherever it is cut', () => {
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 9 }), fc.boolean(), (list, size, whole) => {
        const stream = concat(...list.map(({ side, text }) => frame(side, text)));
        const split = splitter(whole);
        const got: Record<Side, string> = { out: '', err: '' };
        let pieces = 0;
        for (let at = 0; at < stream.length; at += size) {
          for (const { side, bytes } of split.take(stream.subarray(at, at + size)) ?? []) {
            got[side] += Buffer.from(bytes).toString('latin1');
            pieces += 1;
          }
        }
        const want = (side: Side): string =>
          list
            .map((one) => (one.side === side ? Buffer.from(one.text).toString('latin1') : ''))
            .join('');
        expect(got).toEqual({ out: want('out'), err: want('err') });
        if (whole) expect(pieces).toBe(list.length);
      }),
    );
  });

  test('is refused where it is none', () => {
    expect(splitter(false).take(utf8('plain text of some length'))).toBeNull();
    const huge = frame('out', '');
    new DataView(huge.buffer, huge.byteOffset).setUint32(4, ENGINE_FRAME_BYTES_MAX + 1);
    expect(splitter(false).take(huge)).toBeNull();
  });

  test('has a moment before each line, if it was asked for', () => {
    const line = stamped(utf8('2026-12-01T00:39:41.505361184Z a b\n'));
    expect(line?.atMs).toBe(Date.UTC(2026, 11, 1, 0, 39, 41, 505));
    expect(said(line?.bytes ?? utf8(''))).toBe('a b\n');
    expect(stamped(utf8('none'))).toBeNull();
    expect(stamped(utf8('no moment'))).toBeNull();
  });
});

describe('catching up', () => {
  const take = (from: CatchUp, atMs: number, text: string): string => {
    const { piece, gap } = from.take('out', atMs, utf8(text));
    const lost = gap === null ? '' : `[${gap.fromMs} to ${gap.toMs}]`;
    return `${lost}${piece === null ? '' : said(piece.bytes)}`;
  };

  test('drops as many bytes as were written, in the middle of a line if need be', () => {
    const from = catchUp(2000, { out: 5, err: 0 });
    expect([take(from, 900, 'abc\n'), take(from, 950, 'def\n'), take(from, 3000, 'g')]).toEqual([
      ...['', 'ef\n', 'g'],
    ]);
  });

  test('knows a line that was heard before it ended, however late it is stamped', () => {
    const late = 2000 + 60_000;
    expect(take(catchUp(2000, { out: 3, err: 0 }), late, 'end')).toBe('');
    const from = catchUp(2000, { out: 6, err: 0 });
    expect([take(from, 900, 'abc\n'), take(from, late, 'wait...done\n')]).toEqual([
      ...['', 'it...done\n'],
    ]);
  });

  test('takes everything of a stream that nobody has heard', () => {
    expect(take(catchUp(null, { out: 0, err: 0 }), 900, 'abc')).toBe('abc');
    expect(take(catchUp(2000, { out: 0, err: 7 }), 900, 'abc')).toBe('abc');
  });

  test('counts where the note was lost', () => {
    expect(take(catchUp(null, { out: 2, err: 0 }), 900, 'abc')).toBe('c');
  });

  test('takes all from where the beginning is gone, and names what is lost', () => {
    const soon = 2000 + HEARD_LATE_MS;
    const lost = catchUp(2000, { out: 500, err: 0 });
    expect([take(lost, soon + 1, 'new\n'), take(lost, soon + 2, 'more\n')]).toEqual([
      ...[`[2000 to ${soon + 1}]new\n`, 'more\n'],
    ]);
    const overlap = catchUp(2000, { out: 500, err: 0 });
    const taken = [take(overlap, 1500, 'old\n'), take(overlap, soon, 'heard, or near it\n')];
    expect([...taken, take(overlap, soon + 9, 'more\n')]).toEqual([
      ...['', '', `[2000 to ${soon + 9}]more\n`],
    ]);
  });

  test('is the same output for every reader, whenever the first one was interrupted', () => {
    const lines = fc.array(
      fc.record({ text: fc.string({ minLength: 1, maxLength: 9 }), tookMs: fc.nat(9_000) }),
      { maxLength: 9 },
    );
    fc.assert(
      fc.property(lines, fc.nat(), fc.nat(2_000), (list, at, stale) => {
        // Printed letter by letter over the time that each line takes, and stamped at its end.
        const ends = list.map((_, to) =>
          list.slice(0, to + 1).reduce((sum, { tookMs }) => sum + tookMs, 0),
        );
        const whole = Buffer.from(list.map(({ text }) => text).join(''));
        const heardBytes = at % (whole.length + 1);
        let before = 0;
        const heardIn = list.findIndex(
          ({ text }) => (before += Buffer.byteLength(text)) >= heardBytes,
        );
        const begun = (ends[heardIn] ?? 0) - (list[heardIn]?.tookMs ?? 0);
        const from = catchUp(Math.max(0, begun - stale), { out: heardBytes, err: 0 });
        const got = list.map(({ text }, to) => take(from, ends[to] ?? 0, text)).join('');
        expect(got).toBe(whole.subarray(heardBytes).toString());
      }),
    );
  });
});
