// The messages of the ceremony: one spelling, bounded, and nothing that a stranger sends can throw.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPlainText, plainText } from '../../pairing/introduce.ts';
import { PAGE_BYTES_MAX, SEALED_BYTES_MAX } from '../../pairing/limits.ts';
import {
  type Frame,
  type Inner,
  decodeFrame,
  decodeInner,
  encodeFrame,
  encodeInner,
} from '../../pairing/messages.ts';
import { textOutsideProfile } from '../../proto/json.ts';
import { FRAMES, INNERS, near } from './samples.ts';

const MAX = SEALED_BYTES_MAX;
const [HELLO, NEWCOMER] = FRAMES as [
  Extract<Frame, { kind: 'hello' }>,
  Extract<Frame, { kind: 'hello' }>,
];
const [INTRODUCTION] = INNERS as [Extract<Inner, { kind: 'introduction' }>];

function bytesOf(...bytes: number[]): Uint8Array {
  return Uint8Array.from(bytes);
}

describe('every message', () => {
  test.each(FRAMES.map((frame) => [frame.kind, frame] as const))('%s comes back', (_, frame) => {
    expect(plain(decodeFrame(encodeFrame(frame), MAX))).toEqual(plain(frame));
  });

  test.each(INNERS.map((inner) => [inner.kind, inner] as const))('%s comes back', (_, inner) => {
    expect(plain(decodeInner(encodeInner(inner)))).toEqual(plain(inner));
  });

  test('in the clear is far below the bound for strangers', () => {
    for (const frame of FRAMES) expect(encodeFrame(frame).length).toBeLessThan(512);
  });

  test('the largest page fits under the bound with its seal and its frame around it', () => {
    const lines = new Uint8Array(PAGE_BYTES_MAX);
    const inner = encodeInner({ kind: 'page', number: 8_191, lines, last: true });
    const frame = encodeFrame({ kind: 'sealed', box: new Uint8Array(inner.length + 16) });
    expect(decodeInner(inner)?.kind).toBe('page');
    expect(decodeFrame(frame, MAX)?.kind).toBe('sealed');
  });
});

describe('a second spelling is refused', () => {
  const tag = encodeFrame(FRAMES[3] as Frame);
  test.each<[string, Uint8Array]>([
    ['nothing at all', bytesOf()],
    ['an unknown field', Uint8Array.from([...tag, 0x32, 0])],
    ['two messages in one frame', Uint8Array.from([...tag, 0x2a, 0])],
    ['one message twice', Uint8Array.from([...tag, ...tag])],
    ['a default that is written out', bytesOf(0x2a, 2, 8, 0)],
    ['a length in more bytes than it needs', bytesOf(0x2a, 0x80, 0)],
    ['a field of another type', bytesOf(0x28, 1)],
    ['a reason in the clear', bytesOf(0x2a, 2, 8, 1)],
  ])('%s', (_, bytes) => {
    expect(decodeFrame(bytes, MAX)).toBeNull();
  });

  test('whatever is accepted is exactly what would be written', () => {
    const messages = [...FRAMES.map(encodeFrame), ...INNERS.map(encodeInner)];
    let accepted = 0;
    fc.assert(
      fc.property(near(messages), (bytes) => {
        const frame = decodeFrame(bytes, MAX);
        const inner = decodeInner(bytes);
        if (frame !== null) expect([...encodeFrame(frame)]).toEqual([...bytes]);
        if (inner !== null) expect([...encodeInner(inner)]).toEqual([...bytes]);
        if (frame !== null || inner !== null) accepted++;
      }),
      { numRuns: 3_000 },
    );
    expect(accepted).toBeGreaterThan(300);
  });
});

