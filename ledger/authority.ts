// Pass A of the fold: who is a member, with which rank, how much of each chain is live, and which
// acts of authority count. Authors are resolved in rank order, so that each cut is decided before
// its target: no duels, no cycles. Spec: docs/ledger.md, "Pass A".

import type { Key, RecordId } from '../proto/ids.ts';
import { type Book, type Note, emptyBook, liveNotes } from './book.ts';
import { NOTHING_LIVE, livePart } from './chain.ts';
import { followEpochs } from './epochs.ts';
import { ACTIONS, type Grant, covers, memberResources } from './grant.ts';
import { judge } from './judge.ts';
import type { Authority, Candidate, Claim, DecidingCut, Member } from './member.ts';
import { classQuota, withinQuota } from './quota.ts';
import { QUOTA_ROOT } from './limits.ts';
import { type Rank, compareStanding } from './rank.ts';
import type { Shelf } from './shelf.ts';

export function resolveAll(genesis: Note, books: ReadonlyMap<Key, Book>, shelf: Shelf): Authority {
  const authority: Authority = {
    books,
    shelf,
    epochs: followEpochs(genesis, books),
    members: new Map(),
    granting: new Map(),
    cuts: new Map(),
    revokes: new Map(),
    grantsTo: new Map(),
    spent: new Map(),
    verdicts: new Map(),
    missed: new Set(),
    candidates: [],
  };
  const waiting: Member[] = [];
  let level = seatRoots(authority);
  // Breadth first by length of rank, and each level is in order already: its admitters were
  // taken in rank order and their records in order of seq.
  while (level.length > 0) {
    const next: Candidate[] = [];
    for (const member of level) next.push(...resolveAndJudge(authority, member));
    level = [];
    for (const candidate of next) {
      const member = seat(authority, candidate);
      if (member?.class === 'operator') level.push(member);
      else if (member !== null) waiting.push(member);
    }
  }
  resolveJuniors(authority, waiting);
  return authority;
}

/** Nodes and tickets come after every operator. Tickets first: they may still admit nodes. */
function resolveJuniors(authority: Authority, waiting: Member[]): void {
  const byRank = (list: Member[]): Member[] => list.toSorted(compareStanding);
  const admitted: Member[] = [];
  for (const ticket of byRank(waiting.filter((member) => member.class === 'ticket'))) {
    for (const candidate of resolveAndJudge(authority, ticket)) {
      const member = seat(authority, candidate);
      if (member !== null) admitted.push(member);
    }
  }
  const nodes = waiting.filter((member) => member.class === 'node');
  for (const node of byRank([...nodes, ...admitted])) resolveAndJudge(authority, node);
}

function seatRoots(authority: Authority): Member[] {
  const roots: Member[] = authority.epochs.seats.map((root) => ({
    key: root.key,
    class: 'operator',
    rank: root.rank,
    root: true,
    name: root.name,
    labels: [],
    by: root.by,
    body: null,
    quota: QUOTA_ROOT,
    resolved: false,
    live: NOTHING_LIVE,
    cut: null,
    grants: new Map(),
  }));
  for (const root of roots) authority.members.set(root.key, root);
  return roots.toSorted(compareStanding);
}

/** Makes a member of a key that was admitted for the first time; null where it is one already. */
export function seat(authority: Authority, candidate: Candidate): Member | null {
  const { note, from, body } = candidate;
  if (authority.members.has(body.key)) return null;
  const raised = 'quota' in body ? body.quota : undefined;
  const member: Member = {
    key: body.key,
    class: candidate.class,
    rank: [...from.rank, note.seq] satisfies Rank,
    root: false,
    name: body.name,
    labels: body.labels ?? [],
    by: note.id,
    body,
    quota: Math.max(classQuota(candidate.class), raised ?? 0),
    resolved: false,
    live: NOTHING_LIVE,
    cut: null,
    grants: new Map(),
  };
  authority.members.set(member.key, member);
  return member;
}

