// The daemon's heap: what nothing holds any more goes, and the process goes on.

import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { isWorthCollecting, keepHeapSmall } from '../../src/os/heap.ts';

const MIB = 1024 * 1024;

test('collects once after the start, and lets the process go on', async () => {
  const unheld = new WeakRef({ since: 'the start' });
  keepHeapSmall(1, 20);
  for (let i = 0; i < 200 && unheld.deref() !== undefined; i++) await pause(20);
  expect(unheld.deref()).toBe(undefined);
  // A later turn of the loop comes, too.
  await pause(20);
});

test.each([
  ['the first time', 5 * MIB, 0, true],
  ['the first time with a large ledger', 500 * MIB, 0, true],
  ['grown by less than a tenth', 21.9 * MIB, 20 * MIB, false],
  ['grown by more', 22.1 * MIB, 20 * MIB, true],
  ['a ledger that has come meanwhile', 500 * MIB, 20 * MIB, true],
  ['a large heap that has grown', 600 * MIB, 500 * MIB, false],
])('is worth a collection: %s', (_what, used, left, isWorthIt) => {
  expect(isWorthCollecting(used, left)).toBe(isWorthIt);
});
