// Signatures of bulk input, checked on worker threads. The threads start with the first batch that
// is worth a message and keep no process alive; a small batch is checked where it stands.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { verdict } from '../../proto/ed25519.ts';
import type { SignatureJob } from '../../ledger/proof.ts';
import { nodePlatform } from '../platform.ts';
import { JOBS_IN_PLACE_MAX, JOBS_PER_MESSAGE } from './limits.ts';
import { isPackable, packJobs } from './verify-jobs.ts';

export interface VerifyPool {
  /** The verdict of each job, in the order of the jobs. */
  verify(jobs: readonly SignatureJob[]): Promise<readonly boolean[]>;
  /** Starts the threads, where much is about to come: else the first batch waits for them. */
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
): VerifyPool {
  const queue: Task[] = [];
  const team: Thread[] = [];
  let isClosed = false;

  function dispatch(): void {
    while (team.length < threads && queue.length > 0) team.push(startThread(script, dispatch));
    for (let ahead = 1; ahead <= TASKS_AHEAD; ahead++) {
      for (const thread of team) {
        if (thread.tasks.length >= ahead) continue;
        const task = queue.shift();
        if (task !== undefined) send(thread, task);
      }
    }
  }
  function onThreads(jobs: readonly SignatureJob[]): Promise<Uint8Array> {
    return new Promise((done, fail) => {
      queue.push({ block: packJobs(jobs), done, fail });
      dispatch();
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
    start() {
      if (isClosed) return;
      while (team.length < threads) team.push(startThread(script, dispatch));
    },
    async close() {
      isClosed = true;
      const waiting = [...queue.splice(0), ...team.flatMap(({ tasks }) => tasks.splice(0))];
      for (const { fail } of waiting) fail(new Error('the signature threads were closed'));
      await Promise.all(team.splice(0).map(stop));
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
  const thread: Thread = { worker, tasks: [], death: null };
  worker.on('message', (verdicts: Uint8Array) => {
    thread.tasks.shift()?.done(verdicts);
    dispatch();
    if (thread.tasks.length === 0) worker.unref();
  });
  // A thread that dies is a bug of ours: everybody who waits for it hears of it, now and later.
  worker.on('error', (error) => {
    thread.death = error;
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
