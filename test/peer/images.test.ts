// Images between members, over real TLS: from several at once, checked chunk by chunk, whatever one
// of them sends or wherever it breaks; and gone on with after a kill.

import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Digest } from '../../proto/ids.ts';
import type { PeerIdentity } from '../../src/peer/certificate.ts';
import { openChannel } from '../../src/peer/channel.ts';
import { askChunk, askChunks, askHave, askList } from '../../src/peer/image-client.ts';
import {
  CHUNKS_PATH,
  CHUNK_PATH,
  HAVE_PATH,
  LIST_PATH,
  imageRoutes,
} from '../../src/peer/image-routes.ts';
import { fetchImage } from '../../src/work/images/fetching.ts';
import { ImageFault, imagesOver } from '../../src/work/images/images.ts';
import { type ImageStore, openImages } from '../../src/work/images/store.ts';
import { compileChild } from '../kit/child.ts';
import {
  CHUNK,
  type Member,
  content,
  fileWith,
  idOf,
  member,
  peersOf,
} from '../kit/image-peers.ts';
import { newIdentity } from '../kit/peers.ts';
import { scratchFolder } from '../kit/store-world.ts';

const CHUNKS = 6;
const bytes = content(CHUNKS * CHUNK - 1_000);
const id = idOf(bytes);

let compiled: ReturnType<typeof compileChild>;
beforeAll(() => {
  compiled = compileChild('test/kit/image-child.ts');
});
afterAll(() => compiled.remove());

let scratch: ReturnType<typeof scratchFolder>;
let everyone: PeerIdentity[];
let self: PeerIdentity;
let members: Member[];
let store: ImageStore;
const told: string[] = [];

beforeEach(async () => {
  scratch = scratchFolder();
  self = newIdentity();
  [everyone, members] = [[self], []];
  told.length = 0;
  store = await openImages(join(scratch.folder, 'own'), { marginBytes: 0 });
});
afterEach(async () => {
  await Promise.all(members.map(({ server }) => server.close()));
  scratch.remove();
});

async function holder(name: string): Promise<Member> {
  const one = await member(join(scratch.folder, name), everyone);
  members.push(one);
  const added = await one.store.add(fileWith(scratch.folder, `${name}.img`, bytes), 'films');
  expect(added).toMatchObject({ ok: true, value: { id } });
  return one;
}
const fetched = (progress?: (done: number, of: number) => void, signal?: AbortSignal) =>
  fetchImage(store, peersOf(self, members), id, {
    tell: (_member, why) => told.push(why),
    ...(progress === undefined ? {} : { progress }),
    ...(signal === undefined ? {} : { signal }),
  });
const isWhole = (): boolean => fs.readFileSync(store.fileOf(id)).equals(bytes);
const sent = (): number => members.reduce((sum, { chunksSent }) => sum + chunksSent, 0);
const ask = (to: Member, by = self) =>
  openChannel({ identity: by, url: to.url, door: ({ key }) => key === to.key });

describe('an image', () => {
  test('comes from several members at once, each chunk once', async () => {
    for (const name of ['a', 'b', 'c']) await holder(name);
    const steps: string[] = [];
    expect(await fetched((done, of) => steps.push(`${done}/${of}`))).toMatchObject({
      ok: true,
      value: { id, sizeBytes: bytes.length, form: 'raw', names: [] },
    });
    expect([isWhole(), sent(), told]).toEqual([true, CHUNKS, []]);
    expect(members.filter(({ chunksSent }) => chunksSent > 0).length).toBeGreaterThan(1);
    expect([steps[0], steps.at(-1)]).toEqual([`0/${CHUNKS}`, `${CHUNKS}/${CHUNKS}`]);
    // And what is held is not asked for again.
    await fetched();
    expect(sent()).toBe(CHUNKS);
  });

  test('that nobody holds, or nobody who answers, is nowhere', async () => {
    const one = await holder('a');
    const other = 'B'.repeat(42) + 'A';
    const result = await fetchImage(store, peersOf(self, members), other as Digest);
    expect(result).toMatchObject({ ok: false, code: 'image-nowhere' });
    await one.server.close();
    expect(await fetched()).toMatchObject({ ok: false, code: 'image-nowhere' });
  });

  test('for which there is no room is not begun', async () => {
    await holder('a');
    store = await openImages(join(scratch.folder, 'own'), { marginBytes: 2 ** 50 });
    expect(await fetched()).toMatchObject({ ok: false, code: 'image-no-room' });
    expect(fs.readdirSync(join(scratch.folder, 'own', 'incoming'))).toEqual([]);
    expect(sent()).toBe(0);
  });

  test.for([
    // Somebody else takes the room meanwhile.
    { at: 'its third chunk', size: 'size=30m', others: 3 },
    // Of what can be made the root, two folders of the store and one of the image take all.
    { at: 'the list of its chunks', size: 'size=30m,nr_inodes=4', others: 0 },
  ])('leaves nothing where the disk is full at $at, and comes later', async (full, { skip }) => {
    const one = await holder('a');
    const mount = join(scratch.folder, 'mount');
    fs.mkdirSync(mount);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', full.size, 'tmpfs', mount]);
    if (mounted.status !== 0) return skip('no tmpfs can be mounted');
    try {
      store = await openImages(mount, { marginBytes: 0 });
      one.bend = (path, answer, nth) => {
        if (path === CHUNK_PATH && nth === full.others)
          fs.writeFileSync(join(mount, 'others'), Buffer.alloc(4 * CHUNK));
        return answer;
      };
      expect(await fetched()).toMatchObject({ ok: false, code: 'image-no-room' });
      expect([fs.readdirSync(join(mount, 'incoming')), store.list()]).toEqual([[], []]);
      one.bend = (_path, answer) => answer;
      fs.rmSync(join(mount, 'others'), { force: true });
      spawnSync('mount', ['-o', 'remount,size=40m,nr_inodes=100', mount]);
      expect([(await fetched()).ok, isWhole()]).toEqual([true, true]);
    } finally {
      spawnSync('umount', [mount]);
    }
  });

  test('with a damaged chunk is fetched again as to that chunk', async () => {
    await holder('a');
    await fetched();
    const file = fs.openSync(store.fileOf(id), 'r+');
    fs.writeSync(file, Buffer.from('!'), 0, 1, 4 * CHUNK + 77);
    fs.closeSync(file);
    expect(await store.readChunk(id, 4)).toBeNull();
    expect(await fetched()).toMatchObject({ ok: true, value: { damaged: false } });
    expect([isWhole(), sent()]).toEqual([true, CHUNKS + 1]);
  });
});

