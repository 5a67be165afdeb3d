// The host of work, carried out: one queue of inputs around the pure core of work/host.ts, whose
// effects are performed in their order. What is kept and what is signed on the way have files of
// their own: keeping.ts, answering.ts. Spec: docs/running.md, "The shell".

import { dirname } from 'node:path';
import type { Offer } from '../../beat/offer.ts';
import type { Digest, Key } from '../../proto/ids.ts';
import { counted } from '../../proto/when.ts';
import type { SignedDocument } from '../../work/documents.ts';
import { hostFrom } from '../../work/host-recovery.ts';
import { stepHost } from '../../work/host.ts';
import type { Draining, Effect, Entry, Host, Input } from '../../work/host-state.ts';
import type { Lease, Tag } from '../../work/lease.ts';
import type { Facts } from '../beat/facts.ts';
import type { Tell } from '../daemon/events.ts';
import { type AnswerParts, type Answering, createAnswering } from './answering.ts';
import type { Order } from './driver.ts';
import type { Endings } from './endings.ts';
import type { Folders } from './folders.ts';
import { guardUntil } from './guard.ts';
import type { WorkJournal } from './journal.ts';
import { type Keeping, createKeeping } from './keeping.ts';
import { FACTS_MS, LOOK_MS, USAGE_MS } from './limits.ts';
import { factsOf, offerOf, workDigest } from './offered.ts';
import type { Publishing } from './published.ts';
import { foundBy } from './recovering.ts';
import { type WorkRow, rowsOf } from './rows.ts';
import { type Runs, createRuns } from './runs.ts';
import type { WorkLogs } from './work-logs.ts';

export interface HostingParts extends AnswerParts {
  /** Names this start of the machine. */
  readonly boot: string;
  readonly journal: WorkJournal;
  readonly facts: Pick<Facts, 'headroom' | 'cards' | 'ready'>;
  readonly logs: WorkLogs;
  readonly endings: Endings;
  readonly folders: Folders;
  readonly publishing: Publishing;
  /** What no driver has found is taken away. */
  readonly tidy: () => Promise<void>;
  readonly image: Order['image'];
  /** Images that are here whole, the newest first: as many as are told. */
  readonly imagesHeld: () => readonly Digest[];
  readonly tell: Tell;
}

export interface Hosting {
  /** Resolves with the signed answer, when what it promises is safe; null: it was no request. */
  ask(signed: SignedDocument, from: Key): Promise<SignedDocument | null>;
  heard(owner: Key, missesUs: boolean): void;
  drain(to: Draining): void;
  offer(): Offer;
  digest(): Digest | null;
  /** Hears when what is told has changed. */
  onChanged(listener: (() => void) | null): void;
  rows(): readonly WorkRow[];
  leaseOf(id: string): Lease | null;
  runs(): Runs;
  state(): Host;
  refusals(): Readonly<Record<string, number>>;
  /** Resolves when every driver has said what it found. */
  readonly recovered: Promise<void>;
  /** Leaves everything running; what is promised is on the disk. */
  close(): Promise<void>;
}

interface Own {
  readonly parts: HostingParts;
  readonly runs: Runs;
  readonly keeping: Keeping;
  readonly answering: Answering;
  host: Host;
  readonly inbox: Input[];
  isBusy: boolean;
  isClosed: boolean;
  changed: (() => void) | null;
  recovering: Promise<void>;
  readonly timers: NodeJS.Timeout[];
}

/** A host out of its journal: its reservations stand before this returns. */
export function startHosting(parts: HostingParts): Hosting {
  const { journal, self, boot, now } = parts;
  const into = { input: (input: Input) => feed(own, input), host: (): Host => own.host };
  const entries = journal.found.texts.map((text) => JSON.parse(text) as Entry);
  const own: Own = {
    parts,
    runs: createRuns({
      drivers: parts.drivers,
      input: into.input,
      orderOf: (tag) => orderOf(own, tag),
      say: (tag, text) => parts.logs.say(tag, text),
      goesOn: (tag) => goesOn(own, tag),
      ...{ folders: parts.folders, publishing: parts.publishing },
    }),
    keeping: createKeeping({ ...into, journal, tell: parts.tell }),
    answering: createAnswering({ ...into, ...parts }),
    host: hostFrom(self, entries, boot, now()),
    ...{ inbox: [], isBusy: false, isClosed: false, changed: null },
    ...{ recovering: Promise.resolve(), timers: [] },
  };
  tellFound(parts);
  feedFacts(own);
  own.recovering = recover(own);
  own.timers.push(
    // A host without work has no time to keep; what it has had is looked at with its facts.
    setInterval(() => own.host.leases.size > 0 && feed(own, { is: 'look' }), LOOK_MS),
    setInterval(() => feedFacts(own), FACTS_MS),
    setInterval(() => void own.runs.measure(), USAGE_MS),
  );
  return hostingOf(own);
}

