// The log of a piece of work: whatever is written comes back in order with a chain that holds, from
// any seq; a kill or a power cut at any point leaves a log that goes on; little is kept where
// little is wanted; a full disk takes output and says how much.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { toBase64url } from '../../proto/bytes.ts';
import { readLog } from '../../src/work/log-reader.ts';
import { openShelf } from '../../src/work/log-shelf.ts';
import { type Log, openLog } from '../../src/work/logs.ts';
import { nodePlatform } from '../../src/platform.ts';
import {
  type Frame,
  type Mark,
  type Source,
  SOURCES,
  firstMark,
  lostIn,
  unframed,
} from '../../work/frames.ts';
import { type FaultyDisk, faultyDisk } from '../kit/faulty-disk.ts';
import { scratchFolder, seededPick } from '../kit/store-world.ts';

const FOLDER = '/w/log';
const MIB = 1024 * 1024;
const START = firstMark(nodePlatform);
afterEach(() => void vi.useRealTimers());

interface Whole {
  readonly frames: Frame[];
  readonly first: Mark;
  readonly end: Mark;
  readonly ended: boolean;
}

/** Everything that is kept from a seq on, page by page, the chain checked. */
function all(log: Pick<Log, 'read'>, fromSeq = 0, bytesMax = 100_000): Whole {
  const frames: Frame[] = [];
  let first: Mark | null = null;
  let at: Mark | null = null;
  for (let seq = fromSeq; ; ) {
    const page = log.read(seq, bytesMax);
    if (at !== null && page.bytes.length > 0) expect(markText(page.from)).toBe(markText(at));
    first ??= page.from;
    const read = unframed(page.from, page.bytes, nodePlatform);
    expect([read.rest, read.after.seq]).toEqual(['none', page.next]);
    frames.push(...read.frames);
    [at, seq] = [read.after, page.next];
    if (page.ended || page.bytes.length === 0) return { frames, first, end: at, ended: page.ended };
  }
}
const markText = ({ seq, hash }: Mark): string => `${seq} ${toBase64url(hash)}`;
const outputOf = ({ frames }: Whole, kind: Source): string =>
  Buffer.concat(frames.filter((one) => one.kind === kind).map(({ bytes }) => bytes)).toString();
const hashOf = ({ end }: Whole): string => toBase64url(end.hash);

const writes = fc.array(
  fc.record({
    kind: fc.constantFrom<Source>(...SOURCES),
    text: fc.string({ minLength: 1, maxLength: 900 }),
  }),
  { maxLength: 30 },
);

describe('what is written', () => {
  test('comes back by its source, whatever the writes and the pages', async () => {
    await fc.assert(
      fc.asyncProperty(writes, fc.integer({ min: 1, max: 5_000 }), async (texts, pageBytes) => {
        const log = openLog(FOLDER, { keepBytes: MIB, disk: faultyDisk() });
        for (const { kind, text } of texts) await log.write(kind, Buffer.from(text));
        await log.close(true);
        const whole = all(log, 0, pageBytes);
        for (const kind of SOURCES) {
          const text = texts.filter((one) => one.kind === kind).map((one) => one.text);
          expect(outputOf(whole, kind)).toBe(Buffer.from(text.join('')).toString());
          expect(log.written(kind)).toBe(Buffer.byteLength(text.join('')));
        }
        expect(markText(whole.first)).toBe(markText(START));
        expect([hashOf(whole), whole.ended]).toEqual([log.hash(), true]);
      }),
      { numRuns: 50 },
    );
  });

  test('in many small pieces is few frames', async () => {
    const log = openLog(FOLDER, { keepBytes: MIB, disk: faultyDisk() });
    for (let i = 0; i < 2_000; i++) await log.write('out', Buffer.from(`${i}\n`));
    await log.close(false);
    expect(all(log).frames).toHaveLength(1);
  });

  test('keeps the order of its sources', async () => {
    const log = openLog(FOLDER, { keepBytes: MIB, disk: faultyDisk() });
    for (const kind of ['out', 'err', 'out', 'kith'] as const) {
      await log.write(kind, Buffer.from('x'));
    }
    await log.close(true);
    expect(all(log).frames.map(({ kind }) => kind)).toEqual(['out', 'err', 'out', 'kith', 'end']);
  });

  test('is a copy: the memory it came in may be used again', async () => {
    const log = openLog(FOLDER, { keepBytes: MIB, disk: faultyDisk() });
    const memory = Buffer.from('first');
    await log.write('out', memory);
    memory.write('SECND');
    await log.close(false);
    expect(outputOf(all(log), 'out')).toBe('first');
  });
});

