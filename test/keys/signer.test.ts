import fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Decoded, decodeText } from '../../ledger/record.ts';
import { signatureJobs } from '../../ledger/proof.ts';
import { utf8 } from '../../proto/bytes.ts';
import { verdict } from '../../proto/ed25519.ts';
import type { RecordId } from '../../proto/ids.ts';
import type { Result } from '../../proto/result.ts';
import { type KeyDisk, keyDisk } from '../../src/keys/disk.ts';
import { journalFile, renewJournal } from '../../src/keys/journal.ts';
import type { SignCode } from '../../src/keys/refusals.ts';
import type { Signed, Signer } from '../../src/keys/signer.ts';
import { nodePlatform } from '../../src/platform.ts';
import { LEDGER, digestOf, draftAfter } from './drafts.ts';
import { hostOn, openSigner, temporaryFolder } from './host.ts';

const fresh = (): Signer => openSigner(hostOn(), temporaryFolder());
const signed = (result: Result<Signed, SignCode>): Decoded => {
  if (!result.ok) throw new Error(`${result.code} ${result.detail}`);
  return result.value.record;
};

function lastOf(signer: Signer): Decoded | null {
  const last = signer.lastSigned(LEDGER);
  return last.ok ? last.value : null;
}

describe('a signer', () => {
  test('signs a record that every replica takes', () => {
    const signer = fresh();
    const record = signed(signer.signNext(draftAfter(signer.publicKey, null, 1)));
    expect(decodeText(record.line, nodePlatform)).toEqual({ ok: true, value: record });
    for (const { key, message, signature } of signatureJobs(record)) {
      expect(verdict(nodePlatform, key, message, signature)).toBe(true);
    }
  });

  test('sends a line again rather than sign its place twice', () => {
    const signer = fresh();
    const first = signer.signNext(draftAfter(signer.publicKey, null, 1));
    const again = signer.signNext(draftAfter(signer.publicKey, null, 2));
    expect(first).toMatchObject({ value: { again: false } });
    expect(again).toEqual({ ok: true, value: { record: signed(first), again: true } });
  });

  test('does the same in a new process', () => {
    const folder = temporaryFolder();
    const before = openSigner(hostOn(), folder);
    const one = signed(before.signNext(draftAfter(before.publicKey, null, 1)));
    const two = signed(before.signNext(draftAfter(before.publicKey, one, 2)));
    const after = openSigner(hostOn(), folder);
    expect(signed(after.signNext(draftAfter(after.publicKey, one, 3)))).toEqual(two);
    expect(after.lastSigned(two.ledger as RecordId)).toEqual({ ok: true, value: two });
  });

  test('gives an older ledger back every line that it lacks, in order', () => {
    const signer = fresh();
    const lines: Decoded[] = [];
    for (let i = 0; i < 4; i++) {
      const draft = draftAfter(signer.publicKey, lines.at(-1) ?? null, i);
      lines.push(signed(signer.signNext(draft)));
    }
    let last: Decoded | null = null;
    for (const line of lines) {
      const again = signer.signNext(draftAfter(signer.publicKey, last, 90));
      expect(again).toEqual({ ok: true, value: { record: line, again: true } });
      last = line;
    }
    expect(signer.signNext(draftAfter(signer.publicKey, last, 90))).toMatchObject({
      value: { again: false, record: { seq: 5 } },
    });
  });

  test('refuses a ledger older than its journal', () => {
    const folder = temporaryFolder();
    const before = openSigner(hostOn(), folder);
    const one = signed(before.signNext(draftAfter(before.publicKey, null, 1)));
    const two = signed(before.signNext(draftAfter(before.publicKey, one, 2)));
    fs.rmSync(journalFile(folder, before.publicKey));
    renewJournal(hostOn(), folder, before.publicKey, [two]);
    expect(before.signNext(draftAfter(before.publicKey, null, 9))).toMatchObject({
      code: 'key-ahead',
      detail: 'the ledger is at 0, the key at 2',
    });
  });

  test('refuses a ledger that holds records of it which were not signed here', () => {
    const [here, elsewhere] = [fresh(), fresh()];
    const one = signed(elsewhere.signNext(draftAfter(elsewhere.publicKey, null, 1)));
    expect(here.signNext(draftAfter(here.publicKey, one, 2))).toMatchObject({ code: 'key-behind' });
  });

  test('refuses to go on from another record than the one that it signed', () => {
    const [here, elsewhere] = [fresh(), fresh()];
    const mine = signed(here.signNext(draftAfter(here.publicKey, null, 1)));
    const other = signed(elsewhere.signNext(draftAfter(elsewhere.publicKey, null, 2)));
    const draft = draftAfter(here.publicKey, other, 3);
    expect(here.signNext(draft)).toMatchObject({ code: 'key-branch' });
    signed(here.signNext(draftAfter(here.publicKey, mine, 4)));
    expect(here.signNext(draft)).toMatchObject({ code: 'key-branch' });
  });

  test('keeps one chain in each ledger', () => {
    const signer = fresh();
    const [home, work] = [digestOf('home'), digestOf('work')] as string[] as RecordId[];
    const inHome = signed(signer.signNext(draftAfter(signer.publicKey, null, 1, home)));
    const inWork = signed(signer.signNext(draftAfter(signer.publicKey, null, 1, work)));
    expect(inHome.seq).toBe(inWork.seq);
    const next = signer.signNext(draftAfter(signer.publicKey, inHome, 2, home));
    expect(signed(next).prev).toBe(inHome.id);
  });

  test('may found two networks, each once, and go on in both', () => {
    const signer = fresh();
    const draft = (network: string) => ({
      ...draftAfter(signer.publicKey, null, 1, '' as RecordId),
      act: {
        kind: 'genesis',
        body: {
          network,
          roots: [{ key: signer.publicKey, name: 'alice' }],
          recovery: openSigner(hostOn(), temporaryFolder(), 'recovery').publicKey,
          defaults: {},
        },
      } as const,
    });
    const home = signer.signNext(draft('home'));
    const work = signer.signNext(draft('work'));
    expect(signer.signNext(draft('home'))).toMatchObject({ value: { record: signed(home) } });
    for (const genesis of [signed(home), signed(work)]) {
      const next = signer.signNext(draftAfter(signer.publicKey, genesis, 2, genesis.id));
      expect(signed(next).prev).toBe(genesis.id);
    }
  });

  test('that another process has overtaken gets the record that was first', () => {
    const folder = temporaryFolder();
    const other = openSigner(hostOn(), folder);
    for (const places of [1, 3]) {
      // Between the look into the journal and the write, the other signs as many places.
      const theirs: Decoded[] = [];
      let left = 0;
      const disk: KeyDisk = {
        ...keyDisk,
        write(fd, bytes) {
          for (; left > 0; left--) {
            const draft = draftAfter(other.publicKey, lastOf(other), 60 + left);
            theirs.push(signed(other.signNext(draft)));
          }
          return keyDisk.write(fd, bytes);
        },
      };
      const signer = openSigner(hostOn(disk), folder);
      const draft = draftAfter(signer.publicKey, lastOf(other), 50);
      left = places;
      expect(signer.signNext(draft)).toEqual({
        ok: true,
        value: { record: theirs[0], again: true },
      });
      expect(theirs).toHaveLength(places);
      expect(lastOf(signer)).toEqual(theirs.at(-1));
    }
  });

  test('refuses a draft that no ledger takes, and is not blocked by it', () => {
    const signer = fresh();
    const draft = draftAfter(signer.publicKey, null, 1);
    const bad = signer.signNext({
      ...draft,
      act: { kind: 'config.commit', body: { key: 'Not A Key' } },
    });
    expect(bad).toMatchObject({ code: 'bad-draft', detail: expect.stringContaining('bad-body') });
    expect(signer.signNext(draft)).toMatchObject({ value: { again: false } });
  });

  test('signs nothing that could be taken for a record outside its journal', () => {
    const signer = fresh();
    expect(signer.signOther(utf8('kith-wireguard-v1\nx'))).toHaveLength(86);
    expect(() => signer.signOther(utf8('kith-record-v1\n{}'))).toThrow('broken rule');
  });

  test('is not asked for the records of another', () => {
    const signer = fresh();
    const other = openSigner(hostOn(), temporaryFolder(), 'bob').publicKey;
    expect(() => signer.signNext(draftAfter(other, null, 1))).toThrow('broken rule');
  });
});
