// The rules of form, one case each: what refuses a record before anybody knows its author. A line
// is taken from a true record and changed in one place.

import { expect, test } from 'vitest';
import { screen } from '../../ledger/door.ts';
import { decodeText, sealedLine } from '../../ledger/record.ts';
import type { Decoded } from '../../ledger/record.ts';
import { signatureJobs } from '../../ledger/proof.ts';
import { accept } from '../../ledger/verify.ts';
import { canonical, type Json, type JsonObject } from '../../proto/json.ts';
import { nodePlatform } from '../../src/platform.ts';
import {
  type Actor,
  acts,
  actor,
  PEER,
  Scribe,
  settle,
  take,
  wireguardClaim,
} from '../kit/actors.ts';

const root = actor('root');
const [alice, bob, node] = ['alice', 'bob', 'node'].map(actor) as [Actor, Actor, Actor];
const sheet = actor('paper');

const s = new Scribe();
const admit = s.by(root, acts.operator(alice, PEER, { labels: ['a', 'b'], quota: 9 }));
const nodeAdmit = s.by(root, acts.node(node, root, s.ledger, PEER, { ipv4: '10.0.0.1' }));
const ticket = s.by(root, acts.ticket(bob));
const grant = s.by(root, acts.grant(alice, PEER));
const revoke = s.by(root, acts.revoke(alice, 1), { refs: [grant] });
const remove = s.by(root, acts.remove(alice, 1), { refs: [admit] });
const update = s.by(node, acts.update({ wg: wireguardClaim(node, s.ledger, 1), labels: ['x'] }));
const endpoints = s.by(node, acts.update({ endpoints: ['a.example:1', '[::1]:2'] }));
const commit = s.by(alice, acts.commit('k', 1), { auth: [admit, grant], refs: [remove] });
const cuts = [{ key: root.key, seq: 1, last: s.genesis.id }];
const seats = [{ key: bob.key, name: 'bob' }];
const rotate = s.by(sheet, {
  kind: 'root.rotate',
  body: { roots: seats, recovery: actor('paper 2').key, cuts },
});

function codeOf(record: Decoded, change: (fields: Fields) => void): string {
  const fields = JSON.parse(record.line) as Fields;
  change(fields);
  const decoded = decodeText(canonical(fields as unknown as Json), nodePlatform);
  return decoded.ok ? 'ok' : decoded.code;
}

/** A record as plain JSON, to be spoiled. */
interface Fields {
  [field: string]: unknown;
  body: { [field: string]: unknown };
  auth: string[];
  refs: string[];
}

const many = <Item>(count: number, item: (i: number) => Item): Item[] =>
  Array.from({ length: count }, (_, i) => item(i));
const place = (more: object): object => ({ action: 'place.job', resource: '', depth: 0, ...more });
const ids = many(5, (i) => `${'A'.repeat(41)}${'ABCDE'[i]}A`);

const SHAPES: readonly (readonly [string, Decoded, (fields: Fields) => void])[] = [
  ['a field less', admit, (f) => delete f['ts']],
  ['a field more', admit, (f) => (f['w'] = 1)],
  ['an author that is no key', admit, (f) => (f['author'] = 'A')],
  ['a ledger that is no id', admit, (f) => (f['ledger'] = 'A')],
  ['an empty ledger outside genesis', admit, (f) => (f['ledger'] = '')],
  ['a ledger in genesis', s.genesis, (f) => (f['ledger'] = s.ledger)],
  ['a prev that is no id', admit, (f) => (f['prev'] = 'A')],
  ['an empty prev past the first', admit, (f) => (f['prev'] = '')],
  ['a prev in the first', update, (f) => (f['prev'] = s.ledger)],
  ['seq 0', update, (f) => (f['seq'] = 0)],
  ['a seq that is text', update, (f) => (f['seq'] = '1')],
  ['a time before 1970', update, (f) => (f['ts'] = -1)],
  ['a signature of 63 bytes', update, (f) => (f['sig'] = 'A'.repeat(84))],
  ['a kind with a capital', update, (f) => (f['kind'] = 'Node.update')],
  ['a kind of 33 characters', update, (f) => (f['kind'] = 'a'.repeat(33))],
  ['a body that is a list', update, (f) => (f['body'] = [] as never)],
  ['links that are no list', commit, (f) => (f['auth'] = 'A' as never)],
  ['links in the wrong order', commit, (f) => f.auth.reverse()],
  ['a link twice', commit, (f) => (f.refs = [s.ledger, s.ledger])],
  ['five links', commit, (f) => (f.refs = ids)],
  ['a link that is no id', commit, (f) => (f.auth = ['A'])],
];

