// The ledger of one machine on a real disk: found, take in, close, open again, audit, import.

import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { frontierRoot, stateRoot } from '../../ledger/replica.ts';
import { auditFile } from '../../src/home/audit.ts';
import { importInto } from '../../src/home/import.ts';
import { foundHome, openHome } from '../../src/home/ledger.ts';
import { acts, actor, Scribe, settle } from '../kit/actors.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kith-home-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const root = actor('root');
const alice = actor('alice');

function history(): Scribe {
  const s = new Scribe();
  const a = s.operator(alice, root);
  for (let i = 0; i < 40; i++) {
    const node = actor(`node ${i}`);
    s.node(node, alice, [a]);
    s.by(node, acts.update({ labels: ['a', 'b'] }));
    s.by(node, acts.update({ name: `n-${i}` }));
  }
  s.by(alice, acts.commit('mesh.mtu', 1280), { auth: [a] });
  return s;
}

function fileOf(s: Scribe, order = s.records): string {
  const path = join(folder, 'copy.jsonl');
  writeFileSync(path, order.map((record) => `${record.line}\n`).join(''));
  return path;
}

test('what was taken in is there again after a restart, with the same roots', async () => {
  const s = history();
  const dir = join(folder, 'd');
  const home = await foundHome(dir, s.genesis);
  const intake = await home.takeIn(s.records.slice(1));
  expect(intake.accepted).toHaveLength(s.records.length - 1);
  const roots = [frontierRoot(home.replica), stateRoot(home.replica)];
  await home.close();
  const again = await openHome(dir, { write: false });
  expect([frontierRoot(again!.replica), stateRoot(again!.replica)]).toEqual(roots);
  expect(again!.store.checkpoint).not.toBeNull();
  await again!.close();
  const direct = settle(s.records).replica;
  expect([frontierRoot(direct), stateRoot(direct)]).toEqual(roots);
});

test('a checkpoint whose state was edited is thrown away and every line is verified again', async () => {
  const s = history();
  const dir = join(folder, 'd');
  const home = await foundHome(dir, s.genesis);
  await home.takeIn(s.records.slice(1));
  const root1 = stateRoot(home.replica);
  await home.close();
  const path = join(dir, 'checkpoint.json');
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll('"n-7"', '"n-8"'));
  const again = await openHome(dir, { write: true });
  expect(stateRoot(again!.replica)).toBe(root1);
  await again!.close();
});

test('a file in reverse order holds the same truth, and strangers are named by line', async () => {
  const s = history();
  const path = fileOf(s, s.records.toReversed());
  const stranger = new Scribe('elsewhere', [actor('stranger')]);
  appendFileSync(path, `${stranger.genesis.line}\nnot a record\n\n`);
  const audit = await auditFile(path, { ledger: s.ledger });
  const { replica } = settle(s.records);
  expect(audit).toMatchObject({
    ok: true,
    value: {
      records: s.records.length,
      frontierRoot: frontierRoot(replica),
      stateRoot: stateRoot(replica),
      refused: [
        { line: s.records.length + 1, code: 'other-ledger' },
        { line: s.records.length + 2, code: 'not-canonical' },
        { line: s.records.length + 3, code: 'empty' },
      ],
      pending: [],
      void: [],
    },
  });
  expect(await auditFile(path)).toMatchObject({ ok: false, code: 'two-ledgers' });
});

test('a beginning that nobody signed is refused by its line and makes no file ambiguous', async () => {
  const s = history();
  const forged = s.genesis.line.replace('"network":"', '"network":"not-');
  expect(forged).not.toBe(s.genesis.line);
  const lines = s.records.map(({ line }) => line);
  for (const at of [0, 1, lines.length]) {
    const path = fileOf(s, s.records);
    writeFileSync(path, `${lines.toSpliced(at, 0, forged).join('\n')}\n`);
    for (const pick of [{}, { root: s.genesis.author }]) {
      expect(await auditFile(path, pick)).toMatchObject({
        ok: true,
        value: {
          ledger: s.ledger,
          records: lines.length,
          refused: [{ line: at + 1, code: 'bad-signature' }],
        },
      });
    }
  }
});

test('void records are listed with their lines, and a lost line leaves its followers pending', async () => {
  const s = history();
  const last = s.by(actor('node 3'), acts.update({ name: 'late' }));
  s.remove(actor('node 3'), root, [], {
    seq: 2,
    id: s.records.find((r) => r.author === last.author && r.seq === 2)!.id,
  });
  const lost = s.records.findIndex((r) => r.author === actor('node 5').key && r.seq === 1);
  const path = fileOf(s, s.records.toSpliced(lost, 1));
  const audit = await auditFile(path);
  const at = s.records.findIndex((r) => r.id === last.id);
  expect(audit).toMatchObject({
    ok: true,
    value: {
      refused: [],
      void: [{ line: at, id: last.id, code: 'void-cut' }],
      pending: [{ id: s.records.find((r) => r.author === actor('node 5').key && r.seq === 2)!.id }],
    },
  });
});

test('an import founds a copy, and a second one only counts duplicates', async () => {
  const s = history();
  const path = fileOf(s, [...s.records.toReversed(), ...s.records]);
  const dir = join(folder, 'd');
  const n = s.records.length;
  const first = await importInto(dir, path);
  expect(first).toMatchObject({
    ok: true,
    value: { founded: true, added: n, duplicates: n, refused: [] },
  });
  const second = await importInto(dir, path);
  expect(second).toMatchObject({
    ok: true,
    value: { founded: false, added: 0, duplicates: 2 * n },
  });
});
