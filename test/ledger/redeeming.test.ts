// Tickets: a key that may admit one node, with no more than the ticket says, once.

import { expect, test } from 'vitest';
import { memberOf, stateOf, stateRoot } from '../../ledger/replica.ts';
import { verdictOn } from '../../ledger/voids.ts';
import { acts, actor, everything, PEER, Scribe, settle, take, world } from '../kit/actors.ts';

const root = actor('root');
const [alice, carol, dave, slip] = ['alice', 'carol', 'dave', 'slip'].map(actor) as [
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
];
const START = { seq: 0, id: '' } as const;
const GIVEN = PEER.map((grant) => ({ ...grant, depth: 1 }));

test('a ticket admits a node, with what the ticket says and no more', () => {
  const s = new Scribe();
  const t = s.by(root, acts.ticket(slip, GIVEN, { labels: ['lab'] }));
  s.by(slip, acts.node(carol, slip, s.ledger, PEER, { labels: ['lab'] }), { auth: [t] });
  const { replica, refused } = settle(s.records);
  expect(refused).toEqual([]);
  expect(memberOf(replica, carol.key)).toMatchObject({ class: 'node', rank: [0, 0, 2, 1] });
  const shown = stateOf(replica).members.find((m) => m.key === carol.key);
  expect(shown?.grants.map((held) => held.grants)).toEqual([PEER]);
});

test('two redemptions of one ticket fall both, in either order, and the freeze is told', () => {
  const s = new Scribe();
  const t = s.by(root, acts.ticket(slip, GIVEN));
  const one = s.by(slip, acts.node(carol, slip, s.ledger, PEER), { auth: [t] });
  const two = s.fork(slip, START, acts.node(dave, slip, s.ledger, PEER), { auth: [t] });
  const ab = settle([s.genesis, t, one, two]);
  const ba = settle([s.genesis, t, two, one]);
  expect(stateRoot(ab.replica)).toBe(stateRoot(ba.replica));
  const state = stateOf(ab.replica);
  expect(state.members.map((m) => m.key)).toEqual([root.key, slip.key]);
  expect(state.frozen).toEqual([{ author: slip.key, seq: 1 }]);
  expect([verdictOn(ab.replica, one), verdictOn(ab.replica, two)]).toEqual([
    'void-frozen',
    'void-frozen',
  ]);
});

test('a ticket’s quota is one record: a second one is turned away', () => {
  const s = new Scribe();
  const t = s.by(root, acts.ticket(slip, GIVEN));
  s.by(slip, acts.node(carol, slip, s.ledger, []), { auth: [t] });
  s.by(slip, acts.node(dave, slip, s.ledger, []), { auth: [t] });
  const { replica, refused } = settle(s.records);
  expect(refused.map((r) => r.code)).toEqual(['over-quota']);
  expect(stateOf(replica).members.map((m) => m.key)).toEqual([root.key, slip.key, carol.key]);
});

test('a ticket gives neither more grants, nor more depth, nor other labels, nor a quota', () => {
  const tries = [
    { grants: [{ action: 'work.stop', resource: '', depth: 0 } as const] },
    { grants: GIVEN },
    { labels: ['other'] },
    { quota: 5_000 },
  ];
  for (const { grants = [], ...more } of tries) {
    const s = new Scribe();
    const t = s.by(root, acts.ticket(slip, GIVEN, { labels: ['lab'] }));
    const act = acts.node(carol, slip, s.ledger, grants, more);
    const record = s.by(slip, act, { auth: [t] });
    expect(verdictOn(settle(s.records).replica, record)).toBe('void-widens');
  }
});

test('a ticket cannot be given what only operators hold, and admits no operator', () => {
  const s = new Scribe();
  const t = s.by(root, acts.ticket(slip, everything(3)));
  expect(verdictOn(settle(s.records).replica, t)).toBe('void-class');
  const other = new Scribe();
  const fine = other.by(root, acts.ticket(slip, GIVEN));
  const operator = other.by(slip, acts.operator(carol, []), { auth: [fine] });
  expect(verdictOn(settle(other.records).replica, operator)).toBe('void-class');
});

test('a removal closes a leaked ticket: at the door for who has not seen it used, and after', () => {
  const s = new Scribe();
  const t = s.by(root, acts.ticket(slip, GIVEN));
  const used = s.by(slip, acts.node(carol, slip, s.ledger, PEER), { auth: [t] });
  const closed = s.remove(slip, root, [], START);
  const early = settle([s.genesis, t, closed, used]);
  const late = settle([s.genesis, t, used, closed]);
  expect(early.refused.map((r) => r.code)).toEqual(['beyond-cut']);
  expect(stateRoot(early.replica)).toBe(stateRoot(late.replica));
  expect(memberOf(late.replica, carol.key)).toBe(null);
});

test('a ticket redeemed before its issuer is removed stands, and an operator’s deeds with it', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const t = s.by(alice, acts.ticket(slip, GIVEN), { auth: [a] });
  s.by(slip, acts.node(carol, slip, s.ledger, PEER), { auth: [t] });
  s.remove(alice, root);
  const { replica } = settle(s.records);
  expect(memberOf(replica, carol.key)).toMatchObject({ class: 'node', cut: null });
});

test('the clock closes no ticket in the fold: one long expired admits the same node', () => {
  const s = new Scribe();
  const t = s.by(root, acts.ticket(slip, GIVEN, { expires: 1 }));
  const used = s.by(slip, acts.node(carol, slip, s.ledger, PEER), { auth: [t] });
  const { replica } = settle(s.records);
  expect(verdictOn(replica, used)).toBe(null);
  expect(stateOf(replica).members.find((m) => m.key === slip.key)).toMatchObject({ expires: 1 });
});

test('a stranger with no ticket admits nobody', () => {
  const s = new Scribe();
  s.by(slip, acts.node(carol, slip, s.ledger, PEER));
  const into = take(world(s.genesis), s.records.slice(1));
  expect(into.refused.map((r) => r.code)).toEqual(['unknown-author']);
});
