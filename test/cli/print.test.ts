// What reaches the terminal: two lines for a complaint, harmless text, colour where it is wanted.

import fc from 'fast-check';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Stop, wrongUse } from '../../src/cli/complaint.ts';
import { type Streams, complaintText, plain, printerTo } from '../../src/cli/print.ts';
import { barOn, barText } from '../../src/cli/progress.ts';
import { complaintOf, complaintOfThrown, stop, unwrap } from '../../src/cli/sentences.ts';
import { PLAIN, styleFor } from '../../src/cli/style.ts';
import { columnsOf, widthOf, wrapped } from '../../src/cli/table.ts';
import { claimedText, counted, isFarOff, spanText, utcText } from '../../proto/when.ts';
import { refuse } from '../../proto/result.ts';
import { StoreFault } from '../../src/store/faults.ts';

function printer(json: boolean): { print: ReturnType<typeof printerTo>; said: () => string[] } {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const print = printerTo({ out, err } as unknown as Streams, {}, json);
  const said = (): string[] => [out, err].map((stream) => String(stream.read() ?? ''));
  return { print, said };
}

const unknown = wrongUse('what happened', 'what to do');

describe('a complaint', () => {
  test('is two lines on stderr', () => {
    const { print, said } = printer(false);
    print.complain(unknown);
    expect(said()).toEqual(['', 'error: what happened\nhint: what to do\n']);
  });

  test('is one document on stdout with --json', () => {
    const { print, said } = printer(true);
    print.complain({ ...unknown, detail: 'D', facts: { which: ['a'] } });
    const [out, err] = said();
    expect(err).toBe('');
    const error = { code: 'wrong-use', what: 'what happened', hint: 'what to do', detail: 'D' };
    expect(JSON.parse(out as string)).toEqual({ error: { ...error, which: ['a'] } });
  });

  test('has its detail in brackets', () => {
    expect(complaintText({ ...unknown, detail: 'D' }, PLAIN)).toContain('what happened (D)\n');
  });

  test('is two lines of harmless text whatever a file name holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (detail, what) => {
        const text = complaintText({ ...unknown, what, detail }, PLAIN);
        const lines = text.split('\n');
        expect(lines).toHaveLength(3);
        expect(lines.map(plain)).toEqual(lines);
      }),
    );
    expect(plain('a\u001b[31m\nb\u202e')).toBe('a\\u{1b}[31m\\u{a}b\\u{202e}');
  });
});

describe('what was thrown', () => {
  test('becomes the sentence of its code', () => {
    const fault = complaintOfThrown(new StoreFault('locked', 'process 7'));
    expect(fault).toMatchObject({ code: 'locked', exit: 'failed', detail: 'process 7' });
    expect(complaintOfThrown(new Stop(unknown))).toBe(unknown);
  });

  test('by the system becomes a sentence, also for a name that is in no table', () => {
    const missing = Object.assign(new Error('x'), { code: 'ENOENT', syscall: 'open', path: '/a' });
    expect(complaintOfThrown(missing)).toMatchObject({
      code: 'ENOENT',
      exit: 'failed',
      detail: '/a',
    });
    const odd = Object.assign(new Error('x'), { code: 'EODD', syscall: 'open' });
    expect(complaintOfThrown(odd)).toMatchObject({ code: 'EODD', what: 'the system says EODD' });
  });

  test('by a bug of ours says that it is one', () => {
    for (const thrown of [new Error('broken rule: x'), 'text', null, undefined, {}]) {
      expect(complaintOfThrown(thrown)).toMatchObject({ code: 'bug', exit: 'bug' });
    }
  });

  test('a refusal ends the command, and a person who gave up is no failure', () => {
    expect(() => unwrap(refuse('cancelled'))).toThrow(Stop);
    expect(complaintOf('cancelled').exit).toBe('interrupted');
    expect(complaintOf('two-ledgers').exit).toBe('usage');
    expect(() => stop('no-such-record', 'x')).toThrow('no record here has that id');
    expect(() => complaintOf('no such code')).toThrow('broken rule');
  });
});

describe('a result', () => {
  test('is text for people or a document, never both', () => {
    const human = printer(false);
    human.print.result({ a: 1 }, () => ['one', 'two']);
    expect(human.said()).toEqual(['one\ntwo\n', '']);
    const json = printer(true);
    json.print.result({ a: 1 }, () => {
      throw new Error('not asked for');
    });
    expect(json.said()).toEqual(['{"a":1}\n', '']);
  });
});

