// The marker: this machine may write records of its own only where the ledger beside it is the one
// it wrote last. Old backups, copies and other machines are held back until somebody says
// otherwise.

import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Verified } from '../../ledger/verify.ts';
import { StoreFault } from '../../src/store/faults.ts';
import { acts, actor, Scribe } from '../kit/actors.ts';
import { add, openFolder, type Reading, scratchFolder } from '../kit/store-world.ts';

const s = new Scribe();
const [root, node] = [actor('root'), actor('node')];
s.node(node, root);
for (let i = 0; i < 6; i++) s.by(node, acts.update({ labels: [`n-${i}`] }));
const records = s.records as Verified[];
const own = (from: number, to: number): [Verified[], { own: true }] => [
  records.slice(from, to),
  { own: true },
];

let scratch: ReturnType<typeof scratchFolder>;
let folder: string;
let open: Reading | null = null;
beforeEach(() => {
  scratch = scratchFolder();
  folder = join(scratch.folder, 'd');
});
afterEach(async () => {
  await open?.store.close();
  open = null;
  scratch.remove();
});
async function opened(more = {}): Promise<Reading> {
  await open?.store.close();
  open = await openFolder(folder, more);
  return open;
}
async function closed(): Promise<void> {
  await open?.store.close();
  open = null;
}
async function faultOf(work: Promise<unknown>): Promise<string> {
  const end = await work.catch((error: unknown) => error);
  return end instanceof StoreFault ? end.code : 'no fault';
}

test('a new ledger may be written to, and again after every restart', async () => {
  const first = await opened();
  expect(first.store.heldBack).toBeNull();
  await add(first, ...own(0, 4));
  const second = await opened();
  expect(second.store.heldBack).toBeNull();
  await add(second, ...own(4, 5));
  expect(JSON.parse(fs.readFileSync(join(folder, 'marker.json'), 'utf8'))).toMatchObject({
    own: [
      { author: node.key, seq: 3, id: records[4]?.id },
      { author: root.key, seq: 2 },
    ],
  });
});

test('an old backup of the file, put back in place, holds own records back and not those of others', async () => {
  const reading = await opened();
  await add(reading, ...own(0, 4));
  await closed();
  const backup = fs.readFileSync(join(folder, 'nodes.jsonl'));
  await add(await opened(), ...own(4, 6));
  await closed();
  // Over the same file, which stays the one it was: only the marker's head tells.
  fs.writeFileSync(join(folder, 'nodes.jsonl'), backup);
  const again = await opened();
  expect(again.store.heldBack).toBe('record 4 of this machine is missing');
  expect(await faultOf(again.store.append(...own(6, 7)))).toBe('held-back');
  // A peer brings back what is missing, and everybody has answered.
  await add(again, records.slice(4, 6));
  await again.store.acceptHead();
  expect(again.store.heldBack).toBeNull();
  await add(again, ...own(6, 7));
  expect((await opened()).store.heldBack).toBeNull();
});

test('a file that was copied back is another file', async () => {
  await add(await opened(), ...own(0, 4));
  await closed();
  fs.copyFileSync(join(folder, 'nodes.jsonl'), join(folder, 'copy'));
  fs.renameSync(join(folder, 'copy'), join(folder, 'nodes.jsonl'));
  expect((await opened()).store.heldBack).toBe('nodes.jsonl was copied or restored');
  await open?.store.acceptHead();
  expect((await opened()).store.heldBack).toBeNull();
});

test('a whole folder on another machine is held back', async () => {
  await add(await opened(), ...own(0, 4));
  const moved = await opened({ machine: 'another machine' });
  expect(moved.store.heldBack).toBe('the ledger was written on another machine');
});

test.each([
  ['missing', (path: string) => fs.rmSync(path)],
  ['torn', (path: string) => fs.truncateSync(path, 60)],
  ['garbage', (path: string) => fs.writeFileSync(path, '{"machine":1}')],
])('a marker that is %s holds back', async (_, spoil) => {
  await add(await opened(), ...own(0, 4));
  await closed();
  spoil(join(folder, 'marker.json'));
  expect((await opened()).store.heldBack).toBe('there is no readable marker beside the ledger');
});

test('a ledger that vanished beside its marker is not begun anew unnoticed', async () => {
  await add(await opened(), ...own(0, 4));
  await closed();
  fs.rmSync(join(folder, 'nodes.jsonl'));
  expect((await opened()).store.heldBack).toBe('nodes.jsonl was copied or restored');
});

test('an accepted head is remembered: what goes missing of it later holds back again', async () => {
  await add(await opened(), ...own(0, 5));
  await closed();
  const folderFile = join(folder, 'nodes.jsonl');
  fs.rmSync(join(folder, 'marker.json'));
  await (await opened()).store.acceptHead([node.key]);
  await closed();
  // Rot in the last own record, before this machine has written another.
  const bytes = fs.readFileSync(folderFile);
  bytes[bytes.length - 20] = (bytes[bytes.length - 20] as number) ^ 1;
  fs.writeFileSync(folderFile, bytes);
  expect((await opened()).store.heldBack).toBe('record 3 of this machine is missing');
});
