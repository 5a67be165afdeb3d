// One machine that runs, or has ended: its control connection, its console, its end. Everything is
// asked of QEMU and of the kernel at that moment, so a daemon that has just begun holds the same as
// the one that started it. Spec: docs/machines.md, "Life".

import type { ChildProcess } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type GuestMemory, balloonTo, guestMemoryIn } from '../../../work/balloon.ts';
import { BALLOON_PATH } from '../../../work/qemu.ts';
import { type GuestEnd, endIn, endOf, isFields } from '../../../work/qmp.ts';
import { nowMs } from '../../os/clock.ts';
import { type Cgroup, findCgroup, useOf } from '../cgroup.ts';
import type { Ending } from '../../../work/lease.ts';
import type { Order, Running, Stats } from '../driver.ts';
import type { GuestNet } from '../guest-net.ts';
import { followConsole } from './console-log.ts';
import { type SharedConsole, shareConsole } from './console.ts';
import { FILES } from './disks.ts';
import { answers } from './health.ts';
import { COMPLAINTS, CONSOLE_LOG, SOCKETS } from './launch.ts';
import {
  BALLOON_POLL_S,
  COMPLAINT_BYTES_MAX,
  QUIT_MS,
  START_POLL_MS,
  STATS_MS,
  WATCH_MS,
} from './limits.ts';
import { type Note, type Process, type Started, nameOf } from './note.ts';
import { isThat, signalTo, usedBy } from './process.ts';
import { type Qmp, openQmp } from './qmp.ts';
import { verified } from './verify.ts';

/** What a machine can do beyond what all work can. */
export interface RunningMachine extends Running {
  /** Once QEMU answers, or why it never will. */
  up(limitMs: number): Promise<string | null>;
  /** Gives it as much memory as is wanted, as far as its guest can spare the rest. */
  resize(wantMiB: number): Promise<{ readonly hasMiB: number; readonly veto: string | null }>;
  guestMemory(): Promise<GuestMemory>;
  /** Lets go of it and leaves it as it is: it runs on. */
  letGo(): Promise<void>;
}

export interface RunningParts {
  readonly folder: string;
  readonly note: Note & { readonly started: Started };
  /** Null: nobody knows any more what was ordered. */
  readonly order: Order | null;
  readonly process: Process | null;
  /** Where this daemon has started it. */
  readonly child: ChildProcess | null;
  readonly net: GuestNet;
}

const MIB = 1_048_576;

export function runMachine(parts: RunningParts): RunningMachine {
  const { folder, note, order, process, net } = parts;
  const { tag, started } = note;
  const cgroup = findCgroup(nameOf(tag));
  const log = order === null ? null : followConsole(join(folder, CONSOLE_LOG), order.log);
  let consoles: SharedConsole | null = null;
  let end: GuestEnd | null = null;
  const life = lifeOf(parts.child, process);
  const qmp =
    process === null
      ? null
      : openQmp({
          path: join(folder, SOCKETS.qmp),
          heard: (message) => guestEnded(endOf(message)),
          opened: () => void opened().catch(() => undefined),
          lost: () => isThat(process),
        });
  const opened = async (): Promise<void> => {
    // What it said while nobody listened is lost; how it stands is not.
    guestEnded(endIn(await qmp?.ask('query-status')));
    if (!started.balloon || end !== null) return;
    const property = 'guest-stats-polling-interval';
    await qmp?.ask('qom-set', { path: BALLOON_PATH, property, value: BALLOON_POLL_S });
  };
  const guestEnded = (how: GuestEnd | null): void => {
    if (how === null || end !== null || process === null) return;
    end = how;
    qmp?.ask('quit', {}, QUIT_MS).catch(() => undefined);
    const late = setTimeout(() => signalTo(process, 'SIGKILL'), QUIT_MS);
    void life.gone.then(() => clearTimeout(late));
  };
  const ended = life.gone.then(async (signal): Promise<Ending> => {
    qmp?.close();
    consoles?.close();
    if (end === null) await complain(folder, order);
    await log?.finish();
    return endingOf(end, signal, cgroup);
  });
  const guestMemory = async (): Promise<GuestMemory> =>
    guestMemoryIn(await qmp?.ask('qom-get', { path: BALLOON_PATH, property: 'guest-stats' }));
  return {
    ...{ tag, startedAtMs: started.startedAtMs, imageId: note.imageId, ended, guestMemory },
    up: (limitMs) => life.until(() => qmp?.isOpen === true, limitMs),
    async verify() {
      const from = { note, process, cgroup, net };
      return verified(from, async (command) => qmp?.ask(command));
    },
    stats: () => stats(parts),
    async stop() {
      await qmp?.ask('system_powerdown').catch(() => undefined);
    },
    async kill() {
      if (process !== null) signalTo(process, 'SIGKILL');
    },
    check: () => isWell(parts, qmp),
    reach: (protocol, port) => doorTo(started, protocol, port),
    async console(): Promise<Duplex | null> {
      if (process === null || end !== null) return null;
      consoles ??= shareConsole(join(folder, SOCKETS.console));
      return consoles.view();
    },
    outputs: async () => [],
    resize: (wantMiB) => resize(parts, qmp, guestMemory, wantMiB),
    async letGo() {
      life.letGo();
      qmp?.close();
      consoles?.close();
      await log?.close();
    },
  };
}

