// Checks begun early give each record its own verdicts, however the door sorts the records later.

import { expect, test } from 'vitest';
import { verdict } from '../../proto/ed25519.ts';
import { type SignatureJob, signatureCount, signatureJobs } from '../../ledger/proof.ts';
import type { Decoded } from '../../ledger/record.ts';
import { earlyChecks } from '../../src/home/early-checks.ts';
import { EARLY_BATCHES_MAX } from '../../src/home/limits.ts';
import { nodePlatform } from '../../src/platform.ts';
import { acts, actor, Scribe, wireguardClaim } from '../kit/actors.ts';

const s = new Scribe();
const [root, alice, node, ticket] = [actor('root'), actor('alice'), actor('node'), actor('t')];
const a = s.operator(alice, root);
s.node(node, alice, [a]);
s.by(node, acts.update({ labels: ['a'] }));
s.by(node, acts.update({ wg: wireguardClaim(node, s.ledger, 1) }));
s.by(root, acts.ticket(ticket));
s.by(root, acts.commit('k', 1));
s.remove(node, root);
/** Every second record with a signature of another one. */
const records: Decoded[] = s.records.map((record, i) =>
  i % 2 === 0 ? record : { ...record, sig: s.genesis.sig },
);

let asked = 0;
const check = async (jobs: readonly SignatureJob[]): Promise<boolean[]> => {
  asked += jobs.length;
  return jobs.map((job) => verdict(nodePlatform, job.key, job.message, job.signature));
};
const expected = (some: readonly Decoded[]): boolean[] =>
  some.flatMap(signatureJobs).map((job) => {
    return verdict(nodePlatform, job.key, job.message, job.signature);
  });

test('the count of checks is that of the checks, for every kind of record', () => {
  expect(records.map(signatureCount)).toEqual(records.map((one) => signatureJobs(one).length));
  expect(new Set(records.map(signatureCount))).toEqual(new Set([1, 2, 3]));
});

test.each([
  ['none of them was begun', []],
  ['all were begun at once', [records]],
  ['they were begun in two batches, the later first', [records.slice(3), records.slice(0, 3)]],
  ['some were begun, among others', [records.filter((_, i) => i % 3 === 1)]],
])('the verdicts are those in place where %s', async (_, batches) => {
  const early = earlyChecks(check);
  for (const batch of batches) early.begin(batch);
  for (const some of [records, records.toReversed(), records.slice(2, 4), []]) {
    expect(await early.verdictsOf(some)).toEqual(expected(some));
  }
});

test('what was begun is not checked again', async () => {
  const early = earlyChecks(check);
  early.begin(records);
  const before = asked;
  await early.verdictsOf(records);
  await early.verdictsOf(records.slice(1));
  expect(asked).toBe(before);
});

test('a check that failed fails whoever asks for it, and nobody else', async () => {
  const early = earlyChecks(() => Promise.reject(new Error('the threads are gone')));
  early.begin(records);
  await new Promise(setImmediate);
  await expect(early.verdictsOf(records)).rejects.toThrow('gone');
});

test('no more batches are begun than run, however many are shown that nobody asks for', async () => {
  const answers: (() => void)[] = [];
  let begun = 0;
  const early = earlyChecks((jobs) => {
    begun++;
    return new Promise((done) => answers.push(() => done(jobs.map(() => true))));
  });
  for (let i = 0; i < 50; i++) early.begin([...records]);
  expect(begun).toBe(EARLY_BATCHES_MAX);
  answers.shift()?.();
  await new Promise(setImmediate);
  early.begin(records);
  early.begin(records);
  expect(begun).toBe(EARLY_BATCHES_MAX + 1);
});
