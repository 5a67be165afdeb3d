// A job in bubblewrap that runs or has run, by the files that its supervisor keeps: the number of a
// process, what was printed, and the exit. A daemon that comes later reads on where the log ends.
// Spec: docs/jobs.md, "bubblewrap".

import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { utf8 } from '../../../proto/bytes.ts';
import { type Result, ok } from '../../../proto/result.ts';
import { ALL_LIMITS, granted, type Limit } from '../../../work/granted.ts';
import { refusedProcesses } from '../../../work/kernel-files.ts';
import type { Side } from '../../../work/multiplex.ts';
import type { Spec } from '../../../work/spec.ts';
import { nowMs } from '../../os/clock.ts';
import type { Ending, Tag } from '../../../work/lease.ts';
import type { Granted, LogSink, Running } from '../driver.ts';
import { signalOf } from './contained.ts';
import { findGroups, memoryKills } from './group.ts';
import { kernelLog, kernelText, look, usedBy } from './inside.ts';
import { BUBBLE_CHUNK_BYTES, BUBBLE_EVERY_MS } from './limits.ts';
import { copyOutputs } from './outputs.ts';

export interface Bubbled {
  /** The private folder of it. */
  readonly folder: string;
  readonly tag: Tag;
  readonly imageId: string;
  readonly startedAtMs: number;
  /** Of its control groups. */
  readonly group: string;
  /** Null: nobody knows any more what was ordered, and nothing is read of it. */
  readonly order: { readonly log: LogSink; readonly folder: string; readonly spec: Spec } | null;
  readonly closing: AbortSignal;
}

const SIDES: readonly Side[] = ['out', 'err'];
/** What bubblewrap does not do at all, and what only control groups do. */
const NEVER: readonly Limit[] = ['seccomp', 'cards'];
const BY_GROUP: readonly Limit[] = ['memMiB', 'swapMiB', 'cpuMilli', 'pids'];
const NO_CARDS = /^nvidia\d+$/;

export function bubbling(own: Bubbled): Running {
  const groups = findGroups(own.group);
  return {
    tag: own.tag,
    startedAtMs: own.startedAtMs,
    imageId: own.imageId,
    verify: async () => verify(own),
    stats: async () => ({ ...usedBy(groups), diskMiB: null }),
    stop: async () => signalTo(mainOf(own.folder), 'SIGTERM'),
    kill: async () => signalTo(firstOf(own.folder), 'SIGKILL'),
    ended: follow(own),
    console: async () => null,
    outputs: async (to) => (own.order === null ? [] : leave(own.order, to)),
  };
}

function leave(order: NonNullable<Bubbled['order']>, to: string): Promise<readonly string[]> {
  return copyOutputs({ ...order, to, container: null });
}

/** The supervisor, while it runs: its words name the folder, which is nobody else's. */
export function supervisorOf(folder: string): number | null {
  const pid = Number(textOf(folder, 'pid')?.trim());
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  const words = kernelText(`/proc/${pid}/cmdline`)?.split('\0') ?? [];
  return words.includes(folder) ? pid : null;
}

/** The first process of its namespace, which takes all others with it. */
function firstOf(folder: string): number | null {
  if (supervisorOf(folder) === null) return null;
  try {
    const said = JSON.parse(textOf(folder, 'info') ?? '') as { readonly 'child-pid'?: number };
    return said['child-pid'] ?? null;
  } catch {
    return null;
  }
}

/** What the spec named, below the first process. */
function mainOf(folder: string): number | null {
  const first = firstOf(folder);
  const children = first === null ? null : kernelText(`/proc/${first}/task/${first}/children`);
  const pid = Number(children?.trim().split(' ')[0]);
  return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
}

