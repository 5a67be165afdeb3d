// Recovery: the paper secret signs a rotation, epoch by epoch, and its cuts stand above every rank.

import { expect, test } from 'vitest';
import { entryOf, memberOf, stateOf, stateRoot } from '../../ledger/replica.ts';
import { verdictOn } from '../../ledger/voids.ts';
import { type Actor, acts, actor, Scribe, START, settle } from '../kit/actors.ts';

const root = actor('root');
const [alice, bob, carol, mallory] = ['alice', 'bob', 'carol', 'mallory'].map(actor) as [
  Actor,
  Actor,
  Actor,
  Actor,
];
const sheets = [actor('paper'), actor('paper 2'), actor('paper 3')] as const;

test('a rotation seats a root that is senior to the old one, whose deeds stand as far as the cut', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const stolen = s.operator(mallory, root);
  const rotation = s.by(sheets[0], acts.rotate([carol], sheets[1], [[root, a]]));
  const { replica } = settle(s.records);
  const state = stateOf(replica);
  expect(state).toMatchObject({ epoch: 1, recovery: sheets[1].key });
  expect(state.members.map((m) => [m.key, m.rank])).toEqual([
    [carol.key, [-1, 0]],
    [root.key, [0, 0]],
    [alice.key, [0, 0, 2]],
  ]);
  expect(memberOf(replica, root.key)?.cut).toMatchObject({ by: rotation.id, seq: 2 });
  expect(verdictOn(replica, stolen)).toBe('void-cut');
});

test('the cut of a rotation stands above every rank: no word of a root or of its juniors moves it', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  s.by(root, acts.commit('k', 1));
  const rotation = s.by(sheets[0], acts.rotate([carol], sheets[1], [[root, a]]));
  // The new root is senior to the old one; even so it cannot honour more of it.
  s.remove(root, carol, [], s.head(root));
  const { replica } = settle(s.records);
  expect(memberOf(replica, root.key)).toMatchObject({ cut: { by: rotation.id }, live: { seq: 2 } });
});

test('epochs are followed one by one: two recoveries in a row, in any order of arrival', () => {
  const s = new Scribe();
  const first = s.by(sheets[0], acts.rotate([bob], sheets[1], [[root, s.genesis]]));
  const deed = s.by(bob, acts.commit('k', 1));
  const second = s.by(sheets[1], acts.rotate([carol], sheets[2], [[bob, deed]]));
  const late = s.by(carol, acts.commit('k', 2), { refs: [deed] });
  const there = settle([s.genesis, first, deed, second, late]);
  const back = settle([s.genesis, late, second, deed, first]);
  expect(stateOf(there.replica)).toMatchObject({ epoch: 2, recovery: sheets[2].key });
  expect(stateOf(there.replica).config).toMatchObject([{ key: 'k', value: 2 }]);
  expect(stateRoot(back.replica)).toBe(stateRoot(there.replica));
});

test('a sheet of a later epoch can do nothing while an earlier one has not made it current', () => {
  const s = new Scribe();
  const early = s.by(sheets[1], acts.rotate([mallory], sheets[2], [[root, s.genesis]]));
  const door = settle(s.records);
  expect(door.refused.map((r) => r.code)).toEqual(['unknown-author']);
  expect(stateOf(door.replica)).toMatchObject({ epoch: 0 });
  // Once it is current, its rotation does not fit the roots of that epoch.
  s.by(sheets[0], acts.rotate([bob], sheets[1], [[root, s.genesis]]));
  const { replica } = settle(s.records);
  expect(stateOf(replica)).toMatchObject({ epoch: 1, recovery: sheets[1].key });
  expect(verdictOn(replica, early)).toBe('void-epoch');
});

test('a rotation that does not name every root, or names another, leads nowhere', () => {
  const two = () => new Scribe('home', [root, bob]);
  const wrong = [
    (s: Scribe) => acts.rotate([carol], sheets[1], [[root, s.genesis]]),
    (s: Scribe) =>
      acts.rotate([carol], sheets[1], [
        [root, s.genesis],
        [bob, START],
        [alice, START],
      ]),
    (s: Scribe) =>
      acts.rotate([carol], sheets[1], [
        [root, s.genesis],
        [alice, START],
      ]),
  ];
  for (const make of wrong) {
    const s = two();
    const rotation = s.by(sheets[0], make(s));
    const { replica } = settle(s.records);
    expect(verdictOn(replica, rotation)).toBe('void-epoch');
    expect(stateOf(replica)).toMatchObject({ epoch: 0, recovery: sheets[0].key });
  }
  const s = two();
  const rotation = s.by(
    sheets[0],
    acts.rotate([carol], sheets[1], [
      [bob, START],
      [root, s.genesis],
    ]),
  );
  expect(verdictOn(settle(s.records).replica, rotation)).toBe(null);
});

test('two rotations by one sheet stop before both, in either order, and it is told', () => {
  const s = new Scribe();
  const one = s.by(sheets[0], acts.rotate([bob], sheets[1], [[root, s.genesis]]));
  const two = s.fork(sheets[0], START, acts.rotate([carol], sheets[2], [[root, s.genesis]]));
  const ab = settle([s.genesis, one, two]);
  const ba = settle([s.genesis, two, one]);
  expect(stateRoot(ab.replica)).toBe(stateRoot(ba.replica));
  const { epoch, conflicts, members } = stateOf(ab.replica);
  expect([epoch, members.map((m) => m.key)]).toEqual([0, [root.key]]);
  expect(conflicts).toMatchObject([{ kind: 'recovery', subject: sheets[0].key }]);
  expect(entryOf(ab.replica, sheets[0].key)).toMatchObject({ seq: 0, mark: 'fork' });
  expect(verdictOn(ab.replica, one)).toBe('void-frozen');
});

test('a sheet signs one thing: any other record of it is turned away', () => {
  const s = new Scribe();
  s.by(sheets[0], acts.commit('k', 1));
  const { refused } = settle(s.records);
  expect(refused.map((r) => r.code)).toEqual(['over-quota']);
});

test('an operator who becomes a root keeps its chain, and gains the rank', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const deed = s.by(alice, acts.commit('k', 1), { auth: [a] });
  s.by(sheets[0], acts.rotate([alice], sheets[1], [[root, a]]));
  s.by(alice, acts.commit('k', 2), { refs: [deed] });
  const { replica } = settle(s.records);
  expect(memberOf(replica, alice.key)).toMatchObject({ root: true, rank: [-1, 0] });
  expect(stateOf(replica).config).toMatchObject([{ key: 'k', value: 2, others: [] }]);
});

test('a forked root is settled by recovery: the branch that the rotation names is live', () => {
  const s = new Scribe();
  const left = s.by(root, acts.commit('k', 'left'));
  const right = s.fork(root, s.genesis, acts.commit('k', 'right'));
  const frozen = settle(s.records);
  expect(stateOf(frozen.replica)).toMatchObject({ config: [], frozen: [{ seq: 2 }] });
  s.by(sheets[0], acts.rotate([carol], sheets[1], [[root, right]]));
  const { replica } = settle(s.records);
  expect(stateOf(replica)).toMatchObject({ config: [{ key: 'k', value: 'right' }], frozen: [] });
  expect(verdictOn(replica, left)).toBe('void-cut');
});
