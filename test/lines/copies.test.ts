// One record on two lines of a file, one of them with a signature that rotted: the id does not
// cover the signature, so only the signatures can tell which copy is good.

import { expect, test } from 'vitest';
import { sealedLine } from '../../ledger/record.ts';
import type { Decoded } from '../../ledger/record.ts';
import { acts, actor, Scribe } from '../kit/actors.ts';
import { heldIds, openWorld, storeWorld } from '../kit/store-world.ts';

const s = new Scribe();
const a = s.operator(actor('alice'), actor('root'));
const b = s.by(actor('root'), acts.commit('k', 1));
const c = s.by(actor('root'), acts.commit('k', 2), { refs: [b] });

/** The line of a record under the signature of another. */
const rotten = (record: Decoded): string => sealedLine(record, s.genesis.sig);

async function heldOf(...lines: readonly (Decoded | string)[]): Promise<string[]> {
  const world = storeWorld();
  const texts = lines.map((line) => (typeof line === 'string' ? line : line.line));
  world.disk.put('/d/nodes.jsonl', Buffer.from(texts.map((text) => `${text}\n`).join('')));
  const { store, totals } = await openWorld(world);
  expect(totals.pending).toEqual([]);
  return heldIds(store).toSorted();
}

const ids = (...records: readonly Decoded[]): string[] => records.map(({ id }) => id).toSorted();

test('a good copy behind a rotten one is held, and what follows it', async () => {
  expect(await heldOf(s.genesis, rotten(a), a, b)).toEqual(ids(s.genesis, a, b));
});

test('a good copy that was fetched again, at the end of the file, is held', async () => {
  expect(await heldOf(s.genesis, a, rotten(b), c, b)).toEqual(ids(s.genesis, a, b, c));
});

test('a good copy before a rotten one stays, and between two it is found', async () => {
  expect(await heldOf(s.genesis, a, b, rotten(b))).toEqual(ids(s.genesis, a, b));
  const other = sealedLine(b, c.sig);
  expect(await heldOf(s.genesis, a, rotten(b), b, other)).toEqual(ids(s.genesis, a, b));
});

test('copies that came before what they follow are told apart when it comes', async () => {
  expect(await heldOf(s.genesis, rotten(c), c, rotten(b), b, a)).toEqual(ids(s.genesis, a, b, c));
});
