// Keys of several bytes over lines of every slowness: a key comes whole, or as an Esc, or not at
// all, and never as letters that nobody typed. Spec: docs/tui.md, "Keys".

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ESC_WAIT_MS, ESC_WAIT_MS_MAX } from '../../tui/limits.ts';
import { type GatherStep, arrived, nothingGathered, waited } from '../../tui/whole-keys.ts';

const ESC = '\u001b';
/** As xterm, rxvt and the console of Linux say what the tables of keys name. */
const SEQUENCES = ['OP', 'OQ', 'OR', 'OS', '[11~', '[12~', '[15~', '[17~', '[18~', '[19~']
  .concat(['[20~', '[21~', '[23~', '[24~', '[[A', '[[B', '[[E', '[A', '[B', '[C', '[D', 'OA'])
  .concat(['OB', '[H', '[F', '[1~', '[4~', '[5~', '[6~', '[3~', '[Z', '[1;2A', '[1;5C', '[23^'])
  .map((rest) => ESC + rest);

interface Piece {
  readonly text: string;
  /** Since the one before. */
  readonly afterMs: number;
}

/** What is read of pieces, time passing between them and after the last. */
function read(pieces: readonly Piece[]): string {
  let [nowMs, out] = [0, ''];
  let step: GatherStep = { gathered: nothingGathered(), whole: '', dueMs: null };
  const until = (atMs: number): void => {
    while (step.dueMs !== null && step.dueMs <= atMs) {
      step = waited(step.gathered, step.dueMs);
      out += step.whole;
    }
    nowMs = atMs;
  };
  for (const { text, afterMs } of pieces) {
    until(nowMs + afterMs);
    step = arrived(step.gathered, text, nowMs);
    out += step.whole;
  }
  until(nowMs + 10_000);
  return out;
}

/** A text in pieces, each cut and each delay as it falls. */
function inPieces(text: string, delays: fc.Arbitrary<number>): fc.Arbitrary<Piece[]> {
  const cuts = fc.array(fc.nat({ max: text.length }), { maxLength: 8 });
  return fc.tuple(cuts, fc.array(delays, { minLength: 10, maxLength: 10 })).map(([at, each]) => {
    const ends = [...new Set([...at, text.length])].toSorted((a, b) => a - b);
    return ends.map((to, i) => ({
      text: text.slice(ends[i - 1] ?? 0, to),
      afterMs: each[i] as number,
    }));
  });
}

const letters = fc.stringMatching(/^[a-z0-9 ]{0,6}$/);
const keys = fc.array(fc.tuple(fc.constantFrom(...SEQUENCES), letters), { maxLength: 4 });

test('on a line that is fast enough every key comes whole', () => {
  const cases = fc.tuple(letters, keys).chain(([before, rest]) => {
    const sent = before + rest.flat().join('');
    const delays = fc.nat({ max: ESC_WAIT_MS - 1 });
    return inPieces(sent, delays).map((pieces) => ({ sent, pieces }));
  });
  fc.assert(
    fc.property(cases, ({ sent, pieces }) => {
      expect(read(pieces)).toBe(sent);
    }),
  );
});

test('on any other line no letter comes that nobody typed', () => {
  const cases = fc.tuple(letters, keys).chain(([before, rest]) => {
    const sent = before + rest.flat().join('');
    const typed = before + rest.map(([, text]) => text).join('');
    return inPieces(sent, fc.nat({ max: 1_900 })).map((pieces) => ({ typed, pieces }));
  });
  fc.assert(
    fc.property(cases, ({ typed, pieces }) => {
      const whole = new RegExp(`${ESC}(?:\\[\\[?[0-9;]*|O)[A-Za-z~^]|${ESC}`, 'gu');
      expect(read(pieces).replaceAll(whole, '')).toBe(typed);
    }),
    { numRuns: 2_000 },
  );
});

test('what holds no Esc comes as it was typed or pasted', () => {
  const cases = fc
    .string({ unit: 'binary', maxLength: 40 })
    .map((text) => text.replaceAll(ESC, ''))
    .chain((text) => inPieces(text, fc.nat({ max: 3_000 })).map((pieces) => ({ text, pieces })));
  fc.assert(
    fc.property(cases, ({ text, pieces }) => {
      expect(read(pieces)).toBe(text);
    }),
  );
});

test('an Esc alone acts after a moment, and a bracket that is typed after it is one', () => {
  expect(read([{ text: ESC, afterMs: 0 }])).toBe(ESC);
  expect(read(['[', 'O', 'k'].map((text) => ({ text, afterMs: 300 })))).toBe('[Ok');
  const typed = [ESC, '[', 'k', 'O'].map((text) => ({ text, afterMs: 1_100 }));
  expect(read(typed)).toBe(`${ESC}[kO`);
});

test('a line that is slow is waited for longer, and not for ever', () => {
  let { gathered } = arrived(nothingGathered(), ESC, 0);
  for (let nowMs = 0; nowMs < 60_000; nowMs += 3_000) {
    ({ gathered } = waited(gathered, nowMs + gathered.waitMs));
    ({ gathered } = arrived(gathered, '[23~', nowMs + 1_000));
    ({ gathered } = arrived(gathered, ESC, nowMs + 3_000));
  }
  expect(gathered.waitMs).toBe(ESC_WAIT_MS_MAX);
});
