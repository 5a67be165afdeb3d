// The way in, on a disk that fails as disks do: what was acknowledged stays, what was not leaves no
// trace, and the caller learns which of the two it was.

import { beforeEach, expect, test } from 'vitest';
import type { Verified } from '../../ledger/verify.ts';
import { StoreFault } from '../../src/store/faults.ts';
import { BALLAST_BYTES } from '../../src/store/limits.ts';
import type { Store } from '../../src/store/store.ts';
import { acts, actor, Scribe } from '../kit/actors.ts';
import { heldIds, openWorld, seededPick, storeWorld, type StoreWorld } from '../kit/store-world.ts';

const LEDGER = '/d/nodes.jsonl';
const s = new Scribe();
const [root, node] = [actor('root'), actor('node')];
s.node(node, root);
for (let i = 0; i < 20; i++) s.by(node, acts.update({ labels: [`n-${i}`] }));
const records = s.records as Verified[];
const lines = (from: number, to: number): string =>
  records
    .slice(from, to)
    .map(({ line }) => `${line}\n`)
    .join('');
const ids = (from: number, to: number): string[] => records.slice(from, to).map(({ id }) => id);

let world: StoreWorld;
let store: Store;
const put = (from: number, to: number, options = {}): Promise<unknown> =>
  store.append(records.slice(from, to), options);
const content = (): string => Buffer.from(world.disk.read(LEDGER)).toString();
/** The code of the fault with which something ends. */
const faultOf = async (work: Promise<unknown>): Promise<string> => {
  const end = await work.then(
    () => 'no fault',
    (error: unknown) => error,
  );
  return end instanceof StoreFault ? end.code : String(end);
};
const steps: string[] = [];

beforeEach(async () => {
  world = storeWorld();
  ({ store } = await openWorld(world));
  steps.length = 0;
  world.disk.onStep = (what, path) => void steps.push(`${what} ${path}`);
});

test('an append is one write and one sync, and resolves after both', async () => {
  await put(0, 5);
  expect(steps).toEqual([`write ${LEDGER}`, `sync ${LEDGER}`]);
  expect(content()).toBe(lines(0, 5));
  expect(store.bytes).toBe(content().length);
  world.disk.cutPower('lost', seededPick(1));
  expect(content()).toBe(lines(0, 5));
});

test('appends that come while one is on its way are written together, in their order', async () => {
  const all = [put(0, 1), put(1, 2), put(2, 3), put(3, 9)];
  await Promise.all(all);
  expect(steps.filter((step) => step.startsWith('sync'))).toHaveLength(1);
  expect(content()).toBe(lines(0, 9));
});

test('a record that is held, or on its way, is not written again', async () => {
  await put(0, 3);
  await Promise.all([put(1, 5), put(3, 6), put(0, 6)]);
  expect(content()).toBe(lines(0, 6));
  expect(store.records).toBe(6);
  await put(0, 6);
  expect(content()).toBe(lines(0, 6));
});

test('a disk that takes seven bytes at a time stores whole lines all the same', async () => {
  world.disk.writeBytesMax = 7;
  await put(0, 3);
  expect(content()).toBe(lines(0, 3));
});

test('a failed write is taken back and told, and the next append is stored', async () => {
  await put(0, 2);
  world.disk.writeBytesMax = 100;
  let writes = 0;
  world.disk.onStep = (what) => {
    if (what === 'write' && ++writes === 2)
      throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'write' });
  };
  expect(await faultOf(put(2, 4))).toBe('write-failed');
  expect(content()).toBe(lines(0, 2));
  expect(store.mode.kind).toBe('writable');
  await put(2, 4);
  expect(content()).toBe(lines(0, 4));
});

test('a failed sync is never tried again on the same descriptor', async () => {
  await put(0, 2);
  let opened = 0;
  const syncs: number[] = [];
  const { open } = world.disk;
  world.disk.open = (path, how) => {
    const file = open(path, how);
    if (path !== LEDGER) return file;
    const mine = ++opened;
    const sync = (): Promise<void> => {
      syncs.push(mine);
      return file.sync();
    };
    return { ...file, sync };
  };
  world.disk.failSyncs(LEDGER, 1);
  expect(await faultOf(put(2, 4))).toBe('sync-failed');
  // The first descriptor is from before the count: only the one opened afterwards was synced.
  expect(syncs).toEqual([1]);
  expect(content()).toBe(lines(0, 2));
  await put(2, 4);
  world.disk.cutPower('lost', seededPick(2));
  expect(content()).toBe(lines(0, 4));
});

test('what a failed sync pretended to keep is not acknowledged by the next one', async () => {
  await put(0, 2);
  world.disk.failSyncs(LEDGER, 1);
  expect(await faultOf(put(2, 4))).toBe('sync-failed');
  await put(4, 6);
  world.disk.cutPower('lost', seededPick(3));
  expect(content()).toBe(lines(0, 2) + lines(4, 6));
});

test('a disk that fails to sync twice ends writing, and keeps what it acknowledged', async () => {
  await put(0, 2);
  world.disk.failSyncs(LEDGER, 2);
  expect(await faultOf(put(2, 4))).toBe('sync-failed');
  expect(store.mode).toMatchObject({ kind: 'read-only', fault: { code: 'sync-failed' } });
  expect(await faultOf(put(4, 5))).toBe('sync-failed');
  expect([...store.shelf.read(root.key, 1, 9)].map(({ id }) => id)).toEqual(ids(0, 2));
  world.disk.cutPower('kept', seededPick(4));
  const again = await openWorld(world);
  expect(heldIds(again.store)).toEqual(ids(0, 2));
});

