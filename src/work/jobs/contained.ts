// A container that runs or has run: what it prints, how it ends, whether it is limited as it
// should be. It is followed through the death of its engine: work that is there again goes on, and
// what nobody knows any more has ended without a number. Spec: docs/jobs.md, "The end".

import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Container, ContainerInspectInfo } from 'dockerode';
import { utf8 } from '../../../proto/bytes.ts';
import { type Result, ok, refuse } from '../../../proto/result.ts';
import { meshMarkOf } from '../../../work/container.ts';
import { granted } from '../../../work/granted.ts';
import { killedForMemory, refusedProcesses } from '../../../work/kernel-files.ts';
import type { Spec } from '../../../work/spec.ts';
import { monotonicMs, nowMs } from '../../os/clock.ts';
import type { Ending, Tag } from '../../../work/lease.ts';
import type { Granted, Running } from '../driver.ts';
import type { GuestNet } from '../guest-net.ts';
import { type Groups, groupsOf, kernelLog, look, usedBy } from './inside.ts';
import { isGone, statusOf, within } from './engine.ts';
import { isWell } from './health.ts';
import {
  ENGINE_AGAIN_MS,
  ENGINE_ASK_MS,
  OUTPUT_TRIES,
  SETTLE_EVERY_MS,
  SETTLE_MS,
} from './limits.ts';
import { type Drain, drainKept, drainLive } from './output.ts';
import { copyOutputs } from './outputs.ts';

export interface Contained {
  readonly container: Container;
  readonly tag: Tag;
  readonly facts: ContainerInspectInfo;
  readonly imageId: string;
  /** Null: nobody knows any more what was ordered, and nothing is read of it. */
  readonly order: (Drain & { readonly spec: Spec; readonly cards: number }) | null;
  /** Its output from the beginning on; null: it is read from what the engine has kept. */
  readonly live: Readable | null;
  /** What nodes of cards are called. */
  readonly nodes: RegExp;
  /** Nobody waits for it any more. */
  readonly closing: AbortSignal;
  /** Null: there is no way onto the mesh. */
  readonly mesh: Pick<GuestNet, 'holds'> | null;
}

const SIGNALS: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
  31: 'SIGSYS',
};

/** Of an exit as engines and shells write it: 128 and the number of the signal. */
export function signalOf(exit: number): string | null {
  return SIGNALS[exit - 128] ?? null;
}

export function running(own: Contained): Running {
  const { container, facts } = own;
  const groups = groupsOf(facts.State.Pid);
  return {
    tag: own.tag,
    startedAtMs: momentOf(facts.State.StartedAt) ?? nowMs(),
    imageId: own.imageId,
    verify: async () => verify(own),
    stats: async () => stats(groups),
    stop: () => signal(container, 'SIGTERM'),
    kill: () => signal(container, 'SIGKILL'),
    ended: follow(own),
    check: () => checked(own),
    console: async () => null,
    reach(_protocol, port) {
      const host = addressIn(facts);
      return host === null ? null : { host, port };
    },
    outputs: async (to) => (own.order === null ? [] : outputs(own, to)),
  };
}

function momentOf(text: string): number | null {
  const ms = Date.parse(text);
  // Engines write the year 1 where it has not come yet.
  return Number.isNaN(ms) || ms <= 0 ? null : ms;
}

async function verify(own: Contained): Promise<Result<Granted, 'not-granted'>> {
  const { order, facts, container, nodes } = own;
  if (order === null) return ok({});
  const seen = look(facts.State.Pid, nodes, (cgroup) => cgroup.includes(container.id));
  // It has ended already, and the kernel shows nothing of it any more.
  if (seen === null) return ok({ ended: true });
  const found = granted({ spec: order.spec, cards: order.cards }, seen);
  return found.ok && order.spec.network.mode === 'mesh' ? onMesh(own, found.value) : found;
}

/** That its address leads to it, and that it is kept to that. */
async function onMesh(
  { mesh, tag, facts }: Contained,
  found: Granted,
): Promise<Result<Granted, 'not-granted'>> {
  const place = meshMarkOf(facts.Config.Labels);
  const holds = place !== null && (await mesh?.holds(tag)) === true;
  if (!holds) return refuse('not-granted', 'its address on the mesh does not lead to it');
  return ok({ ...found, network: 'mesh', keptToItsAddress: true, address: place.address });
}

async function checked({ order, container, facts }: Contained): Promise<boolean> {
  const health = order?.spec.health;
  // What was not ordered here is not asked.
  if (health === undefined) return true;
  const host = meshMarkOf(facts.Config.Labels)?.address ?? addressIn(facts);
  return isWell({ container, health, host });
}

