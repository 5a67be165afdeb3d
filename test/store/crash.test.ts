// Crash enumeration: a store at work is stopped before every single operation on the disk, the
// power cut treats what was not synced in several ways, and each time the store opens again with
// nothing acknowledged lost, nothing invented, and goes on.

import { expect, test } from 'vitest';
import { type Cut, type FaultyDisk } from '../kit/faulty-disk.ts';
import { acts, actor, Scribe, settle } from '../kit/actors.ts';
import {
  add,
  checkpoint,
  heldIds,
  openWorld,
  type Reading,
  seededPick,
  storeWorld,
  type StoreWorld,
} from '../kit/store-world.ts';
import { frontierRoot, type Replica, stateRoot } from '../../ledger/replica.ts';
import type { Verified } from '../../ledger/verify.ts';

const s = new Scribe();
const [root, node, other] = ['root', 'node', 'other'].map(actor) as [
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
];
s.node(node, root);
s.node(other, root);
for (let i = 0; i < 6; i++) {
  s.by(node, acts.update({ labels: [`n-${i}`] }));
  s.by(other, acts.update({ labels: [`o-${i}`] }));
}
const records = s.records as Verified[];
const known = new Map(records.map((record) => [record.line, record.id]));
const LEDGER = '/d/nodes.jsonl';

/** What all the records add up to, folded without any store. */
const WHOLE = rootsOf(settle(s.records));

function rootsOf({ replica }: { readonly replica: Replica | null }): string[] {
  return replica === null ? [] : [frontierRoot(replica), stateRoot(replica)];
}

/** What the world outside was told: these records are stored. */
interface Promised {
  readonly ids: Set<string>;
}

async function keep(reading: Reading, promised: Promised, from: number, to: number): Promise<void> {
  const some = records.slice(from, to);
  await add(reading, some, { own: from === 5 });
  for (const { id } of some) promised.ids.add(id);
}

/**
 * Everything that a store does in its life: found, append alone and together, checkpoint, reopen.
 */
async function aLife(world: StoreWorld, promised: Promised): Promise<void> {
  const first = await openWorld(world);
  await keep(first, promised, 0, 1);
  await keep(first, promised, 1, 3);
  await keep(first, promised, 3, 5);
  await Promise.all([keep(first, promised, 5, 6), keep(first, promised, 6, 9)]);
  await first.store.flushIndex();
  await first.store.close();
  const second = await openWorld(world);
  await checkpoint(second);
  await keep(second, promised, 9, 10);
  await checkpoint(second);
  await keep(second, promised, 10, 12);
  await second.store.close();
  const third = await openWorld(world);
  await keep(third, promised, 12, 13);
  await checkpoint(third);
  await keep(third, promised, 13, records.length);
  await third.store.close();
}

/** A torn tail and rot from the start: opening itself writes. */
async function aBrokenLife(world: StoreWorld, promised: Promised): Promise<void> {
  const lines = records.slice(0, 8).map(({ line }) => line);
  const rotten = lines.with(3, (lines[3] as string).replace('n-0', 'n-9'));
  const text = `${rotten.join('\n')}\n${(records[8] as Verified).line.slice(0, 100)}`;
  if (!world.disk.exists(LEDGER)) world.disk.put(LEDGER, Buffer.from(text));
  // Linked behind the damaged line, these wait: what stands before it is held.
  for (const { id } of records.slice(0, 3)) promised.ids.add(id);
  const opened = await openWorld(world);
  await keep(opened, promised, 3, records.length);
  await opened.store.close();
}

async function stepsOf(life: typeof aLife): Promise<number> {
  const world = storeWorld();
  await life(world, { ids: new Set() });
  return world.disk.steps;
}

/** After the crash: what was promised is there, what is there was given, and life goes on. */
async function survives(world: StoreWorld, promised: Promised, label: string): Promise<void> {
  const opened = await openWorld(world);
  const held = heldIds(opened.store);
  for (const id of promised.ids) expect(held, label).toContain(id);
  expect(new Set(held).size, label).toBe(held.length);
  for (const id of held) expect([...known.values()], label).toContain(id);
  expect(opened.store.records, label).toBe(held.length);
  // What is refused is a hole or a tear in what was never acknowledged, or the rot put there.
  for (const { code } of opened.refused)
    expect(['not-canonical', 'not-utf8', 'bad-signature'], label).toContain(code);
  await opened.store.append(records);
  expect(heldIds(opened.store).toSorted(), label).toEqual([...known.values()].toSorted());
  await opened.store.close();
  const once = await openWorld(world);
  expect(once.store.records, label).toBe(records.length);
  expect(once.totals.pending, label).toEqual([]);
  expect(rootsOf(once), label).toEqual(WHOLE);
  await once.store.close();
}

const CUTS: readonly Cut[] = ['lost', 'kept', 'torn', 'torn', 'holes', 'holes'];

async function crashEverywhere(life: typeof aLife, name: string): Promise<number> {
  const steps = await stepsOf(life);
  for (let at = 0; at < steps; at++) {
    for (const [variant, cut] of CUTS.entries()) {
      const world = storeWorld();
      const promised: Promised = { ids: new Set() };
      world.disk.stopAt = at;
      await life(world, promised).catch(() => undefined);
      expect(world.disk.steps, 'the disk stopped').toBe(at);
      const pick = seededPick(at * CUTS.length + variant);
      world.disk.cutPower(cut, pick);
      world.kv.cutPower(pick);
      await survives(world, promised, `${name}: stopped before step ${at}, ${cut}`);
    }
  }
  return steps;
}

test('a store stopped before any operation of its life finds all that it acknowledged', async () => {
  expect(await crashEverywhere(aLife, 'whole')).toBeGreaterThan(40);
});

test('a store stopped while it mends a torn tail and puts rot aside loses nothing either', async () => {
  expect(await crashEverywhere(aBrokenLife, 'broken')).toBeGreaterThan(15);
});

test('the enumeration fires: a store that acknowledges before the sync is caught', async () => {
  let caught = 0;
  for (let at = 0; at < (await stepsOf(aLife)); at++) {
    const world = storeWorld();
    const promised: Promised = { ids: new Set() };
    lieAboutSyncs(world.disk);
    world.disk.stopAt = at;
    await aLife(world, promised).catch(() => undefined);
    world.disk.cutPower('lost', seededPick(at));
    world.kv.cutPower(seededPick(at));
    await survives(world, promised, 'lying').catch(() => caught++);
  }
  expect(caught).toBeGreaterThan(10);
});

/** A disk whose sync of the ledger does nothing and says that it did. */
function lieAboutSyncs(disk: FaultyDisk): void {
  const { open } = disk;
  disk.open = (path, how) => {
    const file = open(path, how);
    return path === LEDGER ? { ...file, sync: () => Promise.resolve() } : file;
  };
}