/** Decides what of a member's chain is live, judges its notes, and gives whom it admitted. */
export function resolveAndJudge(authority: Authority, member: Member): Candidate[] {
  const book = authority.books.get(member.key) ?? emptyBook(member.key);
  gatherGrants(authority, member);
  member.cut = authority.epochs.cuts.get(member.key) ?? decideCut(authority, member);
  const live = livePart(book.chain, member.cut, authority.shelf);
  member.live = withinQuota(member, book.chain, member.cut, live, authority.shelf);
  member.resolved = true;
  authority.candidates = [];
  for (const note of liveNotes(book, member.live)) judgeNote(authority, member, note);
  return authority.candidates;
}

/** One live note of a resolved member: it counts, or a verdict says why not. */
export function judgeNote(authority: Authority, member: Member, note: Note): void {
  const code = judge(authority, member, note);
  if (code === null) return;
  authority.verdicts.set(note.id, code);
  if ('grants' in note.act.body && 'key' in note.act.body) authority.missed.add(note.act.body.key);
}

/**
 * Whether a claim binds this member: a grant that it draws on must cover it. Its author is senior
 * to the member: judge.ts asked when the claim was made, and nobody is seated above a claim on it.
 */
function binds(
  authority: Authority,
  claim: Claim<unknown>,
  member: Member,
  action: 'member.remove' | 'cap.grant',
): boolean {
  const isCovered =
    claim.by === 'root' || claim.by.some((grant) => covers(grant, action, names(member)));
  if (!isCovered) authority.verdicts.set(claim.note.id, 'void-uncovered');
  return isCovered;
}

function names(member: Member): string[] {
  return memberResources(member.class, member.name, member.labels);
}

/** One cut decides: the last live one by the most senior cutter. */
function decideCut(authority: Authority, member: Member): DecidingCut | null {
  const claims = (authority.cuts.get(member.key) ?? []).filter((claim) =>
    binds(authority, claim, member, 'member.remove'),
  );
  const claim = mostSenior(claims);
  if (claim === null) return null;
  return { ...claim.body, by: claim.note.id, author: claim.from.key };
}

function mostSenior<Body>(claims: readonly Claim<Body>[]): Claim<Body> | null {
  let best: Claim<Body> | null = null;
  for (const claim of claims) {
    const order = best === null ? -1 : compareStanding(claim.from, best.from);
    if (order < 0 || (order === 0 && best !== null && claim.note.seq > best.note.seq)) best = claim;
  }
  return best;
}

function gatherGrants(authority: Authority, member: Member): void {
  const revoked = decideRevokes(authority, member);
  for (const claim of authority.grantsTo.get(member.key) ?? []) {
    if (!claim.body.admits && !binds(authority, claim, member, 'cap.grant')) continue;
    member.grants.set(claim.note.id, {
      from: claim.from,
      grants: claim.body.grants.filter((grant) => mayHold(member, grant)),
      lastUse: revoked.get(claim.note.id) ?? Number.POSITIVE_INFINITY,
    });
  }
}

function mayHold(member: Member, grant: Grant): boolean {
  return member.class === 'operator' || !ACTIONS[grant.action].operators;
}

/** By grant, the last seq at which it may be used: said last by the most senior who revoked it. */
function decideRevokes(authority: Authority, member: Member): ReadonlyMap<RecordId, number> {
  const byGrant = new Map<RecordId, Claim<{ grant: RecordId; seq: number }>[]>();
  for (const claim of authority.revokes.get(member.key) ?? []) {
    const granter = authority.granting.get(claim.body.grant);
    if (granter === undefined) authority.missed.add(claim.body.grant);
    const own = granter?.key === claim.from.key;
    if (own || binds(authority, claim, member, 'cap.grant')) {
      const claims = byGrant.get(claim.body.grant) ?? [];
      byGrant.set(claim.body.grant, [...claims, claim]);
    }
  }
  const lastUse = new Map<RecordId, number>();
  for (const [grant, claims] of byGrant) {
    const claim = mostSenior(claims);
    if (claim !== null) lastUse.set(grant, claim.body.seq);
  }
  return lastUse;
}
