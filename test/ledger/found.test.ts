// Histories that broke the first fold, by name (docs/decisions/2026-11-20-fold-holes.md). Each
// found a replica that differed from another for good, a recovery that could be prevented, or a
// fold that was not the fold from scratch.

import { expect, test } from 'vitest';
import { screen } from '../../ledger/door.ts';
import { type Decoded, decodeText, sealedLine } from '../../ledger/record.ts';
import { entryOf, frontierRoot, memberOf, stateOf, stateRoot } from '../../ledger/replica.ts';
import { signatureJobs } from '../../ledger/proof.ts';
import { accept } from '../../ledger/verify.ts';
import { verdictOn } from '../../ledger/voids.ts';
import { verdict } from '../../proto/ed25519.ts';
import { nodePlatform } from '../../src/platform.ts';
import { type Actor, acts, actor, Scribe, START, settle, take, world } from '../kit/actors.ts';
import { exchange, fromScratch, picture, roots } from '../kit/replicas.ts';

const root = actor('root');
const [alice, bob, carol, slip] = ['alice', 'bob', 'carol', 'slip'].map(actor) as [
  Actor,
  Actor,
  Actor,
  Actor,
];
const sheets = [actor('paper'), actor('paper 2'), actor('paper 3')] as const;

test('a cut ahead of its target over a fork: who holds one branch is sent the other', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const one = s.by(alice, acts.commit('k', 1), { auth: [a] });
  const left = s.by(alice, acts.commit('k', 2), { auth: [a], refs: [one] });
  const right = s.fork(alice, one, acts.commit('k', 3), { auth: [a], refs: [one] });
  const honoured = s.by(alice, acts.commit('k', 4), { auth: [a], refs: [right] });
  const cut = s.remove(alice, root, [], s.by(alice, acts.commit('k', 5), { auth: [a] }));
  // The record that the cut names is lost: nobody here holds it.
  const half = settle([s.genesis, a, one, left, cut]);
  const both = settle([s.genesis, a, one, left, right, cut]);
  expect(entryOf(both.replica, alice.key)).toMatchObject({ seq: 1, mark: 'fork' });
  expect(frontierRoot(half.replica)).not.toBe(frontierRoot(both.replica));
  exchange([half, both]);
  expect(roots(half.replica)).toBe(roots(both.replica));
  // And with the honoured branch up to its end the fork is settled.
  const whole = settle([...s.records]);
  exchange([half, both, whole]);
  expect(entryOf(half.replica, alice.key)).toMatchObject({ seq: 4, mark: `cut:${cut.id}` });
  expect(new Set([half, both, whole].map(({ replica }) => roots(replica))).size).toBe(1);
  expect(verdictOn(half.replica, honoured)).toBe(null);
});

test('a fork at the place of an unheld cut itself shows nowhere: neither branch is the honoured one', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const one = s.by(alice, acts.commit('k', 1), { auth: [a] });
  const [left, right, lost] = [2, 3, 4].map((n) =>
    s.fork(alice, one, acts.commit('k', n), { auth: [a] }),
  ) as [Decoded, Decoded, Decoded];
  const cut = s.remove(alice, root, [], lost);
  const half = settle([s.genesis, a, one, left, cut]);
  const both = settle([s.genesis, a, one, left, right, cut]);
  expect(entryOf(both.replica, alice.key)).toMatchObject({ seq: 1, mark: `cut:${cut.id}` });
  expect(roots(half.replica)).toBe(roots(both.replica));
});

test('a second record above a quota freezes nobody: who refused it and who holds it agree', () => {
  const s = new Scribe();
  const t = s.by(root, acts.ticket(slip));
  const used = s.by(slip, acts.node(carol, slip, s.ledger, []), { auth: [t] });
  const above = s.by(slip, acts.commit('k', 1));
  const twin = s.fork(slip, used, acts.commit('k', 2));
  const audit = settle(s.records, 'audit');
  const door = settle(s.records);
  expect([audit.replica.records, door.replica.records]).toEqual([5, 3]);
  expect(memberOf(audit.replica, slip.key)).toMatchObject({ live: { seq: 1, frozen: false } });
  expect(roots(audit.replica)).toBe(roots(door.replica));
  for (const record of [above, twin]) expect(verdictOn(audit.replica, record)).toBe('void-quota');
});

test('no member can cut the recovery: the recovery key is no member, whoever admits it', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const seized = s.by(alice, acts.node(sheets[0], alice, s.ledger, []), { auth: [a] });
  const cut = s.remove(sheets[0], alice, [a], START);
  const rotation = s.by(sheets[0], acts.rotate([carol], sheets[1], [[root, a]]));
  const { replica, refused } = settle(s.records);
  expect(refused).toEqual([]);
  expect(stateOf(replica)).toMatchObject({ epoch: 1, recovery: sheets[1].key });
  expect([seized, cut].map((record) => verdictOn(replica, record))).toEqual([
    'void-not-junior',
    'void-not-junior',
  ]);
  expect(verdictOn(replica, rotation)).toBe(null);
  expect(memberOf(replica, sheets[0].key)).toBe(null);
});

