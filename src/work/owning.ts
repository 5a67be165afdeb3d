// The owner's shell: carries out what work/owner.ts answers, in its order. What is to be kept is on
// the disk before anything behind it is said; while the disk refuses, nothing more is said to
// anybody, and it is tried again. Spec: docs/running.md, "The owner".

import type { Key } from '../../proto/ids.ts';
import { counted } from '../../proto/when.ts';
import type { SignedDocument } from '../../work/documents.ts';
import type { Moment } from '../../work/lease.ts';
import { stepOwner } from '../../work/owner.ts';
import { OWNED_MAX } from '../../work/owner-limits.ts';
import {
  type Owner,
  type OwnerInput,
  type OwnerOut,
  ownedAnew,
  startOwner,
} from '../../work/owner-state.ts';
import { type OwnedView, viewOf } from '../../work/owner-view.ts';
import type { Live, Step } from '../../work/owned.ts';
import { isFresh } from '../../work/signing.ts';
import type { Spec } from '../../work/spec.ts';
import type { Tell } from '../daemon/events.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import { KEEP_AGAIN_MS, LOOK_MS } from './owning-limits.ts';
import type { OwnedFile } from './owned-file.ts';
import type { OwnerPapers, StopRequest, Verdict } from './owner-papers.ts';
import type { Reach } from './reach.ts';
import { type Asked, rightOf } from './rights.ts';

export interface OwningParts {
  readonly self: Key;
  readonly file: OwnedFile;
  readonly papers: OwnerPapers;
  readonly reach: Reach;
  /** Whom to ask for it, the best first, without these; and why nobody where it is empty. */
  readonly plan: (spec: Spec, avoid: readonly Key[]) => { order: readonly Key[]; why: string };
  readonly now: () => Moment;
  readonly tell: Tell;
}

export interface Owning {
  /** From here on it is this node's, and on its disk. */
  place(spec: Spec & { readonly id: string }, order: readonly Key[]): Promise<OwnedView>;
  wish(id: string, wish: 'stop' | 'kill'): OwnedView;
  works(): readonly OwnedView[];
  /** By its id, the only one that begins so, or its name; throws a `DaemonFault`. */
  find(named: string): Live;
  /** All that may be meant by that, the likeliest kind of name first. */
  fitting(named: string): readonly Live[];
  owns(id: string): boolean;
  view(live: Live): OwnedView;
  /**
   * Another node asks to end work of this one: the signed answer, once the wish is kept; or null.
   */
  stop(signed: SignedDocument, from: Key, ground: () => Asked): Promise<SignedDocument | null>;
  /** Hears what happens to one piece of work from now on. Answers how to stop. */
  follow(id: string, listener: (step: Step) => void): () => void;
  /** A heartbeat, first-hand. */
  heard(from: Key): void;
  /** A host asks whether a generation is still its own: the signed answer, or null. */
  mine(request: SignedDocument, from: Key): Promise<SignedDocument | null>;
  /** A host brings a receipt by itself. True: it is kept, or nobody waits for it. */
  receipt(signed: SignedDocument, from: Key): Promise<boolean>;
  close(): Promise<void>;
}

interface Own {
  readonly parts: OwningParts;
  owner: Owner;
  /** What is to be done, one after the other. */
  queue: Promise<void>;
  isClosed: boolean;
  isStalled: boolean;
  readonly listeners: Map<string, Set<(step: Step) => void>>;
  /** Who waits for the verdict on a request of its own. */
  readonly replies: Map<unknown, (signed: SignedDocument | null) => void>;
  /** Questions on their way, so that none is asked twice at once. */
  readonly asking: Set<string>;
}

export function startOwning(parts: OwningParts): Owning {
  const own: Own = {
    ...{ parts, owner: startOwner(parts.self, parts.file.owned, parts.now()) },
    ...{ queue: Promise.resolve(), isClosed: false, isStalled: false },
    ...{ listeners: new Map(), replies: new Map(), asking: new Set() },
  };
  const { lost } = parts.file;
  if (lost > 0) {
    const what =
      `${counted(lost, 'line')} about work that this node has placed cannot be ` +
      'read: put aside in work/owned/quarantine. Look at what runs: `kith work`';
    parts.tell({ event: 'alarm', what });
  }
  const timer = setInterval(() => take(own, { kind: 'look' }), LOOK_MS);
  const view = (live: Live): OwnedView => viewOf(own.owner, live, parts.now());
  return {
    place: (spec, order) => place(own, spec, order),
    wish(id, wish) {
      take(own, { kind: 'wish', id, wish });
      return view(found(own, id));
    },
    works: () => [...own.owner.works.values()].map(view),
    find: (named) => found(own, named),
    fitting: (named) => fitting(own, named),
    owns: (id) => own.owner.works.has(id),
    stop: (signed, from, ground) => stopFor(own, signed, from, ground),
    view,
    follow: (id, listener) => follow(own, id, listener),
    heard: (from) => take(own, { kind: 'heard', from }),
    mine: (request, from) => mine(own, request, from),
    receipt: (signed, from) => receipt(own, signed, from),
    async close() {
      if (own.isClosed) return;
      own.isClosed = true;
      clearInterval(timer);
      await own.queue;
      await parts.file.close();
    },
  };
}

