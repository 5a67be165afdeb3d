// Replicas in memory, filled by the program's own way in (src/home/intake.ts) with nothing on disk:
// what a record costs before any file is touched.

import { createReplica, apply, type Replica } from '../../ledger/replica.ts';
import { decodeText, type Decoded } from '../../ledger/record.ts';
import { type MemoryShelf, memoryShelf } from '../../ledger/shelf.ts';
import { trustOwn } from '../../ledger/verify.ts';
import { verdict } from '../../proto/ed25519.ts';
import { type Check, takeIn } from '../../src/home/intake.ts';
import { nodePlatform } from '../../src/platform.ts';

export interface MemoryReplica {
  readonly replica: Replica;
  readonly shelf: MemoryShelf;
}

/** Records taken in together, as a reply of sync brings them. */
const BATCH = 1_000;

/** Every signature in this thread, one after the other. */
export const checkHere: Check = async (jobs) =>
  jobs.map(({ key, message, signature }) => verdict(nodePlatform, key, message, signature));

export function decoded(line: string): Decoded {
  const result = decodeText(line, nodePlatform);
  if (!result.ok) throw new Error(`the benchmark made a bad line: ${result.code}`);
  return result.value;
}

/** A replica of the ledger of this genesis line, which was made here a moment ago. */
export function emptyReplica(genesis: string): MemoryReplica {
  const shelf = memoryShelf();
  const record = trustOwn(decoded(genesis));
  shelf.put(record);
  return { replica: createReplica(record, shelf, nodePlatform), shelf };
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
export async function takeLines(
  { replica, shelf }: MemoryReplica,
  lines: readonly string[],
  check: Check = checkHere,
): Promise<void> {
  const keep = async (records: readonly Decoded[]): Promise<void> => {
    for (const record of records) shelf.put(record);
  };
  for (let at = 0; at < lines.length; at += BATCH) {
    const records = lines.slice(at, at + BATCH).map(decoded);
    const { accepted, refused } = await takeIn({ replica, check, keep }, records);
    if (accepted.length === records.length) continue;
    throw new Error(`lines were not taken: ${refused[0]?.code}`);
  }
}
