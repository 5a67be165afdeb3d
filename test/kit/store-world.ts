// A store in a test: over a disk in memory that fails as told, or in a real folder, always read by
// the real judge. Verdicts are remembered between openings, since a test opens hundreds of times.

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verdict } from '../../proto/ed25519.ts';
import type { SignatureJob } from '../../ledger/proof.ts';
import {
  apply,
  createReplica,
  frontierRoot,
  type Replica,
  stateRoot,
} from '../../ledger/replica.ts';
import { restoreReplica, snapshotOf } from '../../ledger/snapshot.ts';
import type { Verified } from '../../ledger/verify.ts';
import { judgeOf } from '../../src/home/judge.ts';
import type { RefusedLine, ReplayTotals } from '../../src/lines/replay.ts';
import { nodePlatform } from '../../src/platform.ts';
import {
  openFile,
  openReader,
  openStore,
  realParts,
  type StoreOptions,
  type StoreParts,
} from '../../src/store/file-store.ts';
import type { AppendOptions, Store } from '../../src/store/store.ts';
import { type FaultyDisk, faultyDisk } from './faulty-disk.ts';
import { type MemoryKv, memoryKv } from './memory-kv.ts';

export const OPTIONS: StoreOptions = { platform: nodePlatform, rules: 1, selfTest: 'test' };

export interface StoreWorld {
  readonly disk: FaultyDisk;
  readonly kv: MemoryKv;
  readonly parts: StoreParts;
}

export function storeWorld(machine = 'this machine'): StoreWorld {
  const disk = faultyDisk();
  const kv = memoryKv();
  const parts: StoreParts = {
    disk,
    machine,
    openIndex: () => Promise.resolve(kv),
    lock: () => () => undefined,
    after: () => () => undefined,
  };
  return { disk, kv, parts };
}

const verdicts = new Map<string, boolean>();

function check(jobs: readonly SignatureJob[]): Promise<boolean[]> {
  return Promise.resolve(
    jobs.map(({ key, message, signature }) => {
      const name = [key, signature, message].map((b) => Buffer.from(b).toString('latin1')).join();
      const known = verdicts.get(name) ?? verdict(nodePlatform, key, message, signature);
      verdicts.set(name, known);
      return known;
    }),
  );
}

export interface Reading {
  readonly store: Store;
  replica: Replica | null;
  readonly totals: ReplayTotals;
  readonly refused: readonly RefusedLine[];
}

/** Replays a store through the real judge, from its checkpoint where it has one. */
export async function read(store: Store): Promise<Reading> {
  const refused: RefusedLine[] = [];
  const snapshot = store.checkpoint?.snapshot ?? null;
  const restored = snapshot === null ? null : restoreReplica(snapshot, store.shelf, nodePlatform);
  const parts = { shelf: store.shelf, platform: nodePlatform, check, choose: () => true };
  const judge = judgeOf(parts, restored);
  const totals = await store.replay({ ...judge, refused: (line) => refused.push(line) });
  return { store, replica: judge.replica(), totals, refused };
}

/** Opens the ledger of a world, made where there is none, and replays it. */
export async function openWorld(world: StoreWorld): Promise<Reading> {
  return read(await openStore('/d', { ...OPTIONS, create: true }, world.parts));
}

export async function openFolder(folder: string, more: Partial<StoreParts> = {}): Promise<Reading> {
  const parts = { ...realParts(), ...more };
  return read(await openStore(folder, { ...OPTIONS, create: true }, parts));
}

export async function readFolder(folder: string): Promise<Reading> {
  return read(await openReader(folder, OPTIONS));
}

export async function readFile(path: string): Promise<Reading> {
  return read(await openFile(path, OPTIONS));
}

/** Stores records and folds them, genesis included. */
export async function add(
  reading: Reading,
  records: readonly Verified[],
  options: AppendOptions = {},
): Promise<void> {
  await reading.store.append(records, options);
  for (const record of records) {
    if (reading.replica !== null) apply(reading.replica, record);
    else reading.replica = createReplica(record, reading.store.shelf, nodePlatform);
  }
}

/** A checkpoint as the ledger's own session writes it. */
export async function checkpoint({ store, replica }: Reading): Promise<void> {
  if (replica === null) throw new Error('broken rule: an empty ledger has no checkpoint');
  await store.saveCheckpoint({
    frontierRoot: frontierRoot(replica),
    stateRoot: stateRoot(replica),
    snapshot: snapshotOf(replica),
  });
}

/** A folder of its own for one test; `remove` at the end. */
export function scratchFolder(): { folder: string; remove: () => void } {
  const folder = fs.mkdtempSync(join(tmpdir(), 'kith-store-'));
  return { folder, remove: () => fs.rmSync(folder, { recursive: true, force: true }) };
}

/** The ids of everything a store holds, in file order. */
export function heldIds(store: Store): string[] {
  return [...store.linesFrom(0)].flat().map(({ record }) => record.id);
}

/** A repeatable source of integers. */
export function seededPick(seed: number): (bound: number) => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return (bound) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return bound <= 0 ? 0 : (state >>> 4) % bound;
  };
}
