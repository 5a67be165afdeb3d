// What this machine is made of: there is always something to tell, and nothing that moves a cursor.

import { expect, test } from 'vitest';
import { hardwareDetails } from '../../src/os/hardware-details.ts';

test('names the processor, and nothing with control characters', async () => {
  const details = await hardwareDetails();
  expect(details.cores).toBeGreaterThan(0);
  expect(typeof details.virtual).toBe('boolean');
  expect(JSON.stringify(details)).toMatch(/^[\x20-\x7e]*$/);
});
