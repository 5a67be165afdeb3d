// A host of work for tests: the shell that is shipped, on a real folder, with real processes, and a
// ledger that the test writes. It can be left as a crash leaves it, and started again.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Grant } from '../../ledger/grant.ts';
import { stateOf } from '../../ledger/replica.ts';
import { NO_CARDS } from '../../src/beat/gpu.ts';
import type { DaemonEvent } from '../../src/daemon/events.ts';
import { bootMs, nowMs } from '../../src/os/clock.ts';
import { nodePlatform } from '../../src/platform.ts';
import { type Disk, realDisk } from '../../src/store/disk.ts';
import type { Driver } from '../../src/work/driver.ts';
import { createDrivers } from '../../src/work/drivers.ts';
import { createEndings } from '../../src/work/endings.ts';
import { foldersIn } from '../../src/work/folders.ts';
import { type Hosting, startHosting } from '../../src/work/hosting.ts';
import { openWorkJournal } from '../../src/work/journal.ts';
import { type Pen, hostPapers, ownerPapers } from '../../src/work/papers.ts';
import { createPublishing } from '../../src/work/published.ts';
import { receiptsIn } from '../../src/work/receipts.ts';
import { workLogs } from '../../src/work/work-logs.ts';
import type { Answer, Request, SignedDocument } from '../../work/documents.ts';
import { type Spec, specDigest } from '../../work/spec.ts';
import { type Actor, Scribe, actor, acts, penOf, take, world } from './actors.ts';
import { noNet } from './guests.ts';
import { NO_ROOM } from '../beat/beats.ts';

export const [barn, attic, stove] = ['barn', 'attic', 'stove'].map(actor) as [Actor, Actor, Actor];
const root = actor('root');

const ROOM = {
  ...NO_ROOM,
  ...{ cpuMilli: 64_000, cpuFreeMilli: 60_000, ramMib: 65_536, ramFreeMib: 60_000 },
  ...{ diskMib: 500_000, diskFreeMib: 400_000, gpuCount: 0 },
};

export const job = (more: Partial<Grant> = {}): Grant => ({
  ...{ action: 'place.job', resource: '', depth: 0 },
  ...more,
});

/** A network in which attic places on barn, and stove is an observer. */
export function network(grants: readonly Grant[] = [job()]): {
  scribe: Scribe;
  state: () => ReturnType<typeof stateOf>;
} {
  const scribe = new Scribe();
  const here = world(scribe.genesis);
  const admit = (who: Actor, its: readonly Grant[]): void =>
    void scribe.by(root, acts.node(who, root, scribe.ledger, its));
  admit(barn, [job()]);
  admit(attic, grants);
  admit(stove, [{ action: 'work.read', resource: '', depth: 0 }]);
  return {
    scribe,
    state() {
      take(here, scribe.records);
      return stateOf(here.replica);
    },
  };
}

export function folder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'kith-work-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface TestHost {
  readonly hosting: Hosting;
  readonly events: readonly DaemonEvent[];
  readonly brought: readonly SignedDocument[];
  readonly receipts: ReturnType<typeof receiptsIn>;
  readonly logs: ReturnType<typeof workLogs>;
  /** What a placer gets to hear of it. */
  say(request: Request, by?: Actor, from?: Actor): Promise<Answer | null>;
}

export async function host(
  base: string,
  driver: Driver,
  state: () => ReturnType<typeof stateOf>,
  more: {
    readonly askOwner?: (request: SignedDocument) => Promise<SignedDocument>;
    /** Of its journal. */
    readonly disk?: Disk;
    /** Of the host; else it signs by OpenSSL. */
    readonly pen?: Pen;
  } = {},
): Promise<TestHost> {
  const events: DaemonEvent[] = [];
  const brought: SignedDocument[] = [];
  const papers = hostPapers(more.pen ?? penOf(barn));
  const journal = await openWorkJournal(more.disk ?? realDisk, base);
  const folders = foldersIn(realDisk, base);
  const logs = workLogs(folders);
  const receipts = receiptsIn(realDisk, base);
  const tell = (event: DaemonEvent): void => void events.push(event);
  const endings = createEndings({
    ...{ self: barn.key, folders, logs, receipts, tell, wallMs: nowMs },
    sign: papers.signReceipt,
    async send(_, signed) {
      brought.push(signed);
      return true;
    },
  });
  const hosting = startHosting({
    ...{ self: barn.key, boot: 'this boot', journal, endings, logs, folders, papers, tell },
    drivers: createDrivers([driver], () => undefined),
    facts: { headroom: () => ROOM, cards: () => NO_CARDS, ready: async () => undefined },
    ground: () => ({ state: state(), self: barn.key, nowMs: nowMs() }),
    publishing: createPublishing(noNet, () => null),
    tidy: async () => undefined,
    image: async () => ({ where: 'engine' }),
    imagesHeld: () => [],
    askOwner: (_, request) =>
      more.askOwner?.(request) ?? Promise.reject(new Error('nobody is there')),
    now: () => ({ monoMs: bootMs(), wallMs: nowMs() }),
  });
  return {
    ...{ hosting, events, brought, receipts, logs },
    async say(request, by = attic, from = by) {
      const own = ownerPapers(penOf(by));
      const signed = await hosting.ask(own.sign(request), from.key);
      return signed === null ? null : own.readAnswer(request, signed);
    },
  };
}

let made = 0;

/** Another id each time. */
export function newId(): string {
  made += 1;
  return `01JE2HZ6Q3M8Y5T0V7XW${String(made).padStart(6, '0')}`;
}

export function asking(spec: Spec, more: Partial<Request> & Pick<Request, 'say'>): Request {
  const head = {
    ...{ v: 1, id: spec.id ?? '', generation: 1, from: attic.key, to: barn.key, at: nowMs() },
    digest: specDigest(spec, nodePlatform),
  };
  const said = more.say === 'reserve' ? { spec } : more.say === 'stop' ? { kill: false } : {};
  return { ...head, ...said, ...more } as Request;
}
