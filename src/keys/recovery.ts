// The recovery key: derived from the secret on paper each time it is needed, and stored nowhere.
// Spec: docs/keys.md, "The recovery secret".

import { RECOVERY_RANDOM_SYMBOLS, RECOVERY_SCRYPT, recoverySecret } from '../../ledger/paper.ts';
import { utf8 } from '../../proto/bytes.ts';
import type { Result } from '../../proto/result.ts';
import type { Secret } from '../../proto/secret.ts';
import type { KeyHost } from './host.ts';
import { openOrCreateJournal } from './journal.ts';
import { type KeyPair, SEED_BYTES, keyPairOf } from './keypair.ts';
import type { FileCode, HomeCode } from './refusals.ts';
import { derive } from './scrypt.ts';
import { type Signer, signerOf } from './signer.ts';

export function newRecoverySecret(random: (sizeBytes: number) => Uint8Array): Secret {
  return recoverySecret(random(RECOVERY_RANDOM_SYMBOLS));
}

/** The key pair of a sheet: its public half stands in genesis, the other signs one root.rotate. */
export async function recoveryKeyPair(secret: Secret): Promise<KeyPair> {
  const { salt, ...cost } = RECOVERY_SCRYPT;
  return keyPairOf(await derive(secret, utf8(salt), cost, SEED_BYTES));
}

/**
 * The signer of a key that signs once: a recovery sheet's or a ticket's. Its journal is made in
 * `folder` at first use, for a second try must send the same record: two would be a fork.
 */
export function oneTimeSigner(
  host: KeyHost,
  folder: string,
  pair: KeyPair,
): Result<Signer, FileCode | HomeCode> {
  const journal = openOrCreateJournal(host, folder, pair.publicKey);
  return journal.ok ? { ok: true, value: signerOf(host, pair, journal.value) } : journal;
}
