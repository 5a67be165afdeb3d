// The ledger of a folder for a command that writes: opened directly, or where a daemon holds it,
// read beside the daemon and written through it. Either way the command drafts and signs here, and
// its records take the door of a stranger's. Spec: docs/daemon.md, "Commands beside a daemon".

import type { Decoded } from '../../ledger/record.ts';
import type { RecordId } from '../../proto/ids.ts';
import { askDaemon, readyDaemon } from '../daemon/client.ts';
import { REQUEST_LINES_BYTES, REQUEST_LINES_MAX } from '../daemon/limits.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import type { TakenLines } from '../daemon/routes.ts';
import { StoreFault } from '../store/faults.ts';
import type { Intake, RefusedRecord } from './intake.ts';
import { type HomeLedger, type OpenOptions, foundHome, openHome } from './ledger.ts';

export type DeskOptions = Pick<OpenOptions, 'progress' | 'pool'>;

/** The ledger of a folder to write to, or null where there is none. */
export async function openDesk(
  folder: string,
  options: DeskOptions = {},
): Promise<HomeLedger | null> {
  if ((await readyDaemon(folder)) !== null) return beside(folder, options);
  try {
    return await openHome(folder, { write: true, ...options });
  } catch (error) {
    // Perhaps by a daemon that was about to start: it answers before it takes the ledger.
    const isLocked = error instanceof StoreFault && error.code === 'locked';
    if (!isLocked || (await readyDaemon(folder)) === null) throw error;
    return beside(folder, options);
  }
}

/**
 * The same for a command that looks at the ledger already: beside a daemon it goes on with what it
 * has read, brought up to date. Null where none runs: the files have to be opened anew.
 */
export async function besideDaemon(reader: HomeLedger): Promise<HomeLedger | null> {
  if ((await readyDaemon(reader.folder)) === null) return null;
  await reader.follow();
  return throughDaemon(reader);
}

/** Begins a ledger in a folder that has none, as `foundHome` does. */
export async function foundDesk(
  folder: string,
  genesis: Decoded,
  own = true,
  options: DeskOptions = {},
): Promise<HomeLedger> {
  if ((await readyDaemon(folder)) === null) return foundHome(folder, genesis, own, options);
  const { refused } = await askDaemon(folder, 'records', { lines: [genesis.line], own });
  const home = refused.length === 0 ? await beside(folder, options) : null;
  // The daemon may hold another ledger, begun in the meantime.
  if (home === null || home.replica.ledger !== genesis.id) {
    await home?.close();
    throw new StoreFault('has-ledger', folder);
  }
  return home;
}

/** A reader whose records go to the daemon, and come back from the file. */
async function beside(folder: string, options: DeskOptions): Promise<HomeLedger | null> {
  const home = await openHome(folder, { write: false, ...options });
  return home === null ? null : throughDaemon(home);
}

function throughDaemon(home: HomeLedger): HomeLedger {
  return {
    ...home,
    async takeIn(records, { own = false } = {}) {
      const parts: Intake[] = [];
      for (const batch of batchesOf(records)) parts.push(await takeBatch(home, batch, own));
      return sum(parts);
    },
  };
}

async function takeBatch(
  home: HomeLedger,
  records: readonly Decoded[],
  own: boolean,
): Promise<Intake> {
  const lines = records.map(({ line }) => line);
  const taken = await send(home.folder, lines, own);
  const accepted = new Set<RecordId>(taken.accepted);
  const followed = await home.follow();
  const already = taken.already.flatMap((line) => records[line] ?? []);
  bearOut(home, taken, { followed, already });
  return {
    accepted: followed.filter(({ id }) => accepted.has(id)),
    duplicates: already.length,
    already,
    parked: taken.parked,
    refused: taken.refused.flatMap(({ line, code }): RefusedRecord[] => {
      const record = records[line];
      return record === undefined ? [] : [{ record, code }];
    }),
  };
}

/** What the daemon says counts for nothing where the file that we read ourselves says otherwise. */
function bearOut(
  { store }: HomeLedger,
  taken: TakenLines,
  { followed, already }: Readonly<Record<'followed' | 'already', readonly Decoded[]>>,
): void {
  const read = new Set(followed.map(({ id }) => id));
  const isHeld = (id: RecordId): boolean => read.has(id) || store.find(id) !== null;
  const missing = [...taken.accepted, ...already.map(({ id }) => id)].find((id) => !isHeld(id));
  if (missing !== undefined) throw new DaemonFault('daemon-untrue', `no record ${missing}`);
  if (already.length < taken.already.length) throw new DaemonFault('daemon-untrue', 'no such line');
}

async function send(folder: string, lines: readonly string[], own: boolean): Promise<TakenLines> {
  try {
    return await askDaemon(folder, 'records', { lines, own });
  } catch (error) {
    // It was here when the ledger was opened, and this process holds no lock.
    const isGone = error instanceof DaemonFault && error.code === 'no-daemon';
    throw isGone ? new DaemonFault('daemon-gone') : error;
  }
}

function* batchesOf(records: Iterable<Decoded>): Generator<readonly Decoded[]> {
  let batch: Decoded[] = [];
  let sizeBytes = 0;
  for (const record of records) {
    const isFull = batch.length === REQUEST_LINES_MAX || sizeBytes > REQUEST_LINES_BYTES;
    if (isFull) {
      yield batch;
      [batch, sizeBytes] = [[], 0];
    }
    batch.push(record);
    sizeBytes += record.line.length;
  }
  if (batch.length > 0) yield batch;
}

function sum(parts: readonly Intake[]): Intake {
  const already = parts.flatMap((part) => part.already);
  return {
    accepted: parts.flatMap((part) => part.accepted),
    duplicates: already.length,
    already,
    parked: parts.at(-1)?.parked ?? 0,
    refused: parts.flatMap((part) => part.refused),
  };
}
