// The index's table in memory, for simulations: it survives a restart of the process, and a power
// cut takes any number of the last batches that were not asked to be durable.

import type { Kv, Put } from '../../src/store/kv.ts';
import type { Pick } from './faulty-disk.ts';

export interface MemoryKv extends Kv {
  /** The table after the power came back. */
  cutPower(pick: Pick): void;
  /** Somebody deleted the folder. */
  wipe(): void;
  /** The next so many writes fail. */
  failWrites: number;
}

export function memoryKv(): MemoryKv {
  let batches: { puts: Put[]; durable: boolean }[] = [];
  let rows = new Map<string, Uint8Array>();
  const text = (key: Uint8Array): string => Buffer.from(key).toString('latin1');
  const replay = (): void => {
    rows = new Map();
    for (const { puts } of batches) for (const { key, value } of puts) rows.set(text(key), value);
  };
  const self: MemoryKv = {
    failWrites: 0,
    get: (key) => rows.get(text(key)),
    async *entries(first) {
      const keys = [...rows.keys()].filter((key) => key.charCodeAt(0) === first);
      for (const key of keys.toSorted()) {
        yield [Buffer.from(key, 'latin1'), rows.get(key) as Uint8Array] as const;
      }
    },
    async write(puts, durable) {
      const batch = { puts: [...puts], durable };
      if (self.failWrites > 0) {
        self.failWrites--;
        throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      }
      batches.push(batch);
      for (const { key, value } of batch.puts) rows.set(text(key), value);
    },
    async clear() {
      self.wipe();
    },
    close: () => Promise.resolve(),
    cutPower(pick) {
      const safe = batches.findLastIndex(({ durable }) => durable) + 1;
      batches = batches.slice(0, safe + pick(batches.length - safe + 1));
      replay();
    },
    wipe() {
      batches = [];
      rows = new Map();
    },
  };
  return self;
}
