// The way of records into a replica, as one queue: the door, the signatures, the store, and only
// then the fold. Our own records take it like a stranger's. While threads check the beginning of a
// batch, the rest of it is decoded here. Spec: docs/architecture.md, "A record from a peer".

import { type Mode, type Screened, screener } from '../../ledger/door.ts';
import { type SignatureJob, signatureJobs } from '../../ledger/proof.ts';
import type { Decoded } from '../../ledger/record.ts';
import type { RefusalCode } from '../../ledger/refusals.ts';
import { type Replica, apply } from '../../ledger/replica.ts';
import { type Verified, accept } from '../../ledger/verify.ts';
import { RECORDS_PER_CHECK } from './limits.ts';

export type Check = (jobs: readonly SignatureJob[]) => Promise<readonly boolean[]>;

export interface RefusedRecord {
  readonly record: Decoded;
  readonly code: RefusalCode;
}

export interface Intake {
  readonly accepted: readonly Verified[];
  readonly duplicates: number;
  /** The records that were held already, or came twice. */
  readonly already: readonly Decoded[];
  /** Held back for their `prev`. */
  readonly parked: number;
  readonly refused: readonly RefusedRecord[];
}

export interface IntakeParts {
  readonly replica: Replica;
  readonly check: Check;
  /** Makes records durable; only what it has resolved may move the fold. */
  readonly keep: (records: readonly Verified[]) => Promise<void>;
}

/** What the door said of a batch, sorted by what is to be done. */
export interface Sorted {
  /** Signatures still unseen. */
  readonly passed: Decoded[];
  readonly duplicates: Decoded[];
  readonly refused: RefusedRecord[];
}

export function emptySorted(): Sorted {
  return { passed: [], duplicates: [], refused: [] };
}

export function sortOne(sorted: Sorted, record: Decoded, outcome: Screened): void {
  if (outcome.kind === 'check') sorted.passed.push(record);
  else if (outcome.kind === 'held') sorted.duplicates.push(record);
  else if (outcome.kind === 'refused') sorted.refused.push({ record, code: outcome.code });
}

/**
 * Takes in a batch, in rounds: an admission lets in what its new member wrote. The records may come
 * from a generator that decodes them: it is asked for a few at a time, while others are checked.
 */
export async function takeIn(
  parts: IntakeParts,
  records: Iterable<Decoded>,
  mode: Mode = 'door',
): Promise<Intake> {
  const accepted: Verified[] = [];
  const refused: RefusedRecord[] = [];
  const already: Decoded[] = [];
  let todo: Iterable<Decoded> | null = records;
  while (todo !== null) {
    const { sorted, verdicts } = screenAndCheck(parts, todo, mode);
    already.push(...sorted.duplicates);
    const round = await keepGood(parts, sorted.passed, await verdicts);
    accepted.push(...round.accepted);
    refused.push(...round.refused);
    // Whoever was let in may have let in others further down the batch.
    const more = round.accepted.some(admits);
    const again: Decoded[] = [];
    for (const { record, code } of sorted.refused) {
      if (code === 'unknown-author' && more) again.push(record);
      else refused.push({ record, code });
    }
    const next: Decoded[] = [...again, ...round.released];
    todo = next.length === 0 ? null : next;
  }
  const { records: parked } = parts.replica.parking;
  return { accepted, duplicates: already.length, already, parked, refused };
}

const ADMISSIONS: ReadonlySet<string> = new Set([
  'operator.admit',
  'node.admit',
  'ticket.issue',
  'root.rotate',
]);

function admits(record: Decoded): boolean {
  return ADMISSIONS.has(record.act.kind);
}

interface Round {
  readonly accepted: readonly Verified[];
  readonly refused: readonly RefusedRecord[];
  readonly released: readonly Decoded[];
}

interface Screening {
  readonly sorted: Sorted;
  readonly verdicts: Promise<readonly boolean[]>;
}

/** No turn of the loop passes in here, so that nothing else moves the replica meanwhile. */
function screenAndCheck(parts: IntakeParts, records: Iterable<Decoded>, mode: Mode): Screening {
  const screenNext = screener(parts.replica, mode);
  const sorted = emptySorted();
  const checks: Promise<readonly boolean[]>[] = [];
  let jobs: SignatureJob[] = [];
  let waiting = 0;
  const begin = (): void => {
    if (jobs.length > 0) checks.push(parts.check(jobs));
    jobs = [];
    waiting = 0;
  };
  for (const record of records) {
    const outcome = screenNext(record);
    sortOne(sorted, record, outcome);
    if (outcome.kind !== 'check') continue;
    jobs.push(...signatureJobs(record));
    if (++waiting === RECORDS_PER_CHECK) begin();
  }
  begin();
  return { sorted, verdicts: inOne(checks) };
}

/** A record that comes alone has one check: nothing to gather. */
async function inOne(checks: readonly Promise<readonly boolean[]>[]): Promise<readonly boolean[]> {
  const [first] = checks;
  return first !== undefined && checks.length === 1 ? first : (await Promise.all(checks)).flat();
}

async function keepGood(
  parts: IntakeParts,
  passed: readonly Decoded[],
  verdicts: readonly boolean[],
): Promise<Round> {
  if (passed.length === 0) return { accepted: [], refused: [], released: [] };
  const { records, refused, orphaned } = accept(passed, verdicts);
  if (records.length > 0) await parts.keep(records);
  const released = records.flatMap((record) => apply(parts.replica, record));
  // A record behind a bad one is shown to the door again: it is parked now.
  return { accepted: records, refused, released: [...released, ...orphaned] };
}
