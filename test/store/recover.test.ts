// A ledger opened after something happened to it: torn, rotten, edited by hand, copied, put back
// from a backup, its index or its checkpoint gone or wrong. Real folders, real LevelDB, the real
// judge.

import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { frontierRoot, type Replica, stateRoot } from '../../ledger/replica.ts';
import type { Verified } from '../../ledger/verify.ts';
import { StoreFault } from '../../src/store/faults.ts';
import { TORN_TAIL_BYTES_MAX } from '../../src/store/limits.ts';
import { acts, actor, Scribe } from '../kit/actors.ts';
import {
  add,
  checkpoint,
  heldIds,
  openFolder,
  type Reading,
  readFile,
  readFolder,
  scratchFolder,
} from '../kit/store-world.ts';

const s = new Scribe();
const [root, node, other] = [actor('root'), actor('node'), actor('other')];
s.node(node, root);
s.node(other, root);
for (let i = 0; i < 30; i++) {
  s.by(node, acts.update({ labels: [`n-${i}`] }));
  s.by(other, acts.update({ labels: [`o-${i}`] }));
}
const records = [...s.records] as Verified[];
const later = s.by(node, acts.update({ labels: ['later'] })) as Verified;
const text = records.map(({ line }) => `${line}\n`).join('');
const startOf = (at: number): number =>
  records.slice(0, at).reduce((sum, { line }) => sum + line.length + 1, 0);

let scratch: ReturnType<typeof scratchFolder>;
let folder: string;
let ledger: string;
const open: Reading[] = [];

beforeEach(() => {
  scratch = scratchFolder();
  folder = join(scratch.folder, 'd');
  ledger = join(folder, 'nodes.jsonl');
});
afterEach(async () => {
  for (const { store } of open.splice(0)) await store.close();
  scratch.remove();
});

async function opened(): Promise<Reading> {
  const reading = await openFolder(folder);
  open.push(reading);
  return reading;
}
/** A ledger of these records, closed; with a checkpoint after the first so many. */
async function made(checkpointAfter = 0): Promise<void> {
  const reading = await openFolder(folder);
  await add(reading, records.slice(0, checkpointAfter));
  if (checkpointAfter > 0) await checkpoint(reading);
  await add(reading, records.slice(checkpointAfter));
  await reading.store.close();
}
/** Inverts the lowest bit of a byte of the file. */
function flip(at: number): Buffer {
  const bytes = fs.readFileSync(ledger);
  bytes[at] = (bytes[at] as number) ^ 1;
  fs.writeFileSync(ledger, bytes);
  return bytes;
}
const content = (): string => fs.readFileSync(ledger, 'utf8');
const quarantined = (): Buffer[] => {
  const quarantine = join(folder, 'quarantine');
  if (!fs.existsSync(quarantine)) return [];
  return fs.readdirSync(quarantine).map((name) => fs.readFileSync(join(quarantine, name)));
};
const rootsOf = (replica: Replica | null): string[] =>
  replica === null ? [] : [frontierRoot(replica), stateRoot(replica)];

async function faultOf(work: Promise<unknown>): Promise<string> {
  const end = await work.catch((error: unknown) => error);
  return end instanceof StoreFault ? end.code : 'no fault';
}

test('a torn tail is put aside and cut off, and the next append starts on a new line', async () => {
  await made();
  const torn = '{"auth":[],"author":"half a li';
  fs.appendFileSync(ledger, torn);
  const { store, totals } = await opened();
  expect(store.opening.tornBytes).toBe(torn.length);
  expect(quarantined().map(String)).toEqual([torn]);
  expect(totals).toMatchObject({ held: records.length, refused: 0 });
  await store.append([later]);
  expect(content()).toBe(`${text}${later.line}\n`);
});

test('a tail too long to be ours is closed with a newline and never cut off', async () => {
  await made();
  const tail = Buffer.alloc(TORN_TAIL_BYTES_MAX + 1, 0x78);
  fs.appendFileSync(ledger, tail);
  const { store, refused } = await opened();
  expect(fs.statSync(ledger).size).toBe(text.length + tail.length + 1);
  expect(refused).toMatchObject([{ line: records.length + 1, code: 'too-long' }]);
  expect(heldIds(store)).toHaveLength(records.length);
});

