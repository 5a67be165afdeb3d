import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { balloonTo, guestMemoryIn } from '../../work/balloon.ts';
import { type QmpMessage, endIn, endOf, qmpLine, qmpReader } from '../../work/qmp.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const GREETING =
  '{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}}, "capabilities": ["oob"]}}';
const SAID = [
  GREETING,
  '{"return": {}, "id": 1}',
  '{"error": {"class": "GenericError", "desc": "no such thing"}, "id": 2}',
  '{"timestamp": {"seconds": 1}, "event": "SHUTDOWN", "data": {"guest": true}}',
];
const MEANT: QmpMessage[] = [
  { is: 'greeting', version: '7.2.22' },
  { is: 'return', id: 1, value: {} },
  { is: 'error', id: 2, what: 'no such thing' },
  { is: 'event', name: 'SHUTDOWN', data: { guest: true } },
];

describe('what QEMU says', () => {
  test('is the same in whatever pieces it comes', () => {
    const whole = bytes(`${SAID.join('\r\n')}\r\n`);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 20 }), (cuts) => {
        const reader = qmpReader();
        const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
        const read = at.slice(1).flatMap((end, i) => reader.read(whole.subarray(at[i], end)));
        expect(read).toEqual(MEANT);
      }),
    );
  });

  test('a buffer that is used again changes nothing of what was read from it', () => {
    const reader = qmpReader();
    const piece = bytes('{"return": ');
    reader.read(piece);
    piece.fill(0);
    expect(reader.read(bytes('7, "id": 3}\n'))).toEqual([{ is: 'return', id: 3, value: 7 }]);
  });

  test.each([
    ['no JSON', '{"return": \n'],
    ['no text', '\u00ff'],
    ['no object', '[1]\n'],
    ['neither an answer nor an event', '{"hello": 1}\n'],
  ])('%s is told, and what follows is read', (why, said) => {
    const reader = qmpReader();
    const nonsense = why === 'no text' ? Uint8Array.of(0xff, 0xfe, 10) : bytes(said);
    expect(reader.read(nonsense)).toMatchObject([{ is: 'nonsense', why }]);
    expect(reader.read(bytes('{"return": 1, "id": 1}\n'))).toHaveLength(1);
  });

  test('a line without end is told once, kept nowhere, and over with its line feed', () => {
    const reader = qmpReader(1_000);
    const told = Array.from({ length: 50 }, () => reader.read(bytes('x'.repeat(100)))).flat();
    expect(told).toEqual([{ is: 'nonsense', why: 'a line of more than 1000 bytes' }]);
    expect(reader.read(bytes('x\n{"return": 1, "id": 1}\n'))).toEqual([
      { is: 'return', id: 1, value: 1 },
    ]);
  });

  test('whatever bytes come, nothing is thrown', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), (pieces) => {
        const reader = qmpReader(100);
        for (const piece of pieces) reader.read(piece);
      }),
    );
  });

  test('an end of the guest is told from an end of QEMU', () => {
    expect(endOf(MEANT[3] as QmpMessage)).toBe('shutdown');
    expect(endOf({ is: 'event', name: 'SHUTDOWN', data: { guest: false } })).toBeNull();
    expect(endOf({ is: 'event', name: 'GUEST_PANICKED', data: {} })).toBe('panicked');
    expect(endOf({ is: 'event', name: 'STOP', data: {} })).toBeNull();
    expect(endIn({ status: 'shutdown' })).toBe('shutdown');
    expect(endIn({ status: 'guest-panicked' })).toBe('panicked');
    expect(endIn({ status: 'running' })).toBeNull();
    expect(endIn('shutdown')).toBeNull();
  });

  test('a command is one line', () => {
    expect(qmpLine(4, 'quit')).toBe('{"execute":"quit","arguments":{},"id":4}\n');
  });
});

describe('a balloon', () => {
  const MIB = 1_048_576;
  const wish = { memMiB: 1_000, memMinMiB: 300, wantMiB: 400, hasMiB: 1_000 };
  const guest = { totalMiB: 1_000, availableMiB: 800 };

  test('takes what the guest can spare, and no more', () => {
    expect(balloonTo({ ...wish, guest })).toEqual({ toMiB: 400, veto: null });
    const tight = balloonTo({ ...wish, guest: { ...guest, availableMiB: 300 } });
    expect(tight).toEqual({ toMiB: 800, veto: expect.stringContaining('300 MiB to spare') });
  });

  test('never goes below what it always keeps', () => {
    const much = { totalMiB: 1_000, availableMiB: 1_000 };
    expect(balloonTo({ ...wish, wantMiB: 100, guest: much })).toEqual({
      toMiB: 300,
      veto: 'it always keeps 300 MiB',
    });
  });

  test('takes nothing of a guest that does not say what it has', () => {
    const silent = { totalMiB: null, availableMiB: null };
    expect(balloonTo({ ...wish, guest: silent })).toMatchObject({ toMiB: 1_000 });
    expect(balloonTo({ ...wish, guest: silent }).veto).not.toBeNull();
  });

  test('gives back without asking, up to the whole', () => {
    const silent = { totalMiB: null, availableMiB: null };
    expect(balloonTo({ ...wish, wantMiB: 5_000, hasMiB: 400, guest: silent })).toEqual({
      toMiB: 1_000,
      veto: null,
    });
  });

  test('whatever is wished, the guest has between its least and its most', () => {
    const mib = fc.integer({ min: 0, max: 4_000 });
    fc.assert(
      fc.property(mib, mib, mib, fc.option(mib), (want, has, least, available) => {
        const memMiB = Math.max(has, least);
        const { toMiB } = balloonTo({
          ...{ memMiB, memMinMiB: least, wantMiB: want, hasMiB: has },
          guest: { totalMiB: null, availableMiB: available },
        });
        expect(toMiB).toBeLessThanOrEqual(memMiB);
        // It is never below its least by what was taken from it.
        expect(toMiB).toBeGreaterThanOrEqual(Math.min(has, least));
      }),
    );
  });

  test('what a guest leaves out is unknown', () => {
    const stats = { 'stat-available-memory': 2 ** 64 - 1, 'stat-total-memory': 512 * MIB };
    expect(guestMemoryIn({ stats })).toEqual({ totalMiB: 512, availableMiB: null });
    expect(guestMemoryIn(null)).toEqual({ totalMiB: null, availableMiB: null });
    expect(guestMemoryIn({ stats: { 'stat-total-memory': -1 } }).totalMiB).toBeNull();
  });
});
