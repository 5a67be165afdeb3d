// Signature checks with a memory: a good one is made once, a bad one each time, and no verdict
// differs from one that was made.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SignatureJob, signatureJobs } from '../../ledger/proof.ts';
import { verdict } from '../../proto/ed25519.ts';
import { nodePlatform } from '../../src/platform.ts';
import { type Remembered, remembered } from '../../src/store/remembered.ts';
import type { VerifyPool } from '../../src/store/verify-pool.ts';
import { forge } from '../kit/forge.ts';

const good = [...forge({ operators: 1, nodes: 2, updatesPerNode: 3 })].flatMap(signatureJobs);
const flipped = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, i) => (i === 5 ? byte ^ 1 : byte));
const bad = good.map((job, i): SignatureJob => {
  const { key, message, signature } = job;
  if (i % 3 === 0) return { key, message: flipped(message), signature };
  return i % 3 === 1
    ? { key, message, signature: flipped(signature) }
    : { ...job, key: flipped(key) };
});
const all = [...good, ...bad];
const isGood = ({ key, message, signature }: SignatureJob): boolean =>
  verdict(nodePlatform, key, message, signature);

function counted(): { readonly pool: Remembered; readonly asked: SignatureJob[] } {
  const asked: SignatureJob[] = [];
  const verify: VerifyPool['verify'] = async (jobs) => (asked.push(...jobs), jobs.map(isGood));
  const nothing = (): void => undefined;
  return { pool: remembered({ verify, start: nothing, close: async () => undefined }), asked };
}

test('gives the verdicts that are given without one, in their order, whatever came before', async () => {
  const batches = fc.array(fc.array(fc.nat(all.length - 1), { maxLength: 12 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(batches, async (places) => {
      const { pool } = counted();
      for (const batch of places) {
        const jobs = batch.map((place) => all[place] as SignatureJob);
        expect(await pool.verify(jobs)).toEqual(jobs.map(isGood));
      }
    }),
    { numRuns: 40 },
  );
});

test('makes a good check once and a bad one again', async () => {
  const { pool, asked } = counted();
  expect(bad.some(isGood)).toBe(false);
  await pool.verify(all);
  expect(asked).toHaveLength(all.length);
  await pool.verify(all.toReversed());
  expect(asked.slice(all.length)).toEqual(bad.toReversed());
});

test('whoever asks for what is being checked waits for it, and it is made once', async () => {
  const { pool, asked } = counted();
  const both = await Promise.all([pool.verify(good), pool.verify([...bad, ...good])]);
  expect(both).toEqual([good.map(() => true), [...bad.map(() => false), ...good.map(() => true)]]);
  expect(asked).toHaveLength(good.length + bad.length);
});

test('gives the same verdicts after it was told to forget', async () => {
  const { pool, asked } = counted();
  await pool.verify(all);
  pool.forget();
  expect(await pool.verify(all)).toEqual(all.map(isGood));
  expect(asked).toHaveLength(2 * all.length);
});
