import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { fromHex } from '../../proto/bytes.ts';
import { hide } from '../../proto/secret.ts';
import { renewJournal } from '../../src/keys/journal.ts';
import {
  type NewOperator,
  createOperatorKey,
  openOperatorKey,
  readOperatorKey,
} from '../../src/keys/operator.ts';
import type { Terminal } from '../../src/keys/terminal.ts';
import { unlockOperator } from '../../src/keys/unlock.ts';
import { utf8 } from '../../proto/bytes.ts';
import vectors from '../../fixtures/keys/vectors.json' with { type: 'json' };
import { Stopped, simulatedDisk } from '../kit/key-disk.ts';
import { draftAfter, seeded } from './drafts.ts';
import { hostOn, passphrase, temporaryFolder } from './host.ts';

const CHEAP = { n: 1024, r: 8, p: 1 };
const sealed = (seed: string): NewOperator => ({
  name: 'alice',
  seed: null,
  sealing: { passphrase: passphrase('right'), random: seeded(seed), cost: CHEAP },
});
const folderOf = (): string => path.join(temporaryFolder(), 'operator');

describe('an operator key', () => {
  test('is made sealed, in a folder closed to others, and signs', async () => {
    const [host, folder] = [hostOn(), folderOf()];
    const card = await createOperatorKey(host, folder, sealed('a'));
    expect(card).toMatchObject({ value: { name: 'alice', sealed: true } });
    expect(fs.statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of fs.readdirSync(folder)) {
      expect(fs.statSync(path.join(folder, name)).mode & 0o777).toBe(0o600);
    }
    expect(readOperatorKey(host, folder)).toEqual(card);
    const signer = await openOperatorKey(host, folder, { passphrase: passphrase('right') });
    if (!signer.ok) throw new Error(signer.code);
    const signed = signer.value.signNext(draftAfter(signer.value.publicKey, null, 1));
    expect(signed.ok).toBe(true);
  });

  test('is never replaced', async () => {
    const [host, folder] = [hostOn(), folderOf()];
    const card = await createOperatorKey(host, folder, sealed('a'));
    const second = await createOperatorKey(host, folder, sealed('b'));
    expect(second).toMatchObject({ code: 'file-exists' });
    expect(readOperatorKey(host, folder)).toEqual(card);
  });

  test('of an imported wallet keeps the address that its owner knows', async () => {
    const seed = hide(fromHex(vectors.operator.seed_hex) as Uint8Array);
    const card = await createOperatorKey(hostOn(), folderOf(), {
      name: 'alice',
      seed,
      sealing: null,
    });
    expect(card).toEqual({
      ok: true,
      value: {
        publicKey: vectors.operator.public,
        address: vectors.operator.address,
        name: 'alice',
        sealed: false,
      },
    });
  });

  test('with a wrong passphrase, or none, is refused', async () => {
    const [host, folder] = [hostOn(), folderOf()];
    expect(readOperatorKey(host, folder)).toMatchObject({ code: 'file-missing' });
    await createOperatorKey(host, folder, sealed('a'));
    const open = (phrase: string | null) =>
      openOperatorKey(host, folder, { passphrase: phrase === null ? null : passphrase(phrase) });
    expect(await open('wrong')).toMatchObject({ code: 'passphrase-wrong' });
    expect(await open(null)).toMatchObject({ code: 'passphrase-needed' });
  });

  test('that others may read is refused before it is used', async () => {
    const [host, folder] = [hostOn(), folderOf()];
    await createOperatorKey(host, folder, sealed('a'));
    fs.chmodSync(path.join(folder, 'key.json'), 0o640);
    expect(await openOperatorKey(host, folder, { passphrase: null })).toMatchObject({
      code: 'file-open-to-others',
      detail: `chmod 600 ${path.join(folder, 'key.json')}`,
    });
  });

  test('signs on one machine: elsewhere it says how to get another, or that it has moved', async () => {
    const [host, folder] = [hostOn(), folderOf()];
    await createOperatorKey(host, folder, { name: 'alice', seed: null, sealing: null });
    const elsewhere = hostOn(undefined, 'another machine');
    const open = (moved: boolean) =>
      openOperatorKey(elsewhere, folder, { passphrase: null, moved });
    expect(await open(false)).toMatchObject({ code: 'other-machine' });
    expect((await open(true)).ok).toBe(true);
    expect(await openOperatorKey(host, folder, { passphrase: null })).toMatchObject({
      code: 'other-machine',
    });
  });

  test('whose journal is gone does not sign until a person accepts a head', async () => {
    const [host, folder] = [hostOn(), folderOf()];
    const card = await createOperatorKey(host, folder, { name: 'a', seed: null, sealing: null });
    if (!card.ok) throw new Error(card.code);
    for (const name of fs.readdirSync(folder)) {
      if (name.startsWith('signed-')) fs.rmSync(path.join(folder, name));
    }
    const open = () => openOperatorKey(host, folder, { passphrase: null });
    expect(await open()).toMatchObject({ code: 'journal-missing' });
    renewJournal(host, folder, card.value.publicKey, []);
    expect((await open()).ok).toBe(true);
  });

  test('is there and usable, or not there, whenever the world stops while it is made', async () => {
    const make = (disk: ReturnType<typeof simulatedDisk>) =>
      createOperatorKey(hostOn(disk), '/operator', { name: 'a', seed: null, sealing: null });
    const counting = simulatedDisk();
    await make(counting);
    expect(counting.acts).toBeGreaterThan(10);
    for (let at = 1; at <= counting.acts; at++) {
      for (const unsynced of [0, 0.5, 1]) {
        const disk = simulatedDisk();
        disk.stopAt({ at, share: 0.5, by: 'power', unsynced });
        await expect(make(disk)).rejects.toThrow(Stopped);
        disk.restart();
        const again = await make(disk);
        if (!again.ok) expect(again.code).toBe('file-exists');
        const opened = await openOperatorKey(hostOn(disk), '/operator', { passphrase: null });
        expect(opened.ok, `act ${at}, ${unsynced}`).toBe(true);
      }
    }
  });
});

