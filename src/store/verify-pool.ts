// Signatures of bulk input, checked on worker threads. A thread takes as long to start as a
// thousand checks: a small batch is checked where it stands, and so is what comes before the first
// thread is ready. They start once there is work for them, end when there was none for a while, and
// keep no process alive.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { verdict } from '../../proto/ed25519.ts';
import type { SignatureJob } from '../../ledger/proof.ts';
import { nodePlatform } from '../platform.ts';
import {
  JOBS_BEFORE_THREADS,
  JOBS_IN_PLACE_MAX,
  JOBS_PER_MESSAGE,
  THREADS_IDLE_MS,
} from './limits.ts';
import { isPackable, packJobs, verdictsOn } from './verify-jobs.ts';

export interface VerifyPool {
  /** The verdict of each job, in the order of the jobs. */
  verify(jobs: readonly SignatureJob[]): Promise<readonly boolean[]>;
  /** Starts the threads now, where there is time before they are needed. */
  start(): void;
  close(): Promise<void>;
}

interface Task {
  readonly block: Uint8Array<ArrayBuffer>;
  readonly done: (verdicts: Uint8Array) => void;
  readonly fail: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  /** In the order sent; answers come back in that order. */
  readonly tasks: Task[];
  /** It has loaded what it needs, or has died on the way: either way it answers. */
  isReady: boolean;
  death: Error | null;
}

/** Sent ahead to a thread, so that it never waits for the next message. */
const TASKS_AHEAD = 2;

/** A thread runs what was built, also where the tests run the sources. */
function workerScript(): URL {
  const built = import.meta.url.endsWith('.ts') ? '../../dist/src/store/' : './';
  return new URL(`${built}verify-worker.js`, import.meta.url);
}

/** `threads` 0 checks everything where it stands, in turns. */
export function verifyPool(
  threads: number = availableParallelism(),
  script: URL = workerScript(),
  idleMs: number = THREADS_IDLE_MS,
): VerifyPool {
  const queue: Task[] = [];
  const team: Thread[] = [];
  let isClosed = false;
  let isHelping = false;
  /** Jobs that were given to this pool since its threads began. */
  let given = 0;
  const idle = whenIdle(idleMs, () => {
    if (queue.length > 0 || team.some(({ tasks }) => tasks.length > 0)) return idle.put();
    given = 0;
    for (const thread of team.splice(0)) void stop(thread);
  });

  function start(): void {
    if (isClosed) return;
    idle.put();
    while (team.length < threads) team.push(startThread(script, dispatch));
  }
  function dispatch(): void {
    if (given > JOBS_BEFORE_THREADS) start();
    for (let ahead = 1; ahead <= TASKS_AHEAD; ahead++) {
      for (const thread of team) {
        if (!thread.isReady || thread.tasks.length >= ahead) continue;
        const task = queue.shift();
        if (task !== undefined) send(thread, task);
      }
    }
  }
  /** Until the first thread is ready, one task between two turns of the loop. */
  async function help(): Promise<void> {
    if (isHelping) return;
    isHelping = true;
    for (;;) {
      await new Promise(setImmediate);
      const task = team.some(({ isReady }) => isReady) ? undefined : queue.shift();
      if (task === undefined) break;
      task.done(verdictsOn(task.block));
    }
    isHelping = false;
  }
  function onThreads(jobs: readonly SignatureJob[]): Promise<Uint8Array> {
    return new Promise((done, fail) => {
      given += jobs.length;
      if (team.length > 0) idle.put();
      queue.push({ block: packJobs(jobs), done, fail });
      dispatch();
      if (queue.length > 0) void help();
    });
  }
  return {
    async verify(jobs) {
      if (isClosed) throw new Error('the signature threads are closed');
      if (jobs.length <= JOBS_IN_PLACE_MAX || threads === 0) return verifyHere(jobs);
      const slices = slicesOf(jobs);
      const answers = slices.map((slice) => onThreads(slice.filter(isPackable)));
      return mergeVerdicts(slices, await Promise.all(answers));
    },
    start,
    async close() {
      isClosed = true;
      idle.off();
      const waiting = [...queue.splice(0), ...team.flatMap(({ tasks }) => tasks.splice(0))];
      for (const { fail } of waiting) fail(new Error('the signature threads were closed'));
      await Promise.all(team.splice(0).map(stop));
    },
  };
}

/** Their memory is given back: a daemon has work for them once, and lives for months. */
function whenIdle(ms: number, rest: () => void): { put: () => void; off: () => void } {
  let timer: NodeJS.Timeout | null = null;
  return {
    put() {
      if (timer === null) timer = setTimeout(rest, ms).unref();
      else timer.refresh();
    },
    off() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}

/** The process waits for the end of a thread: what it answers meanwhile must not let go of it. */
function stop({ worker }: Thread): Promise<number> {
  worker.removeAllListeners('message');
  worker.ref();
  return worker.terminate();
}

function slicesOf(jobs: readonly SignatureJob[]): SignatureJob[][] {
  const slices: SignatureJob[][] = [];
  for (let at = 0; at < jobs.length; at += JOBS_PER_MESSAGE)
    slices.push(jobs.slice(at, at + JOBS_PER_MESSAGE));
  return slices;
}

function mergeVerdicts(
  slices: readonly (readonly SignatureJob[])[],
  answers: readonly Uint8Array[],
): boolean[] {
  return slices.flatMap((slice, i) => {
    let at = 0;
    return slice.map((job) => isPackable(job) && answers[i]?.[at++] === 1);
  });
}

async function verifyHere(jobs: readonly SignatureJob[]): Promise<boolean[]> {
  const verdicts: boolean[] = [];
  for (const { key, message, signature } of jobs) {
    verdicts.push(verdict(nodePlatform, key, message, signature));
    if (verdicts.length % JOBS_PER_MESSAGE === 0) await new Promise(setImmediate);
  }
  return verdicts;
}

function startThread(script: URL, dispatch: () => void): Thread {
  const worker = new Worker(script);
  const thread: Thread = { worker, tasks: [], isReady: false, death: null };
  worker.on('message', (verdicts: Uint8Array | null) => {
    thread.isReady = true;
    if (verdicts !== null) thread.tasks.shift()?.done(verdicts);
    dispatch();
    if (thread.tasks.length === 0) worker.unref();
  });
  // A thread that dies is a bug of ours: everybody who waits for it hears of it, now and later.
  worker.on('error', (error) => {
    thread.death = error;
    thread.isReady = true;
    for (const { fail } of thread.tasks.splice(0)) fail(error);
    dispatch();
  });
  worker.unref();
  return thread;
}

function send({ worker, tasks, death }: Thread, task: Task): void {
  if (death !== null) return task.fail(death);
  tasks.push(task);
  worker.ref();
  worker.postMessage(task.block, [task.block.buffer]);
}
