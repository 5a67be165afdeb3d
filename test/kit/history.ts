// Random histories: a list of small steps, read as who writes what after which record. Every step
// makes exactly one record, sensible or not: forks, stolen citations, cuts at any place of any
// branch, tickets redeemed twice, rotations that are wrong. Steps are plain numbers, so that a
// failing history shrinks and a printed one can be run again. Signatures are not made: the door and
// the fold do not look at them (signing is tested in verdicts.test.ts).

import type { Key, RecordId, Signature } from '../../proto/ids.ts';
import type { Grant } from '../../ledger/grant.ts';
import type { Act, RootRotateBody } from '../../ledger/kinds.ts';
import { QUOTA_NODE, QUOTA_OPERATOR } from '../../ledger/limits.ts';
import { type Decoded, type Draft, decodeText, sealedLine } from '../../ledger/record.ts';
import { nodePlatform } from '../../src/platform.ts';
import { type Actor, actor, everything } from './actors.ts';

/** What, who, about whom, and two numbers whose meaning is the op's. */
export type Step = readonly [op: number, who: number, whom: number, x: number, y: number];
export const STEP_MAX = 255;

export interface History {
  readonly genesis: Decoded;
  /** Everything but genesis, in the order of writing. */
  readonly records: readonly Decoded[];
}

const NO_SIGNATURE = 'A'.repeat(86) as Signature;
const NOWHERE = 'B'.repeat(42).concat('A') as RecordId;
const ROOTS = [actor('root'), actor('root 2')];
const PAPERS = [0, 1, 2, 3].map((n) => actor(`sheet ${n}`));
const PEOPLE = ['ann', 'ben', 'cleo', 'dan', 'eve', 'fay', 'gus'].map(actor);
const TICKETS = ['slip 1', 'slip 2'].map(actor);
const EVERYBODY = [...ROOTS, ...PEOPLE, ...TICKETS, ...PAPERS];

// Weights by repetition.
const OPS = [
  ...Array<'operator'>(5).fill('operator'),
  ...Array<'node'>(4).fill('node'),
  ...Array<'ticket'>(2).fill('ticket'),
  ...Array<'redeem'>(3).fill('redeem'),
  ...Array<'remove'>(4).fill('remove'),
  ...Array<'grant'>(3).fill('grant'),
  ...Array<'revoke'>(3).fill('revoke'),
  ...Array<'update'>(4).fill('update'),
  ...Array<'commit'>(7).fill('commit'),
  'rotate',
  'unknown',
  'foreign',
] as const;
type Op = (typeof OPS)[number];

const grant = (action: Grant['action'], resource = '', depth = 3, count?: number): Grant => ({
  action,
  resource,
  depth,
  ...(count === undefined ? {} : { limits: { count } }),
});
const GRANTS: readonly (readonly Grant[])[] = [
  everything(5),
  everything(4),
  everything(2),
  [
    grant('member.admit', 'node/', 3, 2),
    grant('member.remove', 'node/'),
    grant('place.job', '', 4),
  ],
  [grant('member.admit', '', 4, 1), grant('cap.grant'), grant('place.job'), grant('config.commit')],
  [grant('config.commit', 'a', 1), grant('member.remove', 'operator/', 2)],
  [],
];
const NODE_GRANTS: readonly (readonly Grant[])[] = [
  [],
  [grant('place.job', '', 0)],
  [grant('place.job', '', 1), grant('metrics.read', '', 0)],
  [grant('config.commit', '', 0)],
];

/** Everything written so far, as one who sees all of it. */
class Scriptorium {
  readonly genesis: Decoded;
  readonly records: Decoded[] = [];
  readonly chains = new Map<Key, Decoded[]>();
  /** In the order of their first admission. */
  readonly admitted: Actor[] = [...ROOTS];
  /** Records that grant something to a key. */
  readonly granted = new Map<Key, Decoded[]>();
  readonly commits: Decoded[] = [];
  readonly rotations: Decoded[] = [];

