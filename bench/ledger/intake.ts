// The way of a line into a replica, all in this thread and with nothing on disk: what the program
// does in src/ with workers and the store, laid bare so that its own cost can be seen.

import { decodeText, type Decoded } from '../../ledger/record.ts';
import { screen } from '../../ledger/door.ts';
import { type Replica, apply, createReplica } from '../../ledger/replica.ts';
import { memoryShelf, type MemoryShelf } from '../../ledger/shelf.ts';
import { accept, pend, type Pending, trustOwn, type Verified } from '../../ledger/verify.ts';
import { verdict } from '../../proto/ed25519.ts';
import { nodePlatform } from '../../src/platform.ts';

export interface MemoryReplica {
  readonly replica: Replica;
  readonly shelf: MemoryShelf;
}

/** Records screened together, as a reply of sync brings them. */
const BATCH = 1_000;

export function decoded(line: string): Decoded {
  const result = decodeText(line, nodePlatform);
  if (!result.ok) throw new Error(`the benchmark made a bad line: ${result.code}`);
  return result.value;
}

/** An empty replica of the ledger of this genesis line, whose signature is checked too. */
export function emptyReplica(genesis: string): MemoryReplica {
  const shelf = memoryShelf();
  const [record] = accepted([pend(decoded(genesis))]);
  shelf.put(record as Verified);
  return { replica: createReplica(record as Verified, shelf, nodePlatform), shelf };
}

/** Holds lines that were made here a moment ago, signatures unseen: for rows that start full. */
export function holdOwn({ replica, shelf }: MemoryReplica, lines: Iterable<string>): void {
  for (const line of lines) {
    const record = trustOwn(decoded(line));
    shelf.put(record);
    apply(replica, record);
  }
}

/** Takes every line in: decode, door, signatures, fold. Throws where one is not taken. */
export function takeIn(into: MemoryReplica, lines: readonly string[]): void {
  for (let at = 0; at < lines.length; at += BATCH) {
    let records: readonly Decoded[] = lines.slice(at, at + BATCH).map(decoded);
    while (records.length > 0) {
      const left = takeBatch(into, records);
      if (left.length === records.length) throw new Error('lines were not taken');
      records = left;
    }
  }
}

/** Gives back what was refused: its author may have been admitted by this very batch. */
function takeBatch({ replica, shelf }: MemoryReplica, records: readonly Decoded[]): Decoded[] {
  const pending: Pending[] = [];
  const left: Decoded[] = [];
  screen(replica, records).forEach((screened, i) => {
    if (screened.kind === 'check') pending.push(screened.pending);
    else left.push(records[i] as Decoded);
  });
  for (const record of accepted(pending)) {
    shelf.put(record);
    apply(replica, record);
  }
  return left;
}

function accepted(pending: readonly Pending[]): readonly Verified[] {
  const verdicts: boolean[] = [];
  for (const { jobs } of pending) {
    for (const { key, message, signature } of jobs) {
      verdicts.push(verdict(nodePlatform, key, message, signature));
    }
  }
  const { records } = accept(pending, verdicts);
  if (records.length !== pending.length) throw new Error('a signature of the benchmark is bad');
  return records;
}