describe('a member that lies', () => {
  test('with one bit of a chunk is given up, and nothing wrong is stored', async () => {
    const [liar] = [await holder('liar'), await holder('honest')];
    liar.bend = (path, answer) => {
      if (path !== CHUNK_PATH) return answer;
      const bent = Uint8Array.from(answer);
      bent[100] = (bent[100] as number) ^ 1;
      return bent;
    };
    expect(await fetched()).toMatchObject({ ok: true });
    expect([isWhole(), told]).toEqual([true, ['it sent another chunk than was asked']]);
    // One for each request that was on its way.
    expect(liar.chunksSent).toBeLessThanOrEqual(2);
  });

  test.each([
    ['a chunk that is another', (answer: Uint8Array) => answer.subarray(1)],
    ['too many bytes', (answer: Uint8Array) => Buffer.concat([answer, Buffer.alloc(CHUNK)])],
    ['nothing', () => new Uint8Array()],
  ])('with %s, alone, leaves the image unfetched', async (_what, bend) => {
    const liar = await holder('liar');
    liar.bend = (path, answer) => (path === CHUNK_PATH ? bend(answer) : answer);
    expect(await fetched()).toMatchObject({ ok: false, code: 'image-broken-off' });
    expect([store.list(), told.length]).toEqual([[], 1]);
    // It goes on with an honest one.
    await holder('honest');
    expect([(await fetched()).ok, isWhole()]).toEqual([true, true]);
  });

  test.each([
    ['of another image', (answer: Uint8Array) => Uint8Array.from(answer, (byte) => byte ^ 1)],
    ['of half a hash', (answer: Uint8Array) => answer.subarray(0, 33)],
    ['without end', () => new Uint8Array(3 * 1024 * 1024)],
    ['of nothing', () => new Uint8Array()],
  ])('about the list, which is one %s', async (_what, bend) => {
    const liar = await holder('liar');
    await holder('honest');
    liar.bend = (path, answer) => (path === CHUNKS_PATH ? bend(answer) : answer);
    expect([(await fetched()).ok, isWhole(), told.length]).toEqual([true, true, 1]);
  });

  test('about what it holds is not asked further', async () => {
    const liar = await holder('liar');
    liar.bend = (path, answer) => (path === HAVE_PATH ? Buffer.from('zzz') : answer);
    expect(await fetched()).toMatchObject({ code: 'image-nowhere' });
  });
});

describe('a break', () => {
  test('of a connection is tried again', async () => {
    const one = await holder('a');
    one.bend = (path, answer, nth) => (path === CHUNK_PATH && nth % 4 === 3 ? null : answer);
    expect([(await fetched()).ok, isWhole(), told]).toEqual([true, true, []]);
  });

  test('of a member for good leaves the rest to the others', async () => {
    const one = await holder('a');
    await holder('b');
    one.bend = (path, answer, nth) => (path === CHUNK_PATH && nth > 2 ? null : answer);
    expect([(await fetched()).ok, isWhole(), told.length]).toEqual([true, true, 1]);
  });

  test('by whoever wanted it is gone on with', async () => {
    await holder('a');
    const stop = new AbortController();
    const first = await fetched((done) => done >= 2 && stop.abort(), stop.signal);
    expect(first).toMatchObject({ ok: false, code: 'image-broken-off' });
    const before = sent();
    expect(before).toBeLessThan(CHUNKS);
    expect(await fetched()).toMatchObject({ ok: true });
    // At most what was on its way is sent again.
    expect(sent()).toBeLessThanOrEqual(CHUNKS + 2);
    expect(isWhole()).toBe(true);
  });
});