  constructor() {
    const roots = ROOTS.map((root) => ({ key: root.key, name: label(root.name) }));
    const body = { network: 'home', roots, recovery: (PAPERS[0] as Actor).key, defaults: {} };
    this.genesis = record(ROOTS[0] as Actor, '', null, { kind: 'genesis', body }, [], []);
    this.chains.set(this.genesis.author, [this.genesis]);
  }

  write(by: Actor, after: Decoded | null, act: Act, auth: RecordId[], refs: RecordId[]): void {
    const written = record(by, this.genesis.id, after, act, auth, refs);
    if (this.records.some((other) => other.id === written.id)) return;
    this.records.push(written);
    this.chains.set(by.key, [...this.chainOf(by), written]);
    if (act.kind === 'config.commit') this.commits.push(written);
    if (act.kind === 'root.rotate') {
      this.rotations.push(written);
      for (const root of act.body.roots) this.admit(root.key);
    }
    if (act.kind === 'cap.grant') this.give(act.body.target, written);
    if ('body' in act && 'grants' in act.body && 'key' in act.body) {
      this.admit(act.body.key as Key);
      this.give(act.body.key as Key, written);
    }
  }

  chainOf(who: Actor): readonly Decoded[] {
    return this.chains.get(who.key) ?? [];
  }

  private admit(key: Key): void {
    const who = EVERYBODY.find((other) => other.key === key) as Actor;
    if (!this.admitted.includes(who)) this.admitted.push(who);
  }

  private give(key: Key, by: Decoded): void {
    this.granted.set(key, [...(this.granted.get(key) ?? []), by]);
  }
}

const pick = <Item>(from: readonly Item[], at: number): Item => from[at % from.length] as Item;

function label(name: string): string {
  return name.replaceAll(/[^a-z0-9]+/g, '-');
}

function record(
  by: Actor,
  ledger: RecordId | '',
  after: Decoded | null,
  act: Act,
  auth: readonly RecordId[],
  refs: readonly RecordId[],
): Decoded {
  const draft: Draft = {
    ledger,
    author: by.key,
    seq: (after?.seq ?? 0) + 1,
    prev: after?.id ?? '',
    auth: [...new Set(auth)].toSorted().slice(0, 4),
    refs: [...new Set(refs)].toSorted().slice(0, 4),
    ts: 0,
    act,
  };
  const decoded = decodeText(sealedLine(draft, NO_SIGNATURE), nodePlatform);
  if (!decoded.ok) throw new Error(`${decoded.code}: ${decoded.detail}`);
  return decoded.value;
}

/** Nearly always the last record that the author wrote; else an earlier one, which forks. */
function placeOf(chain: readonly Decoded[], y: number): Decoded | null {
  if (chain.length === 0 || y % 32 === 0) return null;
  return y % 8 === 1 ? pick(chain, y >> 3) : (chain.at(-1) as Decoded);
}

/** What an author cites: nearly always all that it was given. */
function citations(all: Scriptorium, who: Actor, y: number): RecordId[] {
  const own = (all.granted.get(who.key) ?? []).map(({ id }) => id);
  switch (y % 11) {
    case 0:
      return [];
    case 1:
      return [...own.slice(0, 1), NOWHERE];
    case 2:
    case 3: {
      const any = [...all.granted.values()].flat();
      return any.length === 0 ? own : [...own.slice(0, 2), pick(any, y).id];
    }
    case 4:
      return own.slice(0, 1);
    default:
      return own.slice(-4);
  }
}

interface Making {
  readonly all: Scriptorium;
  readonly who: Actor;
  readonly whom: Actor;
  readonly x: number;
  readonly y: number;
}
type Made = readonly [Act, RecordId[]?] | null;