test('a group that fails is refused to each of its callers', async () => {
  await put(0, 2);
  world.disk.failSyncs(LEDGER, 1);
  const ends = await Promise.all([put(2, 3), put(3, 4), put(2, 4)].map(faultOf));
  expect(ends).toEqual(['sync-failed', 'sync-failed', 'sync-failed']);
  expect(content()).toBe(lines(0, 2));
});

test('bytes of another program stop all writing at once', async () => {
  await put(0, 2);
  const file = world.disk.open(LEDGER, 'append');
  file.append(Buffer.from('by hand\n'));
  expect(await faultOf(put(2, 4))).toBe('file-grew');
  expect(content()).toBe(`${lines(0, 2)}by hand\n`);
  expect(await faultOf(put(2, 4))).toBe('file-grew');
});

test('content that changed below an append that failed ends writing', async () => {
  await put(0, 2);
  world.disk.flip(LEDGER, 10, 1);
  world.disk.failSyncs(LEDGER, 1);
  expect(await faultOf(put(2, 4))).toBe('content-changed');
  expect(store.mode.kind).toBe('read-only');
});

test('a line that rots under the shelf is not handed out', async () => {
  await put(0, 4);
  const at = content().indexOf('n-1');
  world.disk.flip(LEDGER, at, 1);
  const reading = (async () => [...store.shelf.read(node.key, 1, 2)])();
  expect(await faultOf(reading)).toBe('content-changed');
  expect([...store.shelf.read(node.key, 1, 1)]).toHaveLength(1);
});

test('a full disk takes back, refuses, and still stores a removal in the room of the ballast', async () => {
  await put(0, 2);
  const used = [...world.disk.copy().values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  world.disk.capacityBytes = used + 300;
  expect(await faultOf(put(2, 4))).toBe('disk-full');
  expect(content()).toBe(lines(0, 2));
  expect(store.mode.kind).toBe('full');
  expect(world.disk.exists('/d/ballast')).toBe(true);
  expect(await faultOf(put(2, 4))).toBe('disk-full');
  await put(2, 4, { urgent: true });
  expect(world.disk.exists('/d/ballast')).toBe(false);
  expect(content()).toBe(lines(0, 4));
  // Still full for everybody else.
  expect(await faultOf(put(4, 5))).toBe('disk-full');
});

test('an ordinary append beside an urgent one is refused alone', async () => {
  await put(0, 2);
  const used = [...world.disk.copy().values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  world.disk.capacityBytes = used + 300;
  const ends = await Promise.all([put(2, 3), put(3, 4, { urgent: true })].map(faultOf));
  expect(ends).toEqual(['disk-full', 'no fault']);
  expect(content()).toBe(lines(0, 2) + lines(3, 4));
});

test('with space again the ballast comes back and everything is stored', async () => {
  await put(0, 2);
  const used = [...world.disk.copy().values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  world.disk.capacityBytes = used + 300;
  await put(2, 4, { urgent: true });
  expect(store.mode.kind).toBe('full');
  world.disk.capacityBytes = used + 4 * BALLAST_BYTES;
  await put(4, 6);
  expect(store.mode.kind).toBe('writable');
  expect(world.disk.read('/d/ballast')).toHaveLength(BALLAST_BYTES);
});

test('an index that cannot be written loses nothing and is caught up later', async () => {
  world.kv.failWrites = 2;
  await put(0, 4);
  expect(await faultOf(store.flushIndex())).toBe('index-failed');
  await put(4, 8);
  expect(await faultOf(store.flushIndex())).toBe('index-failed');
  expect([...store.shelf.read(node.key, 1, 20)].map(({ id }) => id)).toEqual(ids(2, 8));
  await store.flushIndex();
  expect(store.find(records[3]?.id as never)?.line).toBe(records[3]?.line);
});

test('a checkpoint that the disk does not take is no fault, and leaves nothing behind', async () => {
  await put(0, 4);
  const state = { frontierRoot: records[0]?.id, stateRoot: records[0]?.id, snapshot: {} } as never;
  const before = [...world.disk.copy().keys()];
  world.kv.failWrites = 1;
  expect(await store.saveCheckpoint(state)).toBe(false);
  const used = [...world.disk.copy().values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  world.disk.capacityBytes = used + 10;
  expect(await store.saveCheckpoint(state)).toBe(false);
  expect([...world.disk.copy().keys()]).toEqual(before);
  world.disk.capacityBytes = Number.POSITIVE_INFINITY;
  expect(await store.saveCheckpoint(state)).toBe(true);
});

test('nothing is written after the close', async () => {
  await store.close();
  expect(await faultOf(put(0, 1))).toBe('closed');
});

test('the lines from an offset are those past it, a cut line left out', async () => {
  await put(0, 6);
  const from = lines(0, 2).length;
  const past = (offset: number): string[] =>
    [...store.linesFrom(offset)].flat().map(({ record }) => record.id);
  expect(past(0)).toEqual(ids(0, 6));
  expect(past(from)).toEqual(ids(2, 6));
  expect(past(from + 1)).toEqual(ids(3, 6));
  expect(past(store.bytes)).toEqual([]);
  const [first] = [...store.linesFrom(from)].flat();
  expect(past(first?.next ?? 0)).toEqual(ids(3, 6));
});