describe('unlocking', () => {
  function typing(...lines: string[]): { open: () => Terminal; asked: string[] } {
    const asked: string[] = [];
    const open = (): Terminal => ({
      say: () => undefined,
      askHidden: async (question) => {
        asked.push(question);
        return utf8(lines.shift() ?? '');
      },
      close: () => undefined,
    });
    return { open, asked };
  }

  test('asks again after a typo, three times in all', async () => {
    const [host, folder] = [hostOn(), folderOf()];
    await createOperatorKey(host, folder, sealed('a'));
    const source = { kind: 'prompt' } as const;
    const typo = typing('rihgt', 'right');
    expect((await unlockOperator(host, folder, { source, open: typo.open })).ok).toBe(true);
    const question = 'Passphrase of the operator key "alice": ';
    expect(typo.asked).toEqual([question, `That does not open it. ${question}`]);
    const wrong = typing('1', '2', '3', 'right');
    expect(await unlockOperator(host, folder, { source, open: wrong.open })).toMatchObject({
      code: 'passphrase-wrong',
    });
    expect(wrong.asked).toHaveLength(3);
  });

  test('tries a file once, and asks nobody for a key that is not sealed', async () => {
    const [host, folder] = [hostOn(), folderOf()];
    await createOperatorKey(host, folder, sealed('a'));
    const file = path.join(folder, 'phrase');
    fs.writeFileSync(file, 'wrong\n', { mode: 0o600 });
    const source = { kind: 'file', file } as const;
    expect(await unlockOperator(host, folder, { source })).toMatchObject({
      code: 'passphrase-wrong',
    });
    fs.writeFileSync(file, 'right\n');
    expect((await unlockOperator(host, folder, { source })).ok).toBe(true);
    const open = folderOf();
    await createOperatorKey(host, open, { name: 'a', seed: null, sealing: null });
    const nobody = typing();
    const prompt = { kind: 'prompt' } as const;
    expect((await unlockOperator(host, open, { source: prompt, open: nobody.open })).ok).toBe(true);
    expect(nobody.asked).toEqual([]);
  });
});