function doorTo(
  { forwards }: Started,
  protocol: 'tcp' | 'udp',
  port: number,
): ReturnType<NonNullable<Running['reach']>> {
  const of = forwards.find((one) => one.port === port && one.protocol === protocol);
  return of === undefined ? null : { host: of.address, port: of.hostPort };
}

const EXITS: Readonly<Record<GuestEnd, number>> = { shutdown: 0, panicked: 1 };

function endingOf(end: GuestEnd | null, signal: string | null, cgroup: Cgroup | null): Ending {
  const kills = cgroup === null ? null : useOf(cgroup).oomKills;
  return {
    exit: end === null ? null : EXITS[end],
    signal: end === null ? signal : null,
    oom: kills === null ? null : kills > 0,
    endedAtMs: nowMs(),
  };
}

async function isWell({ note, order, process }: RunningParts, qmp: Qmp | null): Promise<boolean> {
  const health = order?.spec.health;
  if (health?.tcp === undefined) return process !== null && isThat(process);
  return answers(note, health.tcp, health.timeoutS * 1_000, async (line) => {
    const said = await qmp?.ask('human-monitor-command', { 'command-line': line });
    return typeof said === 'string' ? said : '';
  });
}

interface Life {
  /** Resolves with the signal that ended it, where that is known. */
  readonly gone: Promise<string | null>;
  /** Null once it is so; else why it will not be. */
  until(holds: () => boolean, limitMs: number): Promise<string | null>;
  letGo(): void;
}

/** A child tells of its end; whoever is none is looked at now and then. */
function lifeOf(child: ChildProcess | null, process: Process | null): Life {
  let isGone = false;
  let letGo: () => void = () => undefined;
  const gone = new Promise<string | null>((resolve) => {
    const over = (signal: string | null): void => {
      isGone = true;
      resolve(signal);
    };
    if (process === null) return over(null);
    if (child !== null) {
      child.once('exit', (_code, signal) => over(signal));
      child.unref();
      letGo = () => child.removeAllListeners('exit');
      if (child.exitCode !== null || child.signalCode !== null) over(child.signalCode);
      return;
    }
    const timer = setInterval(() => {
      if (isThat(process)) return;
      clearInterval(timer);
      over(null);
    }, WATCH_MS);
    timer.unref();
    letGo = () => clearInterval(timer);
  });
  const until: Life['until'] = (holds, limitMs) =>
    new Promise((resolve) => {
      const finish = (why: string | null): void => {
        clearInterval(poll);
        clearTimeout(late);
        resolve(why);
      };
      const poll = setInterval(() => {
        if (holds()) finish(null);
        else if (isGone) finish('QEMU ended at once');
      }, START_POLL_MS);
      const late = setTimeout(finish, limitMs, `QEMU did not answer within ${limitMs} ms`);
    });
  return { gone, until, letGo: () => letGo() };
}

/** The last that QEMU said, for the log of the work. */
async function complain(folder: string, order: Order | null): Promise<void> {
  const said = complaintsIn(folder);
  if (said !== '') await order?.log.write('kith', Buffer.from(`${said}\n`)).catch(() => undefined);
}

export function complaintsIn(folder: string): string {
  try {
    const said = readFileSync(join(folder, COMPLAINTS), 'utf8');
    return said.slice(-COMPLAINT_BYTES_MAX).trim();
  } catch {
    return '';
  }
}

async function stats({ folder, process, note }: RunningParts): Promise<Stats | null> {
  if (process === null || !isThat(process)) return null;
  const group = findCgroup(nameOf(note.tag));
  const [use, own] = [group === null ? null : useOf(group), usedBy(process.pid)];
  return {
    cpuMs: use?.cpuMs ?? own.cpuMs,
    memMiB: own.memMiB,
    diskMiB: diskMiBOf(folder),
  };
}

/** What its files take on the disk, not how long they are. */
function diskMiBOf(folder: string): number | null {
  let blocks = 0;
  for (const file of [FILES.overlay, FILES.seed, FILES.vars, CONSOLE_LOG]) {
    blocks += statSync(join(folder, file), { throwIfNoEntry: false })?.blocks ?? 0;
  }
  return Math.ceil((blocks * 512) / MIB);
}

async function resize(
  { note: { started }, order }: RunningParts,
  qmp: Qmp | null,
  guestMemory: () => Promise<GuestMemory>,
  wantMiB: number,
): Promise<{ readonly hasMiB: number; readonly veto: string | null }> {
  const { memMiB, balloon } = started;
  if (!balloon || qmp === null) return { hasMiB: memMiB, veto: 'it has no balloon' };
  const now = await qmp.ask('query-balloon', {}, STATS_MS);
  const actual = isFields(now) ? now['actual'] : null;
  const hasMiB = typeof actual === 'number' ? Math.round(actual / MIB) : memMiB;
  const memMinMiB = order?.spec.resources.memMinMiB ?? memMiB;
  const guest = await guestMemory();
  const { toMiB, veto } = balloonTo({ memMiB, memMinMiB, wantMiB, hasMiB, guest });
  if (toMiB !== hasMiB) await qmp.ask('balloon', { value: toMiB * MIB });
  return { hasMiB: toMiB, veto };
}
