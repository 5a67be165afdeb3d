import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Decoded, decodeHeld } from '../../ledger/record.ts';
import { utf8 } from '../../proto/bytes.ts';
import { nodePlatform } from '../../src/platform.ts';
import type { KeyDisk } from '../../src/keys/disk.ts';
import type { KeyHost } from '../../src/keys/host.ts';
import {
  createJournal,
  journalFile,
  lastIn,
  openJournal,
  renewJournal,
} from '../../src/keys/journal.ts';
import { keyPairOf } from '../../src/keys/keypair.ts';
import { type Signer, signerOf } from '../../src/keys/signer.ts';
import { type SimulatedDisk, type Stop, Stopped, simulatedDisk } from '../kit/key-disk.ts';
import { LEDGER, draftAfter, seedOf } from './drafts.ts';
import { hostOn, openSigner, temporaryFolder } from './host.ts';

const pair = keyPairOf(seedOf('alice'));
const FOLDER = '/operator';
const NODES = '/nodes.jsonl';
const CHAIN = 3;

/** One key, the lines that ever left it, and the ledger that stores them. */
interface World {
  readonly disk: SimulatedDisk;
  readonly left: Decoded[];
  /** How many drafts are signed before they are stored together. */
  readonly batch: number;
  values: number;
}

function newWorld(batch: number): World {
  const disk = simulatedDisk();
  disk.put(NODES, new Uint8Array());
  createJournal(hostOn(disk), FOLDER, pair.publicKey);
  disk.stopAt(null);
  return { disk, left: [], batch, values: 0 };
}

/** The whole lines of the ledger; a torn one is cut off, as the store does. */
function storedIn({ disk }: World): Decoded[] {
  const lines = Buffer.from(disk.content(NODES) as Uint8Array)
    .toString()
    .split('\n');
  disk.put(
    NODES,
    utf8(
      lines
        .slice(0, -1)
        .map((line) => `${line}\n`)
        .join(''),
    ),
  );
  return lines.slice(0, -1).map((line) => decodeHeld(line, nodePlatform));
}

function store({ disk }: World, records: readonly Decoded[]): void {
  const fd = disk.openAppend(NODES);
  disk.write(fd, utf8(records.map(({ line }) => `${line}\n`).join('')));
  disk.sync(fd);
}

/** A process: opens the key and signs until the ledger has its chain. Each draft is another. */
function run(world: World, disk: KeyDisk = world.disk): void {
  const host = hostOn(disk);
  const journal = openJournal(host, FOLDER, pair.publicKey);
  if (!journal.ok) throw new Error(`${journal.code}: ${journal.detail}`);
  const signer = signerOf(host, pair, journal.value);
  let last = storedIn(world).at(-1) ?? null;
  while ((last?.seq ?? 0) < CHAIN) {
    const records: Decoded[] = [];
    while (records.length < world.batch && (last?.seq ?? 0) < CHAIN) {
      const signed = signer.signNext(draftAfter(pair.publicKey, last, world.values++));
      if (!signed.ok) throw new Error(`${signed.code}: ${signed.detail}`);
      last = signed.value.record;
      records.push(last);
    }
    world.left.push(...records);
    store(world, records);
  }
}

/** Places of the chain for which two different lines left. */
function forks(world: World): number[] {
  const lineAt = new Map<number, string>();
  const forked: number[] = [];
  for (const { seq, line } of world.left) {
    if ((lineAt.get(seq) ?? line) !== line) forked.push(seq);
    lineAt.set(seq, line);
  }
  return forked;
}

function runUntilStopped(world: World, disk?: KeyDisk): void {
  try {
    run(world, disk);
  } catch (fault) {
    if (!(fault instanceof Stopped)) throw fault;
  }
}

/** The world stops, the machine starts again, and a new process goes on. */
function stopAndGoOn(stop: Stop, batch: number, careless?: (disk: KeyDisk) => KeyDisk): World {
  const world = newWorld(batch);
  const disk = careless?.(world.disk);
  world.disk.stopAt(stop);
  runUntilStopped(world, disk);
  world.disk.restart();
  run(world, disk);
  return world;
}

const SHARES = [0, 0.001, 0.5, 0.999, 1];

function everyStop(): { stop: Stop; batch: number }[] {
  const all: { stop: Stop; batch: number }[] = [];
  for (const batch of [1, CHAIN]) {
    const counting = newWorld(batch);
    run(counting);
    expect(counting.disk.acts).toBe(CHAIN * 2 + (CHAIN / batch) * 2);
    for (let at = 1; at <= counting.disk.acts; at++) {
      for (const share of SHARES) {
        all.push({ stop: { at, share, by: 'kill', unsynced: 1 }, batch });
        for (const unsynced of [0, 0.3, 1]) {
          all.push({ stop: { at, share, by: 'power', unsynced }, batch });
        }
      }
    }
  }
  return all;
}

