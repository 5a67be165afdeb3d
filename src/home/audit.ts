// The audit of a file: every line judged from nothing, whoever wrote the file and in whatever
// order. Memory stays bounded: what the file holds is read back from the file, and refused lines
// past a bound are counted, not listed. Spec: docs/ledger.md, "Verdicts".

import type { Digest, Key, RecordId } from '../../proto/ids.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import { RULES_VERSION } from '../../ledger/limits.ts';
import type { Decoded } from '../../ledger/record.ts';
import type { RefusalCode, VoidCode } from '../../ledger/refusals.ts';
import { type Replica, frontierRoot, stateRoot } from '../../ledger/replica.ts';
import { voidRecords } from '../../ledger/voids.ts';
import type { Progress } from '../lines/replay.ts';
import { nodePlatform } from '../platform.ts';
import { openFile } from '../store/file-store.ts';
import type { Store } from '../store/store.ts';
import { type VerifyPool, verifyPool } from '../store/verify-pool.ts';
import { judgeOf } from './judge.ts';
import { VERIFIER, assertSoundPlatform } from './ledger.ts';
import { LEDGERS_NAMED_MAX, LISTED_LINES_MAX } from './limits.ts';
import { type Pick, pickerOf } from './pick.ts';

export interface RefusedLine {
  readonly line: number;
  readonly code: RefusalCode;
  readonly detail: string;
}

export interface VoidLine {
  readonly line: number;
  readonly id: RecordId;
  readonly author: Key;
  readonly code: VoidCode;
}

export interface Audit {
  /** Null where the file holds no genesis. */
  readonly ledger: RecordId | null;
  readonly lines: number;
  /** Records held, each counted once. */
  readonly records: number;
  readonly duplicates: number;
  /** In order of line; at most LISTED_LINES_MAX of them, `refusedCount` counts them all. */
  readonly refused: readonly RefusedLine[];
  readonly refusedCount: number;
  readonly void: readonly VoidLine[];
  readonly voidCount: number;
  readonly pending: readonly { readonly line: number; readonly id: RecordId }[];
  /** Authors with at least one record held. */
  readonly authors: number;
  readonly frontierRoot: Digest | '';
  readonly stateRoot: Digest | '';
  readonly rules: number;
}

export interface AuditOptions extends Pick {
  readonly progress?: (progress: Progress) => void;
}

export type AuditCode = 'two-ledgers' | 'no-such-ledger';

/** Judges a file; its own errors (missing, a folder, no permission) are thrown. */
export async function auditFile(
  path: string,
  options: AuditOptions = {},
): Promise<Result<Audit, AuditCode>> {
  assertSoundPlatform();
  const store = await openFile(path, VERIFIER);
  const pool = verifyPool();
  try {
    return await auditStore(store, pool, options);
  } finally {
    await Promise.all([store.close(), pool.close()]);
  }
}

async function auditStore(
  store: Store,
  pool: VerifyPool,
  options: AuditOptions,
): Promise<Result<Audit, AuditCode>> {
  const picker = pickerOf(options);
  const { shelf } = store;
  const { verify: check } = pool;
  const judge = judgeOf({ shelf, platform: nodePlatform, check, choose: picker.fits }, null);
  const refused: RefusedLine[] = [];
  const others = new Set<RecordId>();
  let refusedCount = 0;
  const progress = options.progress === undefined ? {} : { progress: options.progress };
  const totals = await store.replay({
    ...progress,
    judge: async (batch) => {
      const judgement = await judge.judge(batch);
      const unsure = new Set<Decoded>();
      for (const { record, code } of judgement.refused) {
        if (code !== 'other-ledger') unsure.add(record);
      }
      for (const { record } of batch) {
        if (record.act.kind !== 'genesis') continue;
        if (others.size < LEDGERS_NAMED_MAX) others.add(record.id);
        // Only what somebody signed begins a ledger: any other line makes no file ambiguous.
        if (!unsure.has(record)) picker.choose(record);
      }
      return judgement;
    },
    ahead: judge.ahead,
    apply: judge.apply,
    refused({ line, code, detail }) {
      refusedCount++;
      if (refused.length < LISTED_LINES_MAX) refused.push({ line, code, detail });
    },
  });
  const replica = judge.replica();
  const named = options.ledger !== undefined || options.root !== undefined;
  if (replica === null && named) return refuse('no-such-ledger', [...others].join(' '));
  if (picker.found.length > 1) return refuse('two-ledgers', picker.found.join(' '));
  const voids = replica === null ? { listed: [], count: 0 } : voidsOf(store, replica);
  return ok({
    ledger: replica?.ledger ?? null,
    lines: totals.lines,
    records: totals.held,
    duplicates: totals.duplicates,
    refused: refused.toSorted((a, b) => a.line - b.line),
    refusedCount,
    void: voids.listed,
    voidCount: voids.count,
    pending: totals.pending.map(({ line, id }) => ({ line, id })),
    authors: replica?.books.size ?? 0,
    frontierRoot: replica === null ? '' : frontierRoot(replica),
    stateRoot: replica === null ? '' : stateRoot(replica),
    rules: RULES_VERSION,
  });
}

/** The void records with their lines: found by id, then looked up in the order of the file. */
function voidsOf(store: Store, replica: Replica): { listed: VoidLine[]; count: number } {
  const voids = new Map<RecordId, { author: Key; code: VoidCode }>();
  let count = 0;
  for (const { id, author, code } of voidRecords(replica)) {
    count++;
    if (voids.size < LISTED_LINES_MAX) voids.set(id, { author, code });
  }
  const listed: VoidLine[] = [];
  if (count === 0) return { listed, count };
  for (const held of store.linesFrom(0)) {
    for (const { line, record } of held) {
      const found = voids.get(record.id);
      if (found !== undefined) listed.push({ line, id: record.id, ...found });
    }
  }
  return { listed, count };
}