function take(own: Own, input: OwnerInput): void {
  if (own.isClosed) return;
  const { owner, out } = stepOwner(own.owner, input, own.parts.now());
  own.owner = owner;
  for (const one of out) {
    if (one.kind === 'tell') tellStep(own, one.id, one.step);
  }
  if (out.length > 0) own.queue = own.queue.then(() => carryOut(own, out));
}

/** In order, and never past what could not be kept. It does not reject. */
async function carryOut(own: Own, out: readonly OwnerOut[]): Promise<void> {
  for (const one of out) {
    if (own.isClosed) return;
    if (one.kind === 'keep') await untilKept(own, () => own.parts.file.keep(one.owned));
    else if (one.kind === 'forget') await untilKept(own, () => own.parts.file.forget(one.id));
    else carryOutNow(own, one);
  }
}

async function untilKept(own: Own, keep: () => Promise<void>): Promise<void> {
  while (!own.isClosed) {
    try {
      await keep();
      own.isStalled = false;
      return;
    } catch (error) {
      const why = `${(error as Error).message}: nothing is placed until that is over`;
      if (!own.isStalled) own.parts.tell({ event: 'failed', what: 'keeping what is owned', why });
      own.isStalled = true;
      await new Promise((resolve) => void setTimeout(resolve, KEEP_AGAIN_MS));
    }
  }
}

type Sooner = Exclude<OwnerOut, { kind: 'keep' | 'forget' }>;

/** Nothing here is waited for: what comes of it is an input. */
function carryOutNow(own: Own, out: Sooner): void {
  const { parts } = own;
  switch (out.kind) {
    case 'tell':
      return;
    case 'ask':
      return void asked(own, out.request);
    case 'status': {
      const { to, id, generation } = out;
      return once(own, `status ${id}`, async () => {
        const state = await parts.reach.status(to, id, generation);
        take(own, { kind: 'status', from: to, id, generation, state });
      });
    }
    case 'receipt': {
      const { to, id, generation } = out;
      return once(own, `receipt ${id}`, async () => {
        const signed = await parts.reach.receipt(to, id, generation);
        if (signed !== null) receiptFrom(own, signed, to);
      });
    }
    case 'plan': {
      const live = own.owner.works.get(out.id);
      if (live === undefined) return;
      const { order, why } = parts.plan(live.owned.spec, out.avoid);
      return take(own, { kind: 'planned', id: out.id, order, why });
    }
    case 'reply': {
      const reply = own.replies.get(out.request);
      own.replies.delete(out.request);
      reply?.(parts.papers.verdict(out.request, out.say, parts.now().wallMs));
    }
  }
}

/** What brings nothing now is asked again by the owner's own clock. */
function once(own: Own, what: string, ask: () => Promise<void>): void {
  if (own.asking.has(what)) return;
  own.asking.add(what);
  void ask()
    .catch(() => undefined)
    .finally(() => own.asking.delete(what));
}

async function asked(
  own: Own,
  request: Extract<OwnerOut, { kind: 'ask' }>['request'],
): Promise<void> {
  const { papers, reach } = own.parts;
  let why: string;
  try {
    const evidence = await reach.ask(request.to, papers.sign(request));
    const answer = papers.readAnswer(request, evidence);
    if (answer !== null) return take(own, { kind: 'answer', request, answer, evidence });
    why = 'it answered what no sound host answers';
  } catch (error) {
    why = (error as Error).message;
  }
  take(own, { kind: 'silent', request, why });
}