/** What the engine gave it in a network of its own, where this host can reach it. */
function addressIn({ NetworkSettings: own }: ContainerInspectInfo): string | null {
  const all = Object.values(own.Networks).map(({ IPAddress }) => IPAddress);
  return [own.IPAddress, ...all].find((address) => address !== '') ?? null;
}

async function stats(groups: Groups): Promise<Awaited<ReturnType<Running['stats']>>> {
  const used = usedBy(groups);
  return used.memMiB === null && used.cpuMs === null ? null : { ...used, diskMiB: null };
}

/** Null where the engine does not tell: it ended meanwhile, or nobody answers; `ended` will say. */
async function signal(container: Container, name: string): Promise<void> {
  await within(ENGINE_ASK_MS, container.kill({ signal: name })).catch(() => undefined);
}

function outputs({ order, container }: Contained, to: string): Promise<readonly string[]> {
  if (order === null) return Promise.resolve([]);
  return copyOutputs({ spec: order.spec, folder: order.folder, to, container });
}

const LACKING = 'the engine does not give the rest of the output\n';

type State = ContainerInspectInfo['State'];

/**
 * Where output is read: as it comes; from what the engine has kept, and on as it comes; or, when it
 * has ended, from what was kept alone.
 */
type Source = 'live' | 'followed' | 'kept';

async function follow(own: Contained): Promise<Ending> {
  let source: Source = own.live === null ? 'followed' : 'live';
  for (let broken = 0; ; ) {
    const isWhole = await drain(own, source);
    broken = isWhole ? 0 : broken + 1;
    const mayLack = broken >= OUTPUT_TRIES;
    const state = await settled(own, isWhole || mayLack);
    if (state === 'closing') return new Promise<never>(() => undefined);
    if (state === 'gone') return { exit: null, signal: null, oom: null, endedAtMs: nowMs() };
    if (state === 'again') source = 'followed';
    // Docker leaves out of what it follows a last line that does not end, and keeps it.
    else if (source === 'followed' && isWhole) source = 'kept';
    else {
      if (mayLack) await own.order?.log.write('kith', utf8(LACKING)).catch(() => undefined);
      return endingOf(own, state);
    }
    if (!isWhole) await pause(ENGINE_AGAIN_MS, undefined, { ref: false });
  }
}

/** Whether all of it came: the engine did not break off. */
async function drain(
  { order, container, live, closing }: Contained,
  source: Source,
): Promise<boolean> {
  if (order === null) return true;
  try {
    if (source === 'live' && live !== null) await drainLive(live, order, closing);
    else await drainKept({ container, follow: source === 'followed' }, order, closing);
    return true;
  } catch {
    return false;
  }
}

/** What has become of it; `again`: its output has to be read on from what was kept. */
async function settled(
  { container, closing }: Contained,
  isWhole: boolean,
): Promise<State | 'again' | 'gone' | 'closing'> {
  const sinceMs = monotonicMs();
  for (let lost = !isWhole; ; ) {
    if (closing.aborted) return 'closing';
    try {
      const { State: state } = await within(ENGINE_ASK_MS, container.inspect());
      const isOver = !state.Running && state.Status !== 'created';
      if (isOver && !lost) return state;
      if (lost) return 'again';
      // Its output has ended before it did: it has closed it, or the engine is being started anew.
      if (monotonicMs() - sinceMs > SETTLE_MS) return 'again';
      await pause(SETTLE_EVERY_MS);
    } catch (error) {
      if (statusOf(error) === 404) return 'gone';
      lost ||= isGone(error);
      await pause(ENGINE_AGAIN_MS, undefined, { ref: false });
    }
  }
}

function endingOf({ container }: Contained, state: State): Ending {
  const exit = state.ExitCode;
  const log = exit === 0 ? null : kernelLog();
  return {
    exit,
    signal: signalOf(exit),
    oom: exit === 0 ? false : wasForMemory(container.id, state, log),
    crowded: log !== null && refusedProcesses(log, container.id),
    endedAtMs: momentOf(state.FinishedAt) ?? nowMs(),
  };
}

/** podman does not tell in the old hierarchy of control groups; the log of the kernel does. */
function wasForMemory(id: string, state: State, log: string | null): boolean | null {
  if (state.OOMKilled) return true;
  if (log !== null) return killedForMemory(log, id);
  return signalOf(state.ExitCode) === 'SIGKILL' ? null : false;
}
