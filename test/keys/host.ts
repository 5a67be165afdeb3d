// Machines for tests of keys: a host on a real folder or on a simulated disk, with random bytes that
// are the same in every run, and drafts of records that a key may sign.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import type { Decoded, Draft } from '../../ledger/record.ts';
import { toBase64url, utf8 } from '../../proto/bytes.ts';
import type { Digest, Key, RecordId } from '../../proto/ids.ts';
import { type Secret, hide } from '../../proto/secret.ts';
import { type KeyDisk, keyDisk } from '../../src/keys/disk.ts';
import type { KeyHost } from '../../src/keys/host.ts';
import { createJournal, openJournal } from '../../src/keys/journal.ts';
import { keyPairOf } from '../../src/keys/keypair.ts';
import { type Signer, signerOf } from '../../src/keys/signer.ts';
import { nodePlatform } from '../../src/platform.ts';

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

export function hostOn(disk: KeyDisk = keyDisk, machine = 'this machine'): KeyHost {
  return { disk, machine: digestOf(machine), platform: nodePlatform, random: seeded('host') };
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
});

/** A folder on the real disk, gone when the tests of a file are done. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kith-keys-'));
  folders.push(folder);
  return folder;
}

export function seedOf(name: string): Secret {
  return hide(seeded(name)(32));
}

export const LEDGER: RecordId = digestOf('a ledger') as string as RecordId;

export function openSigner(host: KeyHost, folder: string, name = 'alice'): Signer {
  const pair = keyPairOf(seedOf(name));
  createJournal(host, folder, pair.publicKey);
  const journal = openJournal(host, folder, pair.publicKey);
  if (!journal.ok) throw new Error(`${journal.code} ${journal.detail}`);
  return signerOf(host, pair, journal.value);
}

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

export function passphrase(text: string): Secret {
  return hide(utf8(text));
}
