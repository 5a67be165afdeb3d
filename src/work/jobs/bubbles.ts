// The driver of jobs in bubblewrap, for a host without an engine: namespaces, an image unpacked
// read-only, control groups where it may make them. It keeps less apart than a container does, and
// says so. A folder for each job is its memory. Spec: docs/jobs.md, "bubblewrap".

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { isDigest } from '../../../proto/ids.ts';
import { type Result, ok, refuse } from '../../../proto/result.ts';
import { ARGS_FD, type Bubble, beyondBubble, bubbleArgs, piped } from '../../../work/bubble.ts';
import { STAGE, SUPERVISE } from '../../../work/bubble.ts';
import { containerName, labelsOf, markOf } from '../../../work/container.ts';
import type { FailCode } from '../../../work/failures.ts';
import { BUBBLE_LOG_BYTES } from '../../../work/limits.ts';
import { monotonicMs, nowMs } from '../../os/clock.ts';
import { findTool, needTool, runTool } from '../../os/tools.ts';
import type { Tag } from '../../../work/lease.ts';
import type { Driver, Order, Probe, Running, Tell } from '../driver.ts';
import { leaveMark } from '../guard.ts';
import { keptRoot, type Root, unpack } from './bubble-root.ts';
import { type Bubbled, bubbling, hasBegun, supervisorOf } from './bubbled.ts';
import { doorsOf, findGroups, makeGroups, removeGroups } from './group.ts';
import { kernelText } from './inside.ts';
import {
  BUBBLE_EVERY_MS,
  BUBBLE_NOTE_BYTES_MAX,
  BUBBLE_PROBE_MS,
  BUBBLE_START_MS,
} from './limits.ts';
import { makeOutputFolders, type Needs, needsOf } from './needs.ts';

export interface BubbleParts {
  /** The folder of this host's state. */
  readonly state: string;
  readonly home: string;
}

interface Own extends BubbleParts {
  readonly closing: AbortController;
}

const WEAKER =
  'no engine: no filter of system calls, no network, no cards; ' +
  'memory, processor and processes are bounded only where control groups can be made';
const NOBODY = '65534';
const MIB = 1024 * 1024;
/** Folders that every system has, and nothing of ours lies in. */
const STAGES = ['/mnt', '/srv', '/media', '/opt'];

export function bubbleDriver(parts: BubbleParts): Driver {
  const own: Own = { ...parts, closing: new AbortController() };
  return {
    kind: 'job',
    name: 'bubblewrap',
    probe,
    // Of an image it knows its files and no registry: those are in kith's store, by their digest.
    takes: ({ network, resources, job, health }) =>
      network.mode === 'none' &&
      resources.gpu === undefined &&
      health === undefined &&
      isDigest(job?.image ?? ''),
    estimate: ({ resources: { memMiB, diskMiB } }) => ({
      memMiB,
      diskMiB: diskMiB + (2 * BUBBLE_LOG_BYTES) / MIB,
    }),
    prepare: (order, tell, signal) => prepare(own, order, tell, signal),
    start: (order, tell) => start(own, order, tell),
    recover: async (orderOf) => recover(own, orderOf),
    destroy: (tag) => destroy(own, tag),
    close: async () => own.closing.abort(),
  };
}

/** In a namespace of its own root may be the only user there is: then it is one like any other. */
const isRoot = (): boolean =>
  process.geteuid?.() === 0 && ['uid', 'gid'].every((kind) => isMapped(kind, Number(NOBODY)));

function isMapped(kind: string, id: number): boolean {
  const ranges = (kernelText(`/proc/self/${kind}_map`) ?? '').trim().split('\n');
  return ranges.some((range) => {
    const [first = 0, , count = 0] = range.trim().split(/\s+/).map(Number);
    return id >= first && id < first + count;
  });
}

async function probe(): Promise<Probe> {
  const checkedAtMs = nowMs();
  const needed = ['bwrap', 'tar', 'stdbuf', ...(isRoot() ? ['unshare', 'setpriv', 'mount'] : [])];
  const missing = needed.filter((name) => findTool(name) === null);
  if (missing.length > 0) {
    return { usable: false, what: `there is no ${missing.join(', no ')}`, checkedAtMs };
  }
  const words = ['bwrap', '--unshare-all', '--unshare-user', '--disable-userns'];
  const tried = await runTool([...asNobody(NOBODY), ...words, '--ro-bind', '/', '/', 'true'], {
    limitMs: BUBBLE_PROBE_MS,
  });
  const version = await runTool(['bwrap', '--version'], { limitMs: BUBBLE_PROBE_MS });
  const what = version.stdout.toString('utf8').trim();
  return tried.status === 0
    ? { usable: true, what, weaker: WEAKER, checkedAtMs }
    : { usable: false, what: `${what}: ${tried.said}`, checkedAtMs };
}

