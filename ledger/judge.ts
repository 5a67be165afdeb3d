// The rule of each kind: does this live record count? One row a kind; a verdict, or null and the
// claim that it makes. Spec: docs/ledger.md, "Kinds".

import type { RecordId } from '../proto/ids.ts';
import type { Authority, AdmissionBody, Claim, Member } from './member.ts';
import type { Note } from './book.ts';
import { ACTIONS, type Action, type Grant, covers, memberResources, narrows } from './grant.ts';
import { type MemberClass, compareStanding } from './rank.ts';
import type { VoidCode } from './refusals.ts';

/** What an author may draw on for one act: everything, or the grants that the record cites. */
interface Cited {
  readonly root: boolean;
  readonly grants: readonly {
    readonly from: RecordId;
    readonly index: number;
    readonly grant: Grant;
  }[];
}

type Rule = (authority: Authority, author: Member, note: Note) => VoidCode | null;

const RULES: Readonly<Record<Note['act']['kind'], Rule>> = {
  genesis: (authority, _author, note) =>
    authority.epochs.followed.has(note.id) ? null : 'void-epoch',
  'root.rotate': (authority, _author, note) =>
    authority.epochs.followed.has(note.id) ? null : 'void-epoch',
  'operator.admit': (authority, author, note) => admit(authority, author, note, 'operator'),
  'ticket.issue': (authority, author, note) => admit(authority, author, note, 'ticket'),
  'node.admit': (authority, author, note) =>
    author.class === 'ticket'
      ? redeem(authority, author, note)
      : admit(authority, author, note, 'node'),
  'member.remove': (authority, author, note) => {
    if (note.act.kind !== 'member.remove') return null;
    const { target, seq } = note.act.body;
    const body = { seq, last: note.refs[0] ?? ('' as const) };
    return claim(authority, author, note, target, authority.cuts, body);
  },
  'cap.revoke': (authority, author, note) => {
    if (note.act.kind !== 'cap.revoke') return null;
    const { target, seq } = note.act.body;
    const body = { grant: note.refs[0] as RecordId, seq };
    return claim(authority, author, note, target, authority.revokes, body);
  },
  'cap.grant': (authority, author, note) => {
    if (note.act.kind !== 'cap.grant') return null;
    const { target, grants } = note.act.body;
    const cited = citedGrants(authority, author, note);
    if (typeof cited === 'string') return cited;
    if (!passesOn(cited, grants)) return 'void-widens';
    const code = claim(authority, author, note, target, authority.grantsTo, {
      grants,
      admits: false,
    });
    if (code === null) authority.granting.set(note.id, author);
    return code;
  },
  'config.commit': (authority, author, note) => {
    if (note.act.kind !== 'config.commit') return null;
    return allowed(authority, author, note, 'config.commit', [note.act.body.key]);
  },
};

/** The verdict on a live note of a resolved author. */
export function judge(authority: Authority, author: Member, note: Note): VoidCode | null {
  const redeems = author.class === 'ticket' && note.act.kind === 'node.admit';
  if (author.class !== 'operator' && !redeems) return 'void-class';
  return RULES[note.act.kind](authority, author, note);
}

/** The grants that a record cites, or why one of its citations does not hold. */
function citedGrants(authority: Authority, author: Member, note: Note): Cited | VoidCode {
  const grants: { from: RecordId; index: number; grant: Grant }[] = [];
  for (const id of note.auth) {
    const granter = authority.granting.get(id);
    if (granter === undefined) authority.missed.add(id);
    if (granter === undefined || compareStanding(granter, author) >= 0) return 'void-auth';
    const held = author.grants.get(id);
    if (held === undefined) continue;
    if (note.seq > held.lastUse) return 'void-revoked';
    held.grants.forEach((grant, index) => grants.push({ from: id, index, grant }));
  }
  return { root: author.root, grants };
}

