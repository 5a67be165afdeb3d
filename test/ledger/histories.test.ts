// The histories that break a ledger without the rules marked * in its design, each by name.

import { expect, test } from 'vitest';
import { frontierRoot, memberOf, stateOf, stateRoot } from '../../ledger/replica.ts';
import { verdictOn } from '../../ledger/voids.ts';
import { acts, actor, Scribe, settle, take, world } from '../kit/actors.ts';

const [root, alice, bob, carol, node] = ['root', 'alice', 'bob', 'carol', 'node'].map(actor) as [
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
];

test('a network is founded and its first members stand with their ranks', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  s.node(node, alice, [a]);
  const { replica, refused } = settle(s.records);
  expect(refused).toEqual([]);
  expect(stateOf(replica).members.map((m) => [m.name, m.class, m.rank])).toEqual([
    ['root', 'operator', [0, 0]],
    ['alice', 'operator', [0, 0, 2]],
    ['node', 'node', [0, 0, 2, 1]],
  ]);
});

test('two seniors cut one author at different points, in both orders, also for a replica that stored nothing past the first', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const b = s.operator(bob, root);
  const first = s.by(bob, acts.commit('color', 'red'), { auth: [b] });
  const second = s.by(bob, acts.commit('color', 'blue'), { auth: [b], refs: [first] });
  const short = s.remove(bob, alice, [a], first);
  const long = s.remove(bob, root, [], second);
  const early = settle([s.genesis, a, b, first, short]);
  take(early, [second]);
  take(early, [long]);
  const late = settle([s.genesis, a, b, first, second, long, short]);
  // The root's word decides: it honours both records, so a replica that dropped the second one must
  // show another frontier than those that hold it.
  expect(stateOf(late.replica).config).toMatchObject([{ key: 'color', value: 'blue' }]);
  expect(early.refused.map((r) => r.code)).toEqual(['beyond-cut']);
  expect(frontierRoot(early.replica)).not.toBe(frontierRoot(late.replica));
  take(early, [second]);
  expect(frontierRoot(early.replica)).toBe(frontierRoot(late.replica));
  expect(stateRoot(early.replica)).toBe(stateRoot(late.replica));
});

test('a record that cites a void one has one fate, arriving before and after the cut', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const b = s.operator(bob, alice, [a]);
  const c = s.by(bob, acts.commit('k', 1), { auth: [b] });
  // Alice is cut below her admission of Bob.
  const cut = s.remove(alice, root, [], { seq: 0, id: '' });
  const before = settle([s.genesis, a, b, c, cut]);
  const after = settle([s.genesis, a, cut, b, c]);
  expect(stateRoot(before.replica)).toBe(stateRoot(after.replica));
  expect(frontierRoot(before.replica)).toBe(frontierRoot(after.replica));
  expect(verdictOn(before.replica, c)).toBe('void-not-member');
});

test('a cut ahead of its target acts at once, on what is held below it', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const records = [1, 2, 3].map((n) => s.by(alice, acts.commit('k', n), { auth: [a] }));
  const cut = s.remove(alice, root, [], records[1]);
  const ahead = settle([s.genesis, a, records[0]!, cut]);
  expect(memberOf(ahead.replica, alice.key)).toMatchObject({ live: { seq: 1 } });
  take(ahead, [records[1]!, records[2]!]);
  expect(ahead.refused.map((r) => r.code)).toEqual(['beyond-cut']);
  const whole = settle([s.genesis, a, ...records, cut]);
  expect(stateRoot(ahead.replica)).toBe(stateRoot(whole.replica));
  expect(frontierRoot(ahead.replica)).toBe(frontierRoot(whole.replica));
});

test('a fork at an operator’s first record leaves a member without a word', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const one = s.by(alice, acts.commit('k', 1), { auth: [a] });
  const two = s.fork(alice, { seq: 0, id: '' }, acts.commit('k', 2), { auth: [a] });
  const ab = settle([s.genesis, a, one, two]);
  const ba = settle([s.genesis, a, two, one]);
  expect(stateRoot(ab.replica)).toBe(stateRoot(ba.replica));
  expect(stateOf(ab.replica)).toMatchObject({
    config: [],
    frozen: [{ author: alice.key, seq: 1 }],
  });
  const settled = s.remove(alice, root, [], two);
  take(ab, [settled]);
  take(ba, [settled]);
  expect(stateOf(ab.replica)).toMatchObject({ config: [{ key: 'k', value: 2 }], frozen: [] });
  expect(stateRoot(ab.replica)).toBe(stateRoot(ba.replica));
});

test('an operator key used on both sides of a partition freezes at the last common record', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const common = s.by(alice, acts.commit('k', 0), { auth: [a] });
  const left = [s.by(alice, acts.commit('left', 1), { auth: [a] })];
  left.push(s.by(alice, acts.commit('left', 2), { auth: [a], refs: [left[0]!] }));
  const right = [s.fork(alice, common, acts.commit('right', 1), { auth: [a] })];
  const one = settle([s.genesis, a, common, ...left]);
  const two = settle([s.genesis, a, common, ...right]);
  take(one, right);
  take(two, left.slice(0, 1));
  expect(frontierRoot(one.replica)).toBe(frontierRoot(two.replica));
  expect(stateRoot(one.replica)).toBe(stateRoot(two.replica));
  expect(stateOf(one.replica)).toMatchObject({ config: [{ key: 'k' }], frozen: [{ seq: 2 }] });
});

test('a used recovery sheet can seat nobody', () => {
  const s = new Scribe();
  const paper = actor('paper');
  const body = (who: ReturnType<typeof actor>, next: ReturnType<typeof actor>) => ({
    kind: 'root.rotate' as const,
    body: {
      roots: [{ key: who.key, name: 'new' }],
      recovery: next.key,
      cuts: [{ key: root.key, seq: 1, last: s.genesis.id }],
    },
  });
  const rotation = s.by(paper, body(carol, actor('paper 2')));
  const recovered = settle(s.records);
  expect(stateOf(recovered.replica)).toMatchObject({ epoch: 1, recovery: actor('paper 2').key });
  const again = s.fork(paper, { seq: 0, id: '' }, body(bob, actor('paper 3')));
  take(recovered, [again]);
  const state = stateOf(recovered.replica);
  expect(state.members.map((m) => m.key)).not.toContain(bob.key);
  expect(state.conflicts).toMatchObject([{ kind: 'recovery', subject: paper.key }]);
  const other = settle([s.genesis, again, rotation]);
  expect(stateRoot(other.replica)).toBe(stateRoot(recovered.replica));
});

test('one key founds two networks and is forked in neither', () => {
  const home = new Scribe('home');
  const work = new Scribe('work');
  const lines = [home.operator(alice, root), work.operator(bob, root)];
  const one = take(world(home.genesis), [work.genesis, ...lines]);
  expect(one.refused.map((r) => r.code)).toEqual(['other-ledger', 'other-ledger']);
  expect(stateOf(one.replica)).toMatchObject({ network: 'home', frozen: [] });
  expect(stateOf(one.replica).members).toHaveLength(2);
});
