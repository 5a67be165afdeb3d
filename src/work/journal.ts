// What this host has promised, on its disk before anybody is told: lines are only ever added, those
// of many requests with one sync, and the whole is written anew when little of it still counts.
// What the disk refuses is taken back, so that the file holds what was acknowledged and nothing
// else. Spec: docs/running.md, "The journal".

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Disk, type DiskFile, readWhole, replaceFile, writeWhole } from '../store/disk.ts';
import { StoreFault, isFull, systemCode } from '../store/faults.ts';
import { type LedgerFile, openToAppend, takeBack } from '../store/ledger-file.ts';
import { copyAside } from '../store/quarantine.ts';
import { type Stretch, lineBytes, scanned } from './journal-lines.ts';
import {
  JOURNAL_BYTES_MAX,
  JOURNAL_COMPACT_BYTES_MIN,
  JOURNAL_COMPACT_TIMES,
  JOURNAL_GROUP_BYTES_MAX,
} from './limits.ts';

/** What an earlier daemon has left. */
export interface Found {
  readonly texts: readonly string[];
  /** Bytes of a write that broke off: nobody was told of what stood there. */
  readonly tornBytes: number;
  /** Lines that cannot be read any more: what they said is lost, and copied aside as it is. */
  readonly lost: number;
}

export interface WorkJournal {
  readonly found: Found;
  /** Resolves when they are on the disk; rejects with a `StoreFault` when they will not be. */
  append(texts: readonly string[]): Promise<void>;
  /** Whether it is worth writing anew, if so many bytes of it still count. */
  isLong(liveBytes: number): boolean;
  /** These say all that everything before said: the file is written anew with them. */
  replace(texts: readonly string[]): Promise<void>;
  /** Resolves when nothing is on its way; after that nothing is taken. */
  close(): Promise<void>;
}

interface Waiting {
  readonly kind: 'append' | 'replace';
  readonly texts: readonly string[];
  readonly sizeBytes: number;
  readonly resolve: () => void;
  readonly reject: (fault: StoreFault) => void;
}

interface Own {
  readonly ledger: LedgerFile;
  readonly queue: Waiting[];
  /** Of the next line. */
  next: number;
  draining: Promise<void> | null;
  /** Nothing is written any more. */
  fault: StoreFault | null;
}

/** Opens the journal in a folder, making it where there is none. Throws a `StoreFault`. */
export async function openWorkJournal(disk: Disk, folder: string): Promise<WorkJournal> {
  const path = join(folder, 'journal.jsonl');
  try {
    disk.makeFolder(folder);
    const { found, next } = await mended(disk, folder, path);
    return journalOn(await opened(disk, path, next), found);
  } catch (error) {
    if (error instanceof StoreFault) throw error;
    throw new StoreFault('open-failed', `${path}: ${systemCode(error)}`, error);
  }
}

/** Reads what is there; what does not read is copied aside and taken out of the file. */
async function mended(
  disk: Disk,
  folder: string,
  path: string,
): Promise<{ found: Found; next: number }> {
  const bytes = readWhole(disk, path, JOURNAL_BYTES_MAX);
  if (bytes === null) {
    if (disk.exists(path)) throw new StoreFault('open-failed', `${path} is too long`);
    return { found: { texts: [], tornBytes: 0, lost: 0 }, next: 0 };
  }
  const { texts, next, damaged, missing, wholeBytes } = scanned(bytes);
  const found = {
    texts,
    tornBytes: bytes.length - wholeBytes,
    lost: Math.max(missing, damaged.length),
  };
  const file = disk.open(path, 'update');
  try {
    const torn = { offset: wholeBytes, length: found.tornBytes };
    if (found.tornBytes > 0) await cutOff(disk, folder, file, torn);
    if (damaged.length === 0) return { found, next };
    for (const stretch of damaged) await aside(disk, folder, 'rot', file, stretch);
  } catch (error) {
    // Without room for the copies the damage stays where it is, and is passed over each time.
    if (isFull(error)) return { found, next };
    throw error;
  } finally {
    file.close();
  }
  await replaceFile(disk, path, lineBytes(next, texts)).catch((error: unknown) => {
    if (!isFull(error)) throw error;
  });
  return { found, next: next + texts.length };
}

/** Nobody was told of what stands there: on a full disk it goes without a copy. */
async function cutOff(disk: Disk, folder: string, file: DiskFile, torn: Stretch): Promise<void> {
  await aside(disk, folder, 'torn', file, torn).catch((error: unknown) => {
    if (!isFull(error)) throw error;
  });
  file.truncate(torn.offset);
  await file.sync();
}

