import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { fromHex, utf8 } from '../../proto/bytes.ts';
import { reveal } from '../../proto/secret.ts';
import { keyDisk } from '../../src/keys/disk.ts';
import { addressOf, keyPairOf } from '../../src/keys/keypair.ts';
import { readWallet, walletSeed } from '../../src/keys/wallet.ts';
import vectors from '../../fixtures/keys/vectors.json' with { type: 'json' };
import { temporaryFolder } from './host.ts';

const { operator } = vectors;
const seed = [...(fromHex(operator.seed_hex) as Uint8Array)];
const key = [...Buffer.from(operator.public, 'base64url')];
const wallet = [...seed, ...key];
const outcome = (text: string): string => {
  const read = walletSeed(utf8(text));
  return read.ok ? Buffer.from(reveal(read.value)).toString('hex') : read.code;
};

describe('a Solana wallet', () => {
  test('as a list of 64 numbers is imported, and shown under its owner`s address', () => {
    const read = walletSeed(utf8(JSON.stringify(wallet)));
    expect(read.ok && addressOf(keyPairOf(read.value).publicKey)).toBe(operator.address);
    expect(outcome(`${JSON.stringify(wallet, null, 2)}\n`)).toBe(operator.seed_hex);
  });

  test('as the base58 text of its 64 bytes is imported too', () => {
    expect(outcome(`${operator.wallet_base58}\n`)).toBe(operator.seed_hex);
  });

  test.each([
    ['63 numbers', JSON.stringify(wallet.slice(1))],
    ['65 numbers', JSON.stringify([...wallet, 0])],
    ['a number above 255', JSON.stringify([256, ...wallet.slice(1)])],
    ['a negative number', JSON.stringify([-1, ...wallet.slice(1)])],
    ['a fraction', JSON.stringify([0.5, ...wallet.slice(1)])],
    ['a text among them', JSON.stringify(['0', ...wallet.slice(1)])],
    ['a null among them', JSON.stringify([null, ...wallet.slice(1)])],
    ['an object', '{"length":64}'],
    ['nothing', ''],
    ['half a list', JSON.stringify(wallet).slice(0, 50)],
    ['a public address alone', operator.address],
    ['a seed alone', JSON.stringify(seed)],
  ])('with %s is refused', (_, text) => {
    expect(outcome(text)).toBe('wallet-shape');
  });

  test('whose halves do not belong together is refused', () => {
    const other = [...wallet];
    other[63] = (other[63] as number) ^ 1;
    expect(outcome(JSON.stringify(other))).toBe('wallet-mismatch');
    expect(outcome(JSON.stringify([...key, ...seed]))).toBe('wallet-mismatch');
  });

  test.each([0, 255])('made of nothing but %i is refused: everybody has it', (byte) => {
    expect(outcome(JSON.stringify(new Array(64).fill(byte)))).toBe('weak-key');
  });

  test('never throws, whatever the file holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(utf8)), (bytes) => {
        expect(walletSeed(bytes).ok).toBe(false);
      }),
    );
  });

  test('is read only from a file that others cannot read', () => {
    const file = path.join(temporaryFolder(), 'id.json');
    fs.writeFileSync(file, JSON.stringify(wallet), { mode: 0o644 });
    expect(readWallet(keyDisk, file)).toMatchObject({ code: 'file-open-to-others' });
    fs.chmodSync(file, 0o600);
    expect(readWallet(keyDisk, file).ok).toBe(true);
  });
});
