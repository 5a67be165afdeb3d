// The image store on a real disk: an id is what is in the file, whatever goes wrong on the way
// leaves nothing behind, and a flipped byte is found.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Held, type ImageStore, openImages } from '../../src/work/images/store.ts';
import { isImageName } from '../../work/image.ts';
import { CHUNK, content, fileWith, idOf } from '../kit/image-peers.ts';
import { scratchFolder } from '../kit/store-world.ts';
import { JOB, VM, specOf } from './specs.ts';
import { imagesOf } from '../../work/image.ts';

let scratch: ReturnType<typeof scratchFolder>;
let folder: string;
let store: ImageStore;
beforeEach(async () => {
  scratch = scratchFolder();
  folder = join(scratch.folder, 'images');
  store = await openImages(folder, { marginBytes: 0 });
});
afterEach(() => scratch.remove());

const file = (bytes: Buffer, name = 'file'): string => fileWith(scratch.folder, name, bytes);
async function added(bytes: Buffer, name: string | null = null): Promise<Held> {
  const result = await store.add(file(bytes), name);
  if (!result.ok) throw new Error(`${result.code} ${result.detail}`);
  return result.value;
}
const codeOf = async (work: ReturnType<ImageStore['add']>): Promise<string> => {
  const result = await work;
  return result.ok ? 'ok' : result.code;
};
const unused = (): boolean => false;
const incoming = (): string[] => fs.readdirSync(join(folder, 'incoming'));

describe('a file that is added', () => {
  test.each([1, 511, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7])(
    'of %i bytes has the id of its content and comes back whole',
    async (sizeBytes) => {
      const bytes = content(sizeBytes);
      const held = await added(bytes, 'one');
      expect([held.id, held.sizeBytes, held.names]).toEqual([idOf(bytes), sizeBytes, ['one']]);
      expect(fs.readFileSync(store.fileOf(held.id)).equals(bytes)).toBe(true);
      expect(await store.check(held.id)).toEqual([]);
      const again = await openImages(folder);
      expect(again.list()).toEqual([held]);
      expect([again.find('one')?.id, again.find(held.id)?.id]).toEqual([held.id, held.id]);
      expect(incoming()).toEqual([]);
    },
  );

  test('of zeros keeps its holes', async () => {
    const bytes = Buffer.alloc(3 * CHUNK + 5);
    bytes[0] = 1;
    const { id } = await added(bytes);
    expect(id).toBe(idOf(bytes));
    const stat = fs.statSync(store.fileOf(id));
    expect([stat.size, stat.blocks * 512 < 2 * CHUNK]).toEqual([bytes.length, true]);
  });

  test('twice is one image; a name goes to the last that was called so', async () => {
    const first = await added(content(100, 'a'), 'base');
    expect((await added(content(100, 'a'), 'same')).names).toEqual(['base', 'same']);
    const second = await added(content(100, 'b'), 'base');
    expect(store.list()).toHaveLength(2);
    expect(store.find('base')?.id).toBe(second.id);
    expect(store.find(first.id)?.names).toEqual(['same']);
    expect(store.newest(2).toSorted()).toEqual([first.id, second.id].toSorted());
    expect(store.newest(1)).toHaveLength(1);
  });

  test('that is none is refused', async () => {
    const pipe = join(scratch.folder, 'pipe');
    spawnSync('mkfifo', [pipe]);
    expect(await codeOf(store.add(join(scratch.folder, 'not-there'), null))).toBe('image-no-file');
    expect(await codeOf(store.add(scratch.folder, null))).toBe('image-no-file');
    expect(await codeOf(store.add(pipe, null))).toBe('image-no-file');
    expect(await codeOf(store.add(file(Buffer.alloc(0)), null))).toBe('image-empty');
    expect(await codeOf(store.add(file(content(9)), '../x y'))).toBe('image-name');
    expect(await codeOf(store.add(file(content(9)), 'A'.repeat(43)))).toBe('image-name');
    expect([store.list(), incoming()]).toEqual([[], []]);
  });

  test('that changes meanwhile is refused', async () => {
    const path = file(content(2 * CHUNK));
    const grow = (): void => fs.appendFileSync(path, 'more');
    let once = false;
    const work = store.add(path, null, () => {
      if (!once) grow();
      once = true;
    });
    expect(await codeOf(work)).toBe('image-changed');
    expect([store.list(), incoming()]).toEqual([[], []]);
  });

  test('and what a kill left of another is swept away at the start', async () => {
    fs.mkdirSync(join(folder, 'incoming', 'add-x'));
    fs.writeFileSync(join(folder, 'incoming', 'add-x', 'image'), 'half');
    await openImages(folder);
    expect(incoming()).toEqual([]);
  });
});

