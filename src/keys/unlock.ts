// From "sign this" to a signer: asks for the passphrase only where the key has one, and again where
// a person at a terminal mistyped it.

import { type Result, refuse } from '../../proto/result.ts';
import type { KeyHost } from './host.ts';
import { PROMPT_TRIES } from './limits.ts';
import { openOperatorKey, readOperatorKey } from './operator.ts';
import { type PassphraseSource, askPassphrase } from './passphrase.ts';
import type { KeyCode } from './refusals.ts';
import type { Signer } from './signer.ts';
import { type Terminal, openTerminal } from './terminal.ts';

export interface UnlockRules {
  readonly source: PassphraseSource;
  readonly moved?: boolean;
  readonly open?: () => Terminal | null;
}

export async function unlockOperator(
  host: KeyHost,
  folder: string,
  { source, moved = false, open = openTerminal }: UnlockRules,
): Promise<Result<Signer, KeyCode>> {
  const card = readOperatorKey(host, folder);
  if (!card.ok) return card;
  if (!card.value.sealed) return openOperatorKey(host, folder, { passphrase: null, moved });
  const question = `Passphrase of the operator key "${card.value.name}": `;
  const tries = source.kind === 'file' ? 1 : PROMPT_TRIES;
  for (let i = 0; i < tries; i++) {
    const asked = i === 0 ? question : `That does not open it. ${question}`;
    const passphrase = await askPassphrase(host.disk, source, asked, open);
    if (!passphrase.ok) return passphrase;
    const signer = await openOperatorKey(host, folder, { passphrase: passphrase.value, moved });
    if (signer.ok || signer.code !== 'passphrase-wrong') return signer;
  }
  return refuse('passphrase-wrong');
}
