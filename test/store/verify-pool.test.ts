// Signatures on threads get the verdict that they get in place, in their order, whatever they are.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { availableParallelism } from 'node:os';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { verdict } from '../../proto/ed25519.ts';
import { type SignatureJob, signatureJobs } from '../../ledger/proof.ts';
import { nodePlatform } from '../../src/platform.ts';
import { JOBS_BEFORE_THREADS } from '../../src/store/limits.ts';
import { packJobs, unpackJobs } from '../../src/store/verify-jobs.ts';
import { type VerifyPool, verifyPool } from '../../src/store/verify-pool.ts';
import { compileChild } from '../kit/child.ts';
import { forge } from '../kit/forge.ts';

let worker: ReturnType<typeof compileChild>;
const pools: VerifyPool[] = [];
const poolOf = (threads: number, idleMs?: number): VerifyPool => {
  const pool = verifyPool(threads, pathToFileURL(worker.script), idleMs);
  pools.push(pool);
  return pool;
};
beforeAll(() => {
  worker = compileChild('src/store/verify-worker.ts');
});
afterAll(async () => {
  for (const pool of pools) await pool.close();
  worker.remove();
});

const jobs = [...forge({ operators: 1, nodes: 3, updatesPerNode: 150 })].flatMap(signatureJobs);
/** The same jobs, some of them spoiled in one of many ways. */
const spoiled = jobs.map((job, i): SignatureJob => {
  const { key, message, signature } = job;
  const flipped = (bytes: Uint8Array): Uint8Array =>
    bytes.map((byte, at) => (at === i % bytes.length ? byte ^ 1 : byte));
  switch (i % 8) {
    case 0:
      return { key: flipped(key), message, signature };
    case 1:
      return { key, message: flipped(message), signature };
    case 2:
      return { key, message, signature: flipped(signature) };
    case 3:
      return { key: key.subarray(1), message, signature };
    case 4:
      return { key, message, signature: new Uint8Array(65) };
    case 5:
      return { key: new Uint8Array(32), message: new Uint8Array(), signature: new Uint8Array(64) };
    default:
      return job;
  }
});
const expected = spoiled.map(({ key, message, signature }) =>
  verdict(nodePlatform, key, message, signature),
);

/** Enough for threads to start, and for each to be ready before all is checked. */
const TIMES = 8;
const often = <Value>(values: readonly Value[]): Value[] =>
  Array.from({ length: TIMES }, () => values).flat();

test.each([0, 1, 2, 3])('%i threads give the verdicts that are given in place', async (threads) => {
  const pool = poolOf(threads);
  expect(expected.filter(Boolean).length).toBeGreaterThan(100);
  expect(spoiled.length * TIMES).toBeGreaterThan(JOBS_BEFORE_THREADS);
  // In place, then in place until the threads are ready, then by them.
  expect(await pool.verify(spoiled)).toEqual(expected);
  expect(await pool.verify(often(spoiled))).toEqual(often(expected));
  expect(await pool.verify(spoiled)).toEqual(expected);
  expect(await pool.verify(spoiled.slice(0, 5))).toEqual(expected.slice(0, 5));
  expect(await pool.verify([])).toEqual([]);
});

test('many batches at once each get their own answers', async () => {
  const pool = poolOf(2);
  pool.start();
  const bounds = Array.from(
    { length: 40 },
    (_, i) => [i * 7, i * 7 + 1 + ((i * 29) % 200)] as const,
  );
  const answers = await Promise.all(
    bounds.map(([from, to]) => pool.verify(spoiled.slice(from, to))),
  );
  expect(answers).toEqual(bounds.map(([from, to]) => expected.slice(from, to)));
});

test('threads without work end, and begin anew where there is some', async () => {
  const threadsHere = (): number => fs.readdirSync('/proc/self/task').length;
  const before = threadsHere();
  const pool = poolOf(2, 50);
  pool.start();
  expect(threadsHere()).toBeGreaterThan(before);
  await expect.poll(threadsHere).toBeLessThanOrEqual(before);
  pool.start();
  expect(await pool.verify(often(spoiled))).toEqual(often(expected));
  await expect.poll(threadsHere).toBeLessThanOrEqual(before);
});

test('the jobs of a batch are left as they were: only copies travel', async () => {
  const before = jobs.map(({ message }) => message.length);
  await poolOf(1).verify(jobs);
  expect(jobs.map(({ message }) => message.length)).toEqual(before);
});

test('a thread that cannot start fails everybody who comes to it', async () => {
  const pool = verifyPool(1, pathToFileURL('/nowhere/worker.js'));
  pool.start();
  // Before it is known to be dead the checks are made in its place.
  const tried = async (): Promise<string> => {
    const verdicts = await pool.verify(spoiled).catch((error: Error) => error.message);
    if (typeof verdicts !== 'string') expect(verdicts).toEqual(expected);
    return String(verdicts);
  };
  await vi.waitFor(async () => expect(await tried()).toMatch(/nowhere/), { timeout: 10_000 });
  await expect(pool.verify(spoiled)).rejects.toThrow(/nowhere/);
  await pool.close();
});

test('a pool closed in the middle leaves nobody waiting, and takes no more', async () => {
  const pool = poolOf(availableParallelism());
  const working = expect(pool.verify(jobs)).rejects.toThrow('closed');
  await pool.close();
  await working;
  await expect(pool.verify(jobs)).rejects.toThrow('closed');
});

test('packed jobs are unpacked as they were', () => {
  const job = fc.record({
    key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    message: fc.uint8Array({ maxLength: 300 }),
    signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
  });
  fc.assert(
    fc.property(fc.array(job), (some) => {
      const plain = (one: SignatureJob): number[][] =>
        [one.key, one.message, one.signature].map((bytes) => [...bytes]);
      expect([...unpackJobs(packJobs(some))].map(plain)).toEqual(some.map(plain));
    }),
  );
});

test('a process that closes its threads in the middle of their work goes on to its end', () => {
  const pool = compileChild('src/store/verify-pool.ts');
  const program = `
    const { verifyPool } = await import(process.argv[1]);
    const bytes = (size) => new Uint8Array(size);
    const job = { key: bytes(32), message: bytes(1), signature: bytes(64) };
    for (let i = 0; i < 25; i++) {
      const threads = verifyPool(2, new URL(process.argv[2]));
      threads.verify(Array(20_000).fill(job)).catch(() => {});
      await new Promise((done) => setTimeout(done, 20 + i));
      await threads.close();
    }
    console.log('closed');`;
  const ends = [pathToFileURL(pool.script).href, pathToFileURL(worker.script).href];
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', program, ...ends], {
    encoding: 'utf8',
  });
  pool.remove();
  expect([ran.stdout, ran.stderr, ran.status]).toEqual(['closed\n', '', 0]);
});