const MAKERS: Readonly<Record<Op, (making: Making) => Made>> = {
  operator: ({ whom, x, y }) => {
    const quota = y % 13 === 0 ? { quota: QUOTA_OPERATOR + 3 } : {};
    const body = { key: whom.key, name: nameOf(whom, x), grants: pick(GRANTS, x), ...quota };
    return [{ kind: 'operator.admit', body }];
  },
  node: ({ all, whom, x, y }) => [nodeAdmit(all, whom, pick(NODE_GRANTS, x), x, y)],
  ticket: ({ x, y }) => {
    const key = pick(TICKETS, y).key;
    const body = { key, name: 'slip', grants: pick(NODE_GRANTS, x), expires: 0 };
    return [{ kind: 'ticket.issue', body }];
  },
  redeem: ({ all, whom, x, y }) => [nodeAdmit(all, whom, pick(NODE_GRANTS, x % 2), x, y)],
  remove: ({ all, whom, x }) => {
    const chain = all.chainOf(whom);
    const last = x % 9 === 0 ? undefined : x % 9 < 5 ? chain.at(-1) : pick(chain, x >> 3);
    const seq = last?.seq ?? (x % 29 === 0 ? 2 : 0);
    const refs = last === undefined ? (seq > 0 ? [NOWHERE] : []) : [last.id];
    return [{ kind: 'member.remove', body: { target: whom.key, seq } }, refs];
  },
  grant: ({ whom, x }) => {
    const grants = pick(x % 2 === 0 ? GRANTS : NODE_GRANTS, x >> 1);
    if (grants.length === 0) return null;
    return [{ kind: 'cap.grant', body: { target: whom.key, grants } }];
  },
  revoke: ({ all, whom, x, y }) => {
    const given = all.granted.get(whom.key) ?? [];
    const ref = given.length === 0 ? NOWHERE : pick(given, y >> 2).id;
    return [{ kind: 'cap.revoke', body: { target: whom.key, seq: x % 3 } }, [ref]];
  },
  update: ({ x, who }) => {
    const wg = x % 3 === 0 ? { wg: claim(pick(PEOPLE, x >> 2), x % 4) } : {};
    const name = x % 2 === 0 ? { name: pick(['box', 'ann', label(who.name)], x >> 3) } : {};
    const body = { ...wg, ...name, ...(x % 5 === 0 ? { endpoints: [`h${x}:1`] } : {}) };
    return Object.keys(body).length === 0 ? null : [{ kind: 'node.update', body }];
  },
  commit: ({ all, x, y }) => {
    const key = pick(['a', 'ab', 'b'], x);
    const recent = all.commits.slice(-3).map(({ id }) => id);
    const refs = y % 3 === 0 ? [] : recent.slice(0, 1 + (x % 3));
    return [{ kind: 'config.commit', body: x % 9 === 0 ? { key } : { key, value: x } }, refs];
  },
  rotate: ({ all, x, y }) => rotation(all, x, y),
  unknown: ({ x }) => [{ kind: 'unknown', name: 'later.kind', body: { x } }],
  foreign: ({ x }) => [{ kind: 'unknown', name: 'later.kind', body: { x, y: 1 } }],
};

function nameOf(who: Actor, x: number): string {
  return x % 4 === 0 ? 'ann' : label(who.name);
}

function claim(of: Actor, counter: number): { key: Key; counter: number; sig: Signature } {
  return { key: of.key, counter, sig: NO_SIGNATURE };
}

function nodeAdmit(
  all: Scriptorium,
  whom: Actor,
  grants: readonly Grant[],
  x: number,
  y: number,
): Act {
  const ipv4 = x % 3 === 0 ? { ipv4: `10.0.0.${x % 4}` } : {};
  const labels = x % 5 === 0 ? { labels: ['lab'] } : {};
  const quota = y % 17 === 0 ? { quota: QUOTA_NODE + 2 } : {};
  const replaced = y % 19 === 0 ? { replaces: pick(all.admitted, y).key } : {};
  const wg = claim(x % 6 === 0 ? pick(PEOPLE, y) : whom, x % 3);
  const more = { ...ipv4, ...labels, ...quota, ...replaced };
  const body = { key: whom.key, name: nameOf(whom, x), grants, wg, acceptance: NO_SIGNATURE };
  return { kind: 'node.admit', body: { ...body, ...more } };
}

