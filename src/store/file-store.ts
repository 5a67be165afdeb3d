// Opening a ledger: to write (one process at a time), to read beside a writer, or a file that
// somebody hands us. What touches the machine comes in as a value, so that a simulation can hand in
// a disk that forgets. Spec: docs/ledger.md, "The file".

import { dirname } from 'node:path';
import type { Platform } from '../../proto/platform.ts';
import type { Progress } from '../lines/replay.ts';
import { machineId } from '../os/machine.ts';
import { appender } from './append.ts';
import { keepBallast } from './ballast.ts';
import type { Verifier } from './checkpoint.ts';
import { type Disk, realDisk } from './disk.ts';
import { StoreFault, isFull, systemCode } from './faults.ts';
import { ledgerStore } from './ledger-store.ts';
import { indexKeeper } from './index-keeper.ts';
import { type Kv, openLevel, scratchLevel } from './kv.ts';
import { takeLock } from './lock.ts';
import { makeMarker, readMarker } from './marker.ts';
import { NO_OWN_HEADS, ownHeads, seenOwnHeads } from './own-heads.ts';
import { type OpenRequest, type Paths, openToRead, openToWrite, pathsIn } from './opening.ts';
import type { Mode, Store } from './store.ts';

export interface StoreOptions {
  readonly platform: Platform;
  /** What a checkpoint must have been verified with: RULES_VERSION and the self-test's id. */
  readonly rules: number;
  readonly selfTest: string;
  /** Makes the ledger where there is none. */
  readonly create?: boolean;
  /** While the file is hashed and indexed. `records` is 0: they are counted by the replay. */
  readonly progress?: (progress: Progress) => void;
}

/** What the store needs of the machine. */
export interface StoreParts {
  readonly disk: Disk;
  readonly machine: string;
  readonly openIndex: (folder: string) => Promise<Kv>;
  /** Throws `locked` where another process writes; answers how to give it back. */
  readonly lock: (folder: string) => () => void;
  /** Runs `work` once after some time; answers how to prevent it. */
  readonly after: (ms: number, work: () => void) => () => void;
}

export function realParts(): StoreParts {
  return {
    disk: realDisk,
    machine: machineId(),
    openIndex: openLevel,
    lock: takeLock,
    after(ms, work) {
      const timer = setTimeout(work, ms);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}

/** Opens a ledger to read and to write. One process at a time. */
export async function openStore(
  folder: string,
  options: StoreOptions,
  parts: StoreParts = realParts(),
): Promise<Store> {
  const { disk, machine } = parts;
  const paths = pathsIn(folder);
  if (!disk.exists(paths.ledger) && options.create !== true)
    throw new StoreFault('no-ledger', folder);
  // Given back in the other order, whether the store is closed or never came to be.
  const held: (() => void | Promise<void>)[] = [];
  const release = async (): Promise<void> => {
    for (const give of held.splice(0).toReversed()) await give();
  };
  try {
    disk.makeFolder(folder);
    held.push(parts.lock(folder));
    const kv = await parts.openIndex(paths.index);
    held.push(() => kv.close());
    const opened = await openToWrite(requestOf(options, parts, paths, kv));
    const { ledger, index } = opened;
    held.push(() => ledger.file.close());
    const here = { machine, file: ledger.file.identity() };
    // With nothing written yet there is nothing to hold back; a marker without its file says more.
    if (ledger.bytes === 0 && !disk.exists(paths.marker))
      await makeMarker(disk, paths.marker, { ...here, own: [] });
    const hasBallast = await keepBallast(disk, paths.ballast);
    const mode: Mode = hasBallast ? { kind: 'writable' } : { kind: 'full' };
    const own = ownHeads(disk, paths.marker, here, index);
    const keeper = indexKeeper(ledger, index, parts.after);
    // An index that cannot be written is made anew at the next start: no reason not to close.
    held.push(() => keeper.flush(false).catch(() => undefined));
    const { ballast } = paths;
    const line = appender({ ledger, index, folder, ballast, mode, keeper, own });
    const { platform } = options;
    const verifier = verifierOf(options, parts);
    const takesTail = false;
    return ledgerStore({
      opened,
      paths,
      verifier,
      platform,
      line,
      keeper,
      own,
      takesTail,
      release,
    });
  } catch (error) {
    await release();
    throw openFault(error, folder);
  }
}

/** What the system said, as a fault; a bug of ours stays what it is. */
function openFault(error: unknown, path: string): unknown {
  const isSystem = error instanceof Error && 'syscall' in error;
  if (isSystem && isFull(error)) return new StoreFault('disk-full', path, error);
  return isSystem ? new StoreFault('open-failed', `${path}: ${systemCode(error)}`, error) : error;
}

/** Opens a ledger to read, also while another process writes it: what is whole by now. */
export function openReader(
  folder: string,
  options: StoreOptions,
  parts: StoreParts = realParts(),
): Promise<Store> {
  return openReadOnly(pathsIn(folder), false, options, parts);
}

/** Opens any file of lines as a ledger, to be judged. Nothing beside it is looked at. */
export function openFile(
  path: string,
  options: StoreOptions,
  parts: StoreParts = realParts(),
): Promise<Store> {
  const nowhere = { ...pathsIn(dirname(path)), ledger: path, checkpoint: `${path}/none` };
  return openReadOnly(nowhere, true, options, parts);
}

async function openReadOnly(
  paths: Paths,
  takesTail: boolean,
  options: StoreOptions,
  parts: StoreParts,
): Promise<Store> {
  if (!parts.disk.exists(paths.ledger)) throw new StoreFault('no-ledger', paths.ledger);
  const marker = readMarker(parts.disk, paths.marker);
  const kv = scratchLevel();
  const opened = await openToRead(requestOf(options, parts, paths, kv), takesTail);
  const { ledger, index } = opened;
  const mode: Mode = { kind: 'read-only', fault: null };
  const keeper = indexKeeper(ledger, index, () => () => undefined);
  const { folder, ballast } = paths;
  const here = { machine: parts.machine, file: ledger.file.identity() };
  const own = takesTail ? NO_OWN_HEADS : seenOwnHeads(marker, here, index);
  const line = appender({ ledger, index, folder, ballast, mode, keeper, own });
  const release = async (): Promise<void> => {
    ledger.file.close();
    await kv.close();
  };
  const { platform } = options;
  const verifier = verifierOf(options, parts);
  return ledgerStore({ opened, paths, verifier, platform, line, keeper, own, takesTail, release });
}

function requestOf(options: StoreOptions, parts: StoreParts, paths: Paths, kv: Kv): OpenRequest {
  const { platform, progress } = options;
  const verifier = verifierOf(options, parts);
  const tell =
    progress &&
    ((bytesDone: number, bytesTotal: number) => progress({ bytesDone, bytesTotal, records: 0 }));
  return { disk: parts.disk, paths, kv, verifier, platform, progress: tell };
}

function verifierOf({ rules, selfTest }: StoreOptions, { machine }: StoreParts): Verifier {
  return { machine, rules, selfTest };
}