function allowed(
  authority: Authority,
  author: Member,
  note: Note,
  action: Action,
  resources: readonly string[],
): VoidCode | null {
  const cited = citedGrants(authority, author, note);
  if (typeof cited === 'string') return cited;
  if (cited.root) return null;
  const fitting = cited.grants.filter(({ grant }) => covers(grant, action, resources));
  if (fitting.length === 0) return 'void-uncovered';
  return spend(authority, author, fitting) ? null : 'void-limit';
}

/** Takes one use of the first grant that has one left. */
function spend(authority: Authority, author: Member, fitting: Cited['grants']): boolean {
  for (const { from, index, grant } of fitting) {
    const bound = grant.limits?.['count'];
    if (bound === undefined) return true;
    const counter = `${author.key} ${from} ${index}`;
    const used = authority.spent.get(counter) ?? 0;
    if (used >= bound) continue;
    authority.spent.set(counter, used + 1);
    return true;
  }
  return false;
}

function passesOn(cited: Cited, grants: readonly Grant[]): boolean {
  return (
    cited.root || grants.every((child) => cited.grants.some(({ grant }) => narrows(child, grant)))
  );
}

function admit(authority: Authority, author: Member, note: Note, as: MemberClass): VoidCode | null {
  const body = note.act.body as AdmissionBody;
  // What a member of this class may never hold is not written into its admission either.
  if (as !== 'operator' && body.grants.some((grant) => ACTIONS[grant.action].operators)) {
    return 'void-class';
  }
  if (isSettled(authority, author, body.key)) return 'void-not-junior';
  const cited = citedGrants(authority, author, note);
  if (typeof cited === 'string') return cited;
  if (!passesOn(cited, body.grants)) return 'void-widens';
  const resources = memberResources(as, body.name, body.labels ?? []);
  const code = allowed(authority, author, note, 'member.admit', resources);
  if (code !== null) return code;
  takeAdmission(authority, author, note, body, as);
  return null;
}

/** A ticket admits one node, with no more than the ticket says. */
function redeem(authority: Authority, author: Member, note: Note): VoidCode | null {
  if (note.act.kind !== 'node.admit') return 'void-class';
  const body = note.act.body;
  const cited = citedGrants(authority, author, note);
  if (typeof cited === 'string') return cited;
  if (isSettled(authority, author, body.key)) return 'void-not-junior';
  const labels = body.labels ?? [];
  const more = body.quota !== undefined || labels.some((label) => !author.labels.includes(label));
  if (more || !passesOn(cited, body.grants)) return 'void-widens';
  takeAdmission(authority, author, note, body, 'node');
  return null;
}

/**
 * True where the key stands already, as senior as this author or resolved before it. A recovery key
 * stands above all: nobody makes a member of it, and so nobody can cut it.
 */
function isSettled(authority: Authority, author: Member, key: Member['key']): boolean {
  if (authority.epochs.recoveries.includes(key)) return true;
  const member = authority.members.get(key);
  return member !== undefined && (member.resolved || compareStanding(author, member) >= 0);
}

function takeAdmission(
  authority: Authority,
  author: Member,
  note: Note,
  body: AdmissionBody,
  as: MemberClass,
): void {
  authority.granting.set(note.id, author);
  const of = { grants: body.grants, admits: true };
  push(authority.grantsTo, body.key, { note, from: author, by: [], body: of });
  authority.candidates.push({ note, from: author, class: as, body });
}

/** Keeps what an author says of another key until that key is resolved. */
function claim<Body>(
  authority: Authority,
  author: Member,
  note: Note,
  target: Member['key'],
  into: Map<Member['key'], Claim<Body>[]>,
  body: Body,
): VoidCode | null {
  const cited = citedGrants(authority, author, note);
  if (typeof cited === 'string') return cited;
  if (isSettled(authority, author, target)) return 'void-not-junior';
  const by = cited.root ? 'root' : cited.grants.map(({ grant }) => grant);
  push(into, target, { note, from: author, by, body });
  return null;
}

function push<Value>(into: Map<Member['key'], Value[]>, key: Member['key'], value: Value): void {
  const values = into.get(key);
  if (values === undefined) into.set(key, [value]);
  else values.push(value);
}
