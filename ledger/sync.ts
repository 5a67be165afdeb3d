// The asking side of sync, a machine without I/O: it says which request comes next, the shell sends
// it and hands back the reply. Hello compares roots; a walk finds the authors that differ; records
// are pulled, then pushed; then hello again, until the roots agree or nothing moves.
// Hashes are compared, never heights. Whatever the peer answers, the work is bounded and the
// machine ends: a reply that no honest peer gives ends it at once. Spec: docs/sync.md.

import { assert } from '../proto/assert.ts';
import { utf8 } from '../proto/bytes.ts';
import type { Key } from '../proto/ids.ts';
import {
  PULL_AUTHORS_MAX,
  PULL_REQUEST_BYTES_MAX,
  REPLY_BYTES_MAX,
  REPLY_RECORDS_MAX,
  SYNC_DIFFERING_SHOWN_MAX,
  SYNC_IDLE_ROUNDS_MAX,
  SYNC_ROUNDS_MAX,
  SYNC_USELESS_PAGES_MAX,
} from './limits.ts';
import { helloOf } from './sync-answer.ts';
import { type Holdings, type Tally, addTally } from './sync-holdings.ts';
import { type Difference, type Learned, pushFrom, wantOf } from './sync-plan.ts';
import type {
  Asked,
  DiffersWhy,
  Ground,
  Input,
  Outcome,
  Phase,
  Step,
  SyncState,
} from './sync-state.ts';
import { AT_ROOT, type Walk, asking, inOrder, walked } from './sync-walk.ts';
import {
  DIVERGED,
  type Hello,
  type HelloReply,
  type PageEnd,
  decodeHelloReply,
  decodePageEnd,
  decodePushReply,
  decodeWalkReply,
  encodeHello,
  encodePull,
  encodeWalk,
} from './sync-wire.ts';

export function step(ground: Ground, state: SyncState, input: Input): Step {
  const { phase } = state;
  if (input.kind === 'failed') return done(state, { kind: 'broken', why: input.why });
  if (phase.at === 'new' && input.kind === 'start') return sayHello(ground, state);
  if (phase.at === 'hello' && input.kind === 'reply')
    return onHello(ground, state, phase.sent, decodeHelloReply(input.body));
  if (phase.at === 'walk' && input.kind === 'reply') {
    const nodes = decodeWalkReply(input.body);
    return nodes === null
      ? faulty(state, 'a reply that is no walk')
      : goOn(ground, state, walked(ground.holdings, ground.platform, phase.walk, nodes));
  }
  if (phase.at === 'pull' && input.kind === 'page')
    return onPage(ground, state, phase, input.tally, input.end);
  if (phase.at === 'push' && input.kind === 'pushed')
    return onPushed(ground, state, phase, input.body);
  assert(false, `a sync at ${phase.at} gets no ${input.kind}`);
}

function sayHello({ holdings }: Ground, state: SyncState): Step {
  const sent = helloOf(holdings);
  return {
    state: { ...state, phase: { at: 'hello', sent } },
    out: { kind: 'hello', body: encodeHello(sent) },
  };
}

function onHello(ground: Ground, state: SyncState, sent: Hello, reply: HelloReply | null): Step {
  if (reply === null) return faulty(state, 'a reply that is no hello');
  const { self, root } = reply;
  if (self.ledger !== sent.ledger)
    return done(state, { kind: 'other-ledger', ledger: self.ledger });
  const next = { ...state, theirRules: self.rules, theirCount: self.count };
  const ours = helloOf(ground.holdings);
  if (self.frontier === ours.frontier) return done(next, verdict(ours, self));
  const why = givenUp(next);
  if (why !== null) return done(next, differs(ground, next, why));
  if (root === null) {
    // The frontiers were equal when we asked, and ours has moved on since.
    if (self.frontier === sent.frontier) return nextRound(ground, next);
    return faulty(state, 'a hello without the root');
  }
  return goOn(ground, next, walked(ground.holdings, ground.platform, AT_ROOT, [root]));
}

function verdict(ours: Hello, theirs: Hello): Outcome {
  if (theirs.rules !== ours.rules) {
    return { kind: 'other-rules', theirs: theirs.rules, authors: { count: 0, first: [] } };
  }
  return theirs.state === ours.state
    ? { kind: 'agree' }
    : { kind: 'state-mismatch', ours: ours.state, theirs: theirs.state };
}

