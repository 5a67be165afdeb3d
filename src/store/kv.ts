// The ordered key-value table under the index, and LevelDB as one. It may be deleted, lost or
// rolled back at any time: nothing is in it that nodes.jsonl does not say.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { StoreFault, systemCode } from './faults.ts';

export interface Put {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface Kv {
  get(key: Uint8Array): Uint8Array | undefined;
  /** Every entry whose key starts with this byte. */
  entries(first: number): AsyncIterable<readonly [Uint8Array, Uint8Array]>;
  /** All or nothing. `durable`: also after the power was lost. */
  write(puts: Iterable<Put>, durable: boolean): Promise<void>;
  /** Empties it, whatever state it is in. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

type Db = Level<Uint8Array, Uint8Array>;

const OPTIONS = {
  keyEncoding: 'buffer',
  valueEncoding: 'buffer',
  // Ids and offsets do not compress.
  compression: false,
  cacheSize: 32 * 1024 * 1024,
  writeBufferSize: 8 * 1024 * 1024,
} as const;

async function openDb(folder: string): Promise<Db> {
  const db = new Level<Uint8Array, Uint8Array>(folder, OPTIONS);
  await db.open();
  return db;
}

function causeCode(error: unknown): string {
  return error instanceof Error && error.cause !== undefined
    ? systemCode(error.cause)
    : systemCode(error);
}

/** Opens the table; one that cannot be read is deleted and begun again. */
export async function openLevel(folder: string): Promise<Kv> {
  let db: Db;
  try {
    db = await openDb(folder);
  } catch (error) {
    if (causeCode(error) === 'LEVEL_LOCKED') throw new StoreFault('locked', 'index', error);
    await rm(folder, { recursive: true, force: true });
    db = await openDb(folder);
  }
  return {
    get: (key) => db.getSync(key),
    entries: (first) => db.iterator({ gte: Uint8Array.of(first), lt: Uint8Array.of(first + 1) }),
    async write(puts, durable) {
      // After a failed write LevelDB takes no other until it is opened again.
      if (db.status !== 'open') db = await openDb(folder);
      // A chained batch: a list of operations costs ten times as much to hand over.
      const batch = db.batch();
      for (const { key, value } of puts) batch.put(key, value);
      try {
        await batch.write({ sync: durable });
      } catch (error) {
        await db.close();
        throw error;
      }
    },
    async clear() {
      await db.close();
      await rm(folder, { recursive: true, force: true });
      db = await openDb(folder);
    },
    close: () => db.close(),
  };
}

/** A table for a reader: in memory nothing, on the disk nothing until something is written. */
export function scratchLevel(): Kv {
  let opened: { readonly kv: Kv; readonly folder: string } | null = null;
  const drop = async (): Promise<void> => {
    const { kv, folder } = opened ?? {};
    opened = null;
    await kv?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  };
  return {
    get: (key) => opened?.kv.get(key),
    async *entries(first) {
      if (opened !== null) yield* opened.kv.entries(first);
    },
    async write(puts) {
      if (opened === null) {
        const folder = await mkdtemp(join(tmpdir(), 'kith-index-'));
        opened = { folder, kv: await openLevel(folder) };
      }
      await opened.kv.write(puts, false);
    },
    clear: drop,
    close: drop,
  };
}
