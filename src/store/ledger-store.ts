// The store as one value over an opened ledger: replay first, then append and read.

import { assert } from '../../proto/assert.ts';
import type { RecordId } from '../../proto/ids.ts';
import type { Platform } from '../../proto/platform.ts';
import { verdict } from '../../proto/ed25519.ts';
import { signatureJobs } from '../../ledger/proof.ts';
import { type Decoded, decodeBytes } from '../../ledger/record.ts';
import type { RefusalCode } from '../../ledger/refusals.ts';
import { isDamage } from '../../ledger/scan.ts';
import type { Verified } from '../../ledger/verify.ts';
import type { Span } from '../lines/line-chunks.ts';
import { type ReplayHooks, type ReplayTotals, replayLines } from '../lines/replay.ts';
import type { Appender } from './append.ts';
import {
  type CheckpointFile,
  type Verifier,
  type VerifiedState,
  writeCheckpoint,
} from './checkpoint.ts';
import type { DiskFile } from './disk.ts';
import { StoreFault, systemCode } from './faults.ts';
import { heldLines } from './held-lines.ts';
import type { IndexKeeper } from './index-keeper.ts';
import { CHECKPOINT_SPANS_MAX, QUARANTINE_FILES_MAX } from './limits.ts';
import type { OwnHeads } from './own-heads.ts';
import { wholeBytes } from './ledger-file.ts';
import { digestSoFar } from './prefix.ts';
import { type Damage, copyAside, damageOf, stretchesOf } from './quarantine.ts';
import type { Opened, Paths } from './opening.ts';
import { fileShelf } from './shelf.ts';
import type { AppendOptions, Appended, Store } from './store.ts';

export interface StorePieces {
  readonly opened: Opened;
  readonly paths: Paths;
  readonly verifier: Verifier;
  readonly platform: Platform;
  readonly line: Appender;
  readonly keeper: IndexKeeper;
  readonly own: OwnHeads;
  /** Whether this is somebody else's file, read to its last byte. */
  readonly takesTail: boolean;
  readonly release: () => Promise<void>;
}

/** What the replays so far have made of the file. */
interface Reading {
  checkpoint: CheckpointFile | null;
  isReplayed: boolean;
  isClosed: boolean;
  left: Span[];
  damage: Damage[];
}

export function ledgerStore(pieces: StorePieces): Store {
  const { opened, paths, platform, line, keeper, own } = pieces;
  const { ledger, index } = opened;
  const shelf = fileShelf(ledger, index, platform);
  const { checkpoint } = opened;
  const reading: Reading = {
    checkpoint,
    isReplayed: false,
    isClosed: false,
    left: [...(checkpoint?.left ?? [])],
    damage: [...(checkpoint?.damage ?? [])],
  };
  return {
    folder: paths.folder,
    get bytes() {
      return ledger.bytes;
    },
    get records() {
      return index.records;
    },
    get mode() {
      return line.mode;
    },
    opening: opened.opening,
    shelf,
    get checkpoint() {
      return reading.checkpoint;
    },
    get damage() {
      return reading.damage;
    },
    get heldBack() {
      return own.heldBack;
    },
    forgetCheckpoint() {
      assert(!reading.isReplayed, 'a checkpoint is judged before the replay');
      Object.assign(reading, { checkpoint: null, left: [], damage: [] });
      ledger.lines = 0;
    },
    replay: (hooks) => replay(pieces, reading, hooks),
    follow: (hooks) => follow(pieces, reading, hooks),
    append: (records, options) => append(pieces, reading, records, options),
    find(id: RecordId): Decoded | null {
      const place = index.placeOf(id);
      return place === null ? null : shelf.recordAt(place);
    },
    linesFrom: (offset) => heldLines(ledger, index, platform, offset),
    saveCheckpoint: (state) => saveCheckpoint(pieces, reading, state),
    acceptHead: (authors = []) => own.accept(authors),
    flushIndex: () => keeper.flush(false),
    async close() {
      if (reading.isClosed) return;
      reading.isClosed = true;
      await line.idle();
      keeper.stop();
      await pieces.release();
    },
  };
}

async function replay(
  pieces: StorePieces,
  reading: Reading,
  hooks: ReplayHooks,
): Promise<ReplayTotals> {
  assert(!reading.isReplayed, 'a store is replayed once');
  const { index } = pieces.opened;
  const { checkpoint } = reading;
  if (checkpoint === null && index.records > 0) await index.clear();
  const totals = await readFrom(pieces, reading, checkpoint?.bytes ?? 0, hooks);
  if (pieces.line.mode.kind !== 'read-only') await putRotAside(pieces, reading);
  reading.isReplayed = true;
  pieces.keeper.replayEnded();
  pieces.own.check();
  return totals;
}

