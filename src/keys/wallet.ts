// A Solana wallet as operator key: the JSON list of 64 numbers that the Solana tools write, or the
// base58 text of the same 64 bytes that wallets export. Seed first, public half after it.

import { base58 } from '@scure/base';
import { fromBase64url, sameBytes, textOf } from '../../proto/bytes.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import { type Secret, hide } from '../../proto/secret.ts';
import type { KeyDisk } from './disk.ts';
import { SEED_BYTES, keyPairOf } from './keypair.ts';
import { WALLET_FILE_BYTES_MAX } from './limits.ts';
import type { FileCode, WalletCode } from './refusals.ts';
import { readSecretFile } from './secret-file.ts';

const WALLET_BYTES = 64;
// 64 bytes are 86 to 88 symbols; more is not worth the quadratic time of base58.
const BASE58 = /^[1-9A-HJ-NP-Za-km-z]{64,88}$/;

export function readWallet(disk: KeyDisk, file: string): Result<Secret, FileCode | WalletCode> {
  const bytes = readSecretFile(disk, file, { sizeMax: WALLET_FILE_BYTES_MAX, pipe: true });
  return bytes.ok ? walletSeed(bytes.value) : bytes;
}

/** The seed of a wallet file's content. What is refused is never quoted. */
export function walletSeed(content: Uint8Array): Result<Secret, WalletCode> {
  const text = textOf(content)?.trim() ?? '';
  const wallet = BASE58.test(text) ? base58.decode(text) : numbersIn(text);
  if (wallet === null || wallet.length !== WALLET_BYTES) return refuse('wallet-shape');
  const seed = wallet.slice(0, SEED_BYTES);
  // A placeholder (all zeros, all ones) is a key that everybody has.
  if (seed.every((byte) => byte === seed[0])) return refuse('weak-key');
  const hidden = hide(seed);
  const derived = fromBase64url(keyPairOf(hidden).publicKey) as Uint8Array;
  return sameBytes(derived, wallet.subarray(SEED_BYTES)) ? ok(hidden) : refuse('wallet-mismatch');
}

function numbersIn(text: string): Uint8Array | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(value) || value.length !== WALLET_BYTES) return null;
  const isByte = (item: unknown): boolean =>
    Number.isInteger(item) && (item as number) >= 0 && (item as number) <= 255;
  return value.every(isByte) ? Uint8Array.from(value as number[]) : null;
}