function hostingOf(own: Own): Hosting {
  const { parts } = own;
  return {
    ask: (signed, from) => (own.isClosed ? Promise.resolve(null) : own.answering.ask(signed, from)),
    heard: (owner, missesUs) => {
      // Every heartbeat comes here, and most are of nodes whose work is elsewhere.
      if (hasWorkOf(own, owner)) feed(own, { is: 'heard', owner, missesUs });
      if (!missesUs) parts.endings.heard(owner);
    },
    drain(to) {
      if (own.host.draining !== to) feed(own, { is: 'drain', to });
    },
    offer: () =>
      offerOf(own.host, {
        ...{ drivers: parts.drivers, cards: parts.facts.cards().cards },
        images: parts.imagesHeld(),
      }),
    digest: () => workDigest(own.host),
    onChanged(listener) {
      own.changed = listener;
    },
    rows: () => rowsOf(own.host, (past) => parts.endings.namedOf(past)),
    leaseOf: (id) => own.host.leases.get(id) ?? null,
    runs: () => own.runs,
    state: () => own.host,
    refusals: () => own.answering.refusals,
    recovered: own.recovering,
    async close() {
      own.isClosed = true;
      for (const timer of own.timers) clearInterval(timer);
      await own.keeping.close();
      await parts.endings.close();
      parts.publishing.close();
      // Nobody writes to a log any more when it is closed.
      await parts.drivers.close();
      await parts.logs.close();
    },
  };
}

function tellFound({ journal, tell }: HostingParts): void {
  const { lost } = journal.found;
  if (lost === 0) return;
  const what =
    `${counted(lost, 'line')} of the journal of work cannot be read: put aside in ` +
    'work/quarantine. Look at what runs here: `kith work`';
  tell({ event: 'alarm', what });
}

function feedFacts(own: Own): void {
  const { facts } = own.parts;
  feed(own, { is: 'facts', facts: factsOf(facts.headroom(), facts.cards()) });
}

function hasWorkOf({ host }: Own, owner: Key): boolean {
  for (const lease of host.leases.values()) if (lease.owner === owner) return true;
  return false;
}

/** One after the other: an effect may bring the next input while it is performed. */
function feed(own: Own, input: Input): void {
  if (own.isClosed) return;
  own.inbox.push(input);
  if (own.isBusy) return;
  own.isBusy = true;
  try {
    for (let next = own.inbox.shift(); next !== undefined; next = own.inbox.shift()) {
      const { host, out } = stepHost(own.host, next, own.parts.now());
      own.host = host;
      own.keeping.store(out);
      for (const effect of out) perform(own, effect);
    }
  } finally {
    own.isBusy = false;
  }
}

function perform(own: Own, effect: Effect): void {
  const { runs, answering } = own;
  switch (effect.do) {
    case 'store':
      return;
    case 'answer':
      return answering.answered(effect.re, effect.to, effect.said);
    case 'drive':
      return runs.drive(effect.act, effect.tag, effect.run);
    case 'adopt':
      return runs.adopt(effect.tag, effect.run);
    case 'check':
      return runs.check(effect.tag, effect.run);
    case 'receipt':
      return void close(own, effect.lease, effect.run);
    case 'ask':
      return void answering.askOwner(effect.tag, effect.askedMs);
    case 'guard':
      return guarded(own, effect.tag, effect.untilMs);
    case 'changed':
      own.changed?.();
      return;
    case 'tell':
      return tellOf(own, effect.tag, effect.what);
  }
}

function tellOf({ parts, host }: Own, tag: Tag, what: string): void {
  parts.tell({ event: 'work', id: tag.id, generation: tag.generation, what });
  if (host.leases.get(tag.id)?.generation === tag.generation) parts.logs.say(tag, what);
}

/** Before what is started, and again with each word of its owner. */
function guarded({ parts }: Own, tag: Tag, untilMs: number): void {
  const failed = (why: string): void =>
    parts.tell({ event: 'failed', what: `the guard of work ${tag.id}`, why });
  try {
    guardUntil(dirname(parts.folders.runOf(tag)), untilMs, failed);
  } catch (error) {
    failed((error as Error).message);
  }
}

function orderOf({ host, parts }: Own, tag: Tag): Order | null {
  const lease = host.leases.get(tag.id);
  if (lease === undefined || lease.generation !== tag.generation) return null;
  return {
    ...{ tag, spec: lease.spec, cards: lease.charge.cards, ports: lease.charge.ports ?? [] },
    ...{ folder: parts.folders.runOf(tag), log: parts.logs.sinkOf(lease), image: parts.image },
  };
}

/**
 * What has come to its end is `done` or `failed` by now: everything else may run here once more.
 */
function goesOn({ host }: Own, tag: Tag): boolean {
  const lease = host.leases.get(tag.id);
  if (lease === undefined || lease.generation !== tag.generation) return false;
  return lease.life.outcome !== 'done' && lease.life.outcome !== 'failed';
}

/** The receipt of what has ended: kept here first, then brought to its owner. */
async function close(own: Own, lease: Lease, run: number): Promise<void> {
  const { parts } = own;
  const { id, generation } = lease;
  try {
    await parts.endings.end(lease, own.runs.runningOf(lease));
    feed(own, { is: 'receipted', of: { id, generation, run } });
  } catch (error) {
    // Asked for again when its time is over.
    tellOf(own, lease, `its receipt could not be kept: ${(error as Error).message}`);
  }
}

/**
 * Until every driver has said what it found nothing is taken: it is asked again where it cannot.
 */
async function recover(own: Own): Promise<void> {
  const { drivers, facts, folders, tell } = own.parts;
  await Promise.all([drivers.ready(), facts.ready()]);
  feedFacts(own);
  const found = await foundBy({
    ...{ drivers, folders, tell, runs: own.runs },
    isClosed: () => own.isClosed,
    leases: () => own.host.leases.values(),
  });
  await own.parts.tidy();
  feed(own, { is: 'recovered', found });
}