function expectOneChain(world: World, said: object): void {
  expect(forks(world), JSON.stringify(said)).toEqual([]);
  const stored = storedIn(world);
  expect(stored.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  for (const [i, { prev }] of stored.entries()) expect(prev).toBe(stored[i - 1]?.id ?? '');
}

describe('whenever the world stops', () => {
  test('no place is signed twice, and the chain goes on', () => {
    for (const { stop, batch } of everyStop()) {
      expectOneChain(stopAndGoOn(stop, batch), { stop, batch });
    }
  });

  test('three times in a row, no place is signed twice either', () => {
    const stops = everyStop().filter(({ stop }) => stop.share !== 0.5 && stop.unsynced !== 0.3);
    for (const { stop, batch } of stops) {
      const world = newWorld(batch);
      for (const at of [stop.at, 1, 2]) {
        world.disk.stopAt({ ...stop, at });
        runUntilStopped(world);
        world.disk.restart();
      }
      run(world);
      expectOneChain(world, { stop, batch });
    }
  });

  test('a journal that is not synced is caught by these very histories', () => {
    const careless = (disk: KeyDisk): KeyDisk => ({ ...disk, sync: () => undefined });
    const forked = everyStop().filter(({ stop, batch }) => {
      try {
        return forks(stopAndGoOn(stop, batch, careless)).length > 0;
      } catch {
        return false;
      }
    });
    expect(forked.length).toBeGreaterThan(0);
  });

  test('between a write and its sync, the line is synced before it is sent again', () => {
    const world = newWorld(1);
    // Written, not synced, and the process killed; the line is sent again by the next process, and
    // then the power fails before the ledger has stored it.
    world.disk.stopAt({ at: 2, share: 0, by: 'kill', unsynced: 1 });
    runUntilStopped(world);
    world.disk.restart();
    world.disk.stopAt({ at: 3, share: 0, by: 'power', unsynced: 0 });
    runUntilStopped(world);
    expect(world.left).toHaveLength(1);
    world.disk.restart();
    run(world);
    expectOneChain(world, {});
  });

  test('a full disk is a failure of that signature only', () => {
    const world = newWorld(1);
    let isFull = true;
    const small: KeyDisk = {
      ...world.disk,
      write: (fd, bytes) => world.disk.write(fd, isFull ? bytes.subarray(0, 100) : bytes),
    };
    expect(() => run(world, small)).toThrow('only a part');
    expect(world.left).toEqual([]);
    isFull = false;
    run(world, small);
    expectOneChain(world, {});
  });
});

function sound(records = 3): {
  host: KeyHost;
  folder: string;
  file: string;
  signer: Signer;
  last: Decoded;
} {
  const folder = temporaryFolder();
  const host = hostOn();
  const signer = openSigner(host, folder);
  let last: Decoded | null = null;
  for (let i = 0; i < records; i++) {
    const signed = signer.signNext(draftAfter(signer.publicKey, last, i));
    if (signed.ok) last = signed.value.record;
  }
  const file = journalFile(folder, signer.publicKey);
  return { host, folder, file, signer, last: last as Decoded };
}

describe('a journal', () => {
  test('is a secret file, and says whose it is and what was signed', () => {
    const { file, last } = sound();
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    const text = fs.readFileSync(file, 'utf8');
    expect(text).toContain('"journal":"kith-journal-v1"');
    expect(text).toContain(`\n${last.line.length} ${last.line}\n`);
  });

  test('with any bit changed never makes a key sign a place twice', () => {
    const { host, folder, file, signer, last } = sound(2);
    const good = fs.readFileSync(file);
    const codes = new Set<string>();
    const bad = Buffer.from(good);
    for (let at = 0; at < good.length; at++) {
      bad[at] = (good[at] as number) ^ (1 << (at % 8));
      fs.writeFileSync(file, bad);
      bad[at] = good[at] as number;
      const opened = openJournal(host, folder, signer.publicKey);
      codes.add(opened.ok ? 'opened' : opened.code);
      // Where it still opens (a length, a newline), it knows the last record.
      if (opened.ok) expect(lastIn(opened.value, LEDGER)?.id, `byte ${at}`).toBe(last.id);
    }
    expect([...codes].toSorted()).toEqual(
      ['journal-damaged', 'journal-foreign', 'key-copied', 'opened', 'other-machine'].toSorted(),
    );
  });

  test('cut anywhere opens or says that it is damaged, and knows no record that was not signed', () => {
    const { host, folder, file, signer, last } = sound();
    const good = fs.readFileSync(file);
    // A line without its newline is whole, and is taken.
    for (let size = 0; size < good.length - 1; size += 7) {
      fs.writeFileSync(file, good.subarray(0, size));
      const opened = openJournal(host, folder, signer.publicKey);
      if (opened.ok) expect(lastIn(opened.value, LEDGER)?.seq ?? 0).toBeLessThan(last.seq);
      else expect(opened.code).toBe('journal-damaged');
    }
  });

  test('that is gone, or of another key, refuses', () => {
    const { host, folder, file, signer } = sound();
    const other = keyPairOf(seedOf('bob')).publicKey;
    expect(openJournal(host, folder, other)).toMatchObject({ code: 'journal-missing' });
    fs.renameSync(file, journalFile(folder, other));
    expect(openJournal(host, folder, other)).toMatchObject({ code: 'journal-foreign' });
    expect(signer.signNext(draftAfter(signer.publicKey, null, 9))).toMatchObject({
      code: 'journal-missing',
    });
  });

  test('on another machine refuses, until a person says that the key has moved', () => {
    const { folder, signer, last } = sound();
    const elsewhere = { ...hostOn(), machine: hostOn(undefined, 'another').machine };
    const open = (moved: boolean) => openJournal(elsewhere, folder, signer.publicKey, moved);
    expect(open(false)).toMatchObject({ code: 'other-machine' });
    const moved = open(true);
    expect(moved.ok && lastIn(moved.value, LEDGER)?.id).toBe(last.id);
    expect(open(false).ok).toBe(true);
    // And the process that still runs in the old place stops signing.
    expect(signer.signNext(draftAfter(signer.publicKey, last, 9))).toMatchObject({
      code: 'other-machine',
    });
  });

  test('that was copied on the same machine refuses: it would be two journals of one key', () => {
    const { host, folder, signer } = sound();
    const copy = temporaryFolder();
    fs.cpSync(folder, copy, { recursive: true });
    expect(openJournal(host, copy, signer.publicKey)).toMatchObject({ code: 'key-copied' });
    expect(openJournal(host, copy, signer.publicKey, true).ok).toBe(true);
    expect(openJournal(host, folder, signer.publicKey).ok).toBe(true);
  });

  test('is made once', () => {
    const { host, folder, signer } = sound();
    expect(createJournal(host, folder, signer.publicKey)).toMatchObject({ code: 'file-exists' });
  });
});

describe('a person who accepts a head', () => {
  const goOn = (host: KeyHost, folder: string, head: Decoded) => {
    const signer = openSigner(host, folder);
    return signer.signNext(draftAfter(signer.publicKey, head, 77));
  };

  test('gives a key without its journal a new one, from which it goes on', () => {
    const { host, folder, file, last } = sound();
    fs.rmSync(file);
    expect(renewJournal(host, folder, last.author, [last]).ok).toBe(true);
    expect(goOn(host, folder, last)).toMatchObject({ value: { again: false } });
  });

  test('sets a damaged journal aside, and what can be read of it still counts', () => {
    const { host, folder, file, last, signer } = sound();
    const two = fs.readFileSync(file, 'utf8').replace('"seq":1', '"seq":7');
    fs.writeFileSync(file, two);
    expect(openJournal(host, folder, last.author)).toMatchObject({ code: 'journal-damaged' });
    const first = draftAfter(signer.publicKey, null, 0);
    const older = openSigner(host, temporaryFolder()).signNext(first);
    const head = older.ok ? older.value.record : last;
    expect(renewJournal(host, folder, last.author, [head])).toMatchObject({ code: 'key-ahead' });
    expect(renewJournal(host, folder, last.author, [last]).ok).toBe(true);
    expect(fs.readdirSync(folder).filter((name) => name.includes('.aside-'))).toHaveLength(1);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(goOn(host, folder, last)).toMatchObject({ value: { again: false } });
  });

  test('cannot make a key sign on another branch than its own', () => {
    const { host, folder, last } = sound();
    const elsewhere = openSigner(host, temporaryFolder());
    let other: Decoded | null = null;
    for (let i = 0; i < 3; i++) {
      const signed = elsewhere.signNext(draftAfter(last.author, other, 50 + i));
      if (signed.ok) other = signed.value.record;
    }
    expect(renewJournal(host, folder, last.author, [other as Decoded])).toMatchObject({
      code: 'key-branch',
    });
  });

  test('is heard by a process that has the journal open', () => {
    const { host, folder, signer, last } = sound();
    const next = openSigner(host, temporaryFolder());
    renewJournal(host, path.dirname(journalFile(folder, last.author)), last.author, [last]);
    expect(next.publicKey).toBe(signer.publicKey);
    expect(signer.signNext(draftAfter(last.author, last, 5))).toMatchObject({
      value: { again: false, record: { seq: 4 } },
    });
  });
});
