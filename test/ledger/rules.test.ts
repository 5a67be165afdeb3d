// The rules without which a ledger breaks, one test each (docs/ledger.md):
//   time is shown and judged nowhere                     only `prev` holds a record back
//   a cut acts at once, also ahead of its target         one cut decides: the senior cutter's last
//   only someone senior to the remover lifts a removal   authority counts from operators only
//   a grant is cited from a senior only                  another genesis is another ledger
//   a freeze takes authority, not membership             an operator key signs on one machine
//   the root covers only what is live                    a rotation's cut stands above every rank
//   epochs are followed one by one                       an entry: the last live record, its cut
// histories.test.ts holds those that are a whole history; the rest stand here.

import { expect, test } from 'vitest';
import type { Decoded } from '../../ledger/record.ts';
import { entryOf, frontierRoot, memberOf, stateOf, stateRoot } from '../../ledger/replica.ts';
import { verdictOn } from '../../ledger/voids.ts';
import { acts, actor, everything, PEER, Scribe, settle, take } from '../kit/actors.ts';

const root = actor('root');
const [alice, bob, carol, dave, node] = ['alice', 'bob', 'carol', 'dave', 'node'].map(actor) as [
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
];
const YEAR_2100_MS = 4_102_444_800_000;

test('a clock in 1970 or in 2100 stops nothing: time is shown and judged nowhere', () => {
  const s = new Scribe();
  const a = s.by(root, acts.operator(alice), { ts: YEAR_2100_MS });
  const first = s.by(alice, acts.commit('k', 1), { auth: [a], ts: YEAR_2100_MS });
  const last = s.by(alice, acts.commit('k', 2), { auth: [a], refs: [first], ts: 0 });
  s.by(root, acts.remove(alice, last.seq), { refs: [last], ts: 1 });
  const { replica, refused } = settle(s.records);
  expect(refused).toEqual([]);
  // The later record is the later one of its chain, whatever its author's clock said.
  expect(stateOf(replica).config).toMatchObject([{ key: 'k', value: 2 }]);
  expect(memberOf(replica, alice.key)?.cut).toMatchObject({ seq: 2 });
});

test('only prev holds a record back: a citation that is not held waits nowhere, and counts once it is', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const more = s.by(root, acts.grant(alice, everything(2)));
  const commit = s.by(alice, acts.commit('k', 1), { auth: [more] });
  const early = settle([s.genesis, a, commit]);
  expect(early.replica.parking.records).toBe(0);
  expect(verdictOn(early.replica, commit)).toBe('void-auth');
  take(early, [more]);
  expect(verdictOn(early.replica, commit)).toBe(null);
  expect(stateOf(early.replica).config).toMatchObject([{ key: 'k', value: 1 }]);
  // Out of order by prev: held back, and taken when its predecessor comes.
  const next = s.by(alice, acts.commit('k', 2), { auth: [more], refs: [commit] });
  const gap = settle([s.genesis, a, more, next]);
  expect([gap.replica.parking.records, memberOf(gap.replica, alice.key)?.live.seq]).toEqual([1, 0]);
  take(gap, [commit]);
  expect(gap.replica.parking.records).toBe(0);
  expect(stateOf(gap.replica).config).toMatchObject([{ key: 'k', value: 2 }]);
});

test('a citation that is held and not live has the verdict of one that is not held', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const b = s.operator(bob, root);
  const more = s.by(alice, acts.grant(bob, everything(1)), { auth: [a] });
  const commit = s.by(bob, acts.commit('k', 1), { auth: [b, more] });
  const cut = s.remove(alice, root, [], { seq: 0, id: '' });
  const held = settle([s.genesis, a, b, more, commit, cut]);
  const notHeld = settle([s.genesis, a, b, commit, cut]);
  expect(memberOf(held.replica, alice.key)?.live.seq).toBe(0);
  expect(verdictOn(held.replica, commit)).toBe('void-auth');
  expect(verdictOn(notHeld.replica, commit)).toBe('void-auth');
  expect([held.replica.records, notHeld.replica.records]).toEqual([6, 5]);
  expect(stateRoot(held.replica)).toBe(stateRoot(notHeld.replica));
  expect(frontierRoot(held.replica)).toBe(frontierRoot(notHeld.replica));
});

