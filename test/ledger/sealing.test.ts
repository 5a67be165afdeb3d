// A record that is made from a draft without reading its text again is the record that reading
// gives, for drafts of every kind, faulty ones and such as are no plain data; and what reading
// refuses is refused with the same code.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LINE_BYTES_MAX } from '../../ledger/limits.ts';
import {
  type Decoded,
  type Draft,
  decodeText,
  sealedText,
  unsignedText,
} from '../../ledger/record.ts';
import type { RefusalCode } from '../../ledger/refusals.ts';
import { seal, write } from '../../ledger/seal.ts';
import type { Result } from '../../proto/result.ts';
import { nodePlatform } from '../../src/platform.ts';
import { acts, actor, Scribe, wireguardClaim } from '../kit/actors.ts';
import { dice, historyOf, randomSteps } from '../kit/history.ts';

const s = new Scribe();
const a = s.operator(actor('alice'), actor('root'));
s.node(actor('node'), actor('alice'), [a]);
s.by(actor('node'), acts.update({ wg: wireguardClaim(actor('node'), s.ledger, 1) }));
s.by(actor('alice'), acts.commit('k', 'väl'), { auth: [a] });
const records = [...s.records, ...historyOf(randomSteps(dice(7), 60)).records];
const FIELDS = ['ledger', 'author', 'seq', 'prev', 'auth', 'refs', 'ts'] as const;

const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 8 }),
  fc.constantFrom<unknown>(
    undefined,
    -0,
    1.5,
    Number.NaN,
    2 ** 53,
    12n,
    '\u0000',
    '"',
    '\\',
    'e\u0301',
    '\ud800',
    new Date(0),
    new Map([['k', 1]]),
    Array.from({ length: 2 }),
    { toJSON: () => ({}) },
    { b: 1, a: 2 },
    Object.create({ inherited: 1 }),
    JSON.parse('{"__proto__":1}'),
    a.id,
    [a.id, a.id],
  ),
);

function byReading(draft: Draft): Result<Decoded, RefusalCode> | 'throws' {
  try {
    return decodeText(sealedText(unsignedText(draft), a.sig), nodePlatform);
  } catch {
    return 'throws';
  }
}

function byWriting(draft: Draft): Result<Decoded, RefusalCode> | 'throws' {
  try {
    return seal(write(draft), a.sig, nodePlatform);
  } catch {
    return 'throws';
  }
}

/** What the two ways say of a draft: never different, and never a record that a reader refuses. */
function agreed(draft: Draft): string {
  const made = byWriting(draft);
  const read = byReading(draft);
  if (made === 'throws' || read === 'throws') {
    expect(made).toBe(read);
    return 'throws';
  }
  expect(made).toEqual(read);
  if (!made.ok) return made.code;
  expect(decodeText(made.value.line, nodePlatform)).toEqual(made);
  return 'ok';
}

test('records of every kind are the same by both ways', () => {
  const kinds = new Set(records.map((record) => record.act.kind));
  expect(kinds.size).toBeGreaterThan(6);
  for (const record of records) {
    const made = seal(write(record), record.sig, nodePlatform);
    expect(made).toEqual({ ok: true, value: record });
    expect(agreed(record)).toBe('ok');
  }
});

test('drafts with a field of any value', () => {
  const said = new Set<string>();
  fc.assert(
    fc.property(
      fc.constantFrom(...records),
      fc.constantFrom(...FIELDS),
      odd,
      (record, name, value) => {
        said.add(agreed({ ...record, [name]: value }));
      },
    ),
    { numRuns: 3_000 },
  );
  expect(said).toContain('bad-shape');
  expect(said).toContain('not-canonical');
});

test('bodies with a field of any value, more of them, and in any order', () => {
  const said = new Set<string>();
  fc.assert(
    fc.property(
      fc.constantFrom(...records),
      fc.nat(),
      odd,
      fc.boolean(),
      (record, at, value, turn) => {
        const { kind, body: whole, ...rest } = record.act;
        const names = [...Object.keys(whole), 'other'];
        const fields = Object.entries({ ...whole, [names[at % names.length] as string]: value });
        const body = Object.fromEntries(turn ? fields.toReversed() : fields);
        said.add(agreed({ ...record, act: { ...rest, kind, body } as unknown as Draft['act'] }));
      },
    ),
    { numRuns: 3_000 },
  );
  for (const code of ['ok', 'bad-body', 'not-canonical']) expect(said).toContain(code);
});

test('configuration of any value that JSON has', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5, noUnicodeString: false }), (value) => {
      const act = { kind: 'config.commit', body: { key: 'k', value } } as Draft['act'];
      agreed({ ...a, act });
    }),
    { numRuns: 2_000 },
  );
});

test('a line of 8 KiB is made, and one character more is too long', () => {
  const sized = (size: number): Draft => {
    const act = (value: string): Draft['act'] => ({
      kind: 'config.commit',
      body: { key: 'k', value },
    });
    const empty = sealedText(unsignedText({ ...a, act: act('') }), a.sig).length;
    return { ...a, act: act('x'.repeat(size - empty)) };
  };
  expect(agreed(sized(LINE_BYTES_MAX))).toBe('ok');
  expect(agreed(sized(LINE_BYTES_MAX + 1))).toBe('too-long');
});

test('a draft that changes after it was written changes nothing of its record', () => {
  const labels = ['x'];
  const body = { labels };
  const by = records.find((record) => record.act.kind === 'node.update') as Decoded;
  const written = write({ ...by, act: { kind: 'node.update', body } });
  labels.push('y');
  const made = seal(written, by.sig, nodePlatform);
  labels.push('z');
  if (!made.ok) throw new Error(made.code);
  expect(made.value.act.body).toEqual({ labels: ['x'] });
  expect(decodeText(made.value.line, nodePlatform)).toEqual(made);
});

test('a signature that is none is refused', () => {
  for (const sig of ['', '"', `${a.sig}A`, a.sig.slice(1)]) {
    expect(seal(write(a), sig as typeof a.sig, nodePlatform).ok).toBe(false);
  }
});
