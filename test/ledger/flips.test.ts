// Every bit of a line, flipped: the line is refused, at the door or by its signatures, and nothing
// moves. One line of every kind, all truly signed.

import { expect, test } from 'vitest';
import { decodeBytes } from '../../ledger/record.ts';
import type { Decoded } from '../../ledger/record.ts';
import { frontierRoot, stateRoot } from '../../ledger/replica.ts';
import { utf8 } from '../../proto/bytes.ts';
import { nodePlatform } from '../../src/platform.ts';
import {
  acts,
  actor,
  everything,
  PEER,
  Scribe,
  settle,
  take,
  wireguardClaim,
} from '../kit/actors.ts';
import { SCHEMAS } from '../../ledger/kinds.ts';

const root = actor('root');
const alice = actor('alice');
const node = actor('node');
const slip = actor('slip');

/** A history in which each kind has its line, and all of them count. */
function everyKind(): Scribe {
  const s = new Scribe();
  const a = s.operator(alice, root, [], everything(2));
  s.node(node, alice, [a]);
  s.by(node, acts.update({ wg: wireguardClaim(node, s.ledger, 1), name: 'box' }));
  const more = s.by(root, acts.grant(node, PEER));
  s.by(root, acts.revoke(node, 1), { refs: [more] });
  s.by(root, acts.ticket(slip));
  s.remove(slip, root);
  s.by(alice, acts.commit('k', 'v'), { auth: [a] });
  s.by(node, { kind: 'unknown', name: 'later.kind', body: { x: 1 } });
  const cuts = [{ key: root.key, seq: s.head(root).seq, last: s.head(root).id }];
  const roots = [{ key: actor('new root').key, name: 'new' }];
  const body = { roots, recovery: actor('paper 2').key, cuts };
  s.by(actor('paper'), { kind: 'root.rotate', body });
  return s;
}

function* flips(line: string): Generator<Uint8Array> {
  const bytes = utf8(line);
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = Uint8Array.from(bytes);
      flipped[at] = (bytes[at] as number) ^ (1 << bit);
      yield flipped;
    }
  }
}

const history = everyKind();
const byKind = new Map(history.records.map((record) => [record.act.kind, record]));

test('there is a line of every kind', () => {
  expect([...byKind.keys()].toSorted()).toEqual([...Object.keys(SCHEMAS), 'unknown'].toSorted());
});

for (const [kind, record] of byKind) {
  test(`no flipped bit of a ${kind} is taken, by who lacks the record or by who holds it`, () => {
    const without = history.records.filter((other) => other !== record);
    const lacking = settle(kind === 'genesis' ? history.records : without);
    const whole = settle(history.records);
    const roots = [lacking, whole].map(({ replica }) => [
      frontierRoot(replica),
      stateRoot(replica),
    ]);
    const held = [lacking, whole].map(({ replica }) => replica.records);
    const codes = new Map<string, number>();
    const tell = (code: string): unknown => codes.set(code, (codes.get(code) ?? 0) + 1);
    const readable: Decoded[] = [];
    for (const bytes of flips(record.line)) {
      const decoded = decodeBytes(bytes, nodePlatform);
      if (decoded.ok) readable.push(decoded.value);
      else tell(decoded.code);
    }
    // One in three of those that are records still, and every one that kept its id.
    const some = readable.filter((other, i) => i % 3 === 0 || other.id === record.id);
    for (const other of some) {
      take(lacking, [other]);
      take(whole, [other]);
    }
    for (const { code } of lacking.refused) tell(code);
    expect([lacking, whole].map(({ replica }) => replica.records)).toEqual(held);
    expect(
      [lacking, whole].map(({ replica }) => [frontierRoot(replica), stateRoot(replica)]),
    ).toEqual(roots);
    expect(codes.get('not-utf8')).toBeGreaterThan(100);
    expect(codes.get('not-canonical')).toBeGreaterThan(100);
  });
}