function asNobody(user: string): readonly string[] {
  return isRoot() ? ['setpriv', '--reuid', user, '--regid', user, '--clear-groups'] : [];
}

const bubblesOf = ({ state }: Own): string => path.join(state, 'bubbles');
const rootsOf = ({ state }: Own): string => path.join(state, 'bubble-roots');
const folderOf = (own: Own, tag: Tag): string =>
  path.join(bubblesOf(own), containerName({ home: own.home, ...tag }));

async function prepare(
  own: Own,
  order: Order,
  tell: Tell,
  signal: AbortSignal,
): Promise<Result<void, FailCode>> {
  const beyond = beyondBubble(order.spec);
  if (beyond !== null) {
    return refuse(order.spec.network.mode === 'none' ? 'no-engine' : 'no-network', beyond);
  }
  const needs = needsOf(order.spec, order.folder, own.state);
  if (!needs.ok) return needs;
  const root = await bringRoot(own, order, tell, signal);
  return root.ok ? ok(undefined) : root;
}

async function bringRoot(
  own: Own,
  order: Order,
  tell: Tell,
  signal: AbortSignal,
): Promise<Result<Root & { readonly id: string }, FailCode>> {
  const name = order.spec.job?.image ?? '';
  const found = await order.image(name, tell, signal);
  if (found.where === 'engine') {
    return refuse('image-missing', `${name}: without an engine only images of kith’s store run`);
  }
  const roots = rootsOf(own);
  fs.mkdirSync(roots, { recursive: true, mode: 0o700 });
  if (keptRoot(roots, found.id) === null) {
    tell('unpacking the image');
    const unpacked = await unpack(roots, found.id, found.file, signal);
    if (!unpacked.ok) return unpacked;
  }
  const root = keptRoot(roots, found.id);
  return root === null ? refuse('image-wrong', name) : ok({ ...root, id: found.id });
}

async function start(own: Own, order: Order, tell: Tell): Promise<Result<Running, FailCode>> {
  const beyond = beyondBubble(order.spec);
  if (beyond !== null) return refuse('no-network', beyond);
  const needs = needsOf(order.spec, order.folder, own.state);
  if (!needs.ok) return needs;
  const root = await bringRoot(own, order, tell, own.closing.signal);
  if (!root.ok) return root;
  tell('starting');
  await destroy(own, order.tag);
  const folder = folderOf(own, order.tag);
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const startedAtMs = nowMs();
  const labels = labelsOf({ home: own.home, ...order.tag });
  const note = JSON.stringify({ labels, imageId: root.value.id, startedAtMs });
  fs.writeFileSync(path.join(folder, 'note.json'), note, { mode: 0o600 });
  for (const where of ['cgroup', 'cmdline'] as const)
    leaveMark(order, where, path.basename(folder));
  await launch(own, order, root.value, needs.value);
  for (const untilMs = monotonicMs() + BUBBLE_START_MS; monotonicMs() < untilMs; ) {
    const failed = refusalIn(folder);
    if (failed !== null) {
      await destroy(own, order.tag);
      return refuse('engine-refused', failed);
    }
    if (hasBegun(folder)) {
      return ok(bubbling(bubbled(own, order.tag, { imageId: root.value.id, startedAtMs }, order)));
    }
    await pause(BUBBLE_EVERY_MS / 10);
  }
  await destroy(own, order.tag);
  return refuse('engine-silent', `bubblewrap did not start it within ${BUBBLE_START_MS} ms`);
}

/** What kept it from starting: it ended, and bubblewrap named no process. */
function refusalIn(folder: string): string | null {
  if (!fs.existsSync(path.join(folder, 'status'))) return null;
  if (kernelText(path.join(folder, 'info'))?.includes('child-pid') === true) return null;
  return (kernelText(path.join(folder, 'err')) ?? '').trim() || 'it ended before it began';
}

