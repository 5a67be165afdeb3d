// Recovery, acceptance of a head, and what is known of the last sync.

import { cpSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRecovery } from '../../ledger/paper.ts';
import { previewOf } from '../../ledger/preview.ts';
import { stateOf } from '../../ledger/replica.ts';
import { acceptHead } from '../../src/acts/accept-head.ts';
import { commitStaged } from '../../src/acts/commit.ts';
import { currentRoots, draftRotation, finishRotation, rotate } from '../../src/acts/recover.ts';
import { stage } from '../../src/acts/staged.ts';
import { isSyncedLately, lastSynced, noteSynced } from '../../src/acts/synced.ts';
import { operatorFolder } from '../../src/home/folder.ts';
import { journalFile } from '../../src/keys/journal.ts';
import { oneTimeSigner, recoveryKeyPair } from '../../src/keys/recovery.ts';
import { importInto } from '../../src/home/import.ts';
import { acts, actor } from '../kit/actors.ts';
import {
  type Desk,
  Died,
  current,
  fixed,
  founded,
  host,
  newKey,
  nowMs,
  openKey,
  recordsIn,
  scratch,
  value,
  withHome,
} from './desk.ts';

async function write({ folder, ledger }: Desk, ...intents: ReturnType<typeof fixed>[]) {
  value(stage(host, folder, ledger, intents));
  const signer = await openKey(folder);
  return withHome(folder, async (home) =>
    value(await commitStaged(host, folder, { home, signer, nowMs })),
  );
}

async function sheetKey({ sheet }: Desk) {
  const secret = /^SECRET +(.+)$/m.exec(sheet)?.[1] ?? '';
  return recoveryKeyPair(value(readRecovery(secret)));
}

/** A second machine with a copy of the ledger and an operator key that nobody has admitted. */
async function secondMachine(desk: Desk) {
  const folder = scratch();
  value(await importInto(folder, path.join(desk.folder, 'nodes.jsonl')));
  const key = await newKey(folder, 'eve');
  const pair = await sheetKey(desk);
  const signer = value(oneTimeSigner(host, operatorFolder(folder), pair));
  return { folder, pair, signer, root: { key: key.publicKey, name: 'eve' } };
}

describe('a recovery', () => {
  test('seats this machine’s operator, honours what is held of the old root, and cuts the rest', async () => {
    const desk = await founded();
    await write(desk, current(acts.commit('k', 1)));
    const { folder, pair, signer, root } = await secondMachine(desk);
    await write(desk, current(acts.commit('k', 2)));
    const recovery = actor('paper 2').key;
    await withHome(folder, async (home) => {
      const { replica } = home;
      expect(currentRoots(replica).map(({ name }) => name)).toEqual(['ada']);
      const rotation = { root, recovery, cutAt: new Map(), ts: 1 };
      const drafted = value(draftRotation(replica, pair.publicKey, rotation));
      const { changes, voids } = previewOf(replica, drafted.after);
      expect(changes.map(({ kind }) => kind)).toEqual(
        expect.arrayContaining(['epoch', 'joins', 'removed']),
      );
      expect(voids).toEqual([]);
      value(await rotate(home, signer, drafted));
      const state = stateOf(replica);
      expect(state).toMatchObject({ epoch: 1, recovery, config: [{ key: 'k', value: 1 }] });
      expect(state.members.find(({ shown }) => shown === 'eve')).toMatchObject({ root: true });
    });
    // The old root hears of it: what it wrote behind its back is void there, too.
    value(await importInto(desk.folder, path.join(folder, 'nodes.jsonl')));
    await withHome(desk.folder, async ({ replica }) => {
      expect(stateOf(replica).config).toMatchObject([{ key: 'k', value: 1 }]);
    });
    value(stage(host, desk.folder, desk.ledger, [current(acts.commit('k', 3))]));
    const ada = await openKey(desk.folder);
    const late = await withHome(desk.folder, (home) =>
      commitStaged(host, desk.folder, { home, signer: ada, nowMs }),
    );
    expect(late).toMatchObject({ value: { written: [], fault: { refused: { code: 'removed' } } } });
  });

  test('cuts an old root earlier on purpose, and shows what falls with that', async () => {
    const desk = await founded();
    const { written } = await write(desk, fixed(acts.operator(actor('mallory'))));
    const { folder, pair, root } = await secondMachine(desk);
    await withHome(folder, async ({ replica }) => {
      const [genesis] = recordsIn(folder);
      const cutAt = new Map([[desk.operator, { seq: 1, id: genesis?.id ?? ('' as const) }]]);
      const rotation = { root, recovery: actor('paper 2').key, cutAt, ts: 1 };
      const drafted = value(draftRotation(replica, pair.publicKey, rotation));
      const { changes, voids } = previewOf(replica, drafted.after);
      const falls = changes.flatMap((one) => (one.kind === 'falls' ? one.member.shown : []));
      expect(falls.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['lamp', 'mallory']);
      expect(voids.map(({ id }) => id)).toContain(written[0]?.id);
    });
  });

  test('that died after it was signed is finished with the very same record', async () => {
    const desk = await founded();
    const { folder, pair, signer, root } = await secondMachine(desk);
    const id = await withHome(folder, async (home) => {
      const rotation = { root, recovery: actor('paper 2').key, cutAt: new Map(), ts: 1 };
      const drafted = value(draftRotation(home.replica, pair.publicKey, rotation));
      const takeIn = (): never => {
        throw new Died('before it was stored');
      };
      await expect(rotate({ ...home, takeIn }, signer, drafted)).rejects.toBeInstanceOf(Died);
      return drafted.record.id;
    });
    await withHome(folder, async (home) => {
      expect(value(await finishRotation(home, signer, nowMs))?.id).toBe(id);
      expect(stateOf(home.replica).epoch).toBe(1);
      expect(value(await finishRotation(home, signer, nowMs))).toBe(null);
      const again = { root, recovery: actor('paper 3').key, cutAt: new Map(), ts: 2 };
      expect(draftRotation(home.replica, pair.publicKey, again)).toMatchObject({
        code: 'sheet-used',
      });
      expect(draftRotation(home.replica, actor('nobody').key, again)).toMatchObject({
        code: 'not-this-sheet',
      });
    });
  });
});

