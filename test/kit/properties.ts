// What must hold of every history, as functions of a history and dice: properties.test.ts runs them
// on thousands, quotas.test.ts with tiny quotas, and soak.test.ts for as long as one likes.

import { expect } from 'vitest';
import type { Key, RecordId } from '../../proto/ids.ts';
import type { Member } from '../../ledger/member.ts';
import type { Note } from '../../ledger/book.ts';
import { isLive } from '../../ledger/chain.ts';
import { screen } from '../../ledger/door.ts';
import { refresh } from '../../ledger/fold.ts';
import { ACTIONS, covers, memberResources, narrows } from '../../ledger/grant.ts';
import { compareStanding } from '../../ledger/rank.ts';
import type { Decoded } from '../../ledger/record.ts';
import { type Replica, stateOf } from '../../ledger/replica.ts';
import { restoreReplica, snapshotOf } from '../../ledger/snapshot.ts';
import { nodePlatform } from '../../src/platform.ts';
import type { World } from './actors.ts';
import { type History, shuffled, unsigned } from './history.ts';
import { agree, emptyWorld, exchange, feed, fromScratch, picture, roots } from './replicas.ts';

export type Roll = (below: number) => number;
export type Property = (history: History, roll: Roll) => void;

/** After every record that is taken, the fold brought up to date is the fold from scratch. */
const isIncremental: Property = ({ genesis, records }, roll) => {
  const into = emptyWorld(genesis);
  // Looking brings the fold up to date: looking seldom lets several changes pile up.
  const seldom = 1 + roll(4);
  const look = (replica: Replica): void => {
    if (roll(seldom) !== 0) return;
    expect(picture(replica)).toBe(picture(fromScratch(into, genesis).replica));
  };
  const mode = roll(2) === 0 ? 'door' : 'audit';
  feed(into, shuffled(records, roll), { mode, taken: look });
  expect(picture(into.replica)).toBe(picture(fromScratch(into, genesis).replica));
};

/** Any order, in batches of any size, with a restart from the snapshot anywhere: the same bytes. */
const isOrderFree: Property = ({ genesis, records }, roll) => {
  const whole = emptyWorld(genesis);
  feed(whole, records, { mode: 'audit', batch: records.length || 1 });
  const expected = picture(whole.replica);
  for (let i = 0; i < 2; i++) {
    const order = shuffled(records, roll);
    const half = emptyWorld(genesis);
    feed(half, order.slice(0, roll(order.length + 1)), { mode: 'audit', batch: 1 + roll(9) });
    const restarted = restart(half);
    expect(picture(restarted.replica)).toBe(picture(half.replica));
    feed(restarted, order, { mode: 'audit', batch: 1 + roll(9) });
    expect(picture(restarted.replica)).toBe(expected);
  }
};

function restart(of: World): World {
  const kept: unknown = JSON.parse(JSON.stringify(snapshotOf(of.replica)));
  const replica = restoreReplica(kept as never, of.shelf, nodePlatform);
  return { ...of, replica };
}

/** Replicas that drop what is void and one that keeps it agree once they exchanged by entries. */
const converges: Property = ({ genesis, records }, roll) => {
  const keeper = emptyWorld(genesis);
  feed(keeper, records, { mode: 'audit' });
  const worlds = [keeper];
  for (let i = 0; i < 3; i++) {
    const some = emptyWorld(genesis);
    const part = shuffled(records, roll).slice(0, roll(records.length + 1));
    feed(some, part, { batch: 1 + roll(4) });
    worlds.push(some);
  }
  exchange(worlds, ['audit']);
  expect([...new Set(worlds.map((world) => roots(world.replica)))]).toHaveLength(1);
};

/** The same without anybody who holds everything, over the real sync, where both sides can ask. */
const syncs: Property = ({ genesis, records }, roll) => {
  const worlds = [0, 1, 2].map(() => {
    const some = emptyWorld(genesis);
    const part = shuffled(records, roll).slice(0, roll(records.length + 1));
    feed(some, part, { batch: 1 + roll(4), mode: roll(3) === 0 ? 'audit' : 'door' });
    return some;
  });
  agree(worlds);
  expect([...new Set(worlds.map((world) => roots(world.replica)))]).toHaveLength(1);
};

interface Standing {
  readonly member: Member;
  readonly text: string;
}

function standings(replica: Replica): Map<Key, Standing> {
  refresh(replica.fold);
  const found = new Map<Key, Standing>();
  for (const member of replica.fold.authority.members.values()) {
    const { rank, by, live, cut, quota } = member;
    const { seq, id, frozen } = live;
    const grants = [...member.grants].map(([from, held]) => [from, held.grants, held.lastUse]);
    const text = JSON.stringify([member.class, rank, by, seq, id, frozen, cut, quota, grants]);
    found.set(member.key, { member, text });
  }
  return found;
}