describe('out of bounds is refused', () => {
  const hello = (change: object): Frame => ({
    kind: 'hello',
    hello: { ...HELLO.hello, ...change },
  });
  const cases: readonly [string, Frame][] = [
    ['a weak key', hello({ key: 'A'.repeat(43) })],
    ['a short nonce', hello({ nonce: new Uint8Array(31) })],
    ['a name that is no host label', hello({ name: 'Alice' })],
    ['a name with a line break', hello({ name: 'a\nb' })],
    ['no suite', hello({ suites: [] })],
    ['suites out of order', hello({ suites: [2, 1] })],
    ['nine suites', hello({ suites: [1, 2, 3, 4, 5, 6, 7, 8, 9] })],
    ['a network of 31 bytes', hello({ network: 'A'.repeat(42) })],
    [
      'a weak WireGuard key',
      {
        kind: 'hello',
        hello: {
          ...NEWCOMER.hello,
          wireguard: { key: 'A'.repeat(43), counter: 0, sig: 'A'.repeat(86) },
        },
      } as Frame,
    ],
    ['a share of 31 bytes', { kind: 'share', y: new Uint8Array(31), ad: new Uint8Array(64) }],
    ['a share without a signature', { kind: 'share', y: new Uint8Array(32), ad: new Uint8Array() }],
    ['a tag of 63 bytes', { kind: 'tag', tag: new Uint8Array(63) }],
  ];
  test.each(cases)('%s', (_, frame) => {
    expect(decodeFrame(encodeFrame(frame), MAX)).toBeNull();
  });

  const introduction = (change: object): Inner => ({
    kind: 'introduction',
    introduction: { ...INTRODUCTION.introduction, ...change },
  });
  const { hardware } = INTRODUCTION.introduction;
  const gpu = { name: 'x', memoryMib: 1 };
  const pledge = INTRODUCTION.introduction.pledges[0];
  const inners: readonly [string, Inner][] = [
    ['a role that is no label', introduction({ role: 'Root!' })],
    ['labels out of order', introduction({ labels: ['b', 'a'] })],
    ['one label twice', introduction({ labels: ['a', 'a'] })],
    ['nine endpoints', introduction({ endpoints: Array.from({ length: 9 }, () => 'a:1') })],
    ['an endpoint that is none', introduction({ endpoints: ['a b'] })],
    [
      'hardware with a control character',
      introduction({ hardware: { ...hardware, cpu: 'a\u001b[2J' } }),
    ],
    [
      'hardware that reads backwards',
      introduction({ hardware: { ...hardware, cpu: '\u202eabc' } }),
    ],
    ['a long model', introduction({ hardware: { ...hardware, model: 'x'.repeat(65) } })],
    [
      'seventeen cards',
      introduction({ hardware: { ...hardware, gpus: Array.from({ length: 17 }, () => gpu) } }),
    ],
    ['nine pledges', introduction({ pledges: Array.from({ length: 9 }, () => pledge) })],
    ['a network that is no label', { kind: 'welcome', welcome: { network: 'My Home' } }],
    ['a body above 8 KiB', { kind: 'proposal', body: 'x'.repeat(8_193), members: [] }],
    ['a short acceptance', { kind: 'acceptance', signature: new Uint8Array(63) }],
    ['a page number above the bound', { kind: 'next', number: 8_192 }],
    [
      'a page above the bound',
      { kind: 'page', number: 0, lines: new Uint8Array(PAGE_BYTES_MAX + 1), last: true },
    ],
  ];
  test.each(inners)('%s', (_, inner) => {
    expect(decodeInner(encodeInner(inner))).toBeNull();
  });

  test('a frame longer than what may come now, unread', () => {
    const frame = encodeFrame(HELLO);
    expect(decodeFrame(frame, frame.length)).not.toBeNull();
    expect(decodeFrame(frame, frame.length - 1)).toBeNull();
  });
});

test('any text becomes one that may be shown, and a good one stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
      const shown = plainText(text);
      expect(isPlainText(shown)).toBe(true);
      expect(textOutsideProfile(shown)).toBeNull();
      expect(plainText(shown)).toBe(shown);
    }),
  );
  expect(plainText('AMD Ryzen 7 5800X')).toBe('AMD Ryzen 7 5800X');
  expect(plainText('  a\u001b[2J\tb ')).toBe('a [2J b');
});

function plain(value: unknown): unknown {
  const spread = (_: string, it: unknown): unknown => (it instanceof Uint8Array ? [...it] : it);
  return JSON.parse(JSON.stringify(value, spread));
}