const WORD = { nowMs: 1_000_000, isSure: false };

describe('accept-head', () => {
  test('lets a copied ledger write, and begins a lost journal anew at the head held', async () => {
    const desk = await founded();
    await write(desk, current(acts.commit('k', 1)));
    const { folder, operator } = desk;
    rmSync(path.join(folder, 'marker.json'));
    rmSync(journalFile(operatorFolder(folder), operator));
    await withHome(folder, async (home) => {
      expect(home.store.heldBack).not.toBe(null);
      const { heldBack, renewed } = value(await acceptHead(host, home, WORD));
      expect(heldBack).not.toBe(null);
      expect(renewed).toEqual([{ key: operator, because: 'journal-missing' }]);
      expect(home.store.heldBack).toBe(null);
      expect(value(await acceptHead(host, home, WORD))).toEqual({ heldBack: null, renewed: [] });
    });
    const { written } = await write(desk, current(acts.commit('k', 2)));
    expect(written.map(({ seq }) => seq)).toEqual([4]);
  });

  test('lets a backup that was put back sign again, at the head that it holds', async () => {
    const desk = await founded();
    await write(desk, current(acts.commit('k', 1)));
    const { folder, operator } = desk;
    const backup = `${folder}-backup`;
    cpSync(folder, backup, { recursive: true });
    await write(desk, current(acts.commit('k', 2)));
    rmSync(folder, { recursive: true });
    renameSync(backup, folder);
    await expect(openKey(folder)).rejects.toThrow('key-copied');
    await withHome(folder, async (home) => {
      const { renewed } = value(await acceptHead(host, home, WORD));
      expect(renewed).toContainEqual({ key: operator, because: 'key-copied' });
    });
    const { written } = await write(desk, current(acts.commit('k', 3)));
    expect(written.map(({ seq }) => seq)).toEqual([4]);
  });
});

test('a sync is known of for an hour, and a damaged note of it not at all', async () => {
  const folder = scratch();
  expect(lastSynced(host, folder)).toBe(null);
  const synced = { at: 1_000_000, peer: actor('lamp').key };
  noteSynced(host, folder, synced);
  expect(lastSynced(host, folder)).toEqual(synced);
  // A note that came with another file of the ledger is none.
  writeFileSync(path.join(folder, 'nodes.jsonl'), '');
  expect(lastSynced(host, folder)).toBe(null);
  noteSynced(host, folder, synced);
  expect(lastSynced(host, folder)).toEqual(synced);
  expect(isSyncedLately(synced, 1_000_000)).toBe(true);
  expect(isSyncedLately(synced, 1_000_000 + 3_600_000)).toBe(true);
  expect(isSyncedLately(synced, 1_000_000 + 3_600_001)).toBe(false);
  expect(isSyncedLately(synced, 999_999)).toBe(false);
  for (const text of ['', 'null', '{"at":1}', '{"at":"1","peer":"x"}']) {
    writeFileSync(path.join(folder, 'synced.json'), text);
    expect(lastSynced(host, folder)).toBe(null);
  }
});