describe('whoever follows', () => {
  test('is woken by a frame, by the end, and by its own signal', async () => {
    const log = openLog(FOLDER, { keepBytes: MIB, disk: faultyDisk() });
    const first = log.follow(0);
    await log.write('out', Buffer.from('now'));
    await first;
    expect(outputOf(all(log), 'out')).toBe('now');
    await log.follow(0);
    const aborting = new AbortController();
    const given = log.follow(1, aborting.signal);
    aborting.abort();
    await given;
    const last = log.follow(1);
    await log.close(true);
    await last;
    await log.follow(99);
  });
});

describe('a kill', () => {
  test('at any byte leaves whole frames, and the log goes on behind them', async () => {
    const { disk, bytes, path } = await written();
    for (let cut = 0; cut <= bytes.length; cut += 7) {
      disk.put(path, bytes.subarray(0, cut));
      const again = openLog(FOLDER, { keepBytes: MIB, disk });
      const before = again.written('out') + again.written('err');
      await again.write('out', Buffer.from('and on'));
      await again.close(true);
      const whole = all(again);
      expect(hashOf(whole)).toBe(again.hash());
      expect(markText(whole.first)).toBe(markText(START));
      const frames = whole.frames.filter(({ kind }) => kind === 'out' || kind === 'err');
      expect(frames.reduce((sum, one) => sum + one.bytes.length, 0)).toBe(before + 6);
    }
  });

  test('after the end leaves the log as it was', async () => {
    const { disk, path } = await written();
    const log = openLog(FOLDER, { keepBytes: MIB, disk });
    await log.close(true);
    const bytes = disk.read(path);
    const again = openLog(FOLDER, { keepBytes: MIB, disk });
    expect([again.hash(), again.facts().ended]).toEqual([log.hash(), true]);
    await expect(again.write('out', Buffer.from('x'))).rejects.toThrow('behind the end');
    await again.close(true);
    expect(disk.read(path)).toEqual(bytes);
  });

  async function written(): Promise<{ disk: FaultyDisk; bytes: Uint8Array; path: string }> {
    const disk = faultyDisk();
    const log = openLog(FOLDER, { keepBytes: MIB, disk });
    for (const [i, kind] of (['out', 'err', 'out'] as const).entries()) {
      await log.write(kind, Buffer.from(`line ${i} of it\n`));
    }
    await log.close(false);
    const path = join(FOLDER, '000000000000.log');
    return { disk, bytes: disk.read(path), path };
  }
});

test('a power cut at any step, of any kind, leaves a log that goes on', async () => {
  for (const cut of ['lost', 'kept', 'torn', 'holes'] as const) {
    for (let round = 0; round < 25; round++) {
      const pick = seededPick(round * 4 + cut.length);
      const disk = faultyDisk();
      disk.stopAt = 1 + pick(40);
      const log = openLog(FOLDER, { keepBytes: 2_000, disk });
      for (let i = 0; i < 30; i++) await log.write('out', Buffer.alloc(20_000, i));
      await log.close(pick(2) === 0);
      disk.cutPower(cut, pick);
      const again = openLog(FOLDER, { keepBytes: 2_000, disk });
      expect(again.written('out')).toBeLessThanOrEqual(600_000);
      expect(again.written('out') % 500).toBe(0);
      if (!again.facts().ended) await again.write('out', Buffer.from('on'));
      await again.close(true);
      const whole = all(again);
      expect([hashOf(whole), whole.ended]).toEqual([again.hash(), true]);
    }
  }
});

