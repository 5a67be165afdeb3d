// The generated protobuf code: it is what the schema says, and reads foreign bytes safely.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generate } from '../../proto/generate.mjs';
import { kith } from '../../proto/wire.js';

const proto = join(import.meta.dirname, '../../proto');

const hello: kith.Hello = {
  ledger: Uint8Array.of(1, 2, 3),
  count: 2 ** 40 + 1,
  frontierRoot: Uint8Array.of(4),
  stateRoot: Uint8Array.of(5, 6),
  rules: 7,
};

describe('wire', () => {
  test('the committed code is what kith.proto generates', async () => {
    const { code, types } = await generate();
    expect(readFileSync(join(proto, 'wire.js'), 'utf8')).toBe(code);
    expect(readFileSync(join(proto, 'wire.d.ts'), 'utf8')).toBe(types);
  });

  test('a message comes back as it was written, a count above 2^32 as a plain number', () => {
    const back = kith.Hello.decode(kith.Hello.encode(hello).finish());
    expect(back.count).toBe(2 ** 40 + 1);
    expect([...back.ledger]).toEqual([1, 2, 3]);
    expect(back.rules).toBe(7);
  });

  test('an absent field reads as empty or zero', () => {
    const back = kith.Hello.decode(new Uint8Array());
    expect(back.count).toBe(0);
    expect(back.stateRoot.length).toBe(0);
  });

  test('a count that no number can hold is refused', () => {
    const above = Uint8Array.of(0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f);
    expect(() => kith.Hello.decode(above)).toThrow(RangeError);
  });

  test('a cut message is refused', () => {
    const bytes = kith.Hello.encode(hello).finish();
    expect(() => kith.Hello.decode(bytes.subarray(0, 3))).toThrow();
  });

  test('a message that claims more bytes than it has is refused', () => {
    expect(() => kith.Hello.decode(Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0x7f, 1))).toThrow();
  });
});