function signalTo(pid: number | null, name: NodeJS.Signals): void {
  if (pid === null) return;
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

/** Whether its process is there; or it has ended already, which is a start, too. */
export function hasBegun(folder: string): boolean {
  return mainOf(folder) !== null || fs.existsSync(path.join(folder, 'status'));
}

function verify(own: Bubbled): Result<Granted, 'not-granted'> {
  const { order, folder, group } = own;
  if (order === null) return ok({});
  const pid = mainOf(folder);
  const seen = pid === null ? null : look(pid, NO_CARDS, () => mainOf(folder) === pid);
  if (seen === null) return ok({ ended: true });
  const missing = new Set<Limit>(NEVER);
  const has = new Set(Object.keys(findGroups(group)));
  if (!has.has('memory')) for (const limit of ['memMiB', 'swapMiB'] as const) missing.add(limit);
  if (!has.has('cpu')) missing.add('cpuMilli');
  if (!has.has('pids')) missing.add('pids');
  const limits = ALL_LIMITS.filter((limit) => !missing.has(limit));
  const found = granted({ spec: order.spec, cards: 0 }, seen, limits);
  const without = [...BY_GROUP, ...NEVER].filter((limit) => missing.has(limit));
  return found.ok ? ok({ ...found.value, engine: 'bubblewrap', without }) : found;
}

async function follow(own: Bubbled): Promise<Ending> {
  for (;;) {
    // In this order: what was printed before the end is in the files by then.
    const status = textOf(own.folder, 'status');
    const isOver = status !== null || supervisorOf(own.folder) === null;
    try {
      await readOn(own);
    } catch (error) {
      // A log that takes nothing more does not keep the end from being known.
      if (isOver && (error as NodeJS.ErrnoException).code !== 'ENOENT')
        return endingOf(own, status);
    }
    if (own.closing.aborted) return new Promise<never>(() => undefined);
    if (isOver) {
      // It may have ended between the two looks.
      const last = status ?? textOf(own.folder, 'status');
      await readOn(own).catch(() => undefined);
      await sayDropped(own).catch(() => undefined);
      return endingOf(own, last);
    }
    await pause(BUBBLE_EVERY_MS, undefined, { ref: false });
  }
}

async function readOn({ folder, order, closing }: Bubbled): Promise<void> {
  if (order === null) return;
  for (const side of SIDES) {
    const file = path.join(folder, side);
    if (!fs.existsSync(file)) continue;
    const fd = fs.openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(BUBBLE_CHUNK_BYTES);
      for (;;) {
        const at = order.log.written(side);
        const got = fs.readSync(fd, bytes, 0, bytes.length, at);
        if (got === 0 || closing.aborted) break;
        await order.log.write(side, Uint8Array.from(bytes.subarray(0, got)));
        // A log that is closed takes nothing: the same would be read for ever.
        if (order.log.written(side) === at) break;
      }
    } finally {
      fs.closeSync(fd);
    }
  }
}

async function sayDropped({ folder, order }: Bubbled): Promise<void> {
  for (const side of SIDES) {
    const count = Number(textOf(folder, `dropped-${side}`)?.trim() ?? 0);
    if (order === null || !(count > 0)) continue;
    const line = `${count} bytes of output (${side}) came after what is kept, and were dropped\n`;
    await order.log.write('kith', utf8(line));
  }
}

function endingOf({ folder, group }: Bubbled, status: string | null): Ending {
  const exit = status === null ? null : Number(status.trim());
  const kills = memoryKills(findGroups(group));
  return {
    exit,
    signal: exit === null ? null : signalOf(exit),
    oom: exit === 0 ? false : kills === null ? null : kills > 0,
    crowded: exit !== 0 && refusedProcesses(kernelLog() ?? '', group),
    // The time of a file has fractions, and no receipt with one is read by anybody.
    endedAtMs: Math.trunc(
      fs.statSync(path.join(folder, 'status'), { throwIfNoEntry: false })?.mtimeMs ?? nowMs(),
    ),
  };
}

function textOf(folder: string, name: string): string | null {
  return kernelText(path.join(folder, name));
}
