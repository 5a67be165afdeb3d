import { describe, expect, test } from 'vitest';
import { readRecovery, recoveryText } from '../../ledger/paper.ts';
import { fromHex } from '../../proto/bytes.ts';
import type { RecordId } from '../../proto/ids.ts';
import { hide, reveal } from '../../proto/secret.ts';
import { newRecoverySecret, oneTimeSigner, recoveryKeyPair } from '../../src/keys/recovery.ts';
import { recoverySheet } from '../../src/keys/sheet.ts';
import { newTicketSecret, ticketKeyPair } from '../../src/keys/ticket.ts';
import vectors from '../../fixtures/keys/vectors.json' with { type: 'json' };
import { LEDGER, digestOf, draftAfter, seeded } from './drafts.ts';
import { hostOn, temporaryFolder } from './host.ts';

describe('the recovery key', () => {
  test('is what another program derives from the same sheet, for good', async () => {
    const read = readRecovery(vectors.recovery.secret);
    if (!read.ok) throw new Error(read.code);
    expect((await recoveryKeyPair(read.value)).publicKey).toBe(vectors.recovery.public);
  });

  test('is the same from the sheet as from the secret that was printed on it', async () => {
    const secret = newRecoverySecret(seeded('sheet'));
    const read = readRecovery(recoveryText(secret).toLowerCase().replaceAll('-', ' '));
    if (!read.ok) throw new Error(read.code);
    const [made, typed] = await Promise.all([recoveryKeyPair(secret), recoveryKeyPair(read.value)]);
    expect(typed.publicKey).toBe(made.publicKey);
  });

  test('signs one record: a second try sends the same one', async () => {
    const folder = temporaryFolder();
    const pair = await recoveryKeyPair(newRecoverySecret(seeded('once')));
    const sign = (value: number) => {
      const signer = oneTimeSigner(hostOn(), folder, pair);
      if (!signer.ok) throw new Error(signer.code);
      return signer.value.signNext(draftAfter(pair.publicKey, null, value));
    };
    const first = sign(1);
    expect(sign(2)).toEqual({
      ok: true,
      value: { record: first.ok && first.value.record, again: true },
    });
  });
});

describe('the key of a ticket', () => {
  test('is what another program derives from the same ticket', () => {
    const secret = hide(fromHex(vectors.ticket.secret_hex) as Uint8Array);
    expect(ticketKeyPair(secret).publicKey).toBe(vectors.ticket.public);
  });

  test('is of 128 random bits', () => {
    const random = seeded('tickets');
    const keys = [1, 2, 3].map(() => newTicketSecret(random));
    for (const secret of keys) expect(reveal(secret)).toHaveLength(16);
    expect(new Set(keys.map((secret) => ticketKeyPair(secret).publicKey)).size).toBe(3);
  });
});

describe('the recovery sheet', () => {
  const sheet = recoverySheet({
    network: 'home',
    ledger: LEDGER,
    secret: newRecoverySecret(seeded('sheet')),
    roots: ['alice', 'bob'],
    date: '2025-11-20',
  });

  test('says what it is, what it is for, how to use and how to keep it', () => {
    for (const words of [
      'KITH RECOVERY SHEET',
      'Network     home',
      `Ledger      ${LEDGER}`,
      'Operators   alice, bob',
      'Printed     2025-11-20',
      'kith recover',
      'It works once',
      'How to keep it',
    ]) {
      expect(sheet).toContain(words);
    }
  });

  test('holds the secret once, in a form that can be typed back', () => {
    const text = recoveryText(newRecoverySecret(seeded('sheet')));
    expect(sheet.split(text)).toHaveLength(2);
    const typed = /^SECRET +(\S+)$/m.exec(sheet)?.[1] ?? '';
    expect(readRecovery(typed).ok).toBe(true);
  });

  test('fits 72 columns of plain ASCII, whatever the names', () => {
    const long = recoverySheet({
      network: 'n'.repeat(60),
      ledger: digestOf('x') as string as RecordId,
      secret: newRecoverySecret(seeded('sheet')),
      roots: Array.from({ length: 8 }, (_, i) => `${i}`.repeat(58 - i * 6)),
      date: '2025-11-20',
    });
    for (const line of [...sheet.split('\n'), ...long.split('\n')]) {
      expect(line).toMatch(/^[ -~]{0,72}$/);
      expect(line).not.toMatch(/ $/);
    }
    for (let i = 0; i < 8; i++) expect(long).toContain(`${i}`.repeat(58 - i * 6));
  });
});
