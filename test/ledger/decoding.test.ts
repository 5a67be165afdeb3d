// Whatever bytes come, decoding gives a record or a code of the table, and never throws; and what
// it gives is written by exactly those bytes.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { screen } from '../../ledger/door.ts';
import { LINE_BYTES_MAX } from '../../ledger/limits.ts';
import { decodeBytes, decodeText, sealedLine, unsignedText } from '../../ledger/record.ts';
import { REFUSALS } from '../../ledger/refusals.ts';
import { utf8 } from '../../proto/bytes.ts';
import { canonical, type JsonObject } from '../../proto/json.ts';
import { nodePlatform } from '../../src/platform.ts';
import { acts, actor, Scribe, settle, wireguardClaim } from '../kit/actors.ts';
import { dice, historyOf, randomSteps } from '../kit/history.ts';

const s = new Scribe();
const a = s.operator(actor('alice'), actor('root'));
s.node(actor('node'), actor('alice'), [a]);
s.by(actor('node'), acts.update({ wg: wireguardClaim(actor('node'), s.ledger, 1) }));
s.by(actor('alice'), acts.commit('k', 'väl'), { auth: [a] });
const into = settle(s.records);
const lines = [...s.records, ...historyOf(randomSteps(dice(7), 60)).records].map((r) => r.line);

/** Any JSON at all, and as often JSON that is inside the profile. */
const values: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 8 }),
  fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constantFrom('', 'k', a.id, a.author, a.sig, 'operator.admit', 'ä'),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(fc.constantFrom('key', 'seq', 'grants', 'x'), tie('value')),
    ),
  })).value,
);

/** Sorted keys and nothing else that canonical JSON asks for. */
function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).toSorted(([x], [y]) => (x < y ? -1 : 1));
  return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${sorted(item)}`).join()}}`;
}

/** A verdict on any bytes: never a throw, always a code, and a record only from its own bytes. */
function judge(bytes: Uint8Array): string {
  const decoded = decodeBytes(bytes, nodePlatform);
  if (!decoded.ok) {
    expect(Object.keys(REFUSALS)).toContain(decoded.code);
    return decoded.code;
  }
  const record = decoded.value;
  expect(sealedLine(record, record.sig)).toBe(record.line);
  expect(unsignedText(record)).toBe(record.unsigned);
  expect(Buffer.from(record.line, 'utf8').equals(Buffer.from(bytes))).toBe(true);
  const [outcome] = screen(into.replica, [record]);
  if (outcome?.kind === 'refused') expect(Object.keys(REFUSALS)).toContain(outcome.code);
  return outcome?.kind ?? 'nothing';
}

test('random bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(judge(bytes)).not.toBe('check');
    }),
    { numRuns: 3_000 },
  );
});

test('lines with bytes cut out, put in, doubled and swapped', () => {
  const edit = fc.tuple(fc.nat(), fc.nat({ max: 40 }), fc.uint8Array({ maxLength: 12 }));
  fc.assert(
    fc.property(
      fc.constantFrom(...lines),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      (line, edits) => {
        let bytes = Buffer.from(line, 'utf8');
        for (const [at, drop, put] of edits) {
          const from = at % (bytes.length + 1);
          bytes = Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + drop)]);
        }
        judge(bytes);
      },
    ),
    { numRuns: 4_000 },
  );
});

test('records with a field of any value, in canonical form', () => {
  const names = [
    'auth',
    'author',
    'body',
    'kind',
    'ledger',
    'prev',
    'refs',
    'seq',
    'sig',
    'ts',
    'v',
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...lines),
      fc.constantFrom(...names, 'other'),
      values,
      (line, name, value) => {
        const record = { ...(JSON.parse(line) as JsonObject), [name]: value };
        judge(utf8(sorted(record)));
      },
    ),
    { numRuns: 3_000 },
  );
});

test('bodies with a field of any value, of every kind', () => {
  fc.assert(
    fc.property(fc.constantFrom(...lines), fc.nat(), values, (line, at, value) => {
      const record = JSON.parse(line) as { body: JsonObject };
      const fields = [...Object.keys(record.body), 'other'];
      const body = { ...record.body, [fields[at % fields.length] as string]: value };
      judge(utf8(sorted({ ...record, body })));
    }),
    { numRuns: 3_000 },
  );
});

test('lines of any length: up to 8 KiB a record, above it too long, in bytes and not in characters', () => {
  const fits = (size: number): string => {
    const bare = s.by(actor('alice'), acts.commit('k', ''), { auth: [a] });
    const body = { key: 'k', value: 'x'.repeat(size - Buffer.byteLength(bare.line)) };
    const line = canonical({ ...(JSON.parse(bare.line) as JsonObject), body });
    expect(Buffer.byteLength(line)).toBe(size);
    return line;
  };
  expect(decodeText(fits(LINE_BYTES_MAX), nodePlatform).ok).toBe(true);
  const code = (text: string): string => {
    const decoded = decodeText(text, nodePlatform);
    const other = decodeBytes(utf8(text), nodePlatform);
    expect(other.ok ? 'ok' : other.code).toBe(decoded.ok ? 'ok' : decoded.code);
    return decoded.ok ? 'ok' : decoded.code;
  };
  expect(code(fits(LINE_BYTES_MAX + 1))).toBe('too-long');
  expect(code(fits(LINE_BYTES_MAX).replace('xx', 'ä'))).toBe('ok');
  expect(code(fits(LINE_BYTES_MAX).replace('x', 'ä'))).toBe('too-long');
  expect(code(fits(LINE_BYTES_MAX).replace('xxxx', '𝒳'))).toBe('ok');
  expect(code(fits(LINE_BYTES_MAX).replace('xxx', '𝒳'))).toBe('too-long');
  expect(code('[['.repeat(LINE_BYTES_MAX / 2))).toBe('not-canonical');
});

test('keys out of order are a second spelling, in a line of plain ASCII and in another', () => {
  const plain = s.by(actor('alice'), acts.commit('k', 7), { auth: [a] }).line;
  const foreign = lines.find((text) => text.includes('väl')) as string;
  for (const line of [plain, foreign]) {
    const swapped = line.replace(
      /"author":(".*?"),"body":(\{.*?\}),"kind"/,
      '"body":$2,"author":$1,"kind"',
    );
    expect(swapped).not.toBe(line);
    expect(judge(utf8(swapped))).toBe('not-canonical');
    const inside = line.replace(
      /"body":\{"key":("[^"]*"),"value":([^}]*)\}/,
      '"body":{"value":$2,"key":$1}',
    );
    expect(inside).not.toBe(line);
    expect(judge(utf8(inside))).toBe('not-canonical');
  }
});

test('a second spelling of a record is no record', () => {
  const line = lines[1] as string;
  const spellings = [
    ` ${line}`,
    `${line}\r`,
    line.replace('"seq":2', '"seq":2.0'),
    line.replace('"seq":2', '"seq":2e0'),
    line.replace('"v":1', '"v":1,"v":1'),
    line.replace('"kind":"operator.admit"', '"kind":"operator\\u002eadmit"'),
    line.replace('"kind"', '"\\u006bind"'),
    line.replace(/"author":"(.*?)","body":(\{.*?\}),"kind"/, '"body":$2,"author":"$1","kind"'),
    // The last symbol of 32 bytes has two bits to spare.
    line.replace(/("prev":"[^"]{42})[^"]"/, '$1B"'),
  ];
  for (const spelling of spellings) {
    expect(spelling).not.toBe(line);
    expect(['not-canonical', 'bad-shape']).toContain(judge(utf8(spelling)));
  }
});