const BODIES: readonly (readonly [string, Decoded, (fields: Fields) => void])[] = [
  ['a field that its kind has not', commit, (f) => (f.body['other'] = 1)],
  ['a field less', admit, (f) => delete f.body['name']],
  ['a name with a capital', admit, (f) => (f.body['name'] = 'Alice')],
  ['a name that ends in a dash', admit, (f) => (f.body['name'] = 'a-')],
  ['a name of 64 characters', admit, (f) => (f.body['name'] = 'a'.repeat(64))],
  ['an empty name', admit, (f) => (f.body['name'] = '')],
  ['labels in the wrong order', admit, (f) => (f.body['labels'] = ['b', 'a'])],
  ['a label twice', admit, (f) => (f.body['labels'] = ['a', 'a'])],
  ['17 labels', admit, (f) => (f.body['labels'] = many(17, (i) => `l${10 + i}`))],
  ['a quota of 0', admit, (f) => (f.body['quota'] = 0)],
  ['a quota above a root’s', admit, (f) => (f.body['quota'] = 2 ** 20 + 1)],
  ['41 grants', admit, (f) => (f.body['grants'] = many(41, () => place({})))],
  ['a grant with a field more', admit, (f) => (f.body['grants'] = [place({ x: 1 })])],
  ['a grant of no action', admit, (f) => (f.body['grants'] = [place({ action: 'place' })])],
  ['a grant of depth 8', admit, (f) => (f.body['grants'] = [place({ depth: 8 })])],
  ['a resource with a star', admit, (f) => (f.body['grants'] = [place({ resource: '*' })])],
  [
    'a limit that its action has not',
    admit,
    (f) => (f.body['grants'] = [place({ limits: { count: 1 } })]),
  ],
  ['a limit below 0', admit, (f) => (f.body['grants'] = [place({ limits: { gpus: -1 } })])],
  ['no limits, said', admit, (f) => (f.body['grants'] = [place({ limits: {} })])],
  [
    'an expiry on what writes to the ledger',
    admit,
    (f) => (f.body['grants'] = [place({ action: 'member.admit', expires: 1 })]),
  ],
  ['an address that is none', nodeAdmit, (f) => (f.body['ipv4'] = '10.0.0.256')],
  ['an address with a zero before', nodeAdmit, (f) => (f.body['ipv4'] = '10.0.0.01')],
  ['a counter below 0', update, (f) => ((f.body['wg'] as Fields)['counter'] = -1)],
  ['a claim without a signature', update, (f) => delete (f.body['wg'] as Fields)['sig']],
  ['a ticket without an end', ticket, (f) => delete f.body['expires']],
  ['a grant of nothing', grant, (f) => (f.body['grants'] = [])],
  ['a revocation of nothing', revoke, (f) => (f.refs = [])],
  ['a revocation of two', revoke, (f) => (f.refs = ids.slice(0, 2))],
  ['a cut at a place without its record', remove, (f) => (f.refs = [])],
  ['a cut at the start with a record', remove, (f) => (f.body['seq'] = 0)],
  ['a cut with two records', remove, (f) => (f.refs = ids.slice(0, 2))],
  ['an update of nothing', update, (f) => (f['body'] = {})],
  ['an update that cites', update, (f) => (f.auth = [s.ledger])],
  ['an update that refers', update, (f) => (f.refs = [s.ledger])],
  ['nine endpoints', endpoints, (f) => (f.body['endpoints'] = many(9, (i) => `h:${1 + i}`))],
  ['port 0', endpoints, (f) => (f.body['endpoints'] = ['h:0'])],
  ['port 65536', endpoints, (f) => (f.body['endpoints'] = ['h:65536'])],
  ['a key of configuration with a capital', commit, (f) => (f.body['key'] = 'K')],
  ['a key of configuration that ends in a dot', commit, (f) => (f.body['key'] = 'k.')],
  ['129 characters of it', commit, (f) => (f.body['key'] = 'k'.repeat(129))],
  ['genesis at another place', s.genesis, (f) => Object.assign(f, { seq: 2, prev: s.ledger })],
  ['genesis that cites', s.genesis, (f) => (f.auth = [s.ledger])],
  ['genesis by none of its roots', s.genesis, (f) => (f['author'] = bob.key)],
  ['genesis without roots', s.genesis, (f) => (f.body['roots'] = [])],
  [
    'nine roots',
    s.genesis,
    (f) => (f.body['roots'] = many(9, (i) => ({ key: actor(`r${i}`).key, name: 'r' }))),
  ],
  [
    'a root twice',
    s.genesis,
    (f) => (f.body['roots'] = many(2, () => ({ key: root.key, name: 'r' }))),
  ],
  ['a root that is the recovery key', s.genesis, (f) => (f.body['recovery'] = root.key)],
  [
    'a range of addresses too wide',
    s.genesis,
    (f) => (f.body['defaults'] = { ipv4_range: '10.0.0.0/7' }),
  ],
  ['a rotation at another place', rotate, (f) => Object.assign(f, { seq: 2, prev: s.ledger })],
  ['a rotation to the sheet that signs it', rotate, (f) => (f.body['recovery'] = sheet.key)],
  ['a rotation to a root', rotate, (f) => (f.body['recovery'] = bob.key)],
  ['a rotation that cuts nobody', rotate, (f) => (f.body['cuts'] = [])],
  [
    'a cut of a place without its record',
    rotate,
    (f) => (f.body['cuts'] = [{ ...cuts[0], last: '' }]),
  ],
  ['a cut of the start with a record', rotate, (f) => (f.body['cuts'] = [{ ...cuts[0], seq: 0 }])],
  ['a root cut twice', rotate, (f) => (f.body['cuts'] = [...cuts, ...cuts])],
  ['a root cut and seated', rotate, (f) => (f.body['roots'] = [{ key: root.key, name: 'r' }])],
];