/** No record changes anything of anybody senior to its author; a stranger's changes nothing. */
const respectsSeniors: Property = ({ genesis, records }, roll) => {
  const into = emptyWorld(genesis);
  let before = standings(into.replica);
  const taken = (replica: Replica, record: Decoded): void => {
    const after = standings(replica);
    const author = before.get(record.author);
    if (record.act.kind !== 'root.rotate') {
      for (const [key, { member, text }] of before) {
        const senior = author === undefined || compareStanding(member, author.member) < 0;
        if (senior) expect(after.get(key)?.text).toBe(text);
      }
    }
    before = after;
  };
  feed(into, shuffled(records, roll), { mode: 'audit', taken });
};

/** Whatever a removed author signs next is turned away at the door, and void where it is held. */
const silencesRemoved: Property = ({ genesis, records }, roll) => {
  const into = emptyWorld(genesis);
  feed(into, shuffled(records, roll), { mode: 'audit' });
  refresh(into.replica.fold);
  for (const member of [...into.replica.fold.authority.members.values()]) {
    const { cut } = member;
    if (cut === null) continue;
    const isHeld = member.live.seq === cut.seq && member.live.id === cut.last;
    const own = [...into.shelf.read(member.key, 1, Number.MAX_SAFE_INTEGER)];
    for (const after of [null, ...own]) {
      const next = unsigned(member.key, genesis.id, after, roll(1 << 20));
      if (next.seq <= cut.seq && !isHeld) continue;
      const [outcome] = screen(into.replica, [next]);
      if (outcome?.kind === 'held') continue;
      expect(outcome?.kind).toBe('refused');
      const before = roots(into.replica);
      const other = restart({ ...into, shelf: copyOf(into) });
      feed(other, [next], { mode: 'audit' });
      expect(roots(other.replica)).toBe(before);
    }
  }
};

function copyOf(of: World): World['shelf'] {
  return fromScratch(of, [...of.shelf.read(of.replica.fold.genesis.author, 1, 1)][0] as Decoded)
    .shelf;
}

/** Every member and every grant in force follows, step by step, from a root. */
const derives: Property = ({ genesis, records }, roll) => {
  const into = emptyWorld(genesis);
  feed(into, shuffled(records, roll), { mode: roll(2) === 0 ? 'audit' : 'door' });
  const { replica } = into;
  stateOf(replica);
  const { members, epochs } = replica.fold.authority;
  const notes = new Map<RecordId, Note>();
  for (const book of replica.books.values())
    for (const note of book.notes) notes.set(note.id, note);
  for (const member of members.values()) {
    if (member.root) expect(epochs.followed.has(member.by)).toBe(true);
    else hasAdmission(replica, member, notes.get(member.by) as Note);
    for (const [id, held] of member.grants) {
      const note = notes.get(id) as Note;
      expect(note.author).toBe(held.from.key);
      expect(compareStanding(held.from, member)).toBeLessThan(0);
      isCounted(replica, held.from, note);
      for (const grant of held.grants) {
        expect(grant.depth).toBeLessThan(8);
        if (ACTIONS[grant.action].operators) expect(member.class).toBe('operator');
        if (held.from.root) continue;
        const drawn = note.auth.flatMap((cited) => held.from.grants.get(cited)?.grants ?? []);
        expect(drawn.some((parent) => narrows(grant, parent))).toBe(true);
      }
    }
  }
};

function isCounted(replica: Replica, author: Member, note: Note): void {
  const chain = replica.books.get(author.key)?.chain;
  expect(chain !== undefined && isLive(chain, author.live, note.seq, note.id)).toBe(true);
  expect(replica.fold.authority.verdicts.has(note.id)).toBe(false);
}

function hasAdmission(replica: Replica, member: Member, note: Note): void {
  const from = replica.fold.authority.members.get(note.author) as Member;
  expect(compareStanding(from, member)).toBeLessThan(0);
  expect(member.rank).toEqual([...from.rank, note.seq]);
  isCounted(replica, from, note);
  if (from.root || from.class === 'ticket') return;
  const drawn = note.auth.flatMap((cited) => from.grants.get(cited)?.grants ?? []);
  const resources = memberResources(member.class, member.name, member.labels);
  expect(drawn.some((grant) => covers(grant, 'member.admit', resources))).toBe(true);
}

export const PROPERTIES: Readonly<Record<string, Property>> = {
  'the fold brought up to date record by record is the fold from scratch': isIncremental,
  'any order, any batches and a restart anywhere give the same bytes': isOrderFree,
  'replicas that drop void records and one that keeps them reach the same roots': converges,
  'replicas that hold any parts of a history agree after real syncs': syncs,
  'no record changes anything of anybody senior to its author': respectsSeniors,
  'a removed author can change nothing': silencesRemoved,
  'every member and every grant in force follows from a root': derives,
};
