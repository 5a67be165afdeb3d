// The one way in: whole lines in one write, fdatasync, and only then the promise resolves. Appends
// that come while one is on its way are written together. What the disk refuses is taken back, so
// that the file holds what was acknowledged and nothing else. Spec: docs/ledger.md, "The file".

import { utf8 } from '../../proto/bytes.ts';
import type { RecordId } from '../../proto/ids.ts';
import type { Verified } from '../../ledger/verify.ts';
import { keepBallast, releaseBallast } from './ballast.ts';
import { writeWhole } from './disk.ts';
import { StoreFault, isFull, systemCode } from './faults.ts';
import type { Index } from './index.ts';
import type { IndexKeeper } from './index-keeper.ts';
import { type LedgerFile, takeBack } from './ledger-file.ts';
import { BALLAST_BYTES, GROUP_BYTES_MAX } from './limits.ts';
import type { OwnHeads } from './own-heads.ts';
import type { AppendOptions, Appended, Mode } from './store.ts';

export interface Appender {
  readonly mode: Mode;
  append(records: readonly Verified[], options?: AppendOptions): Promise<Appended>;
  /** Resolves when nothing is on its way. */
  idle(): Promise<void>;
}

export interface AppendParts {
  readonly ledger: LedgerFile;
  readonly index: Index;
  readonly folder: string;
  readonly ballast: string;
  readonly mode: Mode;
  readonly own: OwnHeads;
  readonly keeper: IndexKeeper;
}

interface Waiting {
  readonly records: readonly Verified[];
  readonly sizeBytes: number;
  readonly urgent: boolean;
  readonly own: boolean;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (fault: StoreFault) => void;
}

interface Line {
  readonly parts: AppendParts;
  readonly queue: Waiting[];
  mode: Mode;
  draining: Promise<void> | null;
}

export function appender(parts: AppendParts): Appender {
  const line: Line = { parts, queue: [], mode: parts.mode, draining: null };
  return {
    get mode() {
      return line.mode;
    },
    append(records, { urgent = false, own = false } = {}) {
      return new Promise((resolve, reject) => {
        const sizeBytes = records.reduce((sum, record) => sum + record.line.length + 1, 0);
        line.queue.push({ records, sizeBytes, urgent, own, resolve, reject });
        line.draining ??= drain(line);
      });
    },
    idle: async () => {
      await line.draining;
    },
  };
}

async function drain(line: Line): Promise<void> {
  // Lets the appends of this turn of the loop come together before the first write.
  await Promise.resolve();
  while (line.queue.length > 0) await commit(line, takeGroup(line.queue));
  // In the same breath as the look at the queue: whoever comes later starts the next one.
  line.draining = null;
}

function takeGroup(queue: Waiting[]): Waiting[] {
  let sizeBytes = 0;
  let count = 0;
  for (const one of queue) {
    sizeBytes += one.sizeBytes;
    if (count > 0 && sizeBytes > GROUP_BYTES_MAX) break;
    count++;
  }
  return queue.splice(0, count);
}

/** Stores a group, or refuses each of its appends: on a full disk the urgent ones get their try. */
async function commit(line: Line, group: readonly Waiting[]): Promise<void> {
  let rest = await admitted(line, group);
  if (rest.length === 0) return;
  let fault = await store(line, rest);
  if (fault?.code === 'disk-full') {
    line.mode = { kind: 'full' };
    refuseAll(
      rest.filter((one) => !one.urgent),
      fault,
    );
    rest = rest.filter((one) => one.urgent);
    if (rest.length === 0) return;
    await releaseBallast(line.parts.ledger.disk, line.parts.ballast);
    fault = await store(line, rest);
  }
  if (fault !== null) return refuseAll(rest, fault);
  if (line.mode.kind === 'full') await tryRoom(line, 0);
}

/** Those of the group that may be tried at all. */
async function admitted(line: Line, group: readonly Waiting[]): Promise<readonly Waiting[]> {
  if (line.mode.kind === 'read-only') {
    refuseAll(group, line.mode.fault ?? new StoreFault('read-only'));
    return [];
  }
  if (line.mode.kind === 'writable') return group;
  const room = group.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (await tryRoom(line, room)) return group;
  refuseAll(
    group.filter((one) => !one.urgent),
    new StoreFault('disk-full'),
  );
  return group.filter((one) => one.urgent);
}

/** Goes back to writing when there is room for a group and for the ballast. */
async function tryRoom(line: Line, sizeBytes: number): Promise<boolean> {
  const { ledger, folder, ballast } = line.parts;
  if (ledger.disk.freeBytes(folder) < 2 * BALLAST_BYTES + sizeBytes) return false;
  if (!(await keepBallast(ledger.disk, ballast))) return false;
  line.mode = { kind: 'writable' };
  return true;
}

function refuseAll(group: readonly Waiting[], fault: StoreFault): void {
  for (const { reject } of group) reject(fault);
}

/** One write, one sync. A fault means that the file is as it was before. */
async function store(line: Line, group: readonly Waiting[]): Promise<StoreFault | null> {
  const { ledger, index } = line.parts;
  // Looked at only now: a record that was on its way when its twin was queued is held by now, or
  // was taken back.
  const fresh = freshOf(index, group);
  const bytes = utf8(fresh.map((record) => `${record.line}\n`).join(''));
  if (bytes.length > 0) {
    const fault = await writeAndSync(line, bytes);
    if (fault !== null) return fault;
  }
  let offset = ledger.bytes;
  ledger.hash.update(bytes);
  ledger.bytes += bytes.length;
  ledger.lines += fresh.length;
  for (const { author, seq, id, line: text } of fresh) {
    const length = Buffer.byteLength(text);
    index.put(author, seq, { id, offset, length });
    offset += length + 1;
  }
  const own = group.flatMap((one) => (one.own ? one.records : []));
  if (own.length > 0) await line.parts.own.note(own);
  for (const { resolve } of group) resolve({ bytes: ledger.bytes });
  const late = await line.parts.keeper.stored();
  if (late !== null) stop(line, late);
  return null;
}

function freshOf(index: Index, group: readonly Waiting[]): Verified[] {
  const fresh = new Map<RecordId, Verified>();
  for (const { records } of group) {
    for (const record of records) {
      if (!index.isHeld(record.author, record.seq, record.id)) fresh.set(record.id, record);
    }
  }
  return [...fresh.values()];
}

async function writeAndSync(line: Line, bytes: Uint8Array): Promise<StoreFault | null> {
  const { ledger } = line.parts;
  try {
    if (ledger.file.size() !== ledger.bytes) {
      return stop(line, new StoreFault('file-grew', `${ledger.file.size()} bytes`));
    }
    writeWhole((rest) => ledger.file.append(rest), bytes);
  } catch (error) {
    return (await undo(line)) ?? faultOf('write-failed', error);
  }
  try {
    await ledger.file.sync();
  } catch (error) {
    return (await undo(line)) ?? faultOf('sync-failed', error);
  }
  return null;
}

/** Takes the unacknowledged bytes back; a fault where even that failed, which ends writing. */
async function undo(line: Line): Promise<StoreFault | null> {
  try {
    await takeBack(line.parts.ledger);
    return null;
  } catch (error) {
    const fault = error instanceof StoreFault ? error : faultOf('sync-failed', error);
    return stop(line, fault);
  }
}

function stop(line: Line, fault: StoreFault): StoreFault {
  line.mode = { kind: 'read-only', fault };
  return fault;
}

function faultOf(code: 'write-failed' | 'sync-failed', error: unknown): StoreFault {
  return new StoreFault(isFull(error) ? 'disk-full' : code, systemCode(error), error);
}
