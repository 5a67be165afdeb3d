// Three failures that were reproduced in another library of this kind, tried here.

import { expect, test } from 'vitest';
import { decodeText, sealedLine, signedBytes, unsignedText } from '../../ledger/record.ts';
import { frontierRoot, memberOf, stateOf, stateRoot } from '../../ledger/replica.ts';
import type { Decoded } from '../../ledger/record.ts';
import { nodePlatform } from '../../src/platform.ts';
import {
  type Actor,
  acts,
  actor,
  Scribe,
  settle,
  signBytes,
  take,
  wireguardClaim,
} from '../kit/actors.ts';

const root = actor('root');
const [alice, bob, carol, dave] = ['alice', 'bob', 'carol', 'dave'].map(actor) as [
  Actor,
  Actor,
  Actor,
  Actor,
];

/** A record of `author` with the signature of another key over the same bytes. */
function labelled(record: Decoded, author: Actor, signer: Actor): Decoded {
  const draft = { ...record, author: author.key };
  const sig = signBytes(signer, signedBytes(unsignedText(draft)));
  const decoded = decodeText(sealedLine(draft, sig), nodePlatform);
  if (!decoded.ok) throw new Error(decoded.code);
  return decoded.value;
}

test('a record signed by one member and labelled as another is refused', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const b = s.operator(bob, root, [], []);
  const into = settle(s.records);
  const before = stateRoot(into.replica);
  // Bob, who may nothing, signs with his own key what he says is Alice's; both ways.
  const cut = s.by(alice, acts.remove(bob, 0), { auth: [a] });
  take(into, [labelled(cut, alice, bob), labelled(cut, root, bob), labelled(cut, bob, alice)]);
  expect(into.refused.map((r) => r.code)).toEqual(Array(3).fill('bad-signature'));
  expect(stateRoot(into.replica)).toBe(before);
  expect(memberOf(into.replica, bob.key)?.cut).toBe(null);
  expect(b.author).toBe(root.key);
  // And the true one still goes in: the forgery, of the same id, has not taken its place.
  expect(labelled(cut, alice, bob).id).toBe(cut.id);
  take(into, [cut]);
  expect(memberOf(into.replica, bob.key)?.cut?.by).toBe(cut.id);
});

test('an unrelated concurrent record does not change who is in', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const b = s.operator(bob, root);
  s.node(carol, bob, [b]);
  const cut = s.remove(bob, alice, [a]);
  const base = settle(s.records);
  const members = JSON.stringify(stateOf(base.replica).members);
  // Each was written by somebody who had not seen the removal, and arrives before it or after it.
  const concurrent = [
    s.by(root, acts.commit('k', 1)),
    s.by(carol, acts.update({ endpoints: ['h.example:1'] })),
    s.by(carol, acts.update({ wg: wireguardClaim(carol, s.ledger, 1) })),
    s.by(root, acts.operator(dave, [])),
    s.by(root, { kind: 'unknown', name: 'later.kind', body: {} }),
  ];
  const after = settle(s.records);
  const before = settle([...s.records.filter((record) => record !== cut), cut]);
  expect(stateRoot(after.replica)).toBe(stateRoot(before.replica));
  expect(frontierRoot(after.replica)).toBe(frontierRoot(before.replica));
  const standing = (text: string): string[] =>
    (JSON.parse(text) as { key: string; removed?: object }[])
      .filter((m) => m.key !== dave.key)
      .map((m) => `${m.key} ${m.removed !== undefined}`);
  expect(standing(JSON.stringify(stateOf(after.replica).members))).toEqual(standing(members));
  expect(concurrent).toHaveLength(5);
});

test('a mutual removal leaves the senior, and everybody sees the same one', () => {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const b = s.operator(bob, root);
  const ab = s.remove(bob, alice, [a], { seq: 0, id: '' });
  const ba = s.remove(alice, bob, [b], { seq: 0, id: '' });
  const orders = [
    [ab, ba],
    [ba, ab],
  ].map((two) => settle([s.genesis, a, b, ...two]));
  for (const { replica } of orders) {
    expect(memberOf(replica, alice.key)).toMatchObject({ cut: null, live: { seq: 1 } });
    expect(memberOf(replica, bob.key)).toMatchObject({ cut: { by: ab.id }, live: { seq: 0 } });
  }
  expect(stateRoot(orders[0]!.replica)).toBe(stateRoot(orders[1]!.replica));
  expect(frontierRoot(orders[0]!.replica)).toBe(frontierRoot(orders[1]!.replica));
});

test('a ring of removals leaves exactly the most senior', () => {
  const s = new Scribe();
  const three = [alice, bob, carol];
  const admitted = three.map((who) => s.operator(who, root));
  const cuts = three.map((who, i) =>
    s.remove(three[(i + 1) % 3]!, who, [admitted[i]!], { seq: 0, id: '' }),
  );
  const roots = [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
  ].map((order) => {
    const { replica } = settle([s.genesis, ...admitted, ...order.map((i) => cuts[i]!)]);
    expect(three.map((who) => memberOf(replica, who.key)?.cut?.by)).toEqual([
      undefined,
      cuts[0]!.id,
      // Bob's cut of Carol is void with Bob, so Carol is in.
      undefined,
    ]);
    return stateRoot(replica);
  });
  expect(new Set(roots).size).toBe(1);
});
