// Moments and names as people and machines spell them.

import { expect, test } from 'vitest';
import { momentOf } from '../../src/cli/moments.ts';
import { hostLabel } from '../../src/os/host-name.ts';
import { isName } from '../../ledger/schema.ts';

const NOW = Date.UTC(2026, 2, 1);

test('a span is counted from now, a day begins at midnight UTC', () => {
  expect(momentOf('30m', NOW)).toBe(NOW + 1_800_000);
  expect(momentOf('24h', NOW)).toBe(NOW + 86_400_000);
  expect(momentOf('7d', NOW)).toBe(NOW + 7 * 86_400_000);
  expect(momentOf('2026-05-01', NOW)).toBe(Date.UTC(2026, 4, 1));
  expect(momentOf('2026-05-01T12:30Z', NOW)).toBe(Date.UTC(2026, 4, 1, 12, 30));
});

test.each(['', '0h', '1y', '24', '-1h', '1.5h', '2026-02-30', '2026-13-01', '1e3d', 'tomorrow'])(
  '%j is no moment',
  (text) => expect(momentOf(text, NOW)).toBe(null),
);

test.each([
  ['Ada’s Laptop.local', 'ada-s-laptop'],
  ['lamp', 'lamp'],
  ['_-_', 'node'],
  ['日本', 'node'],
  ['x'.repeat(80), 'x'.repeat(63)],
  [`${'y'.repeat(62)}-z`, 'y'.repeat(62)],
])('%s is proposed as %s', (text, label) => {
  expect(hostLabel(text, 'node')).toBe(label);
  expect(isName(hostLabel(text, 'node'))).toBe(true);
});
