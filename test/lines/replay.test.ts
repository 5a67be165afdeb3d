// A file of lines through the judge: every line is held, waits, is a duplicate, or is refused with
// its number and a code, once, whatever the file is made of.

import fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { LINE_BYTES_MAX, PARKED_PER_AUTHOR_MAX } from '../../ledger/limits.ts';
import type { Decoded } from '../../ledger/record.ts';
import { REFUSALS } from '../../ledger/refusals.ts';
import { frontierRoot, stateRoot } from '../../ledger/replica.ts';
import { type Verified, trustOwn } from '../../ledger/verify.ts';
import { replayLines } from '../../src/lines/replay.ts';
import { nodePlatform } from '../../src/platform.ts';
import { realDisk } from '../../src/store/disk.ts';
import { acts, actor, Scribe } from '../kit/actors.ts';
import { forge } from '../kit/forge.ts';
import { type Reading, readFile, scratchFolder, seededPick } from '../kit/store-world.ts';

const { folder, remove } = scratchFolder();
afterAll(remove);
let files = 0;
/** What the judge makes of a file with this content. */
async function judged(content: string | Uint8Array): Promise<Reading> {
  const path = join(folder, `${++files}.jsonl`);
  fs.writeFileSync(path, content);
  const reading = await readFile(path);
  await reading.store.close();
  return reading;
}
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const pick = seededPick(seed);
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = pick(i + 1);
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}

const s = new Scribe();
const [root, alice, node] = [actor('root'), actor('alice'), actor('node')];
const a = s.operator(alice, root);
s.node(node, alice, [a]);
for (let i = 0; i < 12; i++) s.by(node, acts.update({ labels: [`n-${i}`] }));
const lines = s.records.map(({ line }) => line);
const text = `${lines.join('\n')}\n`;

test('a whole file is held line by line; the last newline may be missing', async () => {
  for (const content of [text, text.trimEnd()]) {
    const { totals, refused } = await judged(content);
    expect(totals).toMatchObject({ lines: lines.length, held: lines.length, pending: [] });
    expect(refused).toEqual([]);
  }
});

test('an empty file holds nothing, and neither does one of newlines', async () => {
  expect((await judged('')).totals).toMatchObject({ lines: 0, held: 0, refused: 0 });
  const { totals, refused } = await judged('\n\n\n');
  expect(totals).toMatchObject({ lines: 3, held: 0, refused: 3 });
  expect(refused.map(({ line, code }) => [line, code])).toEqual([
    [1, 'empty'],
    [2, 'empty'],
    [3, 'empty'],
  ]);
});

test('each kind of broken line is refused by its number, and the good ones around it are held', async () => {
  const broken: [string | Uint8Array, string][] = [
    ['', 'empty'],
    ['x'.repeat(LINE_BYTES_MAX + 1), 'too-long'],
    [Uint8Array.of(0x7b, 0xff, 0x7d), 'not-utf8'],
    [`${lines[3]}\r`, 'not-canonical'],
    [`\uFEFF${lines[3]}`, 'not-canonical'],
    ['{}', 'bad-shape'],
    ['[]', 'bad-shape'],
    [(lines[3] as string).replace('"v":1', '"v":2'), 'wrong-version'],
    [(lines[3] as string).replace('n-0', 'n-9'), 'bad-signature'],
    [(lines[3] as string).replace('"labels":', '"lables":'), 'bad-body'],
  ];
  const parts = broken.flatMap(([bad], i) => [lines[i] as string, '\n', bad, '\n']);
  const rest = lines.slice(broken.length).flatMap((line) => [line, '\n']);
  const { totals, refused } = await judged(
    Buffer.concat([...parts, ...rest].map((part) => Buffer.from(part))),
  );
  expect(totals).toMatchObject({ held: lines.length, refused: broken.length });
  const inOrder = refused.toSorted((one, two) => one.line - two.line);
  expect(inOrder.map(({ line, code }) => [line, code])).toEqual(
    broken.map(([, code], i) => [i * 2 + 2, code]),
  );
});

test('any order of the lines, with duplicates, gives the same state', async () => {
  const straight = await judged(text);
  for (let seed = 0; seed < 12; seed++) {
    const mixed = shuffled([...lines, ...lines.slice(0, 5)], seed);
    const { totals, replica } = await judged(mixed.join('\n'));
    expect(totals).toMatchObject({ held: lines.length, duplicates: 5, refused: 0, pending: [] });
    expect(replica && frontierRoot(replica)).toBe(
      straight.replica && frontierRoot(straight.replica),
    );
    expect(replica && stateRoot(replica)).toBe(straight.replica && stateRoot(straight.replica));
  }
});