async function follow(
  pieces: StorePieces,
  reading: Reading,
  hooks: ReplayHooks,
): Promise<ReplayTotals> {
  const { ledger } = pieces.opened;
  assert(reading.isReplayed && pieces.line.mode.kind === 'read-only', 'a reader follows a writer');
  const from = ledger.bytes;
  // Never back: what a writer took back was acknowledged to nobody, and its place is written anew.
  ledger.bytes = Math.max(from, wholeBytes(ledger.file));
  // The running hash stays behind: a reader saves nothing that would name it.
  return readFrom(pieces, reading, from, hooks);
}

/** Shows the judge every line from an offset on, and those that were left over before it. */
async function readFrom(
  pieces: StorePieces,
  reading: Reading,
  from: number,
  hooks: ReplayHooks,
): Promise<ReplayTotals> {
  const { ledger, index } = pieces.opened;
  const source = {
    file: ledger.file,
    stretch: { from, to: ledger.bytes, line: ledger.lines + 1 },
    leftovers: reading.left.splice(0),
    takesTail: pieces.takesTail,
    platform: pieces.platform,
  };
  const totals = await replayLines(source, hooks, {
    keep({ author, seq, id }, { offset, length }) {
      index.put(author, seq, { id, offset, length });
    },
    damaged: (line) => noteDamage(reading, ledger.file, line),
    left(span) {
      // Past the bound there will be no checkpoint, and nobody who wants to know.
      if (reading.left.length > CHECKPOINT_SPANS_MAX) return;
      // Refused for its place before its signature was looked at; in our own file a line that its
      // author did not sign is rot, whatever else it seems to be.
      if (pieces.takesTail || isSigned(ledger.file, span, pieces.platform)) reading.left.push(span);
      else noteDamage(reading, ledger.file, { ...span, code: 'bad-signature' });
    },
    settled: () => pieces.keeper.replayed(),
  });
  ledger.lines += totals.lines;
  return totals;
}

function noteDamage(
  reading: Reading,
  file: DiskFile,
  line: Span & { readonly code: RefusalCode },
): void {
  if (reading.damage.length < CHECKPOINT_SPANS_MAX) reading.damage.push(damageOf(file, line));
}

function isSigned(file: DiskFile, { offset, length }: Span, platform: Platform): boolean {
  const bytes = Buffer.alloc(length);
  file.readAt(bytes, offset);
  const decoded = decodeBytes(bytes, platform);
  // Whole, and of a version that this program cannot read: no verdict, so no rot.
  if (!decoded.ok) return !isDamage(decoded.code);
  const [own] = signatureJobs(decoded.value);
  return own !== undefined && verdict(platform, own.key, own.message, own.signature);
}

async function putRotAside({ opened, paths }: StorePieces, reading: Reading): Promise<void> {
  const { disk, file } = opened.ledger;
  const stretches = stretchesOf(reading.damage).slice(0, QUARANTINE_FILES_MAX);
  for (const { offset, length } of stretches)
    await copyAside(disk, paths.quarantine, 'rot', file, offset, length);
}

async function append(
  { line, own }: StorePieces,
  reading: Reading,
  records: readonly Verified[],
  options: AppendOptions = {},
): Promise<Appended> {
  if (reading.isClosed) throw new StoreFault('closed');
  assert(reading.isReplayed, 'a store is replayed before it is written to');
  if (options.own === true && own.heldBack !== null)
    throw new StoreFault('held-back', own.heldBack);
  const appended = await line.append(records, options);
  return appended;
}

async function saveCheckpoint(
  { opened, paths, verifier, line, keeper }: StorePieces,
  reading: Reading,
  state: VerifiedState,
): Promise<boolean> {
  assert(reading.isReplayed, 'a checkpoint speaks of the whole file');
  if (line.mode.kind !== 'writable') return false;
  if (reading.left.length + reading.damage.length > CHECKPOINT_SPANS_MAX) return false;
  const { ledger, index } = opened;
  // Taken before anything is waited for: the state that was handed in belongs to these bytes.
  const checkpoint: CheckpointFile = {
    ...state,
    bytes: ledger.bytes,
    sha256: digestSoFar(ledger.hash),
    records: index.records,
    lines: ledger.lines,
    left: [...reading.left],
    damage: [...reading.damage],
  };
  // The index first: one that is behind its checkpoint has to be made anew.
  try {
    await keeper.flush(true);
    await writeCheckpoint(ledger.disk, paths.checkpoint, checkpoint, verifier);
    return true;
  } catch (error) {
    if (error instanceof StoreFault || systemCode(error).startsWith('E')) return false;
    throw error;
  }
}
