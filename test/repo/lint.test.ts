// The rules that the linter keeps, each shown to fire on a bad line and to let the good one pass.

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT, tinyRepository } from './sources.ts';

const LONG = Array.from({ length: 401 }, (_, i) => `export const n${i} = ${i};\n`).join('');
const LONG_FUNCTION = `export function f(a: number[]): void {\n${'  a.push(1);\n'.repeat(71)}}\n`;

interface Case {
  readonly path: string;
  readonly text: string;
  /** The rule that must speak, or null where the line is allowed. */
  readonly rule: string | null;
}

const CASES: readonly Case[] = [
  { path: 'ledger/a.ts', text: 'export const t = Date.now();', rule: 'no-restricted-properties' },
  { path: 'src/a.ts', text: 'export const { now } = Date;', rule: 'no-restricted-properties' },
  { path: 'src/b.ts', text: 'export const t = performance.now();', rule: 'restricted-properties' },
  { path: 'src/c.ts', text: 'export const r = Math.random();', rule: 'restricted-properties' },
  { path: 'src/os/clock.ts', text: 'export const t = Date.now();', rule: null },
  { path: 'src/d.ts', text: 'export const m = Math.max(1, 2);', rule: null },
  { path: 'src/e.ts', text: `console.log('x');`, rule: 'no-console' },
  { path: 'src/cli/a.ts', text: `console.log('x');`, rule: null },
  { path: 'src/f.ts', text: 'export const a = (b: any) => b;', rule: 'no-explicit-any' },
  { path: 'src/g.ts', text: 'export default 1;', rule: 'no-default-export' },
  { path: 'src/h.ts', text: 'export const a = (b: string) => b == null;', rule: 'eqeqeq' },
  { path: 'src/i.ts', text: 'export const a = (b: string | null) => b!;', rule: 'no-non-null' },
  {
    path: 'src/j.ts',
    text: 'const a = async () => 1;\nexport function f() { a(); }',
    rule: 'no-floating-promises',
  },
  {
    path: 'src/k.ts',
    text: `export function f(a: 'x' | 'y') { switch (a) { case 'x': return 1; } return 2; }`,
    rule: 'switch-exhaustiveness-check',
  },
  { path: 'src/l.ts', text: LONG, rule: 'max-lines' },
  { path: 'src/m.ts', text: LONG_FUNCTION, rule: 'max-lines-per-function' },
  { path: 'test/a.ts', text: LONG_FUNCTION, rule: null },
];

let folder = '';
const said = new Map<string, string>();

beforeAll(() => {
  folder = tinyRepository(Object.fromEntries(CASES.map(({ path, text }) => [path, `${text}\n`])));
  const oxlint = join(ROOT, 'node_modules/.bin/oxlint');
  const args = ['--type-aware', '-f', 'unix', 'ledger', 'src', 'test'];
  const run = spawnSync(oxlint, args, { cwd: folder, encoding: 'utf8' });
  for (const line of run.stdout.split('\n')) {
    const path = line.slice(0, line.indexOf(':'));
    said.set(path, `${said.get(path) ?? ''}${line}\n`);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('lint', () => {
  test.each(CASES.map((one) => [one.rule ?? 'nothing', one.path, one.text.slice(0, 60), one]))(
    'says %s about %s: %s',
    (_rule, path, _text, { rule }) => {
      if (rule === null) expect(said.get(path) ?? '').toBe('');
      else expect(said.get(path) ?? '').toContain(rule);
    },
  );
});