test('a chain longer than may wait, written backwards, is held all the same', async () => {
  const chain = [...forge({ operators: 0, nodes: 2, updatesPerNode: PARKED_PER_AUTHOR_MAX + 900 })];
  const { totals, refused } = await judged(
    chain
      .map(({ line }) => line)
      .toReversed()
      .join('\n'),
  );
  expect(refused).toEqual([]);
  expect(totals).toMatchObject({ held: chain.length, pending: [] });
});

test('a chain of admissions in the worst order is shown to the judge a few times, not once a link', async () => {
  const chain = new Scribe();
  const members = Array.from({ length: 150 }, (_, i) => actor(`member ${i}`));
  members.forEach((who, i) => chain.operator(who, members[i - 1] ?? root));
  const [genesis, ...rest] = chain.records.map(({ line }) => line);
  const path = join(folder, 'chain.jsonl');
  const known = new Set([root.key]);
  for (const order of [rest, rest.toReversed(), shuffled(rest, 7)]) {
    fs.writeFileSync(path, [...order, genesis].join('\n'));
    const file = realDisk.open(path, 'read');
    const stretch = { from: 0, to: file.size(), line: 1 };
    let shown = 0;
    known.clear();
    const totals = await replayLines(
      { file, stretch, takesTail: true, platform: nodePlatform },
      {
        judge(batch) {
          shown += batch.length;
          const held: Verified[] = [];
          const refused: { record: Decoded; code: 'unknown-author' }[] = [];
          for (const { record } of batch) {
            if (record.act.kind === 'genesis') known.add(record.author);
            if (!known.has(record.author)) refused.push({ record, code: 'unknown-author' });
            else held.push(trustOwn(record));
            if (known.has(record.author) && record.act.kind === 'operator.admit')
              known.add(record.act.body.key);
          }
          return Promise.resolve({ held, duplicates: [], refused });
        },
        apply: () => [],
      },
    );
    file.close();
    expect(totals).toMatchObject({ held: chain.records.length, refused: 0, pending: [] });
    expect(shown).toBeLessThanOrEqual(2 * chain.records.length);
  }
});

test('what waits for a line that is not there is named, and what nobody knows is refused', async () => {
  const gap = lines.filter((_, i) => i !== 5);
  const { totals, refused } = await judged(gap.join('\n'));
  expect(totals).toMatchObject({ held: 5, refused: 0 });
  expect(totals.pending.map(({ line, id }) => [line, id])).toEqual(
    s.records.slice(6).map(({ id }, i) => [i + 6, id]),
  );
  expect(refused).toEqual([]);
  const orphans = await judged(lines.slice(3).join('\n'));
  expect(orphans.totals).toMatchObject({ held: 0, refused: lines.length - 3 });
});

test('every line of a hostile file is accounted for, once, with a code of the table', async () => {
  const good = fc.constantFrom(...lines);
  const spoiled = fc
    .tuple(good, fc.nat(), fc.integer({ min: 0, max: 255 }))
    .map(([line, at, byte]) => {
      const bytes = Buffer.from(line);
      bytes[at % bytes.length] = byte;
      return bytes;
    });
  const cut = fc
    .tuple(good, fc.nat())
    .map(([line, at]) => Buffer.from(line.slice(at % line.length)));
  const noise = fc.uint8Array({ maxLength: 60 });
  const line = fc.oneof(good.map(Buffer.from), spoiled, cut, noise);
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 30 }), async (parts) => {
      const content = Buffer.concat(parts.flatMap((part) => [Buffer.from(part), Buffer.of(0x0a)]));
      const { totals, refused, store } = await judged(content);
      const { held, duplicates, pending } = totals;
      expect(held + duplicates + pending.length + totals.refused).toBe(totals.lines);
      expect(refused).toHaveLength(totals.refused);
      expect(new Set(refused.map(({ line: at }) => at)).size).toBe(refused.length);
      for (const { code, line: at, offset, length } of refused) {
        expect(Object.keys(REFUSALS)).toContain(code);
        expect(content.subarray(0, offset).filter((byte) => byte === 0x0a)).toHaveLength(at - 1);
        expect(content[offset + length]).toBe(0x0a);
      }
      expect(store.records).toBe(held);
    }),
    { numRuns: 60 },
  );
});
