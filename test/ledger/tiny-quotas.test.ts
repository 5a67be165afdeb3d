// The properties again with quotas of a few records, so that random histories run into every edge
// of them: over quota, the places kept for key rotation, removals above a quota, raised quotas,
// forks there. The real numbers are in quotas.test.ts.

import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { dice, historyOf } from '../kit/history.ts';
import { histories, PATIENCE_MS, RUNS } from '../kit/arbitrary.ts';
import { type Actor, acts, actor, Scribe, settle, take, wireguardClaim } from '../kit/actors.ts';
import { PROPERTIES } from '../kit/properties.ts';
import { roots } from '../kit/replicas.ts';
import { QUOTA_NODE, QUOTA_REMOVALS_ABOVE } from '../../ledger/limits.ts';
import type { Decoded } from '../../ledger/record.ts';
import { memberOf } from '../../ledger/replica.ts';
import { verdictOn } from '../../ledger/voids.ts';

vi.mock('../../ledger/limits.ts', async (original) => ({
  ...(await original<typeof import('../../ledger/limits.ts')>()),
  QUOTA_ROOT: 8,
  QUOTA_OPERATOR: 3,
  QUOTA_NODE: 4,
  QUOTA_NODE_ROTATION: 2,
  QUOTA_REMOVALS_ABOVE: 3,
}));

test('the quotas are tiny here', () => {
  expect(QUOTA_NODE).toBe(4);
});

const root = actor('root');
const [alice, bob, carol] = ['alice', 'bob', 'carol'].map(actor) as [Actor, Actor, Actor];

/** Alice after her three records, and everything she relies on. */
function atQuota(): { s: Scribe; auth: Decoded[] } {
  const s = new Scribe();
  const a = s.operator(alice, root);
  s.operator(bob, root);
  s.operator(carol, root);
  for (let i = 0; i < 3; i++) s.by(alice, acts.commit('k', i), { auth: [a] });
  return { s, auth: [a] };
}

test('above its quota an operator removes, once per target, and does nothing else', () => {
  const { s, auth } = atQuota();
  const START = { seq: 0, id: '' } as const;
  const first = s.remove(bob, alice, auth, START);
  const into = settle(s.records);
  expect(memberOf(into.replica, bob.key)?.cut?.by).toBe(first.id);
  const head = s.head(alice);
  const again = s.remove(bob, alice, auth, START);
  const commit = s.fork(alice, head, acts.commit('k', 9), { auth });
  take(into, [again, commit]);
  expect(into.refused.map((r) => r.code)).toEqual(['over-quota', 'over-quota']);
  const other = s.fork(alice, head, acts.remove(carol, 0), { auth });
  take(into, [other]);
  expect(memberOf(into.replica, carol.key)?.cut?.by).toBe(other.id);
});

test('removals above a quota end too', () => {
  const { s, auth } = atQuota();
  for (let i = 0; i < 4; i++) s.by(alice, acts.remove(actor(`nobody ${i}`), 0), { auth });
  const { replica, refused } = settle(s.records);
  expect(refused.map((r) => r.code)).toEqual(['over-quota']);
  expect(memberOf(replica, alice.key)?.live.seq).toBe(3 + QUOTA_REMOVALS_ABOVE);
});

test('a fork among the removals above a quota is seen, whichever branch came first', () => {
  const { s, auth } = atQuota();
  const head = s.head(alice);
  const one = s.by(alice, acts.remove(bob, 0), { auth });
  const two = s.fork(alice, head, acts.remove(bob, 0), { auth, ts: 1 });
  const rest = s.records.slice(0, -2);
  const [ab, ba] = [settle([...rest, one, two]), settle([...rest, two, one])];
  expect(memberOf(ab.replica, alice.key)?.live).toMatchObject({ seq: 3, frozen: true });
  expect(roots(ab.replica)).toBe(roots(ba.replica));
});

test('a fork between what may stand above a quota and what may not is none', () => {
  const { s, auth } = atQuota();
  const head = s.head(alice);
  const stands = s.by(alice, acts.remove(bob, 0), { auth });
  const next = s.by(alice, acts.remove(carol, 0), { auth });
  const not = s.fork(alice, head, acts.commit('k', 9), { auth });
  const rest = s.records.slice(0, -3);
  const audit = settle([...rest, not, stands, next], 'audit');
  const door = settle([...rest, not, stands, next]);
  expect(memberOf(audit.replica, alice.key)?.live).toMatchObject({ seq: 5, frozen: false });
  expect(memberOf(audit.replica, carol.key)?.cut?.by).toBe(next.id);
  expect(roots(audit.replica)).toBe(roots(door.replica));
  expect(verdictOn(audit.replica, not)).toBe('void-quota');
});

test('a cut that names a record above the quota settles no fork: hardly anybody holds that record', () => {
  const { s, auth } = atQuota();
  const above = s.by(alice, acts.commit('k', 4), { auth });
  const twin = s.fork(alice, { seq: 0, id: '' }, acts.commit('k', 5), { auth });
  s.remove(alice, root, [], above);
  const audit = settle(s.records, 'audit');
  const door = settle(s.records);
  expect([audit.replica.records, door.replica.records]).toEqual([10, 9]);
  expect(memberOf(audit.replica, alice.key)?.live).toMatchObject({ seq: 0, frozen: true });
  expect(roots(audit.replica)).toBe(roots(door.replica));
  expect(twin.seq).toBe(1);
});

test('the end of a node is for its key: a rotation stands there, and a fork of two rotations freezes', () => {
  const s = new Scribe();
  s.node(bob, root);
  for (let i = 0; i < 2; i++) s.by(bob, acts.update({ name: `n${i}` }));
  const turn = (counter: number) => acts.update({ wg: wireguardClaim(bob, s.ledger, counter) });
  const first = s.by(bob, turn(1));
  const into = settle(s.records);
  expect(memberOf(into.replica, bob.key)?.live.seq).toBe(3);
  take(into, [s.by(bob, acts.update({ name: 'n3' }))]);
  expect(into.refused.map((r) => r.code)).toEqual(['over-quota']);
  take(into, [s.fork(bob, first, turn(2)), s.fork(bob, first, turn(3))]);
  expect(memberOf(into.replica, bob.key)?.live).toMatchObject({ seq: 3, frozen: true });
});

for (const [claim, holds] of Object.entries(PROPERTIES)) {
  test(claim, { timeout: PATIENCE_MS }, () => {
    fc.assert(
      fc.property(histories, fc.nat(), (made, seed) => holds(historyOf(made), dice(seed))),
      { numRuns: RUNS },
    );
    expect.hasAssertions();
  });
}
