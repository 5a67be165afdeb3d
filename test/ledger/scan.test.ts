// Bytes into lines, whatever the chunks are, in bounded memory.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8 } from '../../proto/bytes.ts';
import { LINE_BYTES_MAX } from '../../ledger/limits.ts';
import {
  claimsOf,
  isDamage,
  type ScannedLine,
  scanChunk,
  startScan,
  tornTail,
} from '../../ledger/scan.ts';
import { REFUSALS, type RefusalCode } from '../../ledger/refusals.ts';
import { acts, actor, Scribe } from '../kit/actors.ts';

function scanAll(chunks: readonly Uint8Array[]): {
  lines: ScannedLine[];
  tail: ScannedLine | null;
} {
  const scan = startScan();
  // Copied at once, since the bytes of a line are a view into its chunk.
  const lines = chunks.flatMap((chunk) =>
    scanChunk(scan, chunk).map((line) => ({ ...line, bytes: line.bytes?.slice() ?? null })),
  );
  return { lines, tail: tornTail(scan) };
}

const someBytes = fc.array(
  fc.oneof(
    fc.constant(Uint8Array.of(0x0a)),
    fc.uint8Array({ maxLength: 12 }),
    fc.integer({ min: LINE_BYTES_MAX - 2, max: LINE_BYTES_MAX + 40 }).map((n) => {
      return new Uint8Array(n).fill(0x61);
    }),
  ),
  { maxLength: 12 },
);

test('the lines are those of the whole, wherever the chunks are cut', () => {
  fc.assert(
    fc.property(someBytes, fc.array(fc.nat(20_000), { maxLength: 8 }), (parts, cuts) => {
      const whole = Buffer.concat(parts);
      const at = [0, ...cuts.filter((cut) => cut < whole.length).toSorted((a, b) => a - b)];
      const chunks = at.map((from, i) => whole.subarray(from, at[i + 1] ?? whole.length));
      const { lines, tail } = scanAll(chunks);
      // The same by the book: split on 0x0A, and nothing else.
      let offset = 0;
      const expected = whole
        .toString('latin1')
        .split('\n')
        .map((text, i) => {
          const line = { number: i + 1, offset, length: text.length, text };
          offset += text.length + 1;
          return line;
        });
      const last = expected.pop();
      const plain = ({ number, offset: from, length, bytes }: ScannedLine): object => ({
        number,
        offset: from,
        length,
        text: bytes === null ? null : Buffer.from(bytes).toString('latin1'),
      });
      const cut = (line: (typeof expected)[number]): object =>
        line.length > LINE_BYTES_MAX ? { ...line, text: null } : line;
      expect(lines.map(plain)).toEqual(expected.map(cut));
      expect(tail === null ? null : plain(tail)).toEqual(
        last === undefined || last.length === 0 ? null : cut(last),
      );
    }),
  );
});

test('a line of a gigabyte costs no memory, keeps its number, and the next line is whole', () => {
  const scan = startScan();
  const chunk = new Uint8Array(1024 * 1024).fill(0x78);
  const before = process.memoryUsage().arrayBuffers;
  expect(scanChunk(scan, utf8('first\n'))).toHaveLength(1);
  for (let i = 0; i < 1024; i++) expect(scanChunk(scan, chunk)).toEqual([]);
  expect(scan.carry.length).toBe(LINE_BYTES_MAX + 1);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
  const lines = scanChunk(scan, utf8('\nlast\n'));
  expect(lines.map(({ number, length }) => [number, length])).toEqual([
    [2, 1024 ** 3],
    [3, 4],
  ]);
  expect(lines[0]?.bytes).toBeNull();
  expect(Buffer.from(lines[1]?.bytes ?? []).toString()).toBe('last');
});

test('a scan may begin in the middle of a file', () => {
  const scan = startScan(1_000, 12);
  expect(scanChunk(scan, utf8('a\nb'))).toMatchObject([{ number: 12, offset: 1_000, length: 1 }]);
  expect(tornTail(scan)).toMatchObject({ number: 13, offset: 1_002, length: 1 });
});

test('a damaged line still says whose it was and which, and says nothing it cannot', () => {
  const s = new Scribe();
  const node = actor('node');
  s.node(node, actor('root'));
  s.by(node, acts.update({ labels: ['a'] }));
  const line = s.by(node, acts.update({ labels: ['b'] })).line;
  const claims = { author: node.key, seq: 2 };
  expect(claimsOf(utf8(line))).toEqual(claims);
  let told = 0;
  for (let at = 0; at < line.length; at++) {
    const bytes = utf8(line);
    bytes[at] = (bytes[at] as number) ^ 0x80;
    const said = claimsOf(bytes);
    expect(said.author === undefined || said.author === node.key).toBe(true);
    if (said.author === claims.author && said.seq === claims.seq) told++;
  }
  // Only a flip inside the two fields themselves silences them.
  expect(told).toBeGreaterThan(line.length - 90);
  expect(claimsOf(new Uint8Array(2_000_000))).toEqual({});
});

test('damage is what no author can have written as it stands; the rest has only no place here', () => {
  const whole: RefusalCode[] = [
    'wrong-version',
    'other-ledger',
    'unknown-author',
    'over-quota',
    'beyond-cut',
    'fork-full',
    'parked-full',
  ];
  const codes = Object.keys(REFUSALS) as RefusalCode[];
  expect(codes.filter((code) => !isDamage(code)).toSorted()).toEqual(whole.toSorted());
});
