// The shelf in memory and the shelf over a file keep the same rules.

import { afterAll } from 'vitest';
import { memoryShelf } from '../../ledger/shelf.ts';
import type { Store } from '../../src/store/store.ts';
import { shelfSuite } from '../kit/shelf-suite.ts';
import {
  openFolder,
  openWorld,
  readFolder,
  scratchFolder,
  storeWorld,
} from '../kit/store-world.ts';

const { folder, remove } = scratchFolder();
const open: Store[] = [];
afterAll(async () => {
  for (const store of open) await store.close();
  remove();
});

shelfSuite({
  name: 'in memory',
  make(records) {
    const shelf = memoryShelf();
    for (const record of records) shelf.put(record);
    return Promise.resolve(shelf);
  },
});

shelfSuite({
  name: 'a file just written, its index still in memory',
  async make(records) {
    const { store } = await openWorld(storeWorld());
    await store.append(records);
    return store.shelf;
  },
});

shelfSuite({
  name: 'a file just written, its index in LevelDB',
  async make(records) {
    const { store } = await openFolder(`${folder}/a`);
    open.push(store);
    await store.append(records);
    await store.flushIndex();
    return store.shelf;
  },
});

shelfSuite({
  name: 'a file in another order, half of its index in LevelDB',
  async make(records) {
    const { store } = await openFolder(`${folder}/b`);
    open.push(store);
    const reversed = records.toReversed();
    await store.append(reversed.slice(0, 150));
    await store.flushIndex();
    await store.append(reversed.slice(150));
    return store.shelf;
  },
});

shelfSuite({
  name: 'a file that a reader opened',
  async make(records) {
    const { store } = await openFolder(`${folder}/c`);
    await store.append(records);
    await store.close();
    const reader = await readFolder(`${folder}/c`);
    open.push(reader.store);
    return reader.store.shelf;
  },
});
