// The histories of the golden vectors, written out: who did what. fixtures/ledger/ keeps what came
// of them once; this file is needed only to make another set.

import { type Decoded, sealedLine } from '../../ledger/record.ts';
import { toBase64url } from '../../proto/bytes.ts';
import type { Key } from '../../proto/ids.ts';
import {
  type Actor,
  PEER,
  START,
  Scribe,
  acts,
  actor,
  everything,
  wireguardClaim,
} from './actors.ts';

/** A line, or a run of lines that differ in their seq only: `#` stands for it. */
export type VectorLine =
  | string
  | { readonly text: string; readonly from: number; readonly to: number };

export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly mode: 'door' | 'audit';
  readonly lines: readonly VectorLine[];
}

const root = actor('root');
const [alice, bob, carol, dave, slip, node] = ['alice', 'bob', 'carol', 'dave', 'slip', 'node'].map(
  actor,
) as [Actor, Actor, Actor, Actor, Actor, Actor];
const sheets = ['paper', 'paper 2', 'paper 3'].map(actor) as [Actor, Actor, Actor];
const GIVEN = PEER.map((grant) => ({ ...grant, depth: 1 }));

const linesOf = (records: readonly Decoded[]): string[] => records.map(({ line }) => line);

function everyKind(): VectorLine[] {
  const s = new Scribe();
  const a = s.operator(alice, root, [], everything(2));
  s.by(alice, acts.node(node, alice, s.ledger, PEER, { ipv4: '10.7.0.2', labels: ['lab'] }), {
    auth: [a],
  });
  s.by(node, acts.update({ wg: wireguardClaim(node, s.ledger, 1), name: 'box' }));
  s.by(node, acts.update({ endpoints: ['box.example:51820', '[2001:db8::1]:51820'] }));
  const t = s.by(root, acts.ticket(slip, GIVEN));
  s.by(slip, acts.node(dave, slip, s.ledger, PEER), { auth: [t] });
  const more = s.by(root, acts.grant(bob, PEER));
  s.by(root, acts.revoke(bob, 1), { refs: [more] });
  const set = s.by(alice, acts.commit('app.web.port', 443), { auth: [a] });
  s.by(alice, acts.commit('app.web.port', 8443), { auth: [a], refs: [set] });
  s.by(node, { kind: 'unknown', name: 'later.kind', body: { x: 1 } });
  s.remove(dave, root);
  return linesOf(s.records);
}

function twoSeniors(): VectorLine[] {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const b = s.operator(bob, root);
  const first = s.by(bob, acts.commit('color', 'red'), { auth: [b] });
  const second = s.by(bob, acts.commit('color', 'blue'), { auth: [b], refs: [first] });
  const short = s.remove(bob, alice, [a], first);
  const long = s.remove(bob, root, [], second);
  return linesOf([s.genesis, a, b, first, short, second, long, second]);
}

function cutAhead(): VectorLine[] {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const [one, two, three] = [1, 2, 3].map((n) =>
    s.by(alice, acts.commit('k', n), { auth: [a] }),
  ) as [Decoded, Decoded, Decoded];
  const cut = s.remove(alice, root, [], two);
  return linesOf([s.genesis, a, one, cut, three, two]);
}

function forkSettled(): VectorLine[] {
  const s = new Scribe();
  const a = s.operator(alice, root);
  s.by(alice, acts.commit('k', 1), { auth: [a] });
  const two = s.fork(alice, START, acts.commit('k', 2), { auth: [a] });
  s.fork(alice, START, acts.commit('k', 3), { auth: [a] });
  s.remove(alice, root, [], two);
  return linesOf(s.records);
}

function frozen(): VectorLine[] {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const common = s.by(alice, acts.commit('k', 0), { auth: [a] });
  s.by(alice, acts.commit('left', 1), { auth: [a] });
  s.fork(alice, common, acts.commit('right', 1), { auth: [a] });
  return linesOf(s.records);
}

function cutOverFork(): VectorLine[] {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const one = s.by(alice, acts.commit('k', 1), { auth: [a] });
  const left = s.by(alice, acts.commit('k', 2), { auth: [a], refs: [one] });
  const right = s.fork(alice, one, acts.commit('k', 3), { auth: [a], refs: [one] });
  const lost = s.by(alice, acts.commit('k', 4), { auth: [a] });
  const cut = s.remove(alice, root, [], s.by(alice, acts.commit('k', 5), { auth: [a] }));
  return linesOf([s.genesis, a, one, left, right, cut].filter((record) => record !== lost));
}

