// Quotas at their real numbers. tiny-quotas.test.ts has small ones, for every edge at random.

import { expect, test } from 'vitest';
import { screen } from '../../ledger/door.ts';
import { QUOTA_NODE, QUOTA_NODE_ROTATION, QUOTA_OPERATOR } from '../../ledger/limits.ts';
import type { Decoded } from '../../ledger/record.ts';
import { memberOf, stateOf } from '../../ledger/replica.ts';
import { voidRecords } from '../../ledger/voids.ts';
import { type Actor, acts, actor, Scribe, wireguardClaim } from '../kit/actors.ts';
import { unsignedBy } from '../kit/history.ts';
import { emptyWorld, feed } from '../kit/replicas.ts';

const root = actor('root');
const [alice, node] = ['alice', 'node'].map(actor) as [Actor, Actor];

/** `count` records of an author without signatures, one after the other. */
function run(who: Actor, s: Scribe, count: number, after: Decoded | null): Decoded[] {
  const records: Decoded[] = [];
  for (let i = 0; i < count; i++) {
    const act = acts.update({ endpoints: [`h:${1 + i}`] });
    records.push(unsignedBy(who, s.ledger, records.at(-1) ?? after, act));
  }
  return records;
}

test('a node writes 4,032 records of any kind, then 64 rotations of its key, then nothing', () => {
  const s = new Scribe();
  s.node(node, root);
  const free = run(node, s, QUOTA_NODE - QUOTA_NODE_ROTATION, null);
  const into = emptyWorld(s.genesis);
  feed(into, s.records.slice(1));
  expect(feed(into, free, { batch: 500 })).toBe(free.length);
  const [other] = run(node, s, 1, free.at(-1) as Decoded);
  expect(screen(into.replica, [other!])).toEqual([{ kind: 'refused', code: 'over-quota' }]);
  // A rotation and a word beside it is not a rotation.
  const more = { wg: wireguardClaim(node, s.ledger, 1), name: 'box' };
  const mixed = unsignedBy(node, s.ledger, free.at(-1) as Decoded, acts.update(more));
  expect(screen(into.replica, [mixed])).toEqual([{ kind: 'refused', code: 'over-quota' }]);
  let last = free.at(-1) as Decoded;
  for (let i = 1; i <= QUOTA_NODE_ROTATION; i++) {
    const wg = { ...wireguardClaim(node, s.ledger, 1), counter: i };
    last = unsignedBy(node, s.ledger, last, acts.update({ wg }));
    expect(feed(into, [last])).toBe(1);
  }
  const shown = stateOf(into.replica).members.find((m) => m.key === node.key);
  expect(shown).toMatchObject({ endpoints: [`h:${free.length}`], wg: { counter: 64 } });
  expect(memberOf(into.replica, node.key)?.live.seq).toBe(QUOTA_NODE);
  const wg = { ...wireguardClaim(node, s.ledger, 1), counter: 99 };
  const past = unsignedBy(node, s.ledger, last, acts.update({ wg }));
  expect(screen(into.replica, [past])).toEqual([{ kind: 'refused', code: 'over-quota' }]);
});

test('an auditor holds what is over quota, and it is void', () => {
  const s = new Scribe();
  s.node(node, root);
  const written = run(node, s, QUOTA_NODE - QUOTA_NODE_ROTATION + 2, null);
  const into = emptyWorld(s.genesis);
  feed(into, s.records.slice(1));
  feed(into, written, { batch: 500, mode: 'audit' });
  expect(into.replica.records).toBe(2 + written.length);
  const over = written.slice(-2).map(({ id }) => ({ id, code: 'void-quota' }));
  expect([...voidRecords(into.replica)].map(({ id, code }) => ({ id, code }))).toEqual(over);
});

test('an admission raises the quota of a junior and never lowers it', () => {
  const s = new Scribe();
  s.by(root, acts.node(node, root, s.ledger, [], { quota: 5_000 }));
  s.by(root, acts.operator(alice, [], { quota: 1 }));
  const into = emptyWorld(s.genesis);
  feed(into, s.records.slice(1));
  expect(memberOf(into.replica, node.key)?.quota).toBe(5_000);
  expect(memberOf(into.replica, alice.key)?.quota).toBe(QUOTA_OPERATOR);
  const written = run(node, s, QUOTA_NODE + 1, null);
  expect(feed(into, written, { batch: 500 })).toBe(written.length);
});