test('one cut decides: the last one of the most senior cutter, also where it gives more', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const b = s.operator(bob, root);
  const [c1, c2, c3] = [1, 2, 3].map((n) => s.by(bob, acts.commit(`k${n}`, n), { auth: [b] }));
  const junior = s.remove(bob, alice, [a], c1);
  const before = settle([s.genesis, a, b, c1!, c2!, c3!, junior]);
  expect(memberOf(before.replica, bob.key)?.live.seq).toBe(1);
  const first = s.remove(bob, root, [], c3);
  take(before, [first]);
  expect(memberOf(before.replica, bob.key)?.live.seq).toBe(3);
  const last = s.remove(bob, root, [], c2);
  take(before, [last]);
  expect(memberOf(before.replica, bob.key)).toMatchObject({
    live: { seq: 2 },
    cut: { by: last.id },
  });
});

test('a removal is lifted only by an admission from someone senior to the remover', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const d = s.operator(dave, alice, [a], everything(4));
  const b = s.operator(bob, alice, [a], everything(3));
  const byDave = s.remove(bob, dave, [d]);
  const one = settle(s.records);
  expect(memberOf(one.replica, bob.key)?.cut?.by).toBe(byDave.id);
  // As senior as Alice is, a cut of hers would hold; Dave's falls, for Bob is no longer his junior.
  s.operator(bob, root);
  const lifted = settle(s.records);
  expect(memberOf(lifted.replica, bob.key)).toMatchObject({ cut: null, rank: [0, 0, 3] });
  expect(verdictOn(lifted.replica, byDave)).toBe('void-not-junior');
  const byAlice = s.remove(bob, alice, [a]);
  expect(memberOf(settle(s.records).replica, bob.key)?.cut?.by).toBe(byAlice.id);
  expect(verdictOn(lifted.replica, b)).toBe(null);
});

test('no admission brings a removed node back: every operator is its senior', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  s.node(node, alice, [a]);
  const cut = s.remove(node, alice, [a]);
  s.node(node, root);
  const { replica } = settle(s.records);
  expect(memberOf(replica, node.key)).toMatchObject({ rank: [0, 0, 3], cut: { by: cut.id } });
});

test('authority counts from operators only: a node can admit, remove, grant and configure nothing', () => {
  const s = new Scribe();
  const n = s.node(node, root);
  const tries = [
    s.by(node, acts.operator(bob, []), { auth: [n] }),
    s.by(node, acts.node(carol, node, s.ledger, []), { auth: [n] }),
    s.by(node, acts.ticket(dave, []), { auth: [n] }),
    s.by(node, acts.remove(carol, 0), { auth: [n] }),
    s.by(node, acts.grant(carol, PEER), { auth: [n] }),
    s.by(node, acts.revoke(carol, 0), { auth: [n], refs: [n] }),
    s.by(node, acts.commit('k', 1), { auth: [n] }),
  ];
  const { replica } = settle(s.records);
  expect(tries.map((record) => verdictOn(replica, record))).toEqual(tries.map(() => 'void-class'));
  expect(stateOf(replica).members.map((m) => m.key)).toEqual([root.key, node.key]);
});

test('grants go from senior to junior only: what a junior gave cannot be cited', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const b = s.operator(bob, root);
  const up = s.by(bob, acts.grant(alice, PEER), { auth: [b] });
  const cites = s.by(alice, acts.commit('k', 1), { auth: [a, up] });
  const own = s.by(alice, acts.grant(alice, PEER), { auth: [a] });
  const { replica } = settle(s.records);
  expect(verdictOn(replica, up)).toBe('void-not-junior');
  expect(verdictOn(replica, cites)).toBe('void-auth');
  expect(verdictOn(replica, own)).toBe('void-not-junior');
});