function aside(
  disk: Disk,
  folder: string,
  kind: 'torn' | 'rot',
  file: DiskFile,
  { offset, length }: Stretch,
): Promise<void> {
  return copyAside(disk, join(folder, 'quarantine'), kind, file, offset, length);
}

async function opened(disk: Disk, path: string, next: number): Promise<Own> {
  const file = await openToAppend(disk, path);
  const ledger = { disk, path, file, bytes: 0, lines: 0, hash: createHash('sha256') };
  const own: Own = { ledger, queue: [], next, draining: null, fault: null };
  remember(own, readWhole(disk, path, JOURNAL_BYTES_MAX) ?? new Uint8Array());
  return own;
}

function remember({ ledger }: Own, bytes: Uint8Array): void {
  ledger.hash.update(bytes);
  ledger.bytes += bytes.length;
}

function journalOn(own: Own, found: Found): WorkJournal {
  const put = (kind: Waiting['kind'], texts: readonly string[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const sizeBytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      own.queue.push({ kind, texts, sizeBytes, resolve, reject });
      own.draining ??= drain(own);
    });
  return {
    found,
    append: (texts) => put('append', texts),
    isLong: (liveBytes) =>
      own.ledger.bytes > Math.max(JOURNAL_COMPACT_BYTES_MIN, JOURNAL_COMPACT_TIMES * liveBytes),
    replace: (texts) => put('replace', texts),
    async close() {
      await own.draining;
      own.fault ??= new StoreFault('closed');
      own.ledger.file.close();
    },
  };
}

async function drain(own: Own): Promise<void> {
  // Lets the requests of this turn of the loop come together before the first write.
  await Promise.resolve();
  while (own.queue.length > 0) await commit(own, takeGroup(own.queue));
  // In the same breath as the look at the queue: whoever comes later starts the next one.
  own.draining = null;
}

function takeGroup(queue: Waiting[]): Waiting[] {
  let sizeBytes = 0;
  let count = 0;
  for (const one of queue) {
    sizeBytes += one.sizeBytes;
    const isAlone = one.kind === 'replace' || queue[0]?.kind === 'replace';
    if (count > 0 && (isAlone || sizeBytes > JOURNAL_GROUP_BYTES_MAX)) break;
    count++;
  }
  return queue.splice(0, count);
}

async function commit(own: Own, group: readonly Waiting[]): Promise<void> {
  const fault = own.fault ?? (await store(own, group));
  for (const { resolve, reject } of group) {
    if (fault === null) resolve();
    else reject(fault);
  }
}

async function store(own: Own, group: readonly Waiting[]): Promise<StoreFault | null> {
  const texts = group.flatMap((one) => one.texts);
  const bytes = lineBytes(own.next, texts);
  const fault =
    group[0]?.kind === 'replace' ? await writeAnew(own, bytes) : await writeMore(own, bytes);
  if (fault === null) own.next += texts.length;
  return fault;
}

/** One write, one sync. A fault means that the file is as it was before. */
async function writeMore(own: Own, bytes: Uint8Array): Promise<StoreFault | null> {
  const { ledger } = own;
  try {
    writeWhole((rest) => ledger.file.append(rest), bytes);
    await ledger.file.sync();
  } catch (error) {
    try {
      await takeBack(ledger);
    } catch (worse) {
      // What the file holds is not known any more, so that nothing may be promised on it.
      own.fault = worse instanceof StoreFault ? worse : faultOf(worse);
      return own.fault;
    }
    return faultOf(error);
  }
  remember(own, bytes);
  return null;
}

async function writeAnew(own: Own, bytes: Uint8Array): Promise<StoreFault | null> {
  const { ledger } = own;
  const { disk, path } = ledger;
  try {
    await replaceFile(disk, path, bytes);
  } catch (error) {
    // Before its name was taken the old file stands, and is gone on with.
    if (isStill(own)) return faultOf(error);
    own.fault = faultOf(error);
    return own.fault;
  }
  try {
    ledger.file.close();
    ledger.file = disk.open(path, 'append');
  } catch (error) {
    own.fault = faultOf(error);
    return own.fault;
  }
  ledger.hash = createHash('sha256');
  ledger.bytes = 0;
  remember(own, bytes);
  return null;
}

/** Whether the file that is open is the one under the journal's name. */
function isStill({ ledger }: Own): boolean {
  try {
    const named = ledger.disk.open(ledger.path, 'read');
    try {
      return named.identity() === ledger.file.identity();
    } finally {
      named.close();
    }
  } catch {
    return false;
  }
}

function faultOf(error: unknown): StoreFault {
  return new StoreFault(isFull(error) ? 'disk-full' : 'write-failed', systemCode(error), error);
}
