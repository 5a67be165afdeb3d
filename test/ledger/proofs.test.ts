// What a record proves beside its author: that a WireGuard key agrees to its node, and that a node
// agrees to its admission. And who holds what two members claim.

import { expect, test } from 'vitest';
import { memberOf, stateOf, stateRoot } from '../../ledger/replica.ts';
import type { NodeAdmitBody } from '../../ledger/kinds.ts';
import { acts, actor, PEER, Scribe, settle, wireguardClaim } from '../kit/actors.ts';

const root = actor('root');
const [alice, carol, dave, eve] = ['alice', 'carol', 'dave', 'eve'].map(actor) as [
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
  ReturnType<typeof actor>,
];
const wgOf = (of: ReturnType<typeof settle>, who: typeof root): unknown =>
  stateOf(of.replica).members.find((m) => m.key === who.key)?.wg;

test('a WireGuard key that did not sign for this node is refused, in an admission and in an update', () => {
  const s = new Scribe();
  const stolen = wireguardClaim(carol, s.ledger);
  const claims: [string, NodeAdmitBody['wg']][] = [
    ['another node’s claim', stolen],
    ['another counter', { ...wireguardClaim(dave, s.ledger, 1), counter: 2 }],
    ['another ledger', wireguardClaim(dave, new Scribe('other').ledger)],
  ];
  for (const [, wg] of claims) {
    const t = new Scribe();
    t.node(dave, root, [], PEER);
    t.by(dave, acts.update({ wg }));
    t.by(root, acts.node(eve, root, t.ledger, PEER, { wg }));
    expect(settle(t.records).refused.map((r) => r.code)).toEqual(['bad-proof', 'bad-proof']);
  }
  s.node(dave, root, [], PEER);
  s.by(dave, acts.update({ wg: wireguardClaim(dave, s.ledger, 1) }));
  expect(settle(s.records).refused).toEqual([]);
});

test('nobody is admitted as a node who has not accepted: this admitter, this body, this ledger', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const fine = acts.node(carol, root, s.ledger).body as NodeAdmitBody;
  // The same acceptance under another admitter, and over a body with one more grant.
  s.by(alice, { kind: 'node.admit', body: fine }, { auth: [a] });
  s.by(root, { kind: 'node.admit', body: { ...fine, grants: [...PEER, ...PEER] } });
  const elsewhere = acts.node(carol, root, new Scribe('other').ledger).body as NodeAdmitBody;
  s.by(root, { kind: 'node.admit', body: { ...elsewhere, wg: fine.wg } });
  const { replica, refused } = settle(s.records);
  expect(refused.map((r) => r.code).slice(0, 2)).toEqual(['bad-proof', 'bad-proof']);
  expect(memberOf(replica, carol.key)).toBe(null);
});

test('a node’s key is the last claim with a counter above all before; an old one comes not back', () => {
  const s = new Scribe();
  s.node(carol, root);
  const claim = (counter: number) => acts.update({ wg: wireguardClaim(carol, s.ledger, counter) });
  s.by(carol, claim(3));
  s.by(carol, claim(5));
  s.by(carol, claim(4));
  const { key } = wireguardClaim(carol, s.ledger, 5);
  expect(wgOf(settle(s.records), carol)).toEqual({ key, counter: 5 });
});

test('a claim cannot bring back the key that an admission has replaced already', () => {
  const s = new Scribe();
  const wg = wireguardClaim(carol, s.ledger, 4);
  s.by(root, acts.node(carol, root, s.ledger, PEER, { wg }));
  s.by(carol, acts.update({ wg: wireguardClaim(carol, s.ledger, 2) }));
  expect(wgOf(settle(s.records), carol)).toEqual({ key: wg.key, counter: 4 });
});

test('what a node says of itself is read from the branch that a cut honours', () => {
  const s = new Scribe();
  s.node(carol, root);
  s.by(carol, acts.update({ name: 'left' }));
  s.fork(carol, { seq: 0, id: '' }, acts.update({ endpoints: ['right.example:1'] }));
  const last = s.by(carol, acts.update({ labels: ['right'] }));
  s.remove(carol, root, [], last);
  const shown = stateOf(settle(s.records).replica).members.find((m) => m.key === carol.key);
  expect(shown).toMatchObject({
    name: 'carol',
    endpoints: ['right.example:1'],
    labels: ['right'],
  });
});