function givenUp(state: SyncState): DiffersWhy | null {
  if (state.idleRounds >= SYNC_IDLE_ROUNDS_MAX) return 'nothing moves';
  return state.moved.rounds >= SYNC_ROUNDS_MAX ? 'too many rounds' : null;
}

function differs({ holdings }: Ground, state: SyncState, why: DiffersWhy): Outcome {
  const first = state.differing.slice(0, SYNC_DIFFERING_SHOWN_MAX).map(({ author }) => author);
  const authors = { count: state.differing.length, first };
  return state.theirRules === holdings.rules
    ? { kind: 'differs', why, authors }
    : { kind: 'other-rules', theirs: state.theirRules, authors };
}

function goOn(ground: Ground, state: SyncState, walk: Walk | null): Step {
  if (walk === null) return faulty(state, 'a walk that leads nowhere');
  const next = asking(ground.holdings, walk);
  if (next.asked.length === 0) {
    const differing = inOrder(next.found);
    return pull(ground, { ...state, differing, learned: new Map() }, differing, 0);
  }
  return {
    state: { ...state, phase: { at: 'walk', walk: next } },
    out: { kind: 'walk', body: encodeWalk(next.asked) },
  };
}

function isThorough(state: SyncState): boolean {
  return state.idleRounds > 0;
}

/** Asks for as many of the queue's authors as fit; `from` goes on with the first of them. */
function pull(ground: Ground, state: SyncState, queue: readonly Difference[], from: number): Step {
  const asked: Asked[] = [];
  let sizeBytes = 0;
  let at = 0;
  for (; at < queue.length && asked.length < PULL_AUTHORS_MAX; at++) {
    const difference = queue[at] as Difference;
    const learned = state.learned.get(difference.author) ?? {};
    const want = wantOf(ground.holdings, difference, learned, isThorough(state));
    if (want === null) continue;
    sizeBytes += WANT_BYTES + want.have.length * PLACE_BYTES;
    if (asked.length > 0 && sizeBytes > PULL_REQUEST_BYTES_MAX) break;
    asked.push({ difference, want: at === 0 ? { ...want, from } : want });
  }
  if (asked.length === 0) return push(ground, state, 0, 0);
  return {
    state: { ...state, phase: { at: 'pull', asked, rest: queue.slice(at) } },
    out: { kind: 'pull', body: encodePull(asked.map(({ want }) => want)) },
  };
}

/** Upper bounds of a want without places and of one place, in bytes. */
const WANT_BYTES = 48;
const PLACE_BYTES = 48;

function onPage(
  ground: Ground,
  state: SyncState,
  { asked, rest }: Extract<Phase, { at: 'pull' }>,
  tally: Tally,
  endLine: string | null,
): Step {
  const pulled = addTally(state.moved.pulled, tally);
  const counted = { ...state, moved: { ...state.moved, pulled } };
  if (tally.faulty) return faulty(counted, 'a bad signature or a line that is no record');
  const end = endLine === null ? 'broken off' : decodePageEnd(endLine);
  if (end === null) return faulty(counted, 'a page without an end');
  if (end !== 'broken off' && !isHonest(asked, end)) return faulty(counted, 'a page out of order');
  // Honest pages are full unless they are the last: one that brings nothing new is counted, unless
  // it was empty because there was nothing.
  const whole = end !== 'broken off' && end.next === asked.length;
  const useless = tally.accepted === 0 && (!whole || tally.refused + tally.duplicates > 0);
  const next = { ...counted, uselessPages: state.uselessPages + (useless ? 1 : 0) };
  if (next.uselessPages > SYNC_USELESS_PAGES_MAX)
    return done(next, differs(ground, next, 'too many useless pages'));
  if (end === 'broken off') {
    return pull(ground, next, [...differencesOf(asked), ...rest], asked[0]?.want.from ?? 0);
  }
  const { learned, parted } = learnedFrom(next.learned, asked, end.common);
  const going = end.from > 0 ? asked.slice(end.next, end.next + 1) : [];
  const left = asked.slice(end.next + going.length);
  const queue = [...differencesOf(going), ...parted, ...differencesOf(left), ...rest];
  return pull(ground, { ...next, learned }, queue, end.from);
}

function differencesOf(asked: readonly Asked[]): Difference[] {
  return asked.map(({ difference }) => difference);
}

