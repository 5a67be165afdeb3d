import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../proto/bytes.ts';
import {
  type Answer,
  type Ask,
  type Question,
  answerLine,
  readAnswer,
  readQuestion,
} from '../../proto/questions.ts';

const HARDWARE = {
  ...{ model: 'box', system: 'Linux', cpu: 'some', cores: 2, memoryMib: 1, diskMib: 0 },
  gpus: [{ name: 'card', memoryMib: 4 }],
};
const PRESETS = ['peer', 'guest'];
const QUESTIONS: { readonly [Kind in Ask]: Question<Kind> } = {
  secret: { ask: 'secret', id: 1, question: 'Passphrase: ', again: true },
  confirm: { ask: 'confirm', id: 2, question: 'sign?', lines: ['1. set a to "b"'] },
  line: { ask: 'line', id: 3, question: 'Code: ' },
  admission: {
    ...{ ask: 'admission', id: 4, lines: [], name: 'lamp', fingerprint: 'F', preset: 'peer' },
    ...{ presets: PRESETS, role: 'peer', hardware: HARDWARE, replaces: 'old' },
  },
  key: { ask: 'key', id: 5, question: 'another?', seconds: 9 },
};
const ALL: readonly Question[] = Object.values(QUESTIONS);

function back<Kind extends Ask>(question: Question<Kind>, answer: Answer<Kind>): unknown {
  return readAnswer(question, answerLine(question, answer).slice(0, -1));
}

describe('a question', () => {
  test('is read in its own shape, and in no other', () => {
    for (const question of ALL) {
      expect(readQuestion(JSON.stringify(question))).toEqual(question);
      expect(readQuestion(JSON.stringify({ ...question, more: 1 }))).toBe(null);
      for (const name of Object.keys(question)) {
        const { [name]: left, ...less } = question as unknown as Record<string, unknown>;
        expect(readQuestion(JSON.stringify(less)), name).toBe(null);
        const other = typeof left === 'string' ? `${left}\u001b` : 'x';
        const odd = JSON.stringify({ ...less, [name]: other });
        expect(readQuestion(odd), `${question.ask} ${name}`).toBe(null);
      }
    }
    const step = { tell: 'step', step: 'connecting', text: 'to lamp' };
    expect(readQuestion(JSON.stringify(step))).toEqual(step);
    for (const none of ['', '{', '[]', 'null', '{"ask":"toString","id":1}']) {
      expect(readQuestion(none), none).toBe(null);
    }
  });
});

describe('an answer', () => {
  test('comes back as it was given', () => {
    for (const question of ALL) expect(back(question, null)).toBe(null);
    for (const yes of [true, false]) {
      expect(back(QUESTIONS.confirm, yes)).toBe(yes);
      expect(back(QUESTIONS.key, yes)).toBe(yes);
    }
    expect(back(QUESTIONS.line, 'a "b" \\ ü')).toBe('a "b" \\ ü');
    const chosen = { name: 'lamp-2', preset: 'guest' };
    expect(back(QUESTIONS.admission, chosen)).toEqual(chosen);
    expect(back(QUESTIONS.admission, false)).toBe(false);
  });

  test('of a secret is any line that a person can type, byte by byte', () => {
    const typed = fc.uint8Array({ min: 0x20, max: 0xff, maxLength: 80 });
    fc.assert(
      fc.property(typed, (bytes) => {
        expect(back(QUESTIONS.secret, bytes)).toEqual(bytes);
      }),
    );
  });

  test('of a secret is one spelling only', () => {
    const read = (line: string): unknown => readAnswer(QUESTIONS.secret, utf8(line));
    expect(read('{"id":1,"secret":"\\"\\\\"}')).toEqual(utf8('"\\'));
    for (const line of [
      ...['{"id":2,"secret":"a"}', '{"secret":"a","id":1}', '{"id":1, "secret":"a"}'],
      ...['{"id":1,"secret":"a","b":1}', '{"id":1,"secret":"a\\"}', '{"id":1,"secret":"\\u0041"}'],
      ...['{"id":1,"secret":"a\u0007"}', '{"id":1,"secret":"', '{"id":1,"secret"}', ''],
    ]) {
      expect(read(line), line).toBe(undefined);
    }
  });

  test('of another shape is none', () => {
    const none: readonly (readonly [Ask, object])[] = [
      ['confirm', { id: 3, yes: true }],
      ['confirm', { id: 2, yes: 1 }],
      ['confirm', { id: 2, yes: true, more: 1 }],
      ['confirm', { id: 2, cancelled: false }],
      ['line', { id: 3, line: 'a\nb' }],
      ['line', { id: 3, line: 'a'.repeat(2_000) }],
      ['admission', { id: 4, yes: true }],
      ['admission', { id: 4, yes: true, name: 'No Name', preset: 'peer' }],
      ['admission', { id: 4, yes: true, name: 'lamp', preset: 'observer' }],
      ['admission', { id: 4, yes: false, name: 'lamp', preset: 'peer' }],
      ['key', [5, true]],
    ];
    for (const [ask, said] of none) {
      const line = JSON.stringify(said);
      expect(readAnswer<Ask>(QUESTIONS[ask], utf8(line)), line).toBe(undefined);
    }
    expect(readAnswer(QUESTIONS.line, Uint8Array.of(0xff))).toBe(undefined);
  });
});
