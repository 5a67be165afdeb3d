// Presets are written out, and never give more than their writer may hand on.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ACTIONS, type Action, type Grant, narrows } from '../../ledger/grant.ts';
import { GRANTS_MAX } from '../../ledger/limits.ts';
import {
  MEMBER_PRESETS,
  type MemberPreset,
  OPERATOR_PRESETS,
  type OperatorPreset,
  fitted,
  memberWishes,
  operatorWishes,
} from '../../ledger/presets.ts';
import { grant as grantSchema } from '../../ledger/schema.ts';
import { draftFor } from '../../ledger/draft.ts';
import type { Json } from '../../proto/json.ts';
import { Scribe, acts, actor, settle } from '../kit/actors.ts';

const members = Object.keys(MEMBER_PRESETS) as MemberPreset[];
const operators = Object.keys(OPERATOR_PRESETS) as OperatorPreset[];

test('a peer places, reads and stops work, pushes images and reads metrics; a guest does nothing', () => {
  const actions = (preset: MemberPreset): Action[] =>
    fitted(memberWishes(preset, 'node'), 'root').grants.map(({ action }) => action);
  expect(actions('peer')).toEqual([
    'place.vm',
    'place.job',
    'place.app',
    'place.model',
    'work.read',
    'work.stop',
    'image.push',
    'metrics.read',
  ]);
  expect(actions('observer').toSorted()).toEqual(['metrics.read', 'work.read']);
  expect(actions('guest')).toEqual([]);
});

test.each(members)('%s holds nothing that only operators may, and hands on nothing', (preset) => {
  const { grants } = fitted(memberWishes(preset, 'node'), 'root');
  expect(grants.some(({ action, depth }) => ACTIONS[action].operators || depth > 0)).toBe(false);
  const ticket = fitted(memberWishes(preset, 'ticket'), 'root').grants;
  for (const [i, grant] of grants.entries()) {
    expect(narrows(grant, ticket[i] as Grant)).toBe(true);
  }
});

test('full is every action one step below the root, and one step below whoever has it', () => {
  const first = fitted(operatorWishes('full'), 'root').grants;
  expect(first.map(({ action }) => action)).toEqual(Object.keys(ACTIONS));
  expect(new Set(first.map(({ depth }) => depth))).toEqual(new Set([7]));
  let own = first;
  for (let depth = 6; depth >= 0; depth--) {
    own = fitted(operatorWishes('full'), own).grants;
    expect(new Set(own.map((grant) => grant.depth))).toEqual(new Set([depth]));
  }
  expect(fitted(operatorWishes('full'), own)).toMatchObject({ grants: [] });
  expect(fitted(operatorWishes('full'), own).missing).toHaveLength(first.length);
});

test('an admitter may issue a ticket that makes a peer', () => {
  const [root, alice] = [actor('root'), actor('alice')];
  const s = new Scribe();
  s.operator(alice, root, [], fitted(operatorWishes('admitter'), 'root').grants);
  const { replica } = settle(s.records);
  const own = fitted(operatorWishes('admitter'), 'root').grants;
  const { grants, missing } = fitted(memberWishes('peer', 'ticket'), own);
  expect(missing).toEqual([]);
  const act = acts.ticket(actor('ticket'), grants);
  expect(draftFor(replica, alice.key, { act, ts: 1 }).ok).toBe(true);
  const more = acts.operator(actor('bob'), []);
  expect(draftFor(replica, alice.key, { act: more, ts: 1 })).toMatchObject({ code: 'uncovered' });
});

const anyGrant = fc.record({
  action: fc.constantFrom(...(Object.keys(ACTIONS) as Action[])),
  resource: fc.constantFrom('', 'n', 'node', 'node/lab-', 'lab'),
  depth: fc.nat(7),
}) as fc.Arbitrary<Grant>;

test('whatever the writer holds, each grant that is written out narrows one of its own', () => {
  const bounded = fc.oneof(
    anyGrant,
    anyGrant.map((grant) => ({ ...grant, action: 'place.vm' as const, limits: { gpus: 2 } })),
    anyGrant.map((grant) => ({ ...grant, action: 'place.job' as const, expires: 99 })),
  );
  const wishes = fc.oneof(
    fc.constantFrom(...operators).map(operatorWishes),
    fc.constantFrom(...members).map((preset) => memberWishes(preset, 'ticket')),
  );
  fc.assert(
    fc.property(fc.array(bounded, { maxLength: 6 }), wishes, (own, wanted) => {
      const { grants } = fitted(wanted, own);
      for (const grant of grants) {
        expect(own.some((parent) => narrows(grant, parent))).toBe(true);
        expect(grantSchema(grant as unknown as Json)).toBe(null);
      }
      expect(grants.length).toBeLessThanOrEqual(GRANTS_MAX);
    }),
  );
});