/** True where the end fits the wants and leaves less to ask than before. */
function isHonest(asked: readonly Asked[], { common, next, from }: PageEnd): boolean {
  if (next > asked.length || common.length !== next + (from > 0 ? 1 : 0)) return false;
  if (common.length > asked.length) return false;
  if (next === 0 && from <= (asked[0]?.want.from ?? 0)) return false;
  return common.every((seq, i) => {
    const { have, from: since } = (asked[i] as Asked).want;
    if (since > 0) return seq === since - 1;
    const lowest = have.at(-1)?.seq ?? 1;
    if (seq === DIVERGED || seq === 0) return (lowest === 1) === (seq === 0);
    return have.some((place) => place.seq === seq);
  });
}

function learnedFrom(
  before: ReadonlyMap<Key, Learned>,
  asked: readonly Asked[],
  common: readonly number[],
): { learned: ReadonlyMap<Key, Learned>; parted: Difference[] } {
  const learned = new Map(before);
  const parted: Difference[] = [];
  for (const [i, seq] of common.entries()) {
    const { difference, want } = asked[i] as Asked;
    if (want.from > 0) continue;
    const known = learned.get(difference.author);
    if (seq === DIVERGED) parted.push(difference);
    learned.set(difference.author, {
      ...known,
      ...(seq === DIVERGED ? { diverged: true } : { common: seq }),
    });
  }
  return { learned, parted };
}

/** Sends what the peer lacks, a page at a time; where nothing is left, the round is over. */
function push(ground: Ground, state: SyncState, start: number, startFrom: number): Step {
  const { holdings } = ground;
  const pushed = new Map(state.pushed);
  const lines: string[] = [];
  let sizeBytes = 0;
  for (let at = start; at < state.differing.length; at++) {
    const difference = state.differing[at] as Difference;
    const going = at === start && startFrom > 0;
    const from = going ? startFrom : firstToPush(holdings, state, difference);
    if (from === null) continue;
    let last = 0;
    for (const { seq, line } of holdings.lines(difference.author, from)) {
      const full = sizeBytes >= REPLY_BYTES_MAX || lines.length >= REPLY_RECORDS_MAX;
      if (full && seq !== last) return send({ ...state, pushed }, lines, at, seq);
      last = seq;
      sizeBytes += utf8(line).length + 1;
      lines.push(line);
    }
    pushed.set(difference.author, pushNote(holdings, difference, isThorough(state)));
  }
  if (lines.length > 0) return send({ ...state, pushed }, lines, state.differing.length, 0);
  return nextRound(ground, { ...state, pushed });
}

function send(state: SyncState, lines: readonly string[], next: number, from: number): Step {
  return {
    state: { ...state, phase: { at: 'push', next, from } },
    out: { kind: 'push', lines },
  };
}

function firstToPush(holdings: Holdings, state: SyncState, difference: Difference): number | null {
  const { author } = difference;
  const thorough = isThorough(state);
  const before = state.pushed.get(author);
  if (before === pushNote(holdings, difference, true)) return null;
  if (!thorough && before === pushNote(holdings, difference, false)) return null;
  return pushFrom(holdings, difference, state.learned.get(author) ?? {}, thorough);
}

/** Both entries as they were: a peer that only says it took the lines gets them twice at most. */
function pushNote(holdings: Holdings, { author, theirs }: Difference, thorough: boolean): string {
  const entries = [holdings.frontier.get(author), theirs];
  const texts = entries.map((entry) => `${entry?.seq} ${entry?.id} ${entry?.mark}`);
  return [...texts, thorough].join();
}

function onPushed(
  ground: Ground,
  state: SyncState,
  { next, from }: Extract<Phase, { at: 'push' }>,
  body: Uint8Array,
): Step {
  const told = decodePushReply(body);
  if (told === null) return faulty(state, 'a reply that is no word on a push');
  const pushed = addTally(state.moved.pushed, { ...told, faulty: false });
  return push(ground, { ...state, moved: { ...state.moved, pushed } }, next, from);
}

function nextRound(ground: Ground, state: SyncState): Step {
  const { pulled, pushed, rounds } = state.moved;
  const movedNow = pulled.accepted + pushed.accepted;
  return sayHello(ground, {
    ...state,
    idleRounds: movedNow > state.movedBefore ? 0 : state.idleRounds + 1,
    movedBefore: movedNow,
    moved: { ...state.moved, rounds: rounds + 1 },
  });
}

function faulty(state: SyncState, why: string): Step {
  return done(state, { kind: 'faulty-peer', why });
}

function done(state: SyncState, outcome: Outcome): Step {
  return {
    state: { ...state, phase: { at: 'done' } },
    out: { kind: 'done', outcome, moved: state.moved },
  };
}