async function place(
  own: Own,
  spec: Spec & { readonly id: string },
  order: readonly Key[],
): Promise<OwnedView> {
  const { parts } = own;
  const digest = parts.papers.digestOf(spec);
  const known = own.owner.works.get(spec.id);
  if (known !== undefined) {
    if (known.owned.digest === digest) return viewOf(own.owner, known, parts.now());
    throw new DaemonFault('work-other', spec.id);
  }
  const open = [...own.owner.works.values()].filter(({ owned }) => owned.phase.at !== 'ended');
  if (open.length >= OWNED_MAX) throw new DaemonFault('work-too-much', `${OWNED_MAX} at once`);
  const owned = ownedAnew(spec, digest, order, parts.now().wallMs);
  // A fault is the caller's to hear: nothing has been said to anybody.
  await parts.file.keep(owned);
  take(own, { kind: 'place', owned });
  return viewOf(own.owner, found(own, spec.id), parts.now());
}

function fitting(own: Own, named: string): readonly Live[] {
  const exact = own.owner.works.get(named);
  if (exact !== undefined) return [exact];
  const all = [...own.owner.works.values()];
  const upper = named.toUpperCase();
  const called = all.filter(({ owned }) => owned.spec.name === named);
  // A name may come back: of those that have ended the open one is meant.
  const open = called.filter(({ owned }) => owned.phase.at !== 'ended');
  const begun = all.filter(({ owned }) => owned.id.startsWith(upper));
  return [open, called, begun].find((some) => some.length > 0) ?? [];
}

function found(own: Own, named: string): Live {
  const all = fitting(own, named);
  const [first, ...others] = all;
  if (first === undefined) throw new DaemonFault('no-such-work', named);
  if (others.length > 0) {
    const ids = all.slice(0, 4).map(({ owned }) => owned.id);
    throw new DaemonFault('ambiguous-work', ids.join(', '));
  }
  return first;
}

function follow(own: Own, id: string, listener: (step: Step) => void): () => void {
  const all = own.listeners.get(id) ?? new Set();
  own.listeners.set(id, all.add(listener));
  return () => {
    all.delete(listener);
    if (all.size === 0) own.listeners.delete(id);
  };
}

function tellStep(own: Own, id: string, step: Step): void {
  for (const listener of own.listeners.get(id) ?? []) listener(step);
  if (step.what === 'lost' || step.what === 'unknown') {
    const { host } = step;
    own.parts.tell({ event: 'owned', id, host, what: step.what });
  }
}

function mine(own: Own, signed: SignedDocument, from: Key): Promise<SignedDocument | null> {
  const request = own.parts.papers.readMine(signed, from);
  if (request === null || own.isClosed) return Promise.resolve(null);
  return new Promise((resolve) => {
    own.replies.set(request, resolve);
    take(own, { kind: 'mine', request });
  });
}

async function stopFor(
  own: Own,
  signed: SignedDocument,
  from: Key,
  ground: () => Asked,
): Promise<SignedDocument | null> {
  const { papers, now, tell } = own.parts;
  const request = papers.readStop(signed, from);
  if (request === null || own.isClosed) return null;
  const { id, kill } = request;
  const refusal = stopRefused(own, request, ground());
  const verdict = (said: Verdict): SignedDocument => papers.verdict(request, said, now().wallMs);
  if (refusal !== null) return verdict(refusal);
  take(own, { kind: 'wish', id, wish: kill ? 'kill' : 'stop' });
  tell({ event: 'owned', id, host: from, what: kill ? 'kill' : 'stop' });
  // It is this node's to remember from here on.
  await own.queue;
  return verdict('done');
}

/** Any generation of it is meant: who asks may not have heard of the latest. */
function stopRefused(
  { owner, parts }: Own,
  request: StopRequest,
  ground: Asked,
): Exclude<Verdict, string> | null {
  const live = owner.works.get(request.id);
  if (live === undefined) return { code: 'unknown-work', why: 'nothing is known of it here' };
  if (request.to !== parts.self) return { code: 'not-addressed', why: 'it is for another node' };
  if (!isFresh(request, parts.now().wallMs)) {
    return { code: 'stale-request', why: 'by the clock here it is too old, or of the future' };
  }
  const right = rightOf(ground, request, live.owned.spec);
  if (!right.may) return { code: right.code, why: right.why };
  const { digest } = live.owned;
  if (digest !== request.digest) return { code: 'digest-mismatch', why: `it has ${digest}` };
  return null;
}

async function receipt(own: Own, signed: SignedDocument, from: Key): Promise<boolean> {
  const isOurs = receiptFrom(own, signed, from);
  // It is the host's to keep until it is kept here.
  await own.queue;
  return isOurs;
}

function receiptFrom(own: Own, signed: SignedDocument, from: Key): boolean {
  const read = own.parts.papers.readReceipt(signed, from);
  if (read === null) return false;
  // Of work that is not known here nobody waits for it: its host has it, and brings it no more.
  take(own, { kind: 'receipt', receipt: read, evidence: signed });
  return true;
}