function voids(): VectorLine[] {
  const s = new Scribe();
  const counted = [
    { action: 'member.admit' as const, resource: 'node/', depth: 1, limits: { count: 1 } },
  ];
  const a = s.operator(alice, root, [], [...counted, ...PEER.map((g) => ({ ...g, depth: 1 }))]);
  const b = s.operator(bob, root);
  const n = s.node(node, alice, [a]);
  s.node(dave, alice, [a]);
  s.by(
    alice,
    acts.node(carol, alice, s.ledger, [{ action: 'work.stop', resource: '', depth: 0 }]),
    {
      auth: [a],
    },
  );
  s.by(alice, acts.commit('k', 1), { auth: [a] });
  s.by(alice, acts.commit('k', 2), { auth: [n] });
  s.by(node, acts.commit('k', 3), { auth: [n] });
  s.remove(alice, bob, [b]);
  s.by(root, acts.revoke(bob, 1), { refs: [b] });
  s.by(bob, acts.commit('k', 4), { auth: [b] });
  return linesOf(s.records);
}

function conflicts(): VectorLine[] {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const shared = (of: Actor) => wireguardClaim({ ...of, name: 'shared' }, s.ledger);
  const more = (of: Actor) => ({ ipv4: '10.7.0.1', name: 'box', wg: shared(of) });
  s.by(alice, acts.node(dave, alice, s.ledger, [], more(dave)), { auth: [a] });
  s.by(root, acts.node(carol, root, s.ledger, [], more(carol)));
  s.by(root, acts.commit('k', 'root'));
  s.by(alice, acts.commit('k', 'alice'), { auth: [a] });
  return linesOf(s.records);
}

function ticketTwice(): VectorLine[] {
  const s = new Scribe();
  const t = s.by(root, acts.ticket(slip, GIVEN));
  s.by(slip, acts.node(carol, slip, s.ledger, PEER), { auth: [t] });
  s.by(slip, acts.node(node, slip, s.ledger, []), { auth: [t] });
  s.fork(slip, START, acts.node(dave, slip, s.ledger, PEER), { auth: [t] });
  return linesOf(s.records);
}

function recovered(): VectorLine[] {
  const s = new Scribe();
  const a = s.operator(alice, root);
  s.operator(dave, root);
  s.by(sheets[0], acts.rotate([bob], sheets[1], [[root, a]]));
  const deed = s.by(bob, acts.commit('k', 1));
  s.by(sheets[1], acts.rotate([carol], sheets[2], [[bob, deed]]));
  s.by(bob, acts.commit('k', 2), { refs: [deed] });
  s.by(carol, acts.commit('k', 3), { refs: [deed] });
  return linesOf(s.records);
}

function usedSheet(): VectorLine[] {
  const s = new Scribe();
  s.by(sheets[0], acts.rotate([bob], sheets[1], [[root, s.genesis]]));
  s.fork(sheets[0], START, acts.rotate([carol], sheets[2], [[root, s.genesis]]));
  return linesOf(s.records);
}

function unfitRotation(): VectorLine[] {
  const s = new Scribe('home', [root, bob]);
  s.by(sheets[0], acts.rotate([carol], sheets[1], [[root, s.genesis]]));
  return linesOf(s.records);
}

/** A record under the signature of another. */
function missigned(record: Decoded, other: Decoded): string {
  return sealedLine(record, other.sig);
}

function strangers(): VectorLine[] {
  const s = new Scribe();
  const other = new Scribe('other');
  const a = s.operator(alice, root);
  const stranger = s.by(dave, acts.commit('k', 1));
  const gap = s.by(alice, acts.commit('k', 1), { auth: [a] });
  const next = s.by(alice, acts.commit('k', 2), { auth: [a], refs: [gap] });
  const proof = s.by(
    root,
    acts.node(carol, root, s.ledger, [], { wg: wireguardClaim(dave, s.ledger) }),
  );
  const elsewhere = other.operator(alice, root);
  return [
    ...linesOf([s.genesis, other.genesis, elsewhere, stranger, a, a, next]),
    missigned(gap, a),
    ...linesOf([gap, proof]),
  ];
}

function parked(): VectorLine[] {
  const s = new Scribe();
  s.node(node, root);
  const first = s.by(node, acts.update({ name: 'box' }));
  const second = s.by(node, acts.update({ name: 'box' }));
  const text = second.line.replace('"seq":2', '"seq":#').replaceAll(first.id, second.id);
  return [...linesOf(s.records.slice(0, 2)), { text, from: 3, to: 1_027 }];
}

