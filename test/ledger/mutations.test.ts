// The mutants of `npm run mutants` (too slow for every run) stay applicable: each text is found
// once.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FOLD } from '../mutations/fold.mjs';
import { HOST } from '../mutations/host.mjs';
import { VERIFIER } from '../mutations/verifier.mjs';

const MUTATIONS = [...VERIFIER, ...FOLD, ...HOST];
const ROOT = join(import.meta.dirname, '../..');

test('there are mutants enough, and each breaks another rule', () => {
  expect(MUTATIONS.length).toBeGreaterThanOrEqual(25);
  expect(new Set(MUTATIONS.map(({ rule }) => rule)).size).toBe(MUTATIONS.length);
});

test.each(MUTATIONS.map(({ rule, file, from, to }) => [rule, file, from, to] as const))(
  '%s: its text is found',
  (_, file, from, to) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    expect(text.split(from)).toHaveLength(2);
    expect(to).not.toBe(from);
  },
);
