// Drafts: what the tools write is never void. The draft of any act either is refused with a reason,
// or counts in the fold once it is signed.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DRAFT_REFUSALS } from '../../ledger/draft-refusals.ts';
import { type Request, draftFor } from '../../ledger/draft.ts';
import type { Grant } from '../../ledger/grant.ts';
import { type Intent, planFor } from '../../ledger/intent.ts';
import type { Act } from '../../ledger/kinds.ts';
import { decodeText, sealedLine, signedBytes, unsignedText } from '../../ledger/record.ts';
import { frontierRoot, memberOf, stateOf, stateRoot } from '../../ledger/replica.ts';
import { verdictOn } from '../../ledger/voids.ts';
import type { RecordId } from '../../proto/ids.ts';
import { nodePlatform } from '../../src/platform.ts';
import {
  type Actor,
  Scribe,
  type World,
  acts,
  actor,
  everything,
  settle,
  signBytes,
  take,
} from '../kit/actors.ts';

const [root, alice, bob, carol, lamp, stove] = [
  'root',
  'alice',
  'bob',
  'carol',
  'lamp',
  'stove',
].map(actor) as [Actor, Actor, Actor, Actor, Actor, Actor];

const admitting = (resource: string, limits?: Record<string, number>): Grant => ({
  action: 'member.admit',
  resource,
  depth: 0,
  ...(limits === undefined ? {} : { limits }),
});
const committing: Grant = { action: 'config.commit', resource: '', depth: 0 };

function drafted(world: World, by: Actor, act: Act, refs: readonly RecordId[] = []) {
  return draftFor(world.replica, by.key, { act, refs, ts: 1_800_000_000_000 });
}

function code(world: World, by: Actor, act: Act, refs: readonly RecordId[] = []): string | null {
  const result = drafted(world, by, act, refs);
  return result.ok ? null : result.code;
}