describe('the form is seen from the content', () => {
  const at = (offset: number, text: string | number[], sizeBytes = 2_048): Buffer => {
    const bytes = Buffer.alloc(sizeBytes, 1);
    bytes.set(typeof text === 'string' ? Buffer.from(text) : text, offset);
    return bytes;
  };
  test.each([
    ['qcow2', at(0, [0x51, 0x46, 0x49, 0xfb])],
    ['kernel', at(0x202, 'HdrS')],
    ['kernel', at(0, [0x7f, 0x45, 0x4c, 0x46])],
    ['kernel', at(56, 'ARMd')],
    ['initrd', at(0, '070701')],
    ['initrd', at(0, [0x1f, 0x8b])],
    ['initrd', at(0, [0x28, 0xb5, 0x2f, 0xfd])],
    ['initrd', at(0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])],
    ['raw', at(0, 'anything')],
    ['raw', Buffer.from('x')],
    ['raw', at(257, 'ustar')],
  ])('%s', async (form, bytes) => {
    expect((await added(bytes)).form).toBe(form);
  });

  test.each([
    ['docker-archive', ['layer.tar', 'manifest.json']],
    ['docker-archive', ['oci-layout', 'index.json', 'manifest.json']],
    ['oci-archive', ['blobs', 'oci-layout', 'index.json']],
    ['raw', ['readme']],
  ])('%s of %j', async (form, names) => {
    const base = join(scratch.folder, 'tar');
    fs.mkdirSync(base);
    for (const name of names) fs.writeFileSync(join(base, name), content(5_000, name));
    const made = spawnSync('tar', ['-C', base, '-cf', join(scratch.folder, 'out.tar'), ...names]);
    expect(made.status).toBe(0);
    expect((await added(fs.readFileSync(join(scratch.folder, 'out.tar')))).form).toBe(form);
  });
});

describe('an image that is removed', () => {
  test('goes with its last name, or by its id with all of them', async () => {
    const { id } = await added(content(50), 'a');
    await store.setName('b', id);
    expect(await store.remove('a', unused)).toMatchObject({
      value: { names: ['a'], image: false },
    });
    expect(await store.remove('b', unused)).toMatchObject({ value: { names: ['b'], image: true } });
    expect([store.list(), fs.readdirSync(join(folder, 'held')), incoming()]).toEqual([[], [], []]);
    const next = await added(content(60), 'c');
    await store.remove(next.id, unused);
    expect([store.find('c'), store.idOf('c')]).toEqual([null, null]);
  });

  test('stays while work uses it, and what is not there is refused', async () => {
    const { id } = await added(content(50), 'a');
    expect(await store.remove('a', (one) => one === id)).toMatchObject({ code: 'image-used' });
    expect(store.find('a')?.id).toBe(id);
    expect(await store.remove('zzz', unused)).toMatchObject({ code: 'image-unknown' });
    const nobody = idOf(content(7));
    expect(await store.remove(nobody, unused)).toMatchObject({ code: 'image-unknown' });
  });
});

