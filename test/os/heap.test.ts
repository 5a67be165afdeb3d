// The daemon's heap: what nothing holds any more goes, and the process goes on.

import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { keepHeapSmall } from '../../src/os/heap.ts';

test('collects once after the start, and lets the process go on', async () => {
  const unheld = new WeakRef({ since: 'the start' });
  keepHeapSmall(1);
  for (let i = 0; i < 200 && unheld.deref() !== undefined; i++) await pause(20);
  expect(unheld.deref()).toBe(undefined);
  // A later turn of the loop comes, too.
  await pause(20);
});
