// Three ways of keeping a replica, for a fair neighbour to each kind of library: as the program
// does (synced before it answers), with its file written and not synced, and in memory only. What
// comes before the keeping is the same program in all three.

import type { Decoded } from '../../ledger/record.ts';
import { createReplica } from '../../ledger/replica.ts';
import { trustOwn } from '../../ledger/verify.ts';
import { type Check, type Intake, type IntakeParts, takeIn } from '../../src/home/intake.ts';
import { VERIFIER } from '../../src/home/ledger.ts';
import { nodePlatform } from '../../src/platform.ts';
import { type DiskFile, realDisk } from '../../src/store/disk.ts';
import { openStore, realParts, type StoreParts } from '../../src/store/file-store.ts';
import { verifyPool } from '../../src/store/verify-pool.ts';
import type { Bench } from './bench.ts';
import { mustOpen, newFolder, newHome } from './homes.ts';
import { checkHere, decoded, emptyReplica } from './intake.ts';

export interface Kept {
  readonly folder: string | null;
  /** Takes lines in. Throws where one is not taken. */
  take(lines: readonly string[]): Promise<void>;
  /** The same of records that were signed here a moment ago. */
  takeOwn(records: readonly Decoded[]): Promise<void>;
  close(): Promise<void>;
}

export interface Way {
  readonly name: string;
  readonly fsync: string;
  readonly keepsFile: boolean;
  /** An empty replica, holding its genesis. */
  readonly start: (bench: Bench, genesis: string) => Promise<Kept>;
  /** Opens what was kept; null where nothing was. */
  readonly reopen: ((folder: string) => Promise<Kept>) | null;
}

/** Records taken in together, as a reply of sync brings them. */
const BATCH = 1_000;

const synced: Way = {
  name: 'kith, as it runs: synced, two threads',
  fsync: 'fdatasync per call; for own records one more for the marker',
  keepsFile: true,
  async start(bench, genesis) {
    return keptBy(await newHome(bench, 'synced', genesis));
  },
  async reopen(folder) {
    return keptBy(await mustOpen(folder));
  },
};

function keptBy(home: Awaited<ReturnType<typeof mustOpen>>): Kept {
  return {
    folder: home.folder,
    take: (lines) => inBatches(lines, (records) => home.takeIn(records)),
    takeOwn: async (records) => mustTake(records.length, await home.takeIn(records, { own: true })),
    close: () => home.close(),
  };
}

const unsynced: Way = {
  name: 'kith, written and not synced, two threads',
  fsync: 'none, for this comparison only',
  keepsFile: true,
  async start(bench, genesis) {
    const folder = newFolder(bench, 'unsynced');
    const store = await openStore(folder, { ...VERIFIER, create: true }, partsWithoutSync());
    const nothing = { held: [], duplicates: [], refused: [] };
    await store.replay({ judge: async () => nothing, apply: () => [] });
    const first = trustOwn(decoded(genesis));
    await store.append([first]);
    const pool = verifyPool();
    const replica = createReplica(first, store.shelf, nodePlatform);
    return {
      ...keptIn({
        replica,
        check: pool.verify,
        keep: async (records) => void (await store.append(records)),
      }),
      async close() {
        await Promise.all([store.close(), pool.close()]);
      },
    };
  },
  reopen: null,
};

function partsWithoutSync(): StoreParts {
  const file = (real: DiskFile): DiskFile => ({ ...real, sync: () => Promise.resolve() });
  const disk = {
    ...realDisk,
    open: (path: string, how: Parameters<typeof realDisk.open>[1]) =>
      file(realDisk.open(path, how)),
    syncFolder: () => Promise.resolve(),
  };
  return { ...realParts(), disk };
}

const inMemory: Way = {
  name: 'kith, in memory, one thread',
  fsync: 'no file',
  keepsFile: false,
  async start(_bench, genesis) {
    const { replica, shelf } = emptyReplica(genesis);
    const check: Check = checkHere;
    return keptIn({
      replica,
      check,
      keep: async (records) => {
        for (const record of records) shelf.put(record);
      },
    });
  },
  reopen: null,
};

function keptIn(parts: IntakeParts): Kept {
  return {
    folder: null,
    take: (lines) => inBatches(lines, (records) => takeIn(parts, records)),
    takeOwn: async (records) => mustTake(records.length, await takeIn(parts, records)),
    close: () => Promise.resolve(),
  };
}

async function inBatches(
  lines: readonly string[],
  takeBatch: (records: Iterable<Decoded>) => Promise<Intake>,
): Promise<void> {
  for (let at = 0; at < lines.length; at += BATCH) {
    const batch = lines.slice(at, at + BATCH);
    mustTake(batch.length, await takeBatch(decoding(batch)));
  }
}

function mustTake(count: number, { accepted, refused }: Intake): void {
  if (accepted.length === count) return;
  throw new Error(`records were not taken: ${refused[0]?.code}`);
}

/** As the program does with the lines of a reply. */
function* decoding(lines: readonly string[]): Generator<Decoded> {
  for (const line of lines) yield decoded(line);
}

export const WAYS: readonly Way[] = [synced, unsynced, inMemory];
