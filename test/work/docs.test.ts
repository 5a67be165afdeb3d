// docs/work.md says what the schema says, and its examples are specs.

import { describe, expect, test } from 'vitest';
import { schemaLines, withFields } from '../../src/cli/spec-table.ts';
import { valueOf } from '../../src/cli/spec-file.ts';
import { fieldRows } from '../../work/fields.ts';
import { STAGES } from '../../work/stages.ts';
import { readSpec } from '../../work/spec.ts';
import { textOf } from '../repo/sources.ts';
import { specOf } from './specs.ts';

const page = textOf('docs/work.md');
const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);

describe('docs/work.md', () => {
  test('holds the fields as the schema has them (else: npm run docs)', () => {
    expect(withFields(page)).toBe(page);
    for (const { path } of fieldRows()) expect(page).toContain(`| \`${path}\` | `);
  });

  test('notices a table that lacks a field', () => {
    expect(withFields(page.replace(/\| `limits\.pids`.*\n/, ''))).toBe(page);
  });

  test.each(examples.map((text) => [text.split('\n')[0] as string, text] as const))(
    'gives an example that is a spec: %s',
    async (_, text) => {
      const value = await valueOf(text);
      expect(value.ok && readSpec(value.value)).toMatchObject({ ok: true });
    },
  );

  test('gives three examples, and what the first says of itself is so', async () => {
    expect(examples).toHaveLength(3);
    const value = await valueOf(examples[0] as string);
    const { resources, limits, network } = specOf(value.ok ? value.value : null);
    expect([resources.cpuMilli, resources.memMiB, limits.maxRuntimeS, network.mode]).toEqual([
      ...[2_000, 8_192, 300, 'none'],
    ]);
  });
});

test('the fields are printed in columns, with their amounts', () => {
  const lines = schemaLines(null);
  expect(lines.length).toBe(fieldRows().length + 1);
  expect(lines.join('\n')).toMatch(/^resources\.memMiB \(memory\) +8192 +a whole number/m);
});

describe('docs/running.md', () => {
  const running = textOf('docs/running.md');

  test.each(Object.entries(STAGES))(
    'says how %s is shown, and how long it may take',
    (at, facts) => {
      const row = running.split('\n').find((line) => line.startsWith(`| \`${at}\` |`)) ?? '';
      const ends = at === 'closing' || at === 'clearing';
      expect(row).toContain(ends ? ' |' : `| ${facts.shown} |`);
      if (facts.limitMs === null) return;
      const seconds = facts.limitMs / 1_000;
      const said = seconds < 60 ? `${seconds} s` : `${seconds / 60} min`;
      expect(row).toContain(`| ${said} |`);
    },
  );
});