test('a flipped byte in the middle: the line is skipped, put aside, named, and comes back', async () => {
  await made(10);
  const at = 20;
  const bytes = flip(startOf(at) + (records[at] as Verified).line.indexOf('"labels":["') + 13);

  const first = await opened();
  const { author, seq } = records[at] as Verified;
  expect(first.store.opening.unverified).toBeNull();
  expect(first.refused).toMatchObject([
    { line: at + 1, offset: startOf(at), code: 'bad-signature' },
  ]);
  expect(first.store.damage).toMatchObject([{ line: at + 1, claims: { author, seq } }]);
  expect(quarantined()).toEqual([bytes.subarray(startOf(at), startOf(at + 1))]);
  // What its author wrote afterwards waits for it; the file is as it was.
  expect(first.totals.pending.length).toBeGreaterThan(10);
  expect(fs.readFileSync(ledger)).toEqual(bytes);

  // A peer sends the line again: it is appended, and what waited is held from the next start on.
  await first.store.append([records[at] as Verified]);
  await first.store.close();
  const second = await opened();
  expect(second.totals).toMatchObject({ pending: [], refused: 1 });
  expect(heldIds(second.store)).toHaveLength(records.length);
  await checkpoint(second);
  await second.store.close();

  // Under a checkpoint the rot is remembered: it is not judged again, and still named.
  const third = await opened();
  expect(third.totals).toMatchObject({ lines: 0, refused: 0, pending: [] });
  expect(third.store.damage).toMatchObject([{ line: at + 1, claims: { author, seq } }]);
  expect(heldIds(third.store)).toHaveLength(records.length);
  expect(rootsOf(third.replica)).toEqual(rootsOf(second.replica));
  expect(quarantined()).toHaveLength(1);
});

test('a flipped byte below the checkpoint makes it void: every line is verified again', async () => {
  await made(40);
  flip(startOf(12) + (records[12] as Verified).line.indexOf('"labels":["') + 13);
  const { store, totals } = await opened();
  expect(store.opening.unverified).toBe('nodes.jsonl has changed');
  expect(store.checkpoint).toBeNull();
  expect(totals.lines).toBe(records.length);
  expect(store.damage.map(({ line }) => line)).toEqual([13]);
});

test('rot is known as rot whichever byte of the line it hits', async () => {
  await made();
  const { line } = records[20] as Verified;
  const fields = ['"author":"', '"ledger":"', '"prev":"', '"seq":', '"sig":"', '"ts":', '"kind":"'];
  for (const field of fields) {
    fs.writeFileSync(ledger, text);
    flip(startOf(20) + line.indexOf(field) + field.length);
    const { store } = await opened();
    expect(
      store.damage.map(({ line: at }) => at),
      field,
    ).toEqual([21]);
    expect(store.records, field).toBeLessThan(records.length);
    await store.close();
  }
});

test('a line edited by hand is rot, also when it is still good JSON', async () => {
  await made();
  fs.writeFileSync(ledger, text.replace('"n-7"', '"n-8"').replace('"o-3"', ' "o-3"'));
  const { store, refused } = await opened();
  expect(refused.map(({ code }) => code).toSorted()).toEqual(['bad-signature', 'not-canonical']);
  expect(store.damage).toHaveLength(2);
  expect(quarantined()).toHaveLength(2);
});

test('rot lines that follow each other are one copy', async () => {
  await made();
  fs.appendFileSync(ledger, 'no\nnot at all\n\n');
  const { store } = await opened();
  expect(store.damage.map(({ code }) => code)).toEqual(['not-canonical', 'not-canonical', 'empty']);
  expect(quarantined().map(String)).toEqual(['no\nnot at all\n\n']);
});

test('a line that is there twice is one record', async () => {
  await made();
  fs.appendFileSync(ledger, text);
  const { store, totals } = await opened();
  expect(totals).toMatchObject({ held: records.length, duplicates: records.length });
  expect(store.records).toBe(records.length);
  expect(heldIds(store)).toEqual(records.map(({ id }) => id));
});