test('a freeze takes authority, not membership: a frozen member stays in the state, marked', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const n = s.node(node, alice, [a]);
  s.fork(alice, { seq: 0, id: '' }, acts.commit('k', 1), { auth: [a] });
  const { replica } = settle(s.records);
  const { members, frozen } = stateOf(replica);
  expect(frozen).toEqual([{ author: alice.key, seq: 1 }]);
  const shown = members.find((m) => m.key === alice.key);
  expect(shown).toMatchObject({ frozen: 1 });
  expect(shown).not.toHaveProperty('removed');
  // What it had done at the forked place is void; the node was admitted there.
  expect(members.map((m) => m.key)).not.toContain(node.key);
  expect(verdictOn(replica, n)).toBe('void-frozen');
});

test('the root covers only what is live: who holds void records and who dropped them agree', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const keep = s.by(alice, acts.commit('k', 1), { auth: [a] });
  const gone = s.by(alice, acts.commit('k', 2), { auth: [a], refs: [keep] });
  const cut = s.remove(alice, root, [], keep);
  const dropped = settle([s.genesis, a, keep, cut, gone]);
  const holding = settle([s.genesis, a, keep, gone, cut]);
  expect(dropped.refused.map((r) => r.code)).toEqual(['beyond-cut']);
  expect([dropped.replica.records, holding.replica.records]).toEqual([4, 5]);
  expect(stateRoot(dropped.replica)).toBe(stateRoot(holding.replica));
  expect(frontierRoot(dropped.replica)).toBe(frontierRoot(holding.replica));
});

test('an entry is the last live record held and the cut that decides, so that a lack is seen', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const [one, two] = [1, 2].map((n) => s.by(alice, acts.commit('k', n), { auth: [a] }));
  const cut = s.remove(alice, root, [], two);
  const whole = settle([s.genesis, a, one!, two!, cut]);
  const lacking = settle([s.genesis, a, one!, cut]);
  const mark = `cut:${cut.id}`;
  expect(entryOf(whole.replica, alice.key)).toEqual({
    author: alice.key,
    seq: 2,
    id: two!.id,
    mark,
  });
  expect(entryOf(lacking.replica, alice.key)).toMatchObject({ seq: 1, id: one!.id, mark });
  expect(frontierRoot(lacking.replica)).not.toBe(frontierRoot(whole.replica));
  // A member that never wrote has no entry, until a cut gives it a mark.
  s.operator(bob, root);
  expect(entryOf(settle(s.records).replica, bob.key)).toBeUndefined();
  const cutBob = s.remove(bob, root);
  expect(entryOf(settle(s.records).replica, bob.key)).toMatchObject({
    seq: 0,
    mark: `cut:${cutBob.id}`,
  });
});

test('two branches of a fork are stored, a third only while a cut wants a branch that is not held', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const [one, two, three] = [1, 2, 3].map((n) =>
    s.fork(alice, { seq: 0, id: '' }, acts.commit('k', n), { auth: [a] }),
  ) as [Decoded, Decoded, Decoded];
  const after = s.by(alice, acts.commit('k', 4), { auth: [a], refs: [three] });
  const into = settle([s.genesis, a, one, two, three]);
  expect(into.refused.map((r) => r.code)).toEqual(['fork-full']);
  const cut = s.remove(alice, root, [], after);
  take(into, [cut]);
  take(into, [three]);
  take(into, [after]);
  expect(into.refused).toHaveLength(1);
  expect(entryOf(into.replica, alice.key)).toMatchObject({ seq: 2, mark: `cut:${cut.id}` });
  expect(stateOf(into.replica).config).toMatchObject([{ key: 'k', value: 4 }]);
});