/** Two nodes whose WireGuard key is one and the same and signed for both. */
function twoClaims(): Scribe {
  const s = new Scribe();
  const shared = { ...carol, name: 'shared' };
  const claimOf = (node: typeof root) => wireguardClaim({ ...shared, key: node.key }, s.ledger);
  s.by(root, acts.node(carol, root, s.ledger, PEER, { wg: claimOf(carol) }));
  s.by(root, acts.node(dave, root, s.ledger, PEER, { wg: claimOf(dave) }));
  return s;
}

test('of two proved claims of one WireGuard key the senior’s counts, and the conflict is listed', () => {
  const s = twoClaims();
  const of = settle(s.records);
  expect(of.refused).toEqual([]);
  const { key } = wireguardClaim({ ...carol, name: 'shared' }, s.ledger);
  expect([wgOf(of, carol), wgOf(of, dave)]).toEqual([{ key, counter: 0 }, undefined]);
  expect(stateOf(of.replica).conflicts).toEqual([
    { kind: 'wireguard', subject: key, between: [carol.key, dave.key] },
  ]);
});

test('with the senior removed the junior’s claim counts', () => {
  const s = twoClaims();
  s.remove(carol, root);
  const of = settle(s.records);
  expect([wgOf(of, carol), wgOf(of, dave)]).toMatchObject([undefined, { counter: 0 }]);
  expect(stateOf(of.replica).conflicts).toEqual([]);
});

test('of two nodes with one name the senior shows it plain, the other with its fingerprint', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  s.by(alice, acts.node(dave, alice, s.ledger, [], { name: 'box' }), { auth: [a] });
  s.node(carol, root, [], []);
  s.by(carol, acts.update({ name: 'box' }));
  const of = settle(s.records);
  const shown = stateOf(of.replica).members.map((m) => [m.name, m.shown]);
  expect(shown[2]).toEqual(['box', 'box']);
  expect(shown[3]?.[1]).toMatch(/^box-[0-9a-hjkmnp-tv-z]{4}$/);
  expect(stateOf(of.replica).conflicts).toEqual([
    { kind: 'name', subject: 'box', between: [carol.key, dave.key] },
  ]);
  // An operator of that name is another thing.
  s.by(root, acts.operator(eve, [], { name: 'box' }));
  expect(stateOf(settle(s.records).replica).conflicts).toHaveLength(1);
});

test('an IPv4 address that two nodes were given belongs to the senior', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const ipv4 = '10.7.0.1';
  s.by(alice, acts.node(dave, alice, s.ledger, [], { ipv4 }), { auth: [a] });
  s.by(root, acts.node(carol, root, s.ledger, [], { ipv4 }));
  const { members, conflicts } = stateOf(settle(s.records).replica);
  const has = (who: typeof root) => members.find((m) => m.key === who.key)?.ipv4;
  expect([has(carol), has(dave)]).toEqual([ipv4, undefined]);
  expect(conflicts).toEqual([{ kind: 'ipv4', subject: ipv4, between: [carol.key, dave.key] }]);
});

test('two heads of one configuration key are a conflict, and the senior’s holds until it is merged', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const senior = s.by(root, acts.commit('k', 'root'));
  const junior = s.by(alice, acts.commit('k', 'alice'), { auth: [a] });
  const parted = stateOf(settle(s.records).replica);
  expect(parted.config).toEqual([
    { key: 'k', value: 'root', head: senior.id, others: [junior.id] },
  ]);
  expect(parted.conflicts).toMatchObject([{ kind: 'config', subject: 'k' }]);
  const merge = s.by(alice, acts.commit('k', 'both'), { auth: [a], refs: [senior, junior] });
  const whole = settle(s.records);
  expect(stateOf(whole.replica).config).toEqual([
    { key: 'k', value: 'both', head: merge.id, others: [] },
  ]);
  // A merge that arrives before what it merges leaves nothing else.
  const early = settle([s.genesis, a, ...[senior, junior, merge].toReversed()]);
  expect(stateRoot(early.replica)).toBe(stateRoot(whole.replica));
});

test('a commit without a value unsets its key', () => {
  const s = new Scribe();
  const set = s.by(root, acts.commit('k', 1));
  s.by(root, acts.commit('k'), { refs: [set] });
  expect(stateOf(settle(s.records).replica).config).toEqual([]);
});
