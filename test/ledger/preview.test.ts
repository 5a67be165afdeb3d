// What a person is shown before signing: what changes, and which records would not count any more.

import { expect, test } from 'vitest';
import type { Intent } from '../../ledger/intent.ts';
import { planFor } from '../../ledger/intent.ts';
import type { Act } from '../../ledger/kinds.ts';
import { previewOf } from '../../ledger/preview.ts';
import { voidRecords } from '../../ledger/voids.ts';
import type { RecordId } from '../../proto/ids.ts';
import { type Actor, Scribe, type World, acts, actor, everything, settle } from '../kit/actors.ts';

const [root, alice, bob, lamp, stove] = ['root', 'alice', 'bob', 'lamp', 'stove'].map(actor) as [
  Actor,
  Actor,
  Actor,
  Actor,
  Actor,
];

function preview(
  world: World,
  act: Act,
  refs: readonly RecordId[] = [],
  at: Intent['at'] = 'fixed',
) {
  const plan = planFor(world.replica, root.key, [{ act: act as Intent['act'], refs, at }], 7);
  expect(plan.fault).toBe(null);
  return { ...previewOf(world.replica, plan.after), after: plan.after };
}

function house() {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const early = s.by(alice, acts.commit('k', 1), { auth: [a] });
  const l = s.node(lamp, alice, [a]);
  const b = s.operator(bob, alice, [a], everything(2));
  const n = s.node(stove, bob, [b]);
  s.by(lamp, acts.update({ labels: ['hot'] }));
  // Void from the start: it is no news later.
  s.by(alice, acts.commit('void', 1), { auth: [b] });
  return { s, early, l, b, n, world: settle(s.records) };
}

test('a removal at the head takes nothing with it', () => {
  const { world } = house();
  const { changes, voids } = preview(world, acts.remove(alice, 0), [], 'current');
  expect(changes).toMatchObject([{ kind: 'removed', member: { shown: 'alice' }, seq: 4 }]);
  expect(voids).toEqual([]);
});

test('an earlier cut names each record and each member that falls, and whoever fell with those', () => {
  const { world, early, after, l, b, n } = { ...house(), after: null };
  const shown = preview(world, acts.remove(alice, 1), [early.id]);
  expect(after).toBe(null);
  const gone = shown.changes.filter(({ kind }) => kind === 'falls');
  expect(
    gone.flatMap((change) => ('member' in change ? change.member.name : [])).toSorted(),
  ).toEqual(['bob', 'lamp', 'stove']);
  const fallen = shown.voids.map(({ id }) => id);
  expect(fallen).toEqual(expect.arrayContaining([l.id, b.id, n.id]));
  expect(fallen).not.toContain(early.id);
});

test('the void records are exactly those that the fold finds afterwards and not before', () => {
  const { world, early } = house();
  for (const [seq, refs] of [
    [0, []],
    [1, [early.id]],
  ] as const) {
    const shown = preview(world, acts.remove(alice, seq), refs);
    const before = new Set([...voidRecords(world.replica)].map(({ id }) => id));
    const later = [...voidRecords(shown.after)].filter(({ id }) => !before.has(id));
    const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);
    expect(shown.voids.toSorted(byId)).toEqual(later.toSorted(byId));
    expect(later.length).toBeGreaterThan(3);
  }
});

test('a value, a grant and a conflict show as what they were and what they would be', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  s.by(root, acts.commit('k', 1));
  s.by(alice, acts.commit('k', 2), { auth: [a] });
  const world = settle(s.records);
  const set = preview(world, acts.commit('k', 3), [], 'current').changes;
  expect(set).toMatchObject([
    { kind: 'config', key: 'k', before: 1, value: 3 },
    { kind: 'settled', conflict: { kind: 'config', subject: 'k' } },
  ]);
  const given = preview(world, acts.grant(alice, everything(0).slice(0, 1))).changes;
  expect(given).toMatchObject([{ kind: 'gains', member: { name: 'alice' } }]);
  const taken = preview(world, acts.revoke(alice, 0), [a.id], 'current').changes;
  expect(taken).toMatchObject([{ kind: 'loses', member: { name: 'alice' } }]);
  const twin = { ...actor('alice twin'), name: 'alice' };
  expect(preview(world, acts.operator(twin)).changes).toMatchObject([
    { kind: 'joins' },
    { kind: 'conflict', conflict: { kind: 'name', subject: 'alice' } },
  ]);
});
