// Secrets, digests and drafts for tests of keys: the same in every run, in any process.

import { createHash } from 'node:crypto';
import type { Decoded, Draft } from '../../ledger/record.ts';
import { toBase64url } from '../../proto/bytes.ts';
import type { Digest, Key, RecordId } from '../../proto/ids.ts';
import { type Secret, hide } from '../../proto/secret.ts';

export function digestOf(text: string): Digest {
  return toBase64url(createHash('sha256').update(text).digest()) as Digest;
}

/** Bytes that look random and are the same in every run. */
export function seeded(seed: string): (sizeBytes: number) => Uint8Array {
  let count = 0;
  return (sizeBytes) => {
    const hash = createHash('shake256', { outputLength: sizeBytes });
    return new Uint8Array(hash.update(`${seed} ${count++}`).digest());
  };
}

export function seedOf(name: string): Secret {
  return hide(seeded(name)(32));
}

export const LEDGER: RecordId = digestOf('a ledger') as string as RecordId;

/** What comes after `last` in a chain. Each `value` is another record at the same place. */
export function draftAfter(
  author: Key,
  last: Decoded | null,
  value: number,
  ledger: RecordId = LEDGER,
): Draft {
  return {
    ledger,
    author,
    seq: (last?.seq ?? 0) + 1,
    prev: last?.id ?? '',
    auth: [],
    refs: [],
    ts: 1_800_000_000_000 + value,
    act: { kind: 'config.commit', body: { key: 'greeting', value } },
  };
}