test('what a key wrote as a member shows nowhere once it is the recovery key', () => {
  const s = new Scribe();
  const n = s.node(sheets[1], root);
  const said = s.by(sheets[1], acts.update({ name: 'box' }));
  const rotation = s.by(sheets[0], acts.rotate([carol], sheets[1], [[root, n]]));
  const before = settle([s.genesis, n, said, rotation]);
  const after = settle([s.genesis, n, rotation, said]);
  expect(after.refused.map((r) => r.code)).toEqual(['over-quota']);
  expect(roots(before.replica)).toBe(roots(after.replica));
  expect(entryOf(before.replica, sheets[1].key)).toBeUndefined();
  // And the sheet still works, though the place is taken in the chain of the member.
  const again = s.fork(sheets[1], START, acts.rotate([bob], sheets[2], [[carol, START]]));
  take(before, [again]);
  take(after, [again]);
  expect(stateOf(before.replica)).toMatchObject({ epoch: 2, frozen: [] });
  expect(roots(before.replica)).toBe(roots(after.replica));
});

test('a rotation back to an old root leads nowhere, or no sheet could ever lead on', () => {
  const s = new Scribe();
  s.by(sheets[0], acts.rotate([carol], sheets[1], [[root, s.genesis]]));
  const back = s.by(sheets[1], acts.rotate([root], sheets[2], [[carol, START]]));
  const { replica } = settle(s.records);
  expect(verdictOn(replica, back)).toBe('void-epoch');
  expect(stateOf(replica)).toMatchObject({ epoch: 1, recovery: sheets[1].key });
  // With a new root beside the old one it leads on, and only the new one has a seat.
  const t = new Scribe();
  t.by(sheets[0], acts.rotate([carol], sheets[1], [[root, t.genesis]]));
  t.by(sheets[1], acts.rotate([root, bob], sheets[2], [[carol, START]]));
  const other = settle(t.records).replica;
  expect(stateOf(other)).toMatchObject({ epoch: 2 });
  expect(memberOf(other, root.key)).toMatchObject({ rank: [0, 0], cut: { seq: 1 } });
  expect(memberOf(other, bob.key)).toMatchObject({ rank: [-2, 1] });
});

test('an old root does not become the recovery key', () => {
  const s = new Scribe();
  s.by(sheets[0], acts.rotate([carol], sheets[1], [[root, s.genesis]]));
  const odd = s.by(sheets[1], acts.rotate([bob], root, [[carol, START]]));
  expect(verdictOn(settle(s.records).replica, odd)).toBe('void-epoch');
});

test('a grant that arrives after the record that cites it makes that record count', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const b = s.operator(bob, root);
  const c = s.by(alice, acts.operator(carol, []), { auth: [a] });
  // Bob cites, beside his own, the admission of somebody else.
  const commit = s.by(bob, acts.commit('k', 1), { auth: [b, c] });
  const into = settle([s.genesis, a, b]);
  take(into, [commit]);
  expect(stateOf(into.replica).config).toEqual([]);
  expect(verdictOn(into.replica, commit)).toBe('void-auth');
  take(into, [c]);
  expect(picture(into.replica)).toBe(picture(fromScratch(into, s.genesis).replica));
  expect(into.refused).toEqual([]);
});

test('a void admission has the same reason whenever its key becomes a member', () => {
  const s = new Scribe();
  const a = s.operator(alice, root, [], []);
  const tried = s.by(alice, acts.operator(carol, []), { auth: [a] });
  const into = settle([s.genesis, a, tried]);
  expect(verdictOn(into.replica, tried)).toBe('void-uncovered');
  take(into, [s.operator(carol, root)]);
  expect(picture(into.replica)).toBe(picture(fromScratch(into, s.genesis).replica));
});

test('a copy with a bad signature does not hide the good one beside it', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const next = s.operator(bob, root);
  const other = s.by(root, acts.commit('k', 1));
  const line = sealedLine(a, other.sig);
  const decoded = decodeText(line, nodePlatform);
  if (!decoded.ok) throw new Error(decoded.code);
  const bad = decoded.value;
  expect(bad.id).toBe(a.id);
  for (const batch of [
    [bad, a, next],
    [a, bad, next],
    [bad, a, bad, a, next],
  ]) {
    const { replica } = world(s.genesis);
    const screened = screen(replica, batch);
    const pending = screened.flatMap((one) => (one.kind === 'check' ? [one.record] : []));
    const verdicts = pending.flatMap((record) =>
      signatureJobs(record).map((job) =>
        verdict(nodePlatform, job.key, job.message, job.signature),
      ),
    );
    const accepted = accept(pending, verdicts);
    expect(accepted.records).toEqual([a, next]);
    expect(accepted.refused.map((r) => r.code)).toEqual(['bad-signature']);
    expect(accepted.orphaned).toEqual([]);
  }
});

test('two good signatures under one record are one record', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const { replica } = world(s.genesis);
  const [first] = screen(replica, [a]);
  if (first?.kind !== 'check') throw new Error('a new record is checked');
  // The same bytes twice, as if a second signature of them verified too.
  const accepted = accept([first.record, first.record], [true, true]);
  expect(accepted).toEqual({ records: [a], refused: [], copies: [a], orphaned: [] });
});

test('the verdict on a line of a sheet does not depend on where in a file it stands', () => {
  const s = new Scribe();
  const n = s.node(sheets[1], root);
  const said = s.by(sheets[1], acts.update({ name: 'box' }));
  const rotation = s.by(sheets[0], acts.rotate([carol], sheets[1], [[root, n]]));
  const orders = [
    [n, said, rotation],
    [rotation, said, n],
    [said, rotation, n],
  ];
  const seen = orders.map((order) => {
    const of = settle([s.genesis, ...order], 'audit');
    expect(of.refused).toEqual([]);
    return picture(of.replica);
  });
  expect(new Set(seen).size).toBe(1);
  expect(stateRoot(settle([s.genesis, ...orders[1]!], 'audit').replica)).toBe(
    stateRoot(settle([s.genesis, n, rotation]).replica),
  );
});
