// Lines of a file into a ledger: any order, duplicates and strangers welcome, nothing trusted.
// Every line takes the way of a stranger's record; a folder without a ledger begins with the file's
// genesis.

import type { Digest, Key, RecordId } from '../../proto/ids.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import { isSigned } from '../../ledger/proof.ts';
import { type Decoded, decodeBytes } from '../../ledger/record.ts';
import type { VoidCode } from '../../ledger/refusals.ts';
import { type Replica, frontierRoot, stateRoot } from '../../ledger/replica.ts';
import { voidRecords } from '../../ledger/voids.ts';
import { lineChunks } from '../lines/line-chunks.ts';
import type { Progress } from '../lines/replay.ts';
import { nodePlatform } from '../platform.ts';
import { realDisk } from '../store/disk.ts';
import { openFile } from '../store/file-store.ts';
import type { VerifyPool } from '../store/verify-pool.ts';
import type { AuditCode, RefusedLine } from './audit.ts';
import { foundDesk, openDesk } from './desk.ts';
import { type HomeLedger, VERIFIER } from './ledger.ts';
import { LISTED_LINES_MAX } from './limits.ts';
import { type Pick, pickerOf } from './pick.ts';

/** What became of the lines of a file. */
interface Imported {
  readonly lines: number;
  readonly added: number;
  readonly duplicates: number;
  readonly refused: readonly RefusedLine[];
  readonly refusedCount: number;
  readonly pending: readonly { readonly line: number; readonly id: RecordId }[];
}

/** What the ledger adds up to with them. */
interface Summary {
  readonly ledger: RecordId;
  /** Records of the ledger without effect, from this file or from before. */
  readonly void: readonly {
    readonly id: RecordId;
    readonly author: Key;
    readonly code: VoidCode;
  }[];
  readonly voidCount: number;
  readonly frontierRoot: Digest;
  readonly stateRoot: Digest;
}

export interface Import extends Imported, Summary {
  /** True where the folder had no ledger before. */
  readonly founded: boolean;
}

export interface ImportOptions extends Pick {
  readonly progress?: (progress: Progress) => void;
  readonly pool?: VerifyPool;
}

export type ImportCode = AuditCode | 'holds-another';

/** Opens or begins the ledger of a folder, imports, and closes it again. */
export function importInto(
  folder: string,
  path: string,
  options: ImportOptions = {},
): Promise<Result<Import, ImportCode>> {
  return into(folder, path, options, async (home, { genesis }) => {
    const done = await importFile(home, path, options);
    const [added, duplicates] = [done.added + genesis, done.duplicates - genesis];
    return { ...done, ...summaryOf(home), added, duplicates, founded: genesis > 0 };
  });
}

/** The same without an account of it: the ledger of this folder holds what the file does. */
export async function bringInto(
  folder: string,
  path: string,
  options: ImportOptions = {},
): Promise<Result<RecordId, ImportCode>> {
  return into(folder, path, options, async (home) => {
    await importFile(home, path, options);
    return home.replica.ledger;
  });
}

async function into<Value>(
  folder: string,
  path: string,
  options: ImportOptions,
  use: (home: HomeLedger, began: { readonly genesis: 0 | 1 }) => Promise<Value>,
): Promise<Result<Value, ImportCode>> {
  const held = await openDesk(folder, options);
  try {
    if (held === null) {
      const genesis = findGenesis(path, options);
      if (!genesis.ok) return genesis;
      const home = await foundDesk(folder, genesis.value, false, options);
      try {
        return ok(await use(home, { genesis: 1 }));
      } finally {
        await home.close();
      }
    }
    if (!isMeant(held, options)) return refuse('holds-another', held.replica.ledger);
    return ok(await use(held, { genesis: 0 }));
  } finally {
    await held?.close();
  }
}

function isMeant({ replica }: HomeLedger, { ledger, root }: Pick): boolean {
  const roots = replica.genesis.roots.map(({ key }) => key as string);
  if (ledger !== undefined && ledger !== replica.ledger) return false;
  return root === undefined || roots.includes(root);
}

/** Takes what a file holds into an open ledger. */
async function importFile(
  home: HomeLedger,
  path: string,
  options: ImportOptions,
): Promise<Imported> {
  const source = await openFile(path, VERIFIER);
  const refused: RefusedLine[] = [];
  let refusedCount = 0;
  try {
    const progress = options.progress === undefined ? {} : { progress: options.progress };
    const totals = await source.replay({
      ...progress,
      async judge(batch) {
        const intake = await home.takeIn(batch.map(({ record }) => record));
        return { held: intake.accepted, duplicates: intake.already, refused: intake.refused };
      },
      // The home has applied them, parked ones too.
      apply: () => [],
      refused({ line, code, detail }) {
        refusedCount++;
        if (refused.length < LISTED_LINES_MAX) refused.push({ line, code, detail });
      },
    });
    return {
      lines: totals.lines,
      added: totals.held,
      duplicates: totals.duplicates,
      refused: refused.toSorted((a, b) => a.line - b.line),
      refusedCount,
      pending: totals.pending.map(({ line, id }) => ({ line, id })),
    };
  } finally {
    await source.close();
  }
}

function summaryOf({ replica }: HomeLedger): Summary {
  return {
    ...{ ledger: replica.ledger, ...voidsOf(replica) },
    ...{ frontierRoot: frontierRoot(replica), stateRoot: stateRoot(replica) },
  };
}

function voidsOf(replica: Replica): { void: Import['void']; voidCount: number } {
  const listed: { id: RecordId; author: Key; code: VoidCode }[] = [];
  let voidCount = 0;
  for (const { id, author, code } of voidRecords(replica)) {
    voidCount++;
    if (listed.length < LISTED_LINES_MAX) listed.push({ id, author, code });
  }
  return { void: listed, voidCount };
}

const GENESIS = Buffer.from('"kind":"genesis"');

/** The genesis of a file that is to begin a ledger here. */
function findGenesis(path: string, pick: Pick): Result<Decoded, AuditCode> {
  const picker = pickerOf(pick);
  const file = realDisk.open(path, 'read');
  let first: Decoded | null = null;
  try {
    for (const { lines } of lineChunks(file, { from: 0, to: file.size(), line: 1 })) {
      for (const { bytes } of lines) {
        if (
          bytes === null ||
          !Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(GENESIS)
        ) {
          continue;
        }
        const decoded = decodeBytes(bytes, nodePlatform);
        if (!decoded.ok || !isSigned(decoded.value, nodePlatform)) continue;
        if (picker.choose(decoded.value)) first ??= decoded.value;
      }
    }
  } finally {
    file.close();
  }
  if (first === null) return refuse('no-such-ledger', picker.found.join(' '));
  return picker.found.length > 1 ? refuse('two-ledgers', picker.found.join(' ')) : ok(first);
}
