// docs/commands.md is what the catalogue says.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { spoken } from '../../src/cli/args.ts';
import { CATALOGUE } from '../../src/cli/catalogue.ts';
import { manual } from '../../src/cli/manual.ts';
import { ROOT } from './ledgers.ts';

describe('docs/commands.md', () => {
  test('is as the catalogue has it (else: npm run docs)', () => {
    expect(readFileSync(join(ROOT, 'docs/commands.md'), 'utf8')).toBe(manual());
  });

  test('has a section for every command', () => {
    for (const command of CATALOGUE) expect(manual()).toContain(`\n### ${spoken(command)}\n`);
  });
});