test('lines of another ledger in the file are left alone, and are no rot', async () => {
  await made();
  const stranger = new Scribe('other', [actor('stranger')]);
  fs.appendFileSync(ledger, `${stranger.genesis.line}\n`);
  const first = await opened();
  expect(first.refused).toMatchObject([{ line: records.length + 1, code: 'other-ledger' }]);
  expect([first.store.damage, quarantined()]).toEqual([[], []]);
  await checkpoint(first);
  await first.store.close();
  const second = await opened();
  expect(second.refused).toMatchObject([{ line: records.length + 1, code: 'other-ledger' }]);
  expect(heldIds(second.store)).toHaveLength(records.length);
});

test.each([
  ['backwards', (lines: string[]) => lines.toReversed()],
  ['by the length of the line', (lines: string[]) => lines.toSorted((a, b) => a.length - b.length)],
  ['by text', (lines: string[]) => lines.toSorted()],
])('a file in another order, %s, is the same ledger', async (_, order) => {
  await made();
  const straight = await opened();
  const path = join(scratch.folder, 'moved.jsonl');
  fs.writeFileSync(path, order(text.trimEnd().split('\n')).join('\n'));
  const moved = await readFile(path);
  open.push(moved);
  expect(moved.totals).toMatchObject({ held: records.length, refused: 0, pending: [] });
  expect(rootsOf(moved.replica)).toEqual(rootsOf(straight.replica));
});