describe('a flipped byte', () => {
  const flip = (path: string, at: number): void => {
    const fd = fs.openSync(path, 'r+');
    const byte = Buffer.alloc(1);
    fs.readSync(fd, byte, 0, 1, at);
    fs.writeSync(fd, Buffer.from([(byte[0] as number) ^ 1]), 0, 1, at);
    fs.closeSync(fd);
  };

  test('is not given to anybody, and the image is held no more once it is checked', async () => {
    const { id } = await added(content(3 * CHUNK));
    flip(store.fileOf(id), CHUNK + 9);
    expect(await store.readChunk(id, 0)).not.toBeNull();
    expect(await store.readChunk(id, 1)).toBeNull();
    expect(store.find(id)?.damaged).toBe(true);
    expect(store.newest(24)).not.toContain(id);
    expect(await store.check(id)).toEqual([1]);
    expect(store.find(id)).toBeNull();
    expect(await store.partial()).toEqual([{ id, chunks: 3, chunksUpTo: 3 }]);
    const list = (await store.incomingList(id)) as Uint8Array;
    const again = await store.incoming(id, list);
    expect(again.missing).toEqual([1]);
    expect(await again.put(1, content(3 * CHUNK).subarray(0, CHUNK))).toBe(false);
    expect(await again.put(1, content(3 * CHUNK).subarray(CHUNK, 2 * CHUNK))).toBe(true);
    expect((await store.finish(again)).damaged).toBe(false);
    expect(store.newest(24)).toContain(id);
    expect(await store.check(id)).toEqual([]);
  });

  test('in a small image is found before a start', async () => {
    const { id } = await added(content(1_000));
    expect(await store.isSound(id)).toBe(true);
    flip(store.fileOf(id), 999);
    expect(await store.isSound(id)).toBe(false);
    expect(store.find(id)).toBeNull();
  });

  test('or a torn file beside it is found at the start', async () => {
    const first = await added(content(1_000, 'a'));
    const second = await added(content(1_000, 'b'));
    const third = await added(content(1_000, 'c'));
    fs.truncateSync(store.fileOf(first.id), 999);
    flip(join(folder, 'held', second.id, 'chunks'), 3);
    fs.writeFileSync(join(folder, 'names.json'), '{"v":1,"na');
    expect((await openImages(folder)).list().map(({ id }) => id)).toEqual([third.id]);
  });
});

describe('a disk that is full', () => {
  test('is seen before anything is written', async () => {
    const small = await openImages(join(scratch.folder, 'small'), { marginBytes: 2 ** 50 });
    expect(await codeOf(small.add(file(content(10)), null))).toBe('image-no-room');
  });

  test('meanwhile leaves nothing behind', async (context) => {
    const mount = join(scratch.folder, 'mount');
    fs.mkdirSync(mount);
    const run = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=10m', 'tmpfs', mount], {
      encoding: 'utf8',
    });
    if (run.status !== 0) return context.skip(`no tmpfs can be mounted: ${run.stderr.trim()}`);
    try {
      const tight = await openImages(join(mount, 'images'), { marginBytes: 0 });
      const path = file(content(2 * CHUNK));
      const work = tight.add(path, 'x', () => {
        // Somebody else takes the room.
        fs.appendFileSync(join(mount, 'others'), Buffer.alloc(CHUNK / 2));
      });
      expect(await codeOf(work)).toBe('image-no-room');
      expect(fs.readdirSync(join(mount, 'images', 'incoming'))).toEqual([]);
      fs.rmSync(join(mount, 'others'));
      expect(await codeOf(tight.add(path, 'x'))).toBe('ok');
    } finally {
      spawnSync('umount', [mount]);
    }
  });
});

test('names are words that no id is', () => {
  expect(['busybox', 'registry/a_b:1.2@x', 'Ab+c-d'].map(isImageName)).toEqual([true, true, true]);
  const wrong = ['', ' a', '-a', '/a', 'ä', 'a b', 'a'.repeat(256), 'A'.repeat(43)];
  expect(wrong.map(isImageName)).toEqual(wrong.map(() => false));
});

test('of a spec every image is known', () => {
  expect(imagesOf(specOf(JOB))).toEqual(['busybox']);
  const vm = { image: 'debian-12', kernel: 'kernel', initrd: 'initrd' };
  expect(imagesOf(specOf({ ...VM, vm }))).toEqual(['debian-12', 'kernel', 'initrd']);
});