describe('colour', () => {
  test('is for terminals that want it', () => {
    const tty = { isTTY: true };
    expect(styleFor(tty, {}).red('x')).toBe('\u001b[31mx\u001b[39m');
    expect(styleFor(tty, { NO_COLOR: '' }).red('x')).not.toBe('x');
    expect(styleFor(tty, { NO_COLOR: '1' }).red('x')).toBe('x');
    expect(styleFor(tty, { TERM: 'dumb' }).red('x')).toBe('x');
    expect(styleFor({}, {}).red('x')).toBe('x');
  });
});

describe('columns', () => {
  test('are as wide as their widest cell, colour not counted', () => {
    const rows = [
      ['a', 'bb', 'c'],
      ['\u001b[1maaa\u001b[22m', 'b', ''],
    ];
    expect(columnsOf(rows, { indent: 1 })).toEqual([' a    bb  c', ' \u001b[1maaa\u001b[22m  b']);
  });

  test('wrap their last cell under itself', () => {
    const rows = [['x', 'one two three four five six']];
    expect(columnsOf(rows, { width: 24 })).toEqual(['x  one two three four', '   five six']);
    expect(columnsOf([], { width: 24 })).toEqual([]);
  });

  test('a paragraph keeps its words and its width', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(words, fc.integer({ min: 12, max: 60 }), (list, width) => {
        const lines = wrapped(list.join(' '), width);
        expect(lines.join(' ')).toBe(list.join(' '));
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('moments', () => {
  test('are UTC, whatever a record claims', () => {
    expect(utcText(0)).toBe('1970-01-01 00:00:00');
    expect(utcText(1_790_000_000_123)).toBe('2026-09-21 14:13:20');
    expect(utcText(Number.MAX_SAFE_INTEGER)).toBe('after the year 275760');
    expect(utcText(8_640_000_000_000_000)).toMatch(/275760/);
    fc.assert(fc.property(fc.maxSafeNat(), (ms) => utcText(ms).length > 10));
  });

  test('that cannot be right are marked', () => {
    const now = 1_790_000_000_000;
    expect(isFarOff(now, now)).toBe(false);
    expect(isFarOff(now + 60_000, now)).toBe(false);
    expect(isFarOff(now + 7_200_000, now)).toBe(true);
    expect(isFarOff(5, now)).toBe(true);
    expect(claimedText(5, now)).toBe('1970-01-01 00:00:00 (?)');
  });

  test('and spans are in a unit that people use', () => {
    expect([0, 1_000, 90_000, 7_200_000, 864_000_000].map(spanText)).toEqual([
      '0 seconds',
      '1 second',
      '90 seconds',
      '2 hours',
      '10 days',
    ]);
    expect([0, 1, 999, 1_000, 12_345, 1_234_567].map((count) => counted(count, 'act'))).toEqual([
      '0 acts',
      '1 act',
      '999 acts',
      '1,000 acts',
      '12,345 acts',
      '1,234,567 acts',
    ]);
  });
});

describe('the bar', () => {
  const half = { bytesDone: 50, bytesTotal: 100, records: 1_234 };

  test('shows share, records and what is left', () => {
    expect(barText('reading', half, 4_000)).toBe(
      'reading [############............] 50%  1,234 records, 4 seconds left',
    );
    const nothing = { bytesDone: 0, bytesTotal: 0, records: 0 };
    expect(barText('reading', nothing, 0)).toContain('100%');
  });

  test('is drawn on terminals only, after a while, and wiped away', () => {
    let [now, drawn] = [0, ''];
    const write = (text: string): void => void (drawn += text);
    const bar = barOn({ isTTY: true, write }, 'reading', () => now);
    bar.update(half);
    bar.clear();
    expect(drawn).toBe('');
    now = 1_000;
    bar.update(half);
    bar.update(half);
    expect(drawn.split('\r').length).toBe(2);
    bar.clear();
    expect(drawn.endsWith('\r\u001b[K')).toBe(true);
    const none = barOn({ write }, 'reading', () => 1_000_000);
    const before = drawn;
    none.update(half);
    none.clear();
    expect(drawn).toBe(before);
  });
});
