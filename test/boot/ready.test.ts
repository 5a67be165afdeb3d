// What counts as installed: the list that npm writes last, package by package, beside the lock
// file.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { installGap } from '../../src/boot/ready.mjs';

const A = { version: '1.0.0', integrity: 'sha512-a' };
const B = { version: '2.0.0', integrity: 'sha512-b' };

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kith-ready-'));
  mkdirSync(join(root, 'node_modules'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function gap(wanted: object, held: object | null): string | null {
  const lock = { packages: { '': { name: 'kith' }, ...wanted } };
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lock));
  const list = join(root, 'node_modules/.package-lock.json');
  if (held !== null) writeFileSync(list, JSON.stringify({ packages: held }));
  return installGap(root);
}

describe('installGap', () => {
  test('is null where every package is as locked', () => {
    expect(gap({ 'node_modules/a': A }, { 'node_modules/a': A })).toBe(null);
  });

  test('names a package that is missing, of another version or of other bytes', () => {
    const wanted = { 'node_modules/a': A, 'node_modules/b': B };
    const why = 'node_modules/b is not as locked';
    expect(gap(wanted, { 'node_modules/a': A })).toBe(why);
    expect(gap(wanted, { ...wanted, 'node_modules/b': { ...B, version: '2.0.1' } })).toBe(why);
    expect(gap(wanted, { ...wanted, 'node_modules/b': { ...B, integrity: 'x' } })).toBe(why);
  });

  test('lets an optional package for another system be absent', () => {
    expect(gap({ 'node_modules/b': { ...B, optional: true } }, {})).toBe(null);
  });

  test('takes an install that did not end for none', () => {
    expect(gap({ 'node_modules/a': A }, null)).toBe('the packages are not installed');
  });
});