test('the records that are changed here are in order as they are', () => {
  const all = [...SHAPES, ...BODIES].map(([, record]) => record);
  expect(all.map((record) => codeOf(record, () => undefined))).toEqual(all.map(() => 'ok'));
});

test.each(SHAPES)('%s', (_, record, change) => {
  expect(codeOf(record, change)).toBe('bad-shape');
});

test.each(BODIES)('in a body: %s', (_, record, change) => {
  expect(codeOf(record, change)).toBe('bad-body');
});

test('a body may be of any form where its kind is not known here', () => {
  const later = (body: JsonObject): string =>
    codeOf(update, (f) => Object.assign(f, { kind: 'later.kind', body }));
  expect([later({}), later({ a: { b: [1, 'x', true] } })]).toEqual(['ok', 'ok']);
  // Six levels and no more, the record being the first: [record, body, a, b, c, d].
  expect(later({ a: [[[[]]]] })).toBe('ok');
  expect(later({ a: [[[[[]]]]] })).toBe('not-canonical');
});

test('nothing behind a record with a bad signature is taken with it, and it is not lost either', () => {
  const t = new Scribe();
  const [one, two, three] = [1, 2, 3].map((n) => t.by(root, acts.commit('k', n))) as [
    Decoded,
    Decoded,
    Decoded,
  ];
  const bad = decodeText(sealedLine(one, two.sig), nodePlatform);
  if (!bad.ok) throw new Error(bad.code);
  const into = settle([t.genesis]);
  const screened = screen(into.replica, [bad.value, two, three]);
  const pending = screened.flatMap((each) => (each.kind === 'check' ? [each.record] : []));
  const { records, refused, orphaned } = accept(pending, [false, true, true]);
  expect([records, refused.map((r) => r.code), orphaned]).toEqual([
    [],
    ['bad-signature'],
    [two, three],
  ]);
  take(into, [one, two, three]);
  expect(into.replica.records).toBe(4);
});

test('a verdict that is missing is no yes', () => {
  const into = settle([s.genesis]);
  const [first] = screen(into.replica, [nodeAdmit]);
  const [second] = screen(settle([s.genesis, admit]).replica, [nodeAdmit]);
  expect(first?.kind).toBe('parked');
  if (second?.kind !== 'check') throw new Error('it follows what is held');
  expect(signatureJobs(second.record)).toHaveLength(3);
  expect(accept([second.record], [true, true]).refused.map((r) => r.code)).toEqual(['bad-proof']);
  expect(accept([second.record], []).refused.map((r) => r.code)).toEqual(['bad-signature']);
});