/** Signs a draft and takes it through the real door. */
function sign(world: World, by: Actor, request: Request) {
  const result = draftFor(world.replica, by.key, request);
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`);
  const { draft } = result.value;
  const sig = signBytes(by, signedBytes(unsignedText(draft)));
  const record = decodeText(sealedLine(draft, sig), nodePlatform);
  if (!record.ok) throw new Error(record.code);
  take(world, [record.value]);
  return { record: record.value, after: result.value.after, id: result.value.record.id };
}

describe('a draft', () => {
  test('has the id, the place and the effect that the signed record has', () => {
    const s = new Scribe();
    const world = settle(s.records);
    const { record, after, id } = sign(world, root, { act: acts.operator(alice), ts: 5 });
    expect(record.id).toBe(id);
    expect(record.seq).toBe(2);
    expect(verdictOn(world.replica, record)).toBe(null);
    expect(stateRoot(after)).toBe(stateRoot(world.replica));
    expect(frontierRoot(after)).toBe(frontierRoot(world.replica));
  });

  test('leaves the replica as it was', () => {
    const s = new Scribe();
    s.operator(alice, root);
    const world = settle(s.records);
    const before = [stateRoot(world.replica), frontierRoot(world.replica), world.replica.records];
    expect(drafted(world, root, acts.remove(alice, 0)).ok).toBe(true);
    expect([stateRoot(world.replica), frontierRoot(world.replica), world.replica.records]).toEqual(
      before,
    );
    expect(memberOf(world.replica, alice.key)?.cut).toBe(null);
  });

  test('of a root cites nothing, and that of anybody else the fewest grants that will do', () => {
    const s = new Scribe();
    const one = s.operator(alice, root, [], [admitting('node/')]);
    const two = s.by(root, acts.grant(alice, [{ action: 'place.job', resource: '', depth: 1 }]));
    const three = s.by(root, acts.grant(alice, [{ action: 'place.vm', resource: '', depth: 1 }]));
    const all = s.by(
      root,
      acts.grant(alice, [
        { action: 'place.job', resource: '', depth: 1 },
        { action: 'place.vm', resource: '', depth: 1 },
      ]),
    );
    const world = settle(s.records);
    const wanted: Grant[] = [
      { action: 'place.job', resource: '', depth: 0 },
      { action: 'place.vm', resource: '', depth: 0 },
    ];
    const result = drafted(world, alice, acts.node(lamp, alice, s.ledger, wanted));
    expect(result).toMatchObject({ ok: true });
    if (result.ok) expect(result.value.draft.auth).toEqual([one.id, all.id].toSorted());
    const single = drafted(world, alice, acts.node(lamp, alice, s.ledger, []));
    if (single.ok) expect(single.value.draft.auth).toEqual([one.id]);
    expect(single.ok).toBe(true);
    expect([two.id, three.id]).not.toContain(all.id);
    const ofRoot = drafted(world, root, acts.commit('k', 1));
    if (ofRoot.ok) expect(ofRoot.value.draft.auth).toEqual([]);
    expect(ofRoot.ok).toBe(true);
  });

  test('goes on to another grant where the count of one is used up', () => {
    const s = new Scribe();
    const one = s.operator(alice, root, [], [admitting('', { count: 1 })]);
    const two = s.by(root, acts.grant(alice, [admitting('', { count: 1 })]));
    const world = settle(s.records);
    const first = sign(world, alice, { act: acts.node(lamp, alice, s.ledger, []), ts: 1 });
    const second = sign(world, alice, { act: acts.node(stove, alice, s.ledger, []), ts: 2 });
    expect([...first.record.auth, ...second.record.auth].toSorted()).toEqual(
      [one.id, two.id].toSorted(),
    );
    expect(code(world, alice, acts.node(carol, alice, s.ledger, []))).toBe('limit-used');
  });

  test('never cites a grant that was revoked', () => {
    const s = new Scribe();
    const one = s.operator(alice, root, [], [committing]);
    s.by(root, acts.revoke(alice, 0), { refs: [one] });
    expect(code(settle(s.records), alice, acts.commit('k', 1))).toBe('uncovered');
    // However helpful it would be beside another.
    const other = s.by(root, acts.grant(alice, [committing]));
    const third = s.by(root, acts.grant(alice, [committing]));
    s.by(root, acts.revoke(alice, 0), { refs: [other] });
    const result = drafted(settle(s.records), alice, acts.commit('k', 1));
    expect(result.ok && result.value.draft.auth).toEqual([third.id]);
  });
});

describe('a draft is refused', () => {
  const s = new Scribe();
  const a = s.operator(alice, root, [], [...everything(1), admitting('node/')]);
  const granting: Grant = { action: 'cap.grant', resource: '', depth: 0 };
  const b = s.operator(bob, root, [], [committing, granting]);
  s.node(lamp, root);
  const removed = s.operator(carol, root, [], [committing]);
  s.remove(carol, root);
  const world = settle(s.records);
  const job: Grant = { action: 'place.job', resource: '', depth: 0 };
  const cases: [string, string, () => string | null][] = [
    ['for a key that is nobody', 'not-a-member', () => code(world, stove, acts.commit('k', 1))],
    ['for a node that decides', 'wrong-class', () => code(world, lamp, acts.commit('k', 1))],
    ['for an operator that was removed', 'removed', () => code(world, carol, acts.commit('k', 1))],
    ['without a grant for it', 'uncovered', () => code(world, bob, acts.remove(lamp, 0))],
    [
      'that passes on what its author lacks',
      'widens',
      () => code(world, bob, acts.grant(lamp, [job])),
    ],
    [
      'that passes on with as much depth',
      'widens',
      () => code(world, alice, acts.grant(lamp, [{ ...job, depth: 1 }])),
    ],
    ['over a senior', 'not-junior', () => code(world, alice, acts.remove(root, 0))],
    [
      'over an equal who came before',
      'not-junior',
      () => code(world, bob, acts.grant(alice, [committing])),
    ],
    ['over itself', 'not-junior', () => code(world, alice, acts.remove(alice, 0))],
    [
      'for a target that nobody knows',
      'unknown-target',
      () => code(world, root, acts.remove(stove, 0)),
    ],
    ['for a key that came before', 'already-member', () => code(world, root, acts.operator(lamp))],
    [
      'for the recovery key',
      'already-member',
      () => code(world, root, acts.operator(actor('paper'))),
    ],
    ['for a key that was removed', 'target-removed', () => code(world, root, acts.operator(carol))],
    [
      'for grants to one that was removed',
      'target-removed',
      () => code(world, root, acts.grant(carol, [job])),
    ],
    [
      'for a node that would decide',
      'operators-only',
      () => code(world, root, acts.grant(lamp, [committing])),
    ],
    [
      'for a grant that the member does not hold',
      'no-such-grant',
      () => code(world, root, acts.revoke(lamp, 0), [b.id]),
    ],
    [
      'for a name that is no host label',
      'bad-form',
      () => code(world, root, acts.operator(stove, [], { name: 'A b' })),
    ],
    [
      'for what a senior has decided already',
      'overruled',
      () => code(world, alice, acts.remove(bobBelow(), 0)),
    ],
  ];

  /** A node that Alice admitted and the root has removed. */
  function bobBelow(): Actor {
    if (memberOf(world.replica, stove.key) === null) {
      const node = s.node(stove, alice, [a], []);
      take(world, [node, s.remove(stove, root, [], { seq: 0, id: '' })]);
    }
    return stove;
  }

  test.each(cases)('%s: %s', (_, wanted, act) => {
    expect(act()).toBe(wanted);
    expect(Object.keys(DRAFT_REFUSALS)).toContain(wanted);
    expect(removed.seq).toBeGreaterThan(0);
  });

  test('after a fork of its author', () => {
    const fork = new Scribe();
    const admitted = fork.operator(alice, root);
    const one = fork.by(alice, acts.commit('k', 1), { auth: [admitted] });
    const two = fork.fork(alice, { seq: 0, id: '' }, acts.commit('k', 2), { auth: [admitted] });
    const frozen = settle([...fork.records]);
    expect(one.id).not.toBe(two.id);
    expect(code(frozen, alice, acts.commit('k', 3))).toBe('frozen');
  });

  test('for a second machine with one ticket', () => {
    const used = new Scribe();
    const ticket = used.by(root, acts.ticket(stove));
    used.by(stove, acts.node(lamp, stove, used.ledger, []), { auth: [ticket] });
    const after = settle(used.records);
    expect(memberOf(after.replica, lamp.key)?.class).toBe('node');
    expect(code(after, stove, acts.node(carol, stove, used.ledger, []))).toBe('used-up');
    expect(code(after, stove, acts.commit('k', 1))).toBe('wrong-class');
  });
});

describe('a plan', () => {
  const current = (act: Act): Intent => ({ act: act as Intent['act'], refs: [], at: 'current' });

  test('lets each step stand on those before it', () => {
    const s = new Scribe();
    const world = settle(s.records);
    const fixed = (act: Act): Intent => ({ act: act as Intent['act'], refs: [], at: 'fixed' });
    const plan = planFor(
      world.replica,
      root.key,
      [
        fixed(acts.operator(alice)),
        fixed(acts.grant(alice, [committing])),
        current(acts.remove(alice, 9)),
      ],
      7,
    );
    expect(plan.fault).toBe(null);
    const [one, two, three] = plan.steps.map(({ drafted: step }) =>
      step.ok ? step.value.record : null,
    );
    expect([one?.seq, two?.prev, three?.prev]).toEqual([2, one?.id, two?.id]);
    expect(stateOf(plan.after).members.find(({ key }) => key === alice.key)?.removed?.seq).toBe(0);
  });

  test('replaces every head that a key has when it is made', () => {
    const s = new Scribe();
    const a = s.operator(alice, root);
    const mine = s.by(root, acts.commit('k', 1));
    const hers = s.by(alice, acts.commit('k', 2), { auth: [a] });
    const { replica } = settle(s.records);
    expect(stateOf(replica).conflicts).toHaveLength(1);
    const plan = planFor(replica, root.key, [current(acts.commit('k', 3))], 7);
    expect(plan.steps[0]?.now.refs.toSorted()).toEqual([mine.id, hers.id].toSorted());
    expect(stateOf(plan.after)).toMatchObject({ conflicts: [], config: [{ key: 'k', value: 3 }] });
  });

  test('honours what a member has written when it is made', () => {
    const s = new Scribe();
    const a = s.operator(alice, root);
    const one = s.by(alice, acts.commit('k', 1), { auth: [a] });
    const world = settle(s.records);
    const two = s.by(alice, acts.commit('k', 2), { auth: [a], refs: [one] });
    const intent = current(acts.remove(alice, 0));
    const early = planFor(world.replica, root.key, [intent], 7);
    take(world, [two]);
    const late = planFor(world.replica, root.key, [intent], 7);
    expect(early.steps[0]?.now).toMatchObject({ refs: [one.id], act: { body: { seq: 1 } } });
    expect(late.steps[0]?.now).toMatchObject({ refs: [two.id], act: { body: { seq: 2 } } });
  });

  test('goes on past a step that cannot be written, and names the first', () => {
    const { replica } = settle(new Scribe().records);
    const plan = planFor(
      replica,
      root.key,
      [current(acts.remove(lamp, 0)), current(acts.commit('k', 1))],
      7,
    );
    expect(plan.fault).toMatchObject({ code: 'unknown-target' });
    expect(plan.steps.map(({ drafted: step }) => step.ok)).toEqual([false, true]);
  });
});

test('whatever is drafted in whatever order counts in the fold and never voids a senior', () => {
  const people = [root, alice, bob, carol];
  const anybody = fc.constantFrom(...people, lamp, stove);
  const grants = fc.subarray(everything(1).concat(everything(0)), { maxLength: 4 });
  const anyAct = fc.oneof(
    fc.tuple(anybody, grants).map(([who, given]) => acts.operator(who, given)),
    fc.tuple(anybody, grants).map(([who, given]) => acts.grant(who, given)),
    fc.tuple(anybody, fc.nat(3)).map(([who]) => acts.remove(who, 0)),
    fc.tuple(fc.constantFrom('a', 'b'), fc.nat(3)).map(([key, value]) => acts.commit(key, value)),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...people), anyAct), { maxLength: 12 }),
      (steps) => {
        const world = settle(new Scribe().records);
        for (const [by, act] of steps) {
          const result = draftFor(world.replica, by.key, { act, ts: 1 });
          if (!result.ok) {
            expect(Object.keys(DRAFT_REFUSALS)).toContain(result.code);
            continue;
          }
          const { record, after } = sign(world, by, { act, ts: 1 });
          expect(world.refused).toEqual([]);
          expect(verdictOn(world.replica, record)).toBe(null);
          expect(stateRoot(after)).toBe(stateRoot(world.replica));
        }
      },
    ),
    { numRuns: 60 },
  );
});
