// No secret gets out on the side: not in a refusal, an error, JSON, or what a debugger prints.

import fs from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import { base58 } from '@scure/base';
import { beforeAll, describe, expect, test } from 'vitest';
import { PAPER_REFUSALS, readRecovery, recoveryText } from '../../ledger/paper.ts';
import { TICKET_REFUSALS, decodeTicket, encodeTicket } from '../../ledger/ticket.ts';
import { fromBase64url, utf8 } from '../../proto/bytes.ts';
import { hide, reveal } from '../../proto/secret.ts';
import { keyDisk } from '../../src/keys/disk.ts';
import { openIdentity } from '../../src/keys/identity.ts';
import { keyPairOf } from '../../src/keys/keypair.ts';
import { createOperatorKey, openOperatorKey, readOperatorKey } from '../../src/keys/operator.ts';
import { passphraseOf } from '../../src/keys/passphrase.ts';
import { newRecoverySecret, recoveryKeyPair } from '../../src/keys/recovery.ts';
import { KEY_REFUSALS } from '../../src/keys/refusals.ts';
import { openKey, parseKeyFile, sealKey } from '../../src/keys/sealed.ts';
import { readSecretFile } from '../../src/keys/secret-file.ts';
import { newTicketSecret, ticketKeyPair } from '../../src/keys/ticket.ts';
import { walletSeed } from '../../src/keys/wallet.ts';
import { nodePlatform } from '../../src/platform.ts';
import { LEDGER, draftAfter, seedOf, seeded } from './drafts.ts';
import { hostOn, passphrase, temporaryFolder } from './host.ts';

const PHRASE = 'correct horse battery';
const cost = { n: 1024, r: 8, p: 1 };

/** Every text in which these bytes could be lying around. */
function spellings(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes);
  return [
    buffer.toString('hex'),
    buffer.toString('base64').replace(/=*$/, ''),
    buffer.toString('base64url'),
    base58.encode(bytes),
    [...bytes].slice(0, 6).join(','),
    [...bytes].slice(0, 6).join(', '),
    buffer.toString('hex').slice(0, 16).replaceAll(/../g, '$& ').trim(),
  ];
}

const shown: string[] = [];
const secrets: string[] = [PHRASE];
function look(value: unknown): void {
  shown.push(inspect(value, { depth: 12, showHidden: true, maxStringLength: null }));
  shown.push(value instanceof Error ? `${value.stack}` : (JSON.stringify(value) ?? ''));
}
function lookAtThrow(act: () => unknown): void {
  try {
    look(act());
  } catch (fault) {
    look(fault);
  }
}

beforeAll(async () => {
  const host = hostOn();
  const folder = temporaryFolder();
  const seed = seedOf('alice');
  secrets.push(...spellings(reveal(seed)));
  const right = passphrase(PHRASE);
  look(right);
  const sealing = { passphrase: right, random: seeded('x'), cost };
  look(sealing);
  const operator = path.join(folder, 'operator');
  look(await createOperatorKey(host, operator, { name: 'alice', seed, sealing }));
  look(await createOperatorKey(host, operator, { name: 'alice', seed, sealing }));
  look(readOperatorKey(host, operator));
  look(await openOperatorKey(host, operator, { passphrase: passphrase(`${PHRASE}!`) }));
  const signer = await openOperatorKey(host, operator, { passphrase: right });
  look(signer);
  if (!signer.ok) throw new Error(signer.code);
  look(signer.value.signNext(draftAfter(signer.value.publicKey, null, 1)));
  lookAtThrow(() => signer.ok && signer.value.signOther(utf8('kith-record-v1\n')));
  for (const lock of [null, sealing]) {
    const file = await sealKey(seed, 'alice', lock);
    const parsed = parseKeyFile(file);
    look(parsed);
    if (parsed.ok) look(await openKey(parsed.value, right));
    // A plain key file with one byte changed: its refusal knows the seed.
    for (let at = 0; at < file.length; at += 3) {
      const changed = file.slice();
      changed[at] = (changed[at] as number) ^ 1;
      look(parseKeyFile(changed));
    }
  }
  look(keyPairOf(seed));
  lookAtThrow(() => keyPairOf(hide(reveal(seed).slice(0, 31))));
  const wallet = [...reveal(seed), ...(fromBase64url(keyPairOf(seed).publicKey) as Uint8Array)];
  for (const text of [wallet, wallet.slice(1), [...wallet, 1], wallet.with(40, 1)]) {
    look(walletSeed(utf8(JSON.stringify(text))));
    look(walletSeed(utf8(base58.encode(Uint8Array.from(text)))));
  }
  look(walletSeed(utf8(JSON.stringify(wallet).replace(']', ''))));
  for (const text of [PHRASE, `${PHRASE}${'x'.repeat(1200)}`]) look(passphraseOf(utf8(text)));
  const file = path.join(folder, 'phrase');
  fs.writeFileSync(file, PHRASE, { mode: 0o644 });
  look(readSecretFile(keyDisk, file, { sizeMax: 4 }));
  fs.chmodSync(file, 0o600);
  look(readSecretFile(keyDisk, file, { sizeMax: 4 }));
  await lookAtOthers();
});

async function lookAtOthers(): Promise<void> {
  const node = temporaryFolder();
  look(openIdentity(hostOn(), node));
  const { seed, wg } = JSON.parse(fs.readFileSync(path.join(node, 'node.key'), 'utf8'));
  for (const text of [seed, wg.seed]) secrets.push(...spellings(fromBase64url(text) as Uint8Array));
  look(openIdentity(hostOn(undefined, 'another'), node));

  const recovery = newRecoverySecret(seeded('sheet'));
  const text = recoveryText(recovery);
  secrets.push(text, text.replaceAll('-', ''), ...text.split('-'), ...spellings(reveal(recovery)));
  for (const typed of [text, text.slice(1), `${text}0`, text.replace('-', 'U'), `!${text}`]) {
    look(readRecovery(typed));
  }
  look(await recoveryKeyPair(recovery));

  const secret = newTicketSecret(seeded('ticket'));
  const ticket = encodeTicket({ secret, ledger: LEDGER, hints: [] }, nodePlatform);
  secrets.push(ticket.slice(14, 34), ...spellings(reveal(secret)));
  for (const changed of [ticket, ticket.slice(1), ticket.slice(0, -1), `${ticket}U`]) {
    look(decodeTicket(changed, nodePlatform));
  }
  look(ticketKeyPair(secret));
}

describe('what is shown of keys', () => {
  test('was looked at in every way', () => {
    expect(shown.length).toBeGreaterThan(200);
    expect(shown.join('\n')).toContain('passphrase-wrong');
    expect(shown.join('\n')).toContain('key-file-damaged');
    expect(shown.join('\n')).toContain('[secret]');
  });

  test('holds no secret in any spelling', () => {
    const all = [...shown, JSON.stringify([KEY_REFUSALS, PAPER_REFUSALS, TICKET_REFUSALS])].join(
      '\n',
    );
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(4);
      expect(all.includes(secret), `${secret.slice(0, 3)}…`).toBe(false);
    }
  });

  test('would be caught: the same search finds a secret that is shown on purpose', () => {
    const bytes = reveal(seedOf('alice'));
    for (const leak of [inspect(Buffer.from(bytes)), JSON.stringify([...bytes])]) {
      expect(secrets.some((secret) => leak.includes(secret))).toBe(true);
    }
  });
});
