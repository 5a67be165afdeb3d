// The judge of a file: each line of it through the door in audit mode and its signatures, so that
// the verdict on a line does not depend on where in the file it stands. Our own file at start, and
// any file that somebody wants verified. Spec: docs/ledger.md, "The file".

import { screener } from '../../ledger/door.ts';
import type { Decoded } from '../../ledger/record.ts';
import { signatureJobs } from '../../ledger/proof.ts';
import { type Replica, apply, createReplica } from '../../ledger/replica.ts';
import type { Shelf } from '../../ledger/shelf.ts';
import { type Verified, accept } from '../../ledger/verify.ts';
import type { Platform } from '../../proto/platform.ts';
import type { Judgement, PlacedRecord, ReplayHooks } from '../lines/replay.ts';
import { type EarlyChecks, earlyChecks } from './early-checks.ts';
import { type Check, type RefusedRecord, emptySorted, sortOne } from './intake.ts';

export interface JudgeParts {
  readonly shelf: Shelf;
  readonly platform: Platform;
  readonly check: Check;
  /** Which ledger the file is read as: the first genesis for which this says yes. */
  readonly choose: (genesis: Decoded) => boolean;
}

export interface Judge extends Required<Pick<ReplayHooks, 'ahead' | 'judge' | 'apply'>> {
  /** Null until a genesis was found. */
  replica(): Replica | null;
}

export function judgeOf(parts: JudgeParts, restored: Replica | null): Judge {
  let replica = restored;
  const early = earlyChecks(parts.check);

  async function findGenesis(records: readonly Decoded[]): Promise<Judgement> {
    const refused: { record: Decoded; code: 'bad-signature' }[] = [];
    for (const record of records) {
      if (record.act.kind !== 'genesis' || !parts.choose(record)) continue;
      const accepted = accept([record], await parts.check(signatureJobs(record)));
      const genesis = accepted.records[0];
      if (genesis !== undefined) {
        replica = createReplica(genesis, parts.shelf, parts.platform);
        return { held: [genesis], duplicates: [], refused };
      }
      refused.push({ record, code: 'bad-signature' });
    }
    return { held: [], duplicates: [], refused };
  }

  return {
    replica: () => replica,
    ahead: (batch) => early.begin(batch.map((placed) => placed.record)),
    async judge(batch: readonly PlacedRecord[]) {
      const records = batch.map((placed) => placed.record);
      const first = replica === null ? await findGenesis(records) : null;
      const rest = first === null ? records : without(records, first);
      const judged = await judgeRest(early, replica, rest);
      if (first === null) return judged;
      return {
        held: [...first.held, ...judged.held],
        duplicates: judged.duplicates,
        refused: [...first.refused, ...judged.refused],
      };
    },
    apply(held: readonly Verified[]) {
      const into = replica;
      if (into === null) return [];
      // The replica was made with its genesis.
      return held.flatMap((record) => (record.act.kind === 'genesis' ? [] : apply(into, record)));
    },
  };
}

function without(records: readonly Decoded[], first: Judgement): Decoded[] {
  const done = new Set<Decoded>([...first.held, ...first.refused.map(({ record }) => record)]);
  return records.filter((record) => !done.has(record));
}

async function judgeRest(
  early: EarlyChecks,
  replica: Replica | null,
  records: readonly Decoded[],
): Promise<Judgement> {
  if (replica === null) {
    // No ledger yet: shown again once its genesis was found.
    const refused = records.map((record) => ({ record, code: 'unknown-author' as const }));
    return { held: [], duplicates: [], refused };
  }
  const sorted = emptySorted();
  const screenNext = screener(replica, 'audit');
  for (const record of records) sortOne(sorted, record, screenNext(record));
  const turnedAway = await forgedBeginnings(early, sorted.refused);
  const verdicts = await early.verdictsOf(sorted.passed);
  const accepted = accept(sorted.passed, verdicts);
  const orphans = accepted.orphaned.map((record) => ({ record, code: 'parked-full' as const }));
  return {
    held: accepted.records,
    duplicates: [...sorted.duplicates, ...accepted.copies],
    refused: [...turnedAway, ...accepted.refused, ...orphans],
  };
}

/** The beginning of another ledger and a forgery of one are told apart, wherever they stand. */
async function forgedBeginnings(
  early: EarlyChecks,
  refused: readonly RefusedRecord[],
): Promise<readonly RefusedRecord[]> {
  const geneses = refused
    .map(({ record }) => record)
    .filter((record) => record.act.kind === 'genesis');
  if (geneses.length === 0) return refused;
  const bad = accept(geneses, await early.verdictsOf(geneses)).refused;
  const forged = new Map(bad.map(({ record, code }) => [record, code]));
  return refused.map(({ record, code }) => ({ record, code: forged.get(record) ?? code }));
}