test('a kill in the middle costs the chunks that were on their way', async () => {
  const one = await holder('a');
  let child: ReturnType<typeof spawn> | null = null;
  // It is killed while it waits for the fourth.
  one.bend = (path, answer, nth) => {
    if (path === CHUNK_PATH && nth === 4) child?.kill('SIGKILL');
    return answer;
  };
  const pem = self.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
  const options = { folder: join(scratch.folder, 'own'), url: one.url, member: one.key, id };
  const env = { ...process.env, FETCH: JSON.stringify({ ...options, pem, key: self.publicKey }) };
  child = spawn(process.execPath, [compiled.script], { env, stdio: 'ignore' });
  const by = await new Promise((resolve) =>
    child?.once('exit', (_code, signal) => resolve(signal)),
  );
  expect(by).toBe('SIGKILL');
  const before = one.chunksSent;
  expect(before).toBeGreaterThanOrEqual(4);
  one.bend = (_path, answer) => answer;
  store = await openImages(join(scratch.folder, 'own'), { marginBytes: 0 });
  const [part] = await store.partial();
  expect(part).toMatchObject({ id, chunks: CHUNKS });
  expect([(await fetched()).ok, isWhole()]).toEqual([true, true]);
  // Two requests at once: no more than those are asked for twice.
  expect(one.chunksSent).toBeLessThanOrEqual(CHUNKS + 3);
});

describe('what a member is asked', () => {
  test('is answered to members, and to nobody else', async () => {
    const one = await holder('a');
    const channel = ask(one);
    expect(await askHave(channel, id)).toMatchObject({ id, names: ['films'], form: 'raw' });
    expect(await askList(channel)).toEqual([
      { id, sizeBytes: bytes.length, form: 'raw', names: ['films'] },
    ]);
    expect(await askChunks(channel, id)).toHaveLength(CHUNKS * 32);
    const second = Buffer.from(await askChunk(channel, id, 1));
    expect(second.equals(bytes.subarray(CHUNK, 2 * CHUNK))).toBe(true);
    expect(await askChunk(channel, id, CHUNKS)).toHaveLength(0);
    channel.close();
    const stranger = ask(one, newIdentity());
    await expect(askHave(stranger, id)).rejects.toThrow();
    stranger.close();
  });

  test('in another form is refused', async () => {
    const one = await holder('a');
    const none = new Uint8Array();
    for (const { path, answer } of imageRoutes(one.store as never)) {
      if (path === LIST_PATH) continue;
      expect([path, await answer(none, one.key)]).toEqual([path, null]);
      expect([path, await answer(Buffer.from([10, 200]), one.key)]).toEqual([path, null]);
    }
  });
});

describe('several that want an image', () => {
  test('fetch it once, and it is broken off when the last one goes', async () => {
    await holder('a');
    const images = imagesOver(store, peersOf(self, members));
    const [first, second] = [new AbortController(), new AbortController()];
    const one = images.fetch(id, undefined, first.signal);
    const two = images.fetch(id, undefined, second.signal);
    first.abort();
    expect(await one).toMatchObject({ ok: false, code: 'image-broken-off' });
    expect([(await two).ok, sent(), isWhole()]).toEqual([true, CHUNKS, true]);
  });

  test('and one that comes while it is broken off begins anew', async () => {
    await holder('a');
    const images = imagesOver(store, peersOf(self, members));
    const stop = new AbortController();
    const one = images.fetch(id, (done) => done > 1 && stop.abort(), stop.signal);
    expect((await one).ok).toBe(false);
    expect([(await images.fetch(id)).ok, isWhole()]).toEqual([true, true]);
    await images.close();
  });
});

describe('work', () => {
  const signal = new AbortController().signal;
  test('gets a file of the store, fetched where it has to be', async () => {
    await holder('a');
    const images = imagesOver(store, peersOf(self, members));
    const said: string[] = [];
    const tell = (phase: string, done?: number, of?: number) => said.push(`${phase} ${done}/${of}`);
    const file = store.fileOf(id);
    expect(await images.forWork(id, tell, signal)).toEqual({
      where: 'store',
      id,
      file,
      form: 'raw',
    });
    expect(said.at(-1)).toBe(`fetching the image ${CHUNKS}/${CHUNKS}`);
    await store.setName('own', id);
    expect(await images.forWork('own', tell, signal)).toMatchObject({ where: 'store', id });
    // A name that only others have is none here.
    expect(await images.forWork('films', tell, signal)).toEqual({ where: 'engine' });
  });

  test('is told why it gets none', async () => {
    const images = imagesOver(store, peersOf(self, members));
    const none = images.forWork(id, () => undefined, signal);
    await expect(none).rejects.toThrow(ImageFault);
    await expect(none).rejects.toMatchObject({ code: 'image-unfetched' });
  });

  test('sees what others hold', async () => {
    const one = await holder('a');
    const images = imagesOver(store, peersOf(self, members));
    expect(await images.elsewhere()).toMatchObject([{ member: one.key, images: [{ id }] }]);
  });
});