/**
 * A rotation by the sheet that is due, or another; it names all roots, or not; keys may be used.
 */
function rotation(all: Scriptorium, x: number, y: number): Made {
  const last = all.rotations.at(-1) ?? all.genesis;
  const { roots: old } = (last.act as { body: RootRotateBody }).body;
  const named = x % 6 === 0 ? old.slice(1) : old;
  const cuts = named.map(({ key }, i) => {
    const chain = all.chains.get(key) ?? [];
    const at = y % 3 === 0 ? pick(chain, y + i) : chain.at(-1);
    const honoured = chain.length === 0 || x % 5 === 0 ? undefined : at;
    return { key, seq: honoured?.seq ?? 0, last: honoured?.id ?? ('' as const) };
  });
  const recovery = pick(PAPERS, x % 7 === 0 ? y : all.rotations.length + 1).key;
  const seat = x % 11 === 0 ? pick(EVERYBODY, y) : pick(PEOPLE, y);
  const roots = [{ key: seat.key, name: label(seat.name) }];
  const clash = cuts.some((cut) => cut.key === seat.key) || seat.key === recovery;
  if (cuts.length === 0 || clash) return null;
  return [{ kind: 'root.rotate', body: { roots, recovery, cuts } }];
}

function authorOf(all: Scriptorium, op: Op, who: number, x: number): Actor {
  if (op === 'rotate') return pick(PAPERS, x % 8 === 0 ? who : all.rotations.length);
  if (op === 'redeem') return pick(TICKETS, who);
  if (op === 'foreign') return pick(EVERYBODY, who);
  return pick(all.admitted, who);
}

/** A record that nobody has signed, for those who take signatures to be good. */
export function unsignedBy(
  by: Actor,
  ledger: RecordId,
  after: Decoded | null,
  act: Act,
  auth: readonly RecordId[] = [],
  refs: readonly RecordId[] = [],
): Decoded {
  return record(by, ledger, after, act, auth, refs);
}

/** One more record of a key, for what it might try next. */
export function unsigned(by: Key, ledger: RecordId, after: Decoded | null, x: number): Decoded {
  const act: Act =
    x % 2 === 0
      ? { kind: 'config.commit', body: { key: 'a', value: x } }
      : { kind: 'member.remove', body: { target: pick(EVERYBODY, x >> 1).key, seq: 0 } };
  return record({ name: '', key: by } as Actor, ledger, after, act, [], []);
}

export function historyOf(steps: readonly Step[]): History {
  const all = new Scriptorium();
  for (const [n, who, target, x, y] of steps) {
    const op = pick(OPS, n);
    const by = authorOf(all, op, who, x);
    // Mostly people; the roots, tickets and sheets now and then.
    const whom = pick(target % 3 === 0 ? EVERYBODY : PEOPLE, target >> 1);
    const made = MAKERS[op]({ all, who: by, whom, x, y });
    if (made === null) continue;
    const [act, refs = []] = made;
    const author = act.kind === 'root.rotate' && act.body.recovery === by.key ? null : by;
    if (author === null) continue;
    const first = act.kind === 'root.rotate' || (op === 'redeem' && y % 4 !== 1);
    const after = first ? null : placeOf(all.chainOf(by), y);
    const bare = act.kind === 'node.update' || act.kind === 'root.rotate';
    all.write(by, after, act, bare ? [] : citations(all, by, x + y), refs);
  }
  return { genesis: all.genesis, records: all.records };
}

/** A small fast generator of numbers, for orders, subsets and soak runs: the seed is the run. */
export function dice(seed: number): (below: number) => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) % below;
  };
}

export function randomSteps(roll: (below: number) => number, count: number): Step[] {
  const n = (): number => roll(STEP_MAX + 1);
  return Array.from({ length: count }, () => [n(), n(), n(), n(), n()] as const);
}

export function shuffled<Item>(items: readonly Item[], roll: (below: number) => number): Item[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = roll(i + 1);
    [out[i], out[j]] = [out[j] as Item, out[i] as Item];
  }
  return out;
}
