// The operator key of this machine, made or found: what `init`, `operator key` and `recover` share.

import type { Key } from '../../proto/ids.ts';
import { fingerprint } from '../../proto/fingerprint.ts';
import type { Secret } from '../../proto/secret.ts';
import { operatorFolder } from '../home/folder.ts';
import { keyHost } from '../home/host.ts';
import { addressOf, keyPairOf } from '../keys/keypair.ts';
import { createOperatorKey, openOperatorKey, readOperatorKey } from '../keys/operator.ts';
import { newPassphrase } from '../keys/passphrase.ts';
import type { Signer } from '../keys/signer.ts';
import { readWallet } from '../keys/wallet.ts';
import { realDisk } from '../store/disk.ts';
import { nodePlatform } from '../platform.ts';
import { openPerson } from './asker.ts';
import type { Call } from './command.ts';
import { Stop, wrongUse } from './complaint.ts';
import { passphraseSource, unlock } from './desk.ts';
import type { Printer } from './print.ts';
import { complaintOf, unwrap } from './sentences.ts';

export interface OwnKey {
  readonly signer: Signer;
  readonly made: boolean;
}

/** Opens the key of the folder, or makes one that is called `name`. */
export async function openOrMakeKey(call: Call, print: Printer, name: string): Promise<OwnKey> {
  const folder = operatorFolder(call.folder);
  const card = readOperatorKey(keyHost(), folder);
  const seed = walletSeed(call);
  if (card.ok) {
    if (seed !== null && keyPairOf(seed).publicKey !== card.value.publicKey) {
      throw new Stop(complaintOf('file-exists', folder));
    }
    print.note(`using the operator key that is here: ${card.value.name}`);
    return { signer: await unlock(call, false), made: false };
  }
  if (card.code !== 'file-missing') unwrap(card);
  return { signer: await makeKey(call, name, seed), made: true };
}

/** A new key, from a seed or at random; sealed, unless a person has said otherwise. */
export async function makeKey(
  call: Call,
  name: string,
  seed: Secret | null,
  /** Last chance to make room, once the person has not given up. */
  before: () => void = () => undefined,
): Promise<Signer> {
  const host = keyHost();
  const folder = operatorFolder(call.folder);
  const passphrase = await passphraseFor(call, name);
  before();
  realDisk.makeFolder(call.folder);
  const sealing = passphrase === null ? null : { passphrase, random: host.random };
  unwrap(await createOperatorKey(host, folder, { name, seed, sealing }));
  return unwrap(await openOperatorKey(host, folder, { passphrase }));
}

async function passphraseFor(call: Call, name: string): Promise<Secret | null> {
  if (call.flag('no-passphrase')) {
    if (call.value('passphrase-file') === undefined) return null;
    const hint = 'say one of them';
    throw new Stop(wrongUse('--no-passphrase and --passphrase-file exclude each other', hint));
  }
  const question = `Passphrase for the new operator key "${name}": `;
  const source = passphraseSource(call);
  return unwrap(await newPassphrase(keyHost().disk, source, question, openPerson));
}

/** The seed of --import-wallet, where the command has it and it was given. */
export function walletSeed(call: Call): Secret | null {
  const isKnown = call.command.options?.some(({ name }) => name === 'import-wallet') === true;
  const file = isKnown ? call.value('import-wallet') : undefined;
  return file === undefined ? null : unwrap(readWallet(keyHost().disk, file));
}

/** A key as people compare it, and as the owner of a wallet knows it. */
export function keyDocument(key: Key): { key: Key; fingerprint: string; address: string } {
  return { key, fingerprint: fingerprint(key, nodePlatform), address: addressOf(key) };
}