async function launch(own: Own, order: Order, root: Root, needs: Needs): Promise<void> {
  const { spec } = order;
  const folder = folderOf(own, order.tag);
  makeOutputFolders(spec, order.folder);
  const { command = [], workdir, user = 0, readOnlyRoot = true } = spec.job ?? {};
  const rootFolder = readOnlyRoot ? root.folder : await ownRoot(root, folder);
  const sources = [rootFolder, ...needs.binds.map(({ source }) => source)];
  const stage = isRoot() ? stageFor(sources) : '';
  const bubble: Bubble = {
    spec,
    env: { ...variables(root.env), ...needs.env },
    binds: needs.binds,
    workdir: workdir ?? root.workdir,
  };
  const reached = stage === '' ? sources : sources.map((_, at) => `${stage}/${at}`);
  const doors = doorsOf(makeGroups(path.basename(folder), spec));
  const max = String(Math.max(BUBBLE_LOG_BYTES, spec.limits.logBytes));
  const inner = [
    ...(stage === '' ? [] : ['unshare', '--mount', '--propagation', 'private']),
    ...['sh', '-c', STAGE, 'sh', stage, String(spec.limits.nofile), ...doors, '--'],
    ...[...(stage === '' ? [] : sources), '--', ...asNobody(String(user))],
    ...['bwrap', '--args', String(ARGS_FD), '--'],
    ...(command.length > 0 ? command : root.command),
  ];
  const stdio = Array.from({ length: ARGS_FD + 1 }, (_, fd) =>
    fd === ARGS_FD ? 'pipe' : 'ignore',
  );
  const child = spawn('/bin/sh', ['-c', SUPERVISE, 'sh', folder, max, ...inner], {
    // The environment of the job is in the words of bubblewrap: what runs before it is ours.
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: 'C' },
    stdio,
    detached: true,
  });
  child.on('error', () => undefined);
  child.unref();
  const words = (child.stdio as readonly unknown[])[ARGS_FD] as Writable | undefined;
  // It may end before it has read them: its status says so.
  words?.on('error', () => undefined);
  // Whoever reads keeps its end open, and this process must be able to end before the job does.
  words?.end(piped(bubbleArgs(bubble, reached)), () => words.destroy());
}

/** A root that may be written is a copy. */
async function ownRoot(root: Root, folder: string): Promise<string> {
  const copy = path.join(folder, 'root');
  await needTool(['cp', '-a', '--reflink=auto', root.folder, copy], { limitMs: BUBBLE_START_MS });
  return copy;
}

function stageFor(sources: readonly string[]): string {
  const isFree = (stage: string): boolean =>
    fs.existsSync(stage) && sources.every((source) => !source.startsWith(`${stage}/`));
  return STAGES.find(isFree) ?? '';
}

function variables(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

interface Known {
  readonly imageId: string;
  readonly startedAtMs: number;
}

function bubbled(own: Own, tag: Tag, known: Known, order: Order | null): Bubbled {
  const folder = folderOf(own, tag);
  const of = order === null ? null : { log: order.log, folder: order.folder, spec: order.spec };
  const closing = own.closing.signal;
  return { ...{ folder, tag, ...known, group: path.basename(folder) }, order: of, closing };
}

function recover(own: Own, orderOf: (tag: Tag) => Order | null): readonly Running[] {
  const bubbles = bubblesOf(own);
  const names = fs.existsSync(bubbles) ? fs.readdirSync(bubbles) : [];
  return names.flatMap((name) => {
    const known = readNote(path.join(bubbles, name));
    if (known === null || known.mark.home !== own.home) return [];
    const { home: _, ...tag } = known.mark;
    // A daemon died before the supervisor had begun: nothing of it ever ran.
    if (!fs.existsSync(path.join(bubbles, name, 'pid'))) return [];
    return [bubbling(bubbled(own, tag, known, orderOf(tag)))];
  });
}

function readNote(
  folder: string,
): (Known & { mark: NonNullable<ReturnType<typeof markOf>> }) | null {
  try {
    const file = path.join(folder, 'note.json');
    if (fs.statSync(file).size > BUBBLE_NOTE_BYTES_MAX) return null;
    const said = JSON.parse(fs.readFileSync(file, 'utf8')) as Known & {
      readonly labels: Readonly<Record<string, string>>;
    };
    const mark = markOf(said.labels);
    return mark === null ? null : { mark, imageId: said.imageId, startedAtMs: said.startedAtMs };
  } catch {
    return null;
  }
}

async function destroy(own: Own, tag: Tag): Promise<void> {
  const folder = folderOf(own, tag);
  for (const untilMs = monotonicMs() + BUBBLE_START_MS; monotonicMs() < untilMs; ) {
    const pid = supervisorOf(folder);
    if (pid === null) break;
    try {
      // Its group: with bubblewrap dies all that it started.
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
    await pause(BUBBLE_EVERY_MS / 10);
  }
  // What a dying process holds goes some ms later.
  const name = path.basename(folder);
  for (const untilMs = monotonicMs() + BUBBLE_START_MS; monotonicMs() < untilMs; ) {
    removeGroups(name);
    if (Object.keys(findGroups(name)).length === 0) break;
    await pause(BUBBLE_EVERY_MS / 10);
  }
  fs.rmSync(folder, { recursive: true, force: true });
}
