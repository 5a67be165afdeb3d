// Reading `wg show dump`: what is kept of it, and that no secret of it is.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { textOf, utf8 } from '../../proto/bytes.ts';
import { parseDump } from '../../wg/dump.ts';
import { DUMP_LINE_BYTES_MAX } from '../../wg/limits.ts';
import { dumpOf, emptyInterface, PRESHARED, PRIVATE, wgKey } from './model.ts';

const FULL = [
  [PRIVATE, wgKey('own'), '7447', 'off'],
  [
    ...[wgKey('ann'), '(none)', '[fd00::1]:7447', 'fd00:1:2:3::/96,10.73.0.2/32'],
    ...['1764500000', '18446744073709551615', '2', '25'],
  ],
  [wgKey('bob'), PRESHARED, '(none)', '(none)', '0', '0', '0', 'off'],
];
const text = (lines: readonly (readonly string[])[]): string =>
  lines.map((line) => `${line.join('\t')}\n`).join('');

describe('a dump', () => {
  test('is read', () => {
    const parsed = parseDump(utf8(text(FULL)));
    if (!parsed.ok) throw new Error(parsed.detail);
    const { publicKey, listenPort, peers } = parsed.value;
    expect({ publicKey, listenPort }).toEqual({ publicKey: wgKey('own'), listenPort: 7447 });
    expect([...peers.values()]).toEqual([
      {
        publicKey: wgKey('ann'),
        preshared: false,
        endpoint: '[fd00::1]:7447',
        allowed: ['fd00:1:2:3::/96', '10.73.0.2/32'],
        handshakeS: 1_764_500_000,
        rxBytes: 2 ** 64,
        txBytes: 2,
        keepaliveS: 25,
      },
      {
        publicKey: wgKey('bob'),
        preshared: true,
        endpoint: null,
        allowed: [],
        ...{ handshakeS: 0, rxBytes: 0, txBytes: 0, keepaliveS: 0 },
      },
    ]);
  });

  test('of a new interface has no key and no peers', () => {
    const fresh = parseDump(utf8('(none)\t(none)\t0\toff\n'));
    expect(fresh).toEqual({
      ok: true,
      value: { publicKey: null, listenPort: 0, peers: new Map() },
    });
  });

  test('holds no secret any more once it was read, nor does what was made of it', () => {
    const bytes = utf8(text(FULL));
    const parsed = parseDump(bytes);
    const rest = textOf(bytes) as string;
    for (const secret of [PRIVATE, PRESHARED, PRIVATE.slice(1, 20), PRESHARED.slice(1, 20)]) {
      expect(rest).not.toContain(secret);
      expect(
        JSON.stringify(parsed, (_, v: unknown) => (v instanceof Map ? [...v] : v)),
      ).not.toContain(secret);
    }
    // All else is as it was.
    expect(rest).toHaveLength(text(FULL).length);
    expect(rest).toContain(wgKey('ann'));
    expect(rest).toContain(wgKey('bob'));
  });

  test.each([
    ['nothing at all', ''],
    ['a line that is cut off', text(FULL).slice(0, -3)],
    ['a head of three fields', text([FULL[0]?.slice(0, 3) ?? []])],
    ['a port that is no number', text([[PRIVATE, wgKey('own'), 'x', 'off']])],
    ['a peer of seven fields', text([FULL[0] ?? [], FULL[1]?.slice(0, 7) ?? []])],
    ['a key that is too short', text([FULL[0] ?? [], ['abc', ...(FULL[1]?.slice(1) ?? [])]])],
    ['a line without an end', text([FULL[0] ?? [], ['x'.repeat(DUMP_LINE_BYTES_MAX + 1)]])],
  ])('with %s is refused', (_, broken) => {
    expect(parseDump(utf8(broken))).toMatchObject({ ok: false, code: 'dump-shape' });
  });

  test('of any bytes is refused or read, and never tells its first field', () => {
    const fields = fc.constantFrom('\t', '\n', '(none)', wgKey('ann'), 'off', '7');
    fc.assert(
      fc.property(fc.array(fields, { maxLength: 40 }), (parts) => {
        const bytes = utf8(PRIVATE + parts.join(''));
        parseDump(bytes);
        expect(textOf(bytes)).not.toContain(PRIVATE.slice(1, 12));
        const again = parseDump(utf8(dumpOf(emptyInterface())));
        expect(again.ok).toBe(true);
      }),
    );
  });
});
