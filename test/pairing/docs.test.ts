// docs/pairing.md says what the machines do: its diagrams are the tables, its numbers the limits.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { diagramsOf, mermaidOf, redraw } from '../../docs/diagram.mjs';
import * as limits from '../../pairing/limits.ts';
import { TRANSITIONS } from '../../pairing/machine.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/pairing.md'), 'utf8');
const PROTO = readFileSync(join(import.meta.dirname, '../../proto/kith.proto'), 'utf8');

describe('docs/pairing.md', () => {
  test('draws every table as it is (else: npm run docs)', () => {
    expect(diagramsOf(PAGE)).toEqual(Object.keys(TRANSITIONS));
    expect(redraw(PAGE, TRANSITIONS)).toBe(PAGE);
  });

  test('a table with another step is drawn otherwise', () => {
    const rows = { open: { go: 'shut', stop: 'shut' }, shut: {} };
    const drawn = mermaidOf(rows);
    expect(drawn).toContain('  open --> shut: go, stop\n  shut --> [*]\n');
    expect(mermaidOf({ ...rows, shut: { back: 'open' } })).not.toBe(drawn);
    const page = 'x\n<!-- diagram: a -->\nold\n<!-- end -->\ny\n';
    expect(redraw(page, { a: rows })).toBe(`x\n<!-- diagram: a -->\n${drawn}<!-- end -->\ny\n`);
  });

  test.each<[string, number]>([
    ['answers for 600 s', limits.WINDOW_MS / 1_000],
    ['Up to 8 runs go', limits.RUNS_MAX],
    ['of each source, 10 s each', limits.RUN_MS / 1_000],
    ['`still` every 9 s', limits.STILL_MS / 1_000],
    ['gives up after 30 s', limits.SILENCE_MS / 1_000],
    ['at most 1,024 bytes', limits.CLEAR_BYTES_MAX],
    ['after them 131,136', limits.SEALED_BYTES_MAX],
    ['lines (<= 131,072 bytes', limits.PAGE_BYTES_MAX],
    ['number (< 8,192)', limits.PAGES_MAX],
    ['a line, <= 8,192 bytes', limits.RECORD_BYTES_MAX],
    ['members (<= 64:', limits.MEMBERS_MAX],
    ['labels (<= 16, rising)', limits.LABELS_MAX],
    ['endpoints (<= 8) · 4 hardware', limits.ENDPOINTS_MAX],
    ['cards (<= 16:', limits.GPUS_MAX],
    ['pledges (<= 8:', limits.PLEDGES_MAX],
    ['at most 64 UTF-16 units', limits.TEXT_CHARS_MAX],
    ['suites (1 to 8 numbers', limits.SUITES_MAX],
  ])('says "%s", and so do the limits', (words, value) => {
    expect(PAGE.replaceAll('\n', ' ')).toContain(words);
    expect(words.replaceAll(',', '')).toContain(String(value));
  });

  test('names every message of the schema by its number', () => {
    for (const [message, count] of [
      ['PairingFrame', 5],
      ['PairingInner', 10],
    ] as const) {
      const body = PROTO.split(`message ${message} {`)[1]?.split('\n}')[0] ?? '';
      const fields = [...body.matchAll(/(\w+) = (\d+);/g)];
      expect(fields).toHaveLength(count);
      for (const [, name, number] of fields) expect(PAGE).toContain(`| ${number} | ${name} |`);
    }
  });
});