describe('of much output little is kept', () => {
  test('the newest, at most so much, and the chain from there to the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 300_000 }),
        fc.integer({ min: 0, max: 900_000 }),
        async (keepBytes, total) => {
          const disk = faultyDisk();
          const log = openLog(FOLDER, { keepBytes, disk });
          for (let at = 0; at < total; at += 30_000) {
            await log.write('out', Buffer.alloc(Math.min(30_000, total - at), at / 30_000));
            const { droppedBytes, writtenBytes } = log.facts();
            if (droppedBytes > 0) {
              expect(writtenBytes - droppedBytes).toBeGreaterThanOrEqual(keepBytes);
            }
          }
          await log.close(true);
          const { droppedBytes, writtenBytes, first } = log.facts();
          const whole = all(log);
          const kept = outputOf(whole, 'out').length;
          expect([writtenBytes, writtenBytes - droppedBytes]).toEqual([total, kept]);
          expect(kept).toBeLessThanOrEqual(keepBytes);
          const share = Math.max(256, Math.min(65_536, keepBytes / 4));
          expect(kept).toBeGreaterThanOrEqual(Math.min(total, keepBytes - share));
          expect([whole.first.seq, hashOf(whole)]).toEqual([first, log.hash()]);
          // And again by whoever only reads.
          expect(readLog(FOLDER, disk)?.facts()).toEqual(log.facts());
        },
      ),
      { numRuns: 40 },
    );
  });

  test('and a log that runs takes few files of the disk', async () => {
    const disk = faultyDisk();
    const log = openLog(FOLDER, { keepBytes: 10_000, disk });
    for (let i = 0; i < 100; i++) {
      await log.write('out', Buffer.alloc(50_000, i));
      const names = disk.list(FOLDER);
      const bytes = names.reduce((sum, name) => sum + disk.read(join(FOLDER, name)).length, 0);
      expect(bytes).toBeLessThan(700_000);
    }
    await log.close(true);
    expect(log.facts()).toMatchObject({ writtenBytes: 5_000_000, ended: true });
  });

  test('a cut that breaks off leaves a log that can be read', async () => {
    for (let stop = 1; stop < 12; stop++) {
      const disk = faultyDisk();
      const log = openLog(FOLDER, { keepBytes: 3_000, disk });
      await log.write('out', Buffer.alloc(40_000, 1));
      await log.write('err', Buffer.alloc(40_000, 2));
      disk.stopAt = disk.steps + stop;
      await log.close(true);
      disk.cutPower('kept', seededPick(stop));
      const again = openLog(FOLDER, { keepBytes: 3_000, disk });
      await again.close(true);
      const whole = all(again);
      expect([hashOf(whole), whole.ended]).toEqual([again.hash(), true]);
    }
  });
});

describe('what changed on the disk', () => {
  test('in an older file is passed over: the reader sees the gap', async () => {
    const disk = faultyDisk();
    const log = openLog(FOLDER, { keepBytes: MIB, disk });
    for (let i = 0; i < 40; i++) await log.write('out', Buffer.alloc(20_000, i));
    await log.close(true);
    const [first = '', second = ''] = disk.list(FOLDER).toSorted();
    expect(second).not.toBe('');
    disk.flip(join(FOLDER, first), 100_000, 4);
    const reader = readLog(FOLDER, disk) as Log;
    const last = reader.read(0, MIB).next;
    const page = reader.read(last, MIB);
    expect(page.from.seq).toBe(Number.parseInt(second.slice(0, 12), 16));
    expect(page.from.seq).toBeGreaterThan(last);
    expect(hashOf(all(reader, page.from.seq))).toBe(log.hash());
  });

  test('an empty folder, or foreign files, is no log', () => {
    const disk = faultyDisk();
    expect(readLog(FOLDER, disk)).toBeNull();
    disk.put(join(FOLDER, 'notes.txt'), Buffer.from('x'));
    disk.put(join(FOLDER, '000000000000.log'), Buffer.from('short'));
    expect(readLog(FOLDER, disk)).toBeNull();
  });
});