function audited(): VectorLine[] {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const b = s.operator(bob, alice, [a]);
  const t = s.by(root, acts.ticket(slip));
  s.by(slip, acts.node(carol, slip, s.ledger, []), { auth: [t] });
  s.by(slip, acts.commit('k', 0));
  s.by(bob, acts.commit('k', 1), { auth: [b] });
  s.remove(alice, root, [], START);
  return linesOf(s.records);
}

export function scenarios(): Scenario[] {
  const door = (name: string, about: string, lines: VectorLine[]): Scenario => ({
    name,
    about,
    mode: 'door',
    lines,
  });
  return [
    door('every-kind', 'a network in which each kind of record has been written', everyKind()),
    door('two-seniors', 'two seniors cut one author at different places', twoSeniors()),
    door('cut-ahead', 'a cut that comes before the record it names', cutAhead()),
    door(
      'fork-settled',
      'a fork at the first record, settled by a cut; a third branch',
      forkSettled(),
    ),
    door('frozen', 'a fork that nobody has settled', frozen()),
    door('cut-over-fork', 'a cut over a fork, whose record is not held', cutOverFork()),
    door('voids', 'records without effect, one for each reason', voids()),
    door('conflicts', 'one name, address, WireGuard key and configuration key twice', conflicts()),
    door(
      'ticket-twice',
      'a ticket redeemed twice, and one record more than it may write',
      ticketTwice(),
    ),
    door('recovered', 'two recoveries in a row', recovered()),
    door('used-sheet', 'a recovery sheet that signs two rotations', usedSheet()),
    door('unfit-rotation', 'a rotation that does not name every root', unfitRotation()),
    door(
      'strangers',
      'lines that are refused: other ledger, stranger, bad signature, bad proof',
      strangers(),
    ),
    door('parked', 'more records than may wait for an earlier one', parked()),
    {
      name: 'audited',
      about: 'a file judged whole: what is void is held',
      mode: 'audit',
      lines: audited(),
    },
  ];
}

/** Single lines, as bytes: what decoding alone says of them. */
export function singleLines(): { name: string; bytes: Uint8Array }[] {
  const s = new Scribe();
  const a = s.operator(alice, root);
  const n = s.node(node, root);
  const { line } = a;
  const text = (name: string, of: string) => ({ name, bytes: Buffer.from(of, 'utf8') });
  const weak = toBase64url(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0))) as Key;
  const longest = 8_192 - Buffer.byteLength(line.replace('"name":"alice"', '"name":""'));
  return [
    text('a record', line),
    text('a node', n.line),
    text('nothing', ''),
    text('8,193 bytes', line.replace('"name":"alice"', `"name":"${'a'.repeat(longest + 1)}"`)),
    text('a name too long, 8,192 bytes', line.replace('"alice"', `"${'a'.repeat(longest)}"`)),
    { name: 'half a character', bytes: Buffer.concat([Buffer.from(line), Buffer.from([0xc3])]) },
    {
      name: 'a byte order mark',
      bytes: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(line)]),
    },
    text('no JSON', line.slice(1)),
    text('a space', line.replace(':', ': ')),
    text('a key twice', line.replace('"v":1', '"v":1,"v":1')),
    text('an exponent', line.replace('"seq":2', '"seq":2e0')),
    text('a fraction', line.replace('"seq":2', '"seq":2.0')),
    text('an escape', line.replace('"kind":"operator', '"kind":"\\u006fperator')),
    text('minus zero', line.replace(/"ts":\d+/, '"ts":-0')),
    text('a null', line.replace(/"ts":\d+/, '"ts":null')),
    text('not in NFC', line.replace('"alice"', '"a\u0301"')),
    text('a direction character', line.replace('"alice"', '"a\u202eb"')),
    text('version 2', line.replace('"v":1', '"v":2')),
    text('no version', line.replace(',"v":1', '')),
    text('a list', '[]'),
    text('one field more', line.replace('"v":1', '"v":1,"w":1')),
    text('a second spelling of 32 bytes', line.replace(/("prev":"[^"]{42})[^"]"/, '$1B"')),
    text('seq 0', line.replace('"seq":2', '"seq":0')),
    text('a time before 1970', line.replace(/"ts":\d+/, '"ts":-1')),
    text('an action that there is not', line.replace('"member.admit"', '"member.admix"')),
    text('a name that is no host label', line.replace('"alice"', '"Alice"')),
    text('a weak key', line.replace(alice.key, weak)),
    text('a kind of later', line.replace('"operator.admit"', '"later.kind"')),
  ];
}
