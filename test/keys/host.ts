// Machines for tests of keys: a host on a real folder or on a simulated disk, and folders that are
// gone when the tests of a file are done.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { utf8 } from '../../proto/bytes.ts';
import { type Secret, hide } from '../../proto/secret.ts';
import { type KeyDisk, keyDisk } from '../../src/keys/disk.ts';
import type { KeyHost } from '../../src/keys/host.ts';
import { createJournal, openJournal } from '../../src/keys/journal.ts';
import { keyPairOf } from '../../src/keys/keypair.ts';
import { type Signer, signerOf } from '../../src/keys/signer.ts';
import { nodePlatform } from '../../src/platform.ts';
import { digestOf, seedOf, seeded } from './drafts.ts';

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

export function openSigner(host: KeyHost, folder: string, name = 'alice'): Signer {
  const pair = keyPairOf(seedOf(name));
  createJournal(host, folder, pair.publicKey);
  const journal = openJournal(host, folder, pair.publicKey);
  if (!journal.ok) throw new Error(`${journal.code} ${journal.detail}`);
  return signerOf(host, pair, journal.value);
}

export function passphrase(text: string): Secret {
  return hide(utf8(text));
}
