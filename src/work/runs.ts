// What runs on this host, as its drivers have it in their hands: each act that the host's core
// calls for is done by the driver of that work, never waited for, and its result goes back as an
// input with the same run. What a driver throws is a failure of that work. Spec: docs/running.md,
// "Drivers".

import type { JsonObject } from '../../proto/json.ts';
import type { FailCode } from '../../work/failures.ts';
import type { Act, Found, Input } from '../../work/host-state.ts';
import type { Run, Tag } from '../../work/lease.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import { isFull, systemCode } from '../store/faults.ts';
import type { Driver, Order, Running, Tell } from './driver.ts';
import type { Drivers } from './drivers.ts';
import type { Folders } from './folders.ts';
import { ImageFault } from './images/images.ts';
import type { Publishing } from './published.ts';
import { USAGE_AT_ONCE_MAX } from './limits.ts';

export interface RunsParts {
  readonly drivers: Drivers;
  readonly input: (input: Input) => void;
  /** What was ordered; null where nobody knows it any more. */
  readonly orderOf: (tag: Tag) => Order | null;
  /** Whether another run of it may follow here. */
  readonly goesOn: (tag: Tag) => boolean;
  readonly folders: Pick<Folders, 'driverOf' | 'noteDriver' | 'removeRun'>;
  readonly publishing: Publishing;
  /** A line for the log of the work. */
  readonly say: (tag: Tag, text: string) => void;
}

export interface Runs {
  drive(act: Act, tag: Tag, run: number): void;
  /** It was found, and goes on as this run. */
  adopt(tag: Tag, run: number): void;
  check(tag: Tag, run: number): void;
  /** Everything that drivers of these kinds find of ours. Rejects where one cannot say. */
  recover(driver: Driver): Promise<readonly Found[]>;
  /** Asks what runs how much it uses. */
  measure(): Promise<void>;
  runningOf(tag: Tag): Running | null;
}

interface Held {
  readonly tag: Tag;
  readonly driver: Driver;
  run: number;
  running: Running | null;
  /** A start that is under way. */
  starting: Promise<unknown> | null;
  /** Ends what is being prepared. */
  readonly abort: AbortController;
}

interface Own {
  readonly parts: RunsParts;
  readonly held: Map<string, Held>;
  measuring: Promise<void> | null;
}

export function createRuns(parts: RunsParts): Runs {
  const own: Own = { parts, held: new Map(), measuring: null };
  return {
    drive: (act, tag, run) => void drive(own, act, tag, run),
    adopt(tag, run) {
      const held = own.held.get(keyOf(tag));
      const running = held?.running ?? null;
      if (held === undefined || running === null) return;
      held.run = run;
      follow(own, held, running);
    },
    check: (tag, run) => void check(own, tag, run),
    recover: (driver) => recover(own, driver),
    measure: () =>
      (own.measuring ??= measure(own).finally(() => {
        own.measuring = null;
      })),
    runningOf: (tag) => own.held.get(keyOf(tag))?.running ?? null,
  };
}

function keyOf({ id, generation }: Pick<Tag, 'id' | 'generation'>): string {
  return `${id}-${generation}`;
}

function runOf({ tag: { id, generation }, run }: Pick<Held, 'tag' | 'run'>): Run {
  return { id, generation, run };
}

async function drive(own: Own, act: Act, tag: Tag, run: number): Promise<void> {
  const of = runOf({ tag, run });
  const fail = (code: FailCode, why: string): void =>
    own.parts.input({ is: 'failed', of, act, code, why });
  try {
    const refused = await ACTS[act](own, tag, run);
    if (refused !== null) fail(refused.code, refused.detail);
  } catch (error) {
    const why = error instanceof Error ? error.message : systemCode(error);
    // An image that cannot be had says itself what is wrong with it.
    if (error instanceof ImageFault) fail(error.code, why);
    else fail(isFull(error) ? 'disk-full' : 'engine-refused', why);
  }
}

interface Refused {
  readonly code: FailCode;
  readonly detail: string;
}

