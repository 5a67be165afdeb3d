// A file as lines: the same lines however they are cut up, and never many at once.

import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Chunk, lineChunks } from '../../src/lines/line-chunks.ts';
import { realDisk } from '../../src/store/disk.ts';
import { LINES_AT_ONCE_MAX } from '../../src/store/limits.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kith-lines-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What `look` makes of each chunk, before the next one overwrites it. */
function read<Value>(content: Buffer, look: (chunk: Chunk) => Value): Value[] {
  const path = join(folder, 'lines');
  writeFileSync(path, content);
  const file = realDisk.open(path, 'read');
  try {
    const found: Value[] = [];
    for (const chunk of lineChunks(file, { from: 0, to: content.length, line: 1 })) {
      found.push(look(chunk));
    }
    return found;
  } finally {
    file.close();
  }
}

describe('the lines of a file', () => {
  test('come in their order, with number and place, and the read tells where it is', () => {
    const line = fc
      .uint8Array({ maxLength: 40 })
      .map((bytes) => bytes.map((b) => (b === 10 ? 11 : b)));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), fc.boolean(), (lines, ended) => {
        const text = lines.flatMap((one) => [Buffer.from(one), Buffer.from('\n')]);
        const content = Buffer.concat(ended ? text : text.slice(0, -1));
        const wholeLines = content.toString('latin1').split('\n').slice(0, -1);
        let at = 0;
        const found = read(content, (chunk) => {
          expect(chunk.at).toBeGreaterThan(at);
          at = chunk.at;
          return chunk.lines.map(({ number, offset, length, bytes }) => {
            expect(content.subarray(offset, offset + length).equals(bytes as Uint8Array)).toBe(
              true,
            );
            return [number, length];
          });
        }).flat();
        expect(at).toBe(content.length);
        expect(found).toEqual(wholeLines.map((whole, i) => [i + 1, whole.length]));
      }),
      { numRuns: 60 },
    );
  });

  test('are few at once, also where a megabyte is a million of them', () => {
    const counts = read(Buffer.alloc(1_000_000, '\n'), ({ lines }) => lines.length);
    expect(Math.max(...counts)).toBe(LINES_AT_ONCE_MAX);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1_000_000);
  });
});
