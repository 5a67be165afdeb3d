// Grants: narrowed step by step, counted, revoked, and never judged by a clock.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ACTIONS, type Action, type Grant, covers, narrows } from '../../ledger/grant.ts';
import { memberOf, stateOf } from '../../ledger/replica.ts';
import { verdictOn } from '../../ledger/voids.ts';
import { acts, actor, everything, PEER, Scribe, settle } from '../kit/actors.ts';

const root = actor('root');
const [alice, bob, carol, dave, erin] = ['alice', 'bob', 'carol', 'dave', 'erin'].map(actor) as [
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
];

const grants: fc.Arbitrary<Grant> = fc
  .record(
    {
      action: fc.constantFrom<Action>('place.vm', 'place.job', 'member.admit'),
      resource: fc.constantFrom('', 'a', 'ab', 'abc', 'b'),
      depth: fc.nat({ max: 4 }),
      limits: fc.dictionary(fc.constantFrom('gpus', 'mem_mib'), fc.nat({ max: 3 })),
      expires: fc.nat({ max: 3 }),
    },
    { requiredKeys: ['action', 'resource', 'depth'] },
  )
  .map((grant) => grant as Grant);

test('narrowing is strict: what narrows allows nothing that the wider did not', () => {
  fc.assert(
    fc.property(grants, grants, grants, (child, parent, top) => {
      if (!narrows(child, parent)) return;
      expect(narrows(parent, child)).toBe(false);
      for (const resource of ['', 'a', 'ab', 'abc', 'abcd', 'b']) {
        for (const action of Object.keys(ACTIONS) as Action[]) {
          if (covers(child, action, [resource]))
            expect(covers(parent, action, [resource])).toBe(true);
        }
      }
      for (const [name, bound] of Object.entries(parent.limits ?? {})) {
        expect(child.limits?.[name]).toBeLessThanOrEqual(bound);
      }
      if (parent.expires !== undefined) expect(child.expires).toBeLessThanOrEqual(parent.expires);
      expect(child.depth).toBeLessThan(parent.depth);
      if (narrows(parent, top)) expect(narrows(child, top)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});

test('each field narrows, and widening any one of them is void', () => {
  const held: Grant = {
    action: 'place.vm',
    resource: 'lab',
    depth: 2,
    limits: { gpus: 2 },
    expires: 50,
  };
  const narrower: Grant = { ...held, depth: 1 };
  const wider: Grant[] = [
    { ...narrower, action: 'place.job' },
    { ...narrower, resource: 'la' },
    { ...narrower, depth: 2 },
    { ...narrower, limits: { gpus: 3 } },
    { ...narrower, limits: { mem_mib: 1 } },
    { ...narrower, expires: 51 },
    { action: 'place.vm', resource: 'lab', depth: 1, limits: { gpus: 2 } },
    { action: 'place.vm', resource: 'lab', depth: 1, expires: 50 },
  ];
  const verdictOf = (grant: Grant): string | null => {
    const s = new Scribe();
    const a = s.operator(
      alice,
      root,
      [],
      [held, ...everything(5).filter((g) => g.action !== 'place.vm')],
    );
    const record = s.node(carol, alice, [a], [grant]);
    return verdictOn(settle(s.records).replica, record);
  };
  expect(verdictOf({ ...narrower, action: 'place.vm' })).toBe(null);
  expect(wider.slice(1).map(verdictOf)).toEqual(wider.slice(1).map(() => 'void-widens'));
  // Another action narrows the grant of that action, with none of the first one's limits.
  expect(verdictOf(wider[0] as Grant)).toBe(null);
});

test('a delegation ends with its depth, at most eight steps from a root', () => {
  const s = new Scribe();
  const chain = ['d0', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8'].map(actor);
  let by = root;
  let auth: ReturnType<Scribe['operator']>[] = [];
  for (const [i, who] of chain.entries()) {
    const admitted = s.operator(who, by, auth, i <= 7 ? everything(7 - i) : PEER);
    [by, auth] = [who, [admitted]];
  }
  const { replica } = settle(s.records);
  expect(memberOf(replica, (chain[7] as typeof root).key)).toMatchObject({ class: 'operator' });
  // The eighth holds depth 0: it may act, and hand nothing on.
  expect(memberOf(replica, (chain[8] as typeof root).key)).toBe(null);
});

test('a count is used up by the author’s own acts, in order, and the next grant is taken then', () => {
  const s = new Scribe();
  const admits = (count: number): Grant => ({
    action: 'member.admit',
    resource: 'node/',
    depth: 1,
    limits: { count },
  });
  const a = s.operator(alice, root, [], [admits(1)]);
  const more = s.by(root, acts.grant(alice, [admits(1)]));
  const both = [a, more];
  const [one, two, three] = [bob, carol, dave].map((who) => s.node(who, alice, both, []));
  const { replica } = settle(s.records);
  expect([one, two, three].map((record) => verdictOn(replica, record!))).toEqual([
    null,
    null,
    'void-limit',
  ]);
  // Records that come out of order are counted by their place, not by their arrival.
  const late = settle([s.genesis, a, one!, two!, three!, more]);
  expect(stateOf(late.replica).members.map((m) => m.key)).toEqual(
    stateOf(replica).members.map((m) => m.key),
  );
});

test('a revocation ends the use of one grant from a place on, and what was done before stands', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const before = s.node(bob, alice, [a]);
  const after = s.node(carol, alice, [a]);
  const revoke = s.by(root, acts.revoke(alice, before.seq), { refs: [a] });
  const { replica } = settle(s.records);
  expect(verdictOn(replica, revoke)).toBe(null);
  expect([before, after].map((record) => verdictOn(replica, record))).toEqual([
    null,
    'void-revoked',
  ]);
  expect(memberOf(replica, alice.key)).toMatchObject({ class: 'operator', cut: null });
  expect(stateOf(replica).members.find((m) => m.key === alice.key)?.grants).toEqual([]);
});

test('who granted may revoke, anybody else needs a grant for it; the most senior word decides', () => {
  const s = new Scribe();
  const narrow = everything(4).filter((grant) => grant.action !== 'cap.grant');
  const a = s.operator(alice, root, [], narrow);
  const b = s.operator(bob, root);
  const c = s.operator(carol, alice, [a], PEER);
  const own = s.by(alice, acts.revoke(carol, 5), { auth: [a], refs: [c] });
  const other = s.by(alice, acts.revoke(bob, 0), { auth: [a], refs: [b] });
  const { replica } = settle(s.records);
  expect([verdictOn(replica, own), verdictOn(replica, other)]).toEqual([null, 'void-uncovered']);
  expect(memberOf(replica, carol.key)?.grants.get(c.id)?.lastUse).toBe(5);
  s.by(root, acts.revoke(carol, 9), { refs: [c] });
  expect(memberOf(settle(s.records).replica, carol.key)?.grants.get(c.id)?.lastUse).toBe(9);
  s.by(root, acts.revoke(carol, 7), { refs: [c] });
  expect(memberOf(settle(s.records).replica, carol.key)?.grants.get(c.id)?.lastUse).toBe(7);
});

test('the fold knows no clock: a grant that expired in 1970 is in force in it', () => {
  const s = new Scribe();
  const old: Grant = { action: 'place.job', resource: '', depth: 0, expires: 1 };
  s.node(carol, root, [], [old]);
  const shown = stateOf(settle(s.records).replica).members.find((m) => m.key === carol.key);
  expect(shown?.grants.map((held) => held.grants)).toEqual([[old]]);
});

test('what a later grant gives to a node leaves out what only operators may hold', () => {
  const s = new Scribe();
  s.node(erin, root, [], []);
  s.by(root, acts.grant(erin, everything(2)));
  const shown = stateOf(settle(s.records).replica).members.find((m) => m.key === erin.key);
  const actions = shown?.grants.flatMap((held) => held.grants.map((grant) => grant.action)) ?? [];
  expect(actions.toSorted()).toEqual(
    (Object.keys(ACTIONS) as Action[]).filter((action) => !ACTIONS[action].operators).toSorted(),
  );
});

test('an admission of a node that gives what only operators may hold is void', () => {
  for (const action of Object.keys(ACTIONS) as Action[]) {
    const s = new Scribe();
    const record = s.node(erin, root, [], [{ action, resource: '', depth: 0 }]);
    const expected = ACTIONS[action].operators ? 'void-class' : null;
    expect(verdictOn(settle(s.records).replica, record)).toBe(expected);
  }
});

test('nobody uses a grant that was given to another', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const b = s.operator(bob, root, [], []);
  const borrowed = s.by(bob, acts.commit('k', 1), { auth: [a, b] });
  expect(verdictOn(settle(s.records).replica, borrowed)).toBe('void-uncovered');
});