/** Each gives its result as an input, or is refused. */
const ACTS: Readonly<Record<Act, (own: Own, tag: Tag, run: number) => Promise<Refused | null>>> = {
  async prepare(own, tag, run) {
    const order = own.parts.orderOf(tag);
    const driver = order === null ? null : own.parts.drivers.pick(order.spec);
    if (order === null || driver === null) return NO_ENGINE;
    // Before anything of it is there: after a crash this one is asked for it, and nobody else.
    await own.parts.folders.noteDriver(tag, driver.name);
    const held = hold(own, tag, driver, run);
    const prepared = await driver.prepare(order, tellOf(own, tag), held.abort.signal);
    if (!prepared.ok) return prepared;
    own.parts.input({ is: 'prepared', of: runOf({ tag, run }) });
    return null;
  },
  async start(own, tag, run) {
    const order = own.parts.orderOf(tag);
    const driver = own.held.get(keyOf(tag))?.driver ?? notedDriver(own, tag);
    if (order === null || driver === null) return NO_ENGINE;
    const held = hold(own, tag, driver, run);
    const starting = begin(own, driver, order);
    held.starting = starting;
    const started = await starting.finally(() => (held.starting = null));
    if (!started.ok) return started;
    const running = started.value;
    held.running = running;
    own.parts.input({
      ...{ is: 'started', of: runOf({ tag, run }) },
      ...{ startedAtMs: running.startedAtMs, image: running.imageId },
    });
    follow(own, held, running);
    return null;
  },
  async verify(own, tag, run) {
    const verified: Result<unknown, FailCode> | null =
      (await own.held.get(keyOf(tag))?.running?.verify()) ?? null;
    if (verified === null) return { code: 'start-failed', detail: 'there is nothing to look at' };
    if (!verified.ok) return verified;
    const published = publishedOf(own, tag);
    if (!published.ok) return published;
    const granted = { ...(verified.value as JsonObject), ...published.value };
    own.parts.input({ is: 'verified', of: runOf({ tag, run }), granted });
    return null;
  },
  async stop(own, tag) {
    const held = own.held.get(keyOf(tag));
    held?.abort.abort();
    await held?.running?.stop();
    return null;
  },
  async kill(own, tag) {
    const held = own.held.get(keyOf(tag));
    held?.abort.abort();
    await held?.running?.kill();
    return null;
  },
  async destroy(own, tag, run) {
    const held = own.held.get(keyOf(tag));
    held?.abort.abort();
    // Without a note nothing of it was ever begun, or all of it is gone already.
    const driver = held?.driver ?? notedDriver(own, tag);
    // What is being started is there before it can be taken away.
    await held?.starting?.catch(() => undefined);
    const isToGoOn = own.parts.goesOn(tag);
    own.parts.publishing.shut(tag);
    // What its next run here goes on with stays, and so does the note of its driver.
    if (isToGoOn && driver?.rest !== undefined) await driver.rest(tag);
    else await driver?.destroy(tag);
    await own.parts.publishing.leave(tag);
    if (!isToGoOn || driver?.rest === undefined) await own.parts.folders.removeRun(tag);
    own.held.delete(keyOf(tag));
    own.parts.input({ is: 'destroyed', of: runOf({ tag, run }) });
    return null;
  },
};

/** Shut off first, and published last: nobody reaches what is not there, nor before it may. */
async function begin(
  { parts }: Own,
  driver: Driver,
  order: Order,
): Promise<Result<Running, FailCode>> {
  const { publishing } = parts;
  const shut = await publishing.ready(order);
  if (!shut.ok) return shut;
  const started = await driver.start(order, tellOf({ parts }, order.tag));
  if (!started.ok) return started;
  const opened = await publishing.open(order, started.value);
  if (opened.ok) return started;
  await driver.destroy(order.tag);
  return opened;
}

/** Where others reach it, for the receipt: `8080->80/tcp` at the address of this host. */
function publishedOf({ parts }: Own, tag: Tag): Result<JsonObject, 'not-granted'> {
  const ports = parts.orderOf(tag)?.ports ?? [];
  if (ports.length === 0) return ok({});
  if (!parts.publishing.holds(tag)) return refuse('not-granted', 'its ports are not open');
  const texts = ports.map(({ hostPort, port, protocol }) => `${hostPort}->${port}/${protocol}`);
  return ok({ ports: texts });
}

const NO_ENGINE: Refused = { code: 'no-engine', detail: '' };

function notedDriver({ parts }: Own, tag: Tag): Driver | null {
  const name = parts.folders.driverOf(tag);
  return parts.drivers.probes().find(({ driver }) => driver.name === name)?.driver ?? null;
}

function hold(own: Own, tag: Tag, driver: Driver, run: number): Held {
  const before = own.held.get(keyOf(tag));
  if (before !== undefined && before.run === run) return before;
  const held: Held = {
    tag,
    driver,
    run,
    running: null,
    starting: null,
    abort: new AbortController(),
  };
  own.held.set(keyOf(tag), held);
  return held;
}

/** Its end is told once, under the run that it has then. */
function follow(own: Own, held: Held, running: Running): void {
  void running.ended.then((ending) => {
    own.parts.publishing.shut(held.tag);
    own.parts.input({ is: 'ended', of: runOf(held), ending });
  });
}

function tellOf({ parts }: Pick<Own, 'parts'>, tag: Tag): Tell {
  let told = '';
  return (phase) => {
    // How far it is changes often, what is done seldom.
    if (phase !== told) parts.say(tag, phase);
    told = phase;
  };
}

async function recover(own: Own, driver: Driver): Promise<readonly Found[]> {
  const found = await driver.recover(own.parts.orderOf);
  return found.map((running): Found => {
    const { tag, startedAtMs, imageId: image } = running;
    const abort = new AbortController();
    own.held.set(keyOf(tag), { tag, driver, run: 0, running, starting: null, abort });
    const order = own.parts.orderOf(tag);
    if (order !== null) own.parts.publishing.found(order, running);
    return { tag, startedAtMs, image };
  });
}

async function check(own: Own, tag: Tag, run: number): Promise<void> {
  const running = own.held.get(keyOf(tag))?.running ?? null;
  let well = false;
  try {
    well = running?.check === undefined ? running !== null : await running.check();
  } catch {
    // What cannot be asked is not well.
  }
  own.parts.input({ is: 'checked', of: runOf({ tag, run }), well });
}

async function measure(own: Own): Promise<void> {
  const all = [...own.held.values()];
  const next = async (): Promise<void> => {
    for (let held = all.pop(); held !== undefined; held = all.pop()) {
      const stats = (await held.running?.stats().catch(() => null)) ?? null;
      if (stats === null) continue;
      const { memMiB, diskMiB, cpuMs } = stats;
      own.parts.input({ is: 'used', of: runOf(held), usage: { memMiB, diskMiB }, cpuMs });
    }
  };
  await Promise.all(Array.from({ length: USAGE_AT_ONCE_MAX }, next));
}
