// One sentence for each kind of record, and names that tell people apart.

import { describe, expect, test } from 'vitest';
import type { Act, Kind } from '../../ledger/kinds.ts';
import { membersMeant } from '../../ledger/find-member.ts';
import { SCHEMAS } from '../../ledger/kinds.ts';
import type { Action, Grant } from '../../ledger/grant.ts';
import { memberWishes } from '../../ledger/presets.ts';
import { stateOf } from '../../ledger/replica.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import { deedOf, kindOf } from '../../src/cli/deeds.ts';
import { grantTexts, nodeRights } from '../../src/cli/grants.ts';
import { namesIn } from '../../src/cli/names.ts';
import { nodePlatform } from '../../src/platform.ts';
import { actor, acts, everything, settle } from '../kit/actors.ts';
import { house } from './ledgers.ts';

const lamp = actor('lamp');
const ledger = 'L'.repeat(43) as RecordId;
const nameOf = (key: Key): string => (key === lamp.key ? 'lamp' : 'somebody');
const job: Grant = { action: 'place.job', resource: 'lab-', depth: 1, limits: { cpu_milli: 500 } };

function said(act: Act, refs: RecordId[] = []): string {
  return deedOf({ act, refs }, nameOf);
}

const SENTENCES: readonly (readonly [Kind | 'unknown', Act, string])[] = [
  [
    'genesis',
    { kind: 'genesis', body: house().scribe.genesis.act.body } as Act,
    'founded the network home; root: anna',
  ],
  ['operator.admit', acts.operator(lamp, []), 'admitted operator lamp without grants'],
  [
    'operator.admit',
    acts.operator(lamp, everything(2)),
    'admitted operator lamp with everything (may be handed on twice)',
  ],
  [
    'node.admit',
    acts.node(lamp, lamp, ledger, [job], { ipv4: '10.0.0.1', replaces: lamp.key }),
    'admitted node lamp at 10.0.0.1 with place.job on lab- (cpu_milli 500, ' +
      'may be handed on once), in place of lamp',
  ],
  [
    'ticket.issue',
    acts.ticket(lamp),
    'issued ticket lamp without grants, good until 2030-03-17 17:46:40',
  ],
  ['member.remove', acts.remove(lamp, 7), 'removed lamp, and counts its records up to 7'],
  ['member.remove', acts.remove(lamp, 0), 'removed lamp, and nothing that it wrote counts'],
  [
    'cap.grant',
    acts.grant(lamp, [{ ...job, limits: {}, expires: 0 }]),
    'granted lamp place.job on lab- (may be handed on once, until 1970-01-01 00:00:00)',
  ],
  [
    'cap.revoke',
    acts.revoke(lamp, 3),
    'revoked what record LLLLLLLL… grants lamp, from its record 4 on',
  ],
  [
    'node.update',
    acts.update({ name: 'torch', endpoints: [], labels: ['a', 'b'] }),
    'told of its name torch; endpoints none; labels a, b',
  ],
  ['config.commit', acts.commit('a.b', 'x'), 'set a.b to "x"'],
  ['config.commit', acts.commit('a.b'), 'unset a.b'],
  [
    'root.rotate',
    {
      kind: 'root.rotate',
      body: { roots: [{ key: lamp.key, name: 'lamp' }], recovery: lamp.key, cuts: [] },
    },
    'made lamp root, with a new recovery sheet',
  ],
  [
    'unknown',
    { kind: 'unknown', name: 'node.sing', body: {} },
    'wrote a node.sing, a kind that this kith does not know',
  ],
];

describe('the sentence of a record', () => {
  test.each(SENTENCES)('%s: %#', (kind, act, sentence) => {
    expect(said(act, [ledger])).toBe(sentence);
    expect(kindOf(act)).toBe(kind === 'unknown' ? 'node.sing' : kind);
  });

  test('exists for every kind', () => {
    const kinds = new Set(SENTENCES.map(([kind]) => kind));
    expect(Object.keys(SCHEMAS).filter((kind) => !kinds.has(kind as Kind))).toEqual([]);
  });

  test('cuts a long value, at a whole sign', () => {
    const text = said(acts.commit('a', '😀'.repeat(100)));
    expect(text).toBe(`set a to "${'😀'.repeat(59)}…`);
  });

  test('names a new WireGuard key by its start and its number', () => {
    const { act } = house().lampsAdmission;
    const wg = act.kind === 'node.admit' ? act.body.wg : undefined;
    expect(said(acts.update({ wg }))).toMatch(/^told of its WireGuard key [\w-]{8}… \(number 0\)$/);
  });
});

describe('grants', () => {
  test('of equal terms stand together', () => {
    const plain: Grant = { action: 'place.vm', resource: '', depth: 0 };
    expect(grantTexts([plain, job, { ...plain, action: 'work.read' }])).toEqual([
      'place.vm, work.read',
      'place.job on lab- (cpu_milli 500, may be handed on once)',
    ]);
    expect(grantTexts([])).toEqual([]);
  });

  test('of a node are a preset where they are just its own', () => {
    const grants = (actions: readonly Action[]): Grant[] =>
      actions.map((action) => ({ action, resource: '', depth: 0 }));
    const peer = memberWishes('peer', 'node').map(({ action }) => action);
    expect(nodeRights(grants(peer))).toBe('rights of a peer');
    expect(nodeRights(grants(peer.slice(1)))).toMatch(/^place\.job, /);
    expect(nodeRights([...grants(peer), job])).toMatch(/^place\.vm, .*; place\.job on lab-/);
    expect(nodeRights(grants(['metrics.read', 'work.read']))).toBe('rights of an observer');
    expect(nodeRights([])).toBe('no rights');
  });
});

describe('names', () => {
  const { scribe, anna, bert, stove } = house();
  const lampTwo = actor('lamp.2');
  scribe.by(anna, acts.operator(lampTwo, [], { name: 'lamp' }));
  const { replica } = settle(scribe.records);
  const state = stateOf(replica);
  const nameOfKey = namesIn(state, replica.papers);

  test('tell two members apart who share one in different classes', () => {
    expect([lamp.key, lampTwo.key, anna.key].map(nameOfKey)).toEqual([
      'node/lamp',
      'operator/lamp',
      'anna',
    ]);
  });

  test('of nobody are the start of the key, and of the paper key say so', () => {
    expect(nameOfKey(actor('nobody').key)).toBe(`${actor('nobody').key.slice(0, 8)}…`);
    expect(nameOfKey(actor('paper').key)).toBe('recovery sheet');
  });

  test('find the members that a person may mean', () => {
    const found = (text: string): Key[] =>
      membersMeant(state, text, nodePlatform).map(({ key }) => key);
    expect(found('bert')).toEqual([bert.key]);
    expect(found('lamp').length).toBe(2);
    expect(found('node/lamp')).toEqual([lamp.key]);
    expect(found(stove.key.slice(0, 8))).toEqual([stove.key]);
    expect(found(`${stove.key.slice(0, 8)}…`)).toEqual([stove.key]);
    expect(found(stove.key.slice(0, 3))).toEqual([]);
    expect(found('')).toEqual([]);
  });
});
