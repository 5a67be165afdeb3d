// The floors: what the machine can do at all, in the plainest loop that does it.

import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import fs from 'node:fs';
import { Worker } from 'node:worker_threads';
import { toBase64url } from '../../proto/bytes.ts';
import { type SignatureJob, signatureJobs } from '../../ledger/proof.ts';
import { decoded } from './intake.ts';

/**
 * Signature checks with all else done beforehand: keys parsed, messages and signatures as bytes.
 */
export function bareVerify(lines: readonly string[]): () => void {
  const keys = new Map<string, KeyObject>();
  const jobs = lines.flatMap((line) => signatureJobs(decoded(line)));
  const parsed = jobs.map((job) => parsedKey(keys, job));
  return () => {
    for (let i = 0; i < jobs.length; i++) {
      const { message, signature } = jobs[i] as SignatureJob;
      if (!verify(null, message, parsed[i] as KeyObject, signature)) throw new Error('bad');
    }
  };
}

function parsedKey(keys: Map<string, KeyObject>, job: SignatureJob): KeyObject {
  const x = toBase64url(job.key);
  let key = keys.get(x);
  if (key === undefined) {
    key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    keys.set(x, key);
  }
  return key;
}

export interface ThreadedFloor {
  /** Checks everything once, shared out over the threads. */
  run(): Promise<void>;
  close(): Promise<void>;
}

/** The same on threads: what the machine gains by them at all. */
export async function bareVerifyThreads(
  lines: readonly string[],
  threads: number,
): Promise<ThreadedFloor> {
  const workers: Worker[] = [];
  for (let i = 0; i < threads; i++) {
    const share = lines.filter((_, at) => at % threads === i);
    const script = new URL('./floor-thread.js', import.meta.url);
    workers.push(new Worker(script, { workerData: share }));
  }
  await Promise.all(workers.map(nextMessage));
  return {
    async run() {
      const done = workers.map(nextMessage);
      for (const worker of workers) worker.postMessage('go', []);
      await Promise.all(done);
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function nextMessage(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** Reads a file and hashes it: what opening it must do, whatever else it does. */
export function readAndHash(file: string): string {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(4 * 1024 * 1024);
  const fd = fs.openSync(file, 'r');
  for (;;) {
    const got = fs.readSync(fd, buffer);
    if (got === 0) break;
    hash.update(buffer.subarray(0, got));
  }
  fs.closeSync(fd);
  return hash.digest('base64url');
}

/** One write and one fdatasync for each piece of bytes, into a new file. */
export function bareAppend(file: string, pieces: readonly Uint8Array[]): void {
  const fd = fs.openSync(file, 'a', 0o600);
  for (const piece of pieces) {
    fs.writeSync(fd, piece);
    fs.fdatasyncSync(fd);
  }
  fs.closeSync(fd);
}
