// A file system that is really full: a tmpfs of six megabytes, filled up by somebody else.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Verified } from '../../ledger/verify.ts';
import { StoreFault } from '../../src/store/faults.ts';
import { BALLAST_BYTES } from '../../src/store/limits.ts';
import { forge } from '../kit/forge.ts';
import { add, heldIds, openFolder, type Reading, scratchFolder } from '../kit/store-world.ts';

const records = [...forge({ operators: 1, nodes: 4, updatesPerNode: 600 })];
let scratch: ReturnType<typeof scratchFolder>;
let mount: string;
let mountFault: string | null = null;
let reading: Reading | null = null;

beforeEach(() => {
  scratch = scratchFolder();
  mount = join(scratch.folder, 'small');
  fs.mkdirSync(mount);
  const args = ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', mount];
  const run = spawnSync('mount', args, { encoding: 'utf8' });
  mountFault = run.status === 0 ? null : `no tmpfs can be mounted here: ${run.stderr.trim()}`;
});
afterEach(async () => {
  await reading?.store.close();
  reading = null;
  if (mountFault === null) spawnSync('umount', [mount]);
  scratch.remove();
});

/** Fills the file system up to some bytes. */
function fill(path: string, leave: number): void {
  const fd = fs.openSync(path, 'w');
  const { bavail, bsize } = fs.statfsSync(mount);
  let left = bavail * bsize - leave;
  while (left > 0) left -= fs.writeSync(fd, Buffer.alloc(Math.min(left, 4096), 1));
  fs.closeSync(fd);
}
const faultOf = async (work: Promise<unknown>): Promise<string> => {
  const end = await work.catch((error: unknown) => error);
  return end instanceof StoreFault ? end.code : 'no fault';
};

test('on a full disk nothing acknowledged is lost, a removal is stored, and space heals', async (ctx) => {
  if (mountFault !== null) return ctx.skip(mountFault);
  const folder = join(mount, 'd');
  reading = await openFolder(folder);
  const { store } = reading;
  await add(reading, records.slice(0, 50));
  fill(join(mount, 'others'), 16 * 1024);
  const held = new Set(records.slice(0, 50).map(({ id }) => id as string));
  let at = 50;
  // One by one until the disk says no.
  for (; store.mode.kind === 'writable'; at++) {
    const one = records[at] as Verified;
    const fault = await faultOf(store.append([one]));
    if (fault === 'no fault') held.add(one.id);
    else expect(fault).toBe('disk-full');
  }
  expect(held.size).toBeGreaterThan(55);
  expect(fs.statSync(join(folder, 'nodes.jsonl')).size).toBe(store.bytes);
  // The last byte is a newline: no half line was left behind.
  expect(fs.readFileSync(join(folder, 'nodes.jsonl')).at(-1)).toBe(0x0a);

  const removal = records[at] as Verified;
  await store.append([removal], { urgent: true });
  held.add(removal.id);
  expect(fs.existsSync(join(folder, 'ballast'))).toBe(false);
  expect(await faultOf(store.append([records[at + 1] as Verified]))).toBe('disk-full');
  expect(heldIds(store).toSorted()).toEqual([...held].toSorted());

  fs.rmSync(join(mount, 'others'));
  await store.append([records[at + 1] as Verified]);
  held.add((records[at + 1] as Verified).id);
  expect(store.mode.kind).toBe('writable');
  expect(fs.statSync(join(folder, 'ballast')).size).toBe(BALLAST_BYTES);
  await store.close();
  reading = await openFolder(folder);
  expect(heldIds(reading.store).toSorted()).toEqual([...held].toSorted());
});

test('a ledger is opened on a disk that is full already, and takes only what is urgent', async (ctx) => {
  if (mountFault !== null) return ctx.skip(mountFault);
  const folder = join(mount, 'd');
  reading = await openFolder(folder);
  await add(reading, records.slice(0, 50));
  await reading.store.close();
  fs.rmSync(join(folder, 'ballast'));
  fill(join(mount, 'others'), 96 * 1024);
  reading = await openFolder(folder);
  expect(reading.store.mode.kind).toBe('full');
  expect(heldIds(reading.store)).toHaveLength(50);
  expect(await faultOf(reading.store.append(records.slice(50, 52)))).toBe('disk-full');
  await reading.store.append(records.slice(50, 52), { urgent: true });
  expect(heldIds(reading.store)).toHaveLength(52);
});
