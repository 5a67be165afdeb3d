// Rank and class: one key, one standing, whoever admitted it and in whatever order that is learned.

import { expect, test } from 'vitest';
import { memberOf, stateOf, stateRoot } from '../../ledger/replica.ts';
import { verdictOn } from '../../ledger/voids.ts';
import { acts, actor, everything, PEER, Scribe, settle } from '../kit/actors.ts';
import type { Decoded } from '../../ledger/record.ts';

const root = actor('root');
const [alice, bob, carol, slip] = ['alice', 'bob', 'carol', 'slip'].map(actor) as [
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
];

/** One replica for each order in which the last two records can come; all must agree. */
function bothWays(records: readonly Decoded[]): ReturnType<typeof settle> {
  const [x, y] = records.slice(-2) as [Decoded, Decoded];
  const one = settle(records);
  const other = settle([...records.slice(0, -2), y, x]);
  expect(stateRoot(one.replica)).toBe(stateRoot(other.replica));
  return one;
}

test('of two admissions of one key the senior’s gives rank, name and quota; the other adds grants', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  s.by(root, acts.operator(carol, [], { name: 'by-root', quota: 70_000 }));
  s.by(alice, acts.operator(carol, PEER, { name: 'by-alice', quota: 80_000 }), { auth: [a] });
  const { replica } = bothWays(s.records);
  const member = memberOf(replica, carol.key);
  expect(member).toMatchObject({ rank: [0, 0, 3], name: 'by-root', quota: 70_000 });
  const shown = stateOf(replica).members.find((m) => m.key === carol.key);
  expect(shown?.grants.map((held) => held.grants)).toEqual([PEER]);
});

test('a key admitted as a node by a senior and as an operator by a junior is a node', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  s.node(carol, root);
  s.by(alice, acts.operator(carol, everything(1)), { auth: [a] });
  const { replica } = bothWays(s.records);
  expect(memberOf(replica, carol.key)).toMatchObject({ class: 'node', rank: [0, 0, 3] });
  // And what only operators may hold did not come in with the second admission.
  const shown = stateOf(replica).members.find((m) => m.key === carol.key);
  const actions = shown?.grants.flatMap((held) => held.grants.map((grant) => grant.action)) ?? [];
  expect(actions).toContain('place.job');
  expect(actions).not.toContain('member.admit');
});

test('a key admitted as an operator by a senior and as a node by a junior is an operator', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  s.operator(carol, root);
  s.node(carol, alice, [a]);
  const { replica } = bothWays(s.records);
  expect(memberOf(replica, carol.key)).toMatchObject({ class: 'operator', rank: [0, 0, 3] });
});

test('a key that an operator admits is not made by a ticket, however short the ticket’s path', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const b = s.operator(bob, alice, [a], everything(4));
  const t = s.by(
    root,
    acts.ticket(
      slip,
      PEER.map((grant) => ({ ...grant, depth: 1 })),
    ),
  );
  s.by(bob, acts.node(carol, bob, s.ledger, []), { auth: [b] });
  s.by(slip, acts.node(carol, slip, s.ledger, PEER), { auth: [t] });
  const { replica } = bothWays(s.records);
  expect(memberOf(replica, carol.key)).toMatchObject({ class: 'node', rank: [0, 0, 2, 1, 1] });
});

test('an operator stands before every node, whatever the paths', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const b = s.operator(bob, alice, [a], everything(4));
  s.node(carol, root);
  const cut = s.remove(carol, bob, [b]);
  const { replica } = settle(s.records);
  expect(memberOf(replica, carol.key)?.cut?.by).toBe(cut.id);
});

test('only a strictly senior author cuts: not a later sibling, not oneself, not one’s admitter', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const b = s.operator(bob, root);
  const sibling = s.remove(alice, bob, [b]);
  const self = s.remove(bob, bob, [b]);
  const above = s.remove(root, alice, [a], s.genesis);
  const { replica } = settle(s.records);
  for (const record of [sibling, self, above]) {
    expect(verdictOn(replica, record)).toBe('void-not-junior');
  }
  for (const who of [root, alice, bob]) expect(memberOf(replica, who.key)?.cut).toBe(null);
});

test('a cut needs a grant that covers its target, and so do a grant and a revocation', () => {
  const s = new Scribe();
  const nodes = everything(4).map((grant) => ({ ...grant, resource: 'node/' }));
  const a = s.operator(alice, root, [], nodes);
  const b = s.operator(bob, root);
  s.node(carol, root);
  const cutsBob = s.remove(bob, alice, [a]);
  const grantsBob = s.by(
    alice,
    acts.grant(
      bob,
      [].concat().concat([{ action: 'place.job', resource: 'node/', depth: 1 }] as never),
    ),
    { auth: [a] },
  );
  const revokesBob = s.by(alice, acts.revoke(bob, 0), { auth: [a], refs: [b] });
  const cutsCarol = s.remove(carol, alice, [a]);
  const { replica } = settle(s.records);
  for (const record of [cutsBob, grantsBob, revokesBob]) {
    expect(verdictOn(replica, record)).toBe('void-uncovered');
  }
  expect(verdictOn(replica, cutsCarol)).toBe(null);
});

test('a name taken later does not take a member out of reach of a grant on its first name', () => {
  const s = new Scribe();
  const a = s.operator(
    alice,
    root,
    [],
    [{ action: 'member.remove', resource: 'node/carol', depth: 0 }],
  );
  s.node(carol, root);
  s.by(carol, acts.update({ name: 'other' }));
  const cut = s.remove(carol, alice, [a]);
  expect(memberOf(settle(s.records).replica, carol.key)?.cut?.by).toBe(cut.id);
});