test('with a checkpoint only the lines past it are judged', async () => {
  await made(50);
  const plain = await readFile(ledger);
  const { store, totals, replica } = await opened();
  open.push(plain);
  expect(store.checkpoint).toMatchObject({ bytes: startOf(50), records: 50 });
  expect(totals).toMatchObject({ lines: records.length - 50, held: records.length - 50 });
  expect(store.records).toBe(records.length);
  expect(rootsOf(replica)).toEqual(rootsOf(plain.replica));
  expect([...store.shelf.read(node.key, 1, 5)].map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
});

test.each([
  ['damaged', (header: string) => header.replace('"records":50', '"records":51')],
  ['of another file', (header: string) => header.replace(/"sha256":"./, '"sha256":"_')],
])('a checkpoint that is %s is not believed', async (_, edit) => {
  await made(50);
  const path = join(folder, 'checkpoint.json');
  fs.writeFileSync(path, edit(fs.readFileSync(path, 'utf8')));
  const { store, totals } = await opened();
  expect(store.checkpoint).toBeNull();
  expect(store.opening.unverified).toBe('it is damaged');
  expect(totals.lines).toBe(records.length);
});

test('a checkpoint of another machine, other rules or another self-test is not believed', async () => {
  await made(50);
  const { openStore, realParts } = await import('../../src/store/file-store.ts');
  const { OPTIONS } = await import('../kit/store-world.ts');
  const why = async (options: object, parts: object): Promise<string | null> => {
    const store = await openStore(folder, { ...OPTIONS, ...options }, { ...realParts(), ...parts });
    const { opening } = store;
    await store.close();
    return opening.unverified;
  };
  expect(await why({}, { machine: 'elsewhere' })).toBe('another machine verified it');
  expect(await why({ rules: 2 }, {})).toBe('it was verified under other rules');
  expect(await why({ selfTest: 'new' }, {})).toBe('another verifier wrote it');
  expect(await why({}, {})).toBeNull();
});

test('a stale checkpoint, from before the file was cut short, is not believed', async () => {
  await made(60);
  fs.truncateSync(ledger, startOf(30));
  const { store, totals } = await opened();
  expect(store.checkpoint).toBeNull();
  expect(totals).toMatchObject({ lines: 30, held: 30 });
  expect(store.records).toBe(30);
  expect(store.shelf.idsAt(node.key, 25)).toEqual([]);
});

test('a snapshot that does not lead to its root can be forgotten: all is read again', async () => {
  await made(50);
  const { openStore } = await import('../../src/store/file-store.ts');
  const { OPTIONS, read } = await import('../kit/store-world.ts');
  const store = await openStore(folder, OPTIONS);
  store.forgetCheckpoint();
  const reading = await read(store);
  open.push(reading);
  expect(reading.totals).toMatchObject({ lines: records.length, held: records.length });
  expect(store.records).toBe(records.length);
});

test('a deleted index is made anew, without a signature being checked below the checkpoint', async () => {
  await made(50);
  fs.rmSync(join(folder, 'index'), { recursive: true });
  const { store, totals } = await opened();
  expect(store.opening.indexRebuilt).toBe(true);
  expect(totals.lines).toBe(records.length - 50);
  expect(heldIds(store)).toEqual(records.map(({ id }) => id));
  for (const { id, line } of records) expect(store.find(id)?.line).toBe(line);
  await store.close();
  expect((await opened()).store.opening.indexRebuilt).toBe(false);
});

test.each([
  ['MANIFEST', 'garbage'],
  ['CURRENT', 'garbage'],
  ['.ldb', 'gone'],
])('an index with its %s file %s is made anew', async (name, how) => {
  await made(50);
  const index = join(folder, 'index');
  // A table file comes into being when LevelDB has replayed its log.
  await (await openFolder(folder)).store.close();
  const file = fs.readdirSync(index).find((entry) => entry.includes(name));
  if (file === undefined) throw new Error(`no ${name} in ${index}`);
  if (how === 'gone') fs.rmSync(join(index, file));
  else fs.writeFileSync(join(index, file), 'this is no such file\n'.repeat(20));
  const { store } = await opened();
  expect(heldIds(store)).toEqual(records.map(({ id }) => id));
  expect(store.find((records[7] as Verified).id)?.line).toBe(records[7]?.line);
});

test('an index of an older file is not believed', async () => {
  await made(20);
  const old = join(scratch.folder, 'old');
  fs.cpSync(join(folder, 'index'), old, { recursive: true });
  fs.writeFileSync(ledger, text.split('\n').slice(0, 20).join('\n').concat('\n'));
  const first = await opened();
  const fork = records.slice(20).toReversed();
  await first.store.append(fork);
  await first.store.close();
  fs.rmSync(join(folder, 'index'), { recursive: true });
  fs.cpSync(old, join(folder, 'index'), { recursive: true });
  const second = await opened();
  expect(heldIds(second.store).toSorted()).toEqual(records.map(({ id }) => id).toSorted());
  for (const { id, line } of records) expect(second.store.find(id)?.line).toBe(line);
});

test('a reader sees what is whole while another process writes, and leaves no trace', async () => {
  await made(30);
  const writer = await opened();
  fs.appendFileSync(ledger, '{"half":');
  const before = fs.readdirSync(folder).toSorted();
  const reader = await readFolder(folder);
  open.push(reader);
  expect(reader.store.checkpoint).toMatchObject({ records: 30 });
  expect(heldIds(reader.store)).toEqual(records.map(({ id }) => id));
  expect(rootsOf(reader.replica)).toEqual(rootsOf(writer.replica));
  expect(await faultOf(reader.store.append([records[0] as Verified]))).toBe('read-only');
  expect(reader.store.heldBack).toBe(writer.store.heldBack);
  expect(fs.readdirSync(folder).toSorted()).toEqual(before);
  expect(content().endsWith('{"half":')).toBe(true);
});

test('a folder without a ledger is not made by looking at it', async () => {
  const { openReader, openStore } = await import('../../src/store/file-store.ts');
  const { OPTIONS } = await import('../kit/store-world.ts');
  expect(await faultOf(openStore(folder, OPTIONS))).toBe('no-ledger');
  expect(await faultOf(openReader(folder, OPTIONS))).toBe('no-ledger');
  expect(fs.existsSync(folder)).toBe(false);
  fs.writeFileSync(folder, 'a file where the folder should be');
  expect(await faultOf(openStore(folder, { ...OPTIONS, create: true }))).toBe('open-failed');
});
