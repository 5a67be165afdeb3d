// This machine's operator key: operator/key.json, sealed, and its journal beside it. The command
// line and the terminal open it; the daemon never does. Spec: docs/keys.md, "The operator's key".

import path from 'node:path';
import type { Key } from '../../proto/ids.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import { type Secret, hide } from '../../proto/secret.ts';
import type { KeyHost } from './host.ts';
import { createJournal, openJournal } from './journal.ts';
import { SEED_BYTES, keyPairOf } from './keypair.ts';
import { KEY_FILE_BYTES_MAX } from './limits.ts';
import type { FileCode, KeyCode, SealCode } from './refusals.ts';
import { type KeyFile, type Sealing, openKey, parseKeyFile, sealKey } from './sealed.ts';
import { createSecretFile, readSecretFile } from './secret-file.ts';
import { type Signer, signerOf } from './signer.ts';

/** What may be shown of a key: the same for a screen, JSON and a log. */
export interface KeyCard {
  readonly publicKey: Key;
  /** As the owner of a Solana wallet knows it. */
  readonly address: string;
  readonly name: string;
  readonly sealed: boolean;
}

function keyFile(folder: string): string {
  return path.join(folder, 'key.json');
}

function cardOf({ publicKey, address, name, lock }: KeyFile): KeyCard {
  return { publicKey, address, name, sealed: lock.kind === 'sealed' };
}

export interface NewOperator {
  readonly name: string;
  /** The seed of an imported wallet, or null for a new key. */
  readonly seed: Secret | null;
  /** Null is the explicit --no-passphrase. */
  readonly sealing: Sealing | null;
}

/** Makes the operator key of a folder, or takes over an imported one. Never replaces a key. */
export async function createOperatorKey(
  host: KeyHost,
  folder: string,
  { name, seed, sealing }: NewOperator,
): Promise<Result<KeyCard, KeyCode>> {
  const held = readSecretFile(host.disk, keyFile(folder), { sizeMax: KEY_FILE_BYTES_MAX });
  if (held.ok || held.code !== 'file-missing') return refuse('file-exists', keyFile(folder));
  const own = seed ?? hide(host.random(SEED_BYTES));
  const bytes = await sealKey(own, name, sealing);
  const { publicKey } = keyPairOf(own);
  // The journal first: a key that has none is refused. One that is there has signed with this key.
  const journal = createJournal(host, folder, publicKey);
  if (!journal.ok && journal.code !== 'file-exists') return journal;
  const made = createSecretFile(host.disk, keyFile(folder), () => bytes);
  return made.ok ? readOperatorKey(host, folder) : made;
}

/** Puts the key of a folder aside, under its public half: a new one can be made in its place. */
export function retireOperatorKey(host: KeyHost, folder: string): Result<undefined, KeyCode> {
  const card = readOperatorKey(host, folder);
  if (!card.ok) return card;
  host.disk.rename(keyFile(folder), path.join(folder, `retired-${card.value.publicKey}.json`));
  host.disk.syncFolder(folder);
  return ok(undefined);
}

/** What the key of a folder is, without its passphrase. */
export function readOperatorKey(
  host: KeyHost,
  folder: string,
): Result<KeyCard, FileCode | SealCode> {
  const file = readKeyFile(host, folder);
  return file.ok ? ok(cardOf(file.value)) : file;
}

export interface OpenRules {
  /** Null where the key is not sealed, or the answer is to be `passphrase-needed`. */
  readonly passphrase: Secret | null;
  /** --moved: a person's word that the key has left its old place for this one. */
  readonly moved?: boolean;
}

/**
 * The signer of a folder's key. At home only on the machine, and in the file, that it was made in.
 */
export async function openOperatorKey(
  host: KeyHost,
  folder: string,
  { passphrase, moved }: OpenRules,
): Promise<Result<Signer, KeyCode>> {
  const file = readKeyFile(host, folder);
  if (!file.ok) return file;
  const seed = await openKey(file.value, passphrase);
  if (!seed.ok) return seed;
  const journal = openJournal(host, folder, file.value.publicKey, moved);
  if (!journal.ok) return journal;
  return ok(signerOf(host, keyPairOf(seed.value), journal.value));
}

function readKeyFile(host: KeyHost, folder: string): Result<KeyFile, FileCode | SealCode> {
  const bytes = readSecretFile(host.disk, keyFile(folder), { sizeMax: KEY_FILE_BYTES_MAX });
  return bytes.ok ? parseKeyFile(bytes.value) : bytes;
}