describe('a full disk', () => {
  test('takes output and counts it in a frame once there is room', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    const disk = faultyDisk();
    const log = openLog(FOLDER, { keepBytes: MIB, disk });
    await log.write('out', Buffer.from('before'));
    vi.advanceTimersByTime(50);
    disk.capacityBytes = 0;
    await log.write('out', Buffer.from('lost'));
    await log.write('err', Buffer.from('too'));
    vi.advanceTimersByTime(50);
    expect([log.fault(), log.written('out'), log.written('err')]).toEqual(['ENOSPC', 10, 3]);
    await log.write('out', Buffer.from('!'));
    vi.advanceTimersByTime(2_000);
    disk.capacityBytes = MIB;
    vi.advanceTimersByTime(2_000);
    await log.write('out', Buffer.from('after'));
    vi.advanceTimersByTime(50);
    await log.close(true);
    const whole = all(log);
    expect(whole.frames.map(({ kind }) => kind)).toEqual(['out', 'lost', 'out', 'end']);
    expect(lostIn(whole.frames[1] as Frame)).toEqual({ out: 5, err: 3, console: 0, kith: 0 });
    expect(log.facts()).toMatchObject({ lostBytes: 8, writtenBytes: 19, droppedBytes: 0 });
    expect([hashOf(whole), log.fault()]).toEqual([log.hash(), null]);
  });

  test('is survived for real', async (context) => {
    const scratch = scratchFolder();
    const mount = join(scratch.folder, 'small');
    fs.mkdirSync(mount);
    const args = ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount];
    const run = spawnSync('mount', args, { encoding: 'utf8' });
    try {
      if (run.status !== 0) return context.skip(`no tmpfs can be mounted: ${run.stderr.trim()}`);
      const log = openLog(join(mount, 'log'), { keepBytes: 64 * MIB });
      for (let i = 0; i < 40; i++) await log.write('out', Buffer.alloc(100_000, i));
      expect(log.fault()).toBe('ENOSPC');
      await log.close(false);
      const whole = all(log);
      expect(hashOf(whole)).toBe(log.hash());
      const { writtenBytes, lostBytes } = log.facts();
      expect(outputOf(whole, 'out').length).toBe(4_000_000 - lostBytes);
      expect([lostBytes > 0, writtenBytes <= 4_000_000]).toEqual([true, true]);
      expect(log.written('out')).toBe(4_000_000);
    } finally {
      spawnSync('umount', [mount]);
      scratch.remove();
    }
  });
});

test('writes past what is synced wait for the disk', async () => {
  const disk = faultyDisk();
  const syncs: string[] = [];
  disk.onStep = (what, path) => void (what === 'sync' && syncs.push(path));
  const log = openLog(FOLDER, { keepBytes: 64 * MIB, disk });
  for (let i = 0; i < 12; i++) await log.write('out', Buffer.alloc(MIB, i));
  expect(syncs.length).toBeGreaterThanOrEqual(2);
  await log.close(true);
});

test('a flood is slowed down', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  const scratch = scratchFolder();
  const log = openLog(join(scratch.folder, 'log'), { keepBytes: 0 });
  let done = false;
  for (let i = 0; i < 63; i++) await log.write('out', Buffer.alloc(MIB, i));
  const next = log.write('out', Buffer.alloc(2 * MIB)).then(() => (done = true));
  await vi.advanceTimersByTimeAsync(10);
  expect(done).toBe(false);
  await vi.advanceTimersByTimeAsync(1_000);
  await next;
  await log.close(true);
  expect(log.facts()).toMatchObject({ writtenBytes: 65 * MIB, droppedBytes: 65 * MIB });
  scratch.remove();
});

test('a sync that is under way when a log ends closes no file twice', async () => {
  const disk = faultyDisk();
  const closes: number[] = [];
  let release: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => (release = resolve));
  const shelf = openShelf(
    {
      ...disk,
      open(path, how) {
        const file = disk.open(path, how);
        const at = closes.push(0) - 1;
        const sync = async (): Promise<void> => slow.then(() => file.sync());
        // The number of a file that is closed is another's: it must not be closed again.
        const close = (): void => void (closes[at] = (closes[at] as number) + 1);
        return { ...file, sync, close };
      },
    },
    FOLDER,
    MIB,
  );
  shelf.append([{ kind: 'out', ts: 1, bytes: Buffer.from('before') }]);
  const underWay = shelf.sync();
  shelf.append([{ kind: 'out', ts: 2, bytes: Buffer.from('after') }]);
  let isSynced = false;
  const last = shelf.sync().then(() => (isSynced = true));
  await new Promise((resolve) => void setTimeout(resolve));
  // What came after the first began is not on the disk yet.
  expect(isSynced).toBe(false);
  shelf.close();
  release();
  await Promise.all([underWay, last]);
  expect(closes).toEqual([1]);
});
