// A delivered ledger as it is judged: line by line from its genesis on, as any file is, along with
// the pages while it comes, or as a whole. What is asked of it in the end is whether it leads to
// the admission of this machine. Spec: docs/pairing.md, "The admission".

import { decodeText } from '../../ledger/record.ts';
import { type Replica, memberOf } from '../../ledger/replica.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import type { Check } from '../home/intake.ts';
import { type Judge, judgeOf } from '../home/judge.ts';
import { VERIFIER, assertSoundPlatform } from '../home/ledger.ts';
import { nodePlatform } from '../platform.ts';
import { openFile } from '../store/file-store.ts';
import type { Store } from '../store/store.ts';

export interface Expected {
  readonly network: RecordId;
  readonly record: string;
  readonly key: Key;
}

/** A judge and the file that it reads. */
interface Read {
  readonly store: Store;
  readonly judge: Judge;
}

export interface Reading {
  /** Judges what was written to the file since; never fails. */
  more(): Promise<void>;
  /** False where it does not, and where the file has to be judged as a whole to know it. */
  leadsTo(expected: Expected): boolean;
  close(): Promise<void>;
}

/**
 * Reads along. It takes the first genesis and stops at the first line that has no place where it
 * stands: an honest ledger has none, and a hostile one would have all such lines shown again with
 * every page.
 */
export function readingOf(file: string, check: Check): Reading {
  let read: Read | null = null;
  let isInOrder = true;
  const judged = async (): Promise<boolean> => {
    const isFirst = read === null;
    read ??= await opened(file, check, () => true);
    const { store, judge } = read;
    const totals = await (isFirst ? store.replay(judge) : store.follow(judge));
    return totals.refused + totals.pending.length === 0;
  };
  return {
    async more() {
      // What fails here fails again where it counts.
      if (isInOrder) isInOrder = await judged().catch(() => false);
    },
    leadsTo: (expected) => isInOrder && read !== null && isIn(read, expected),
    close: async () => read?.store.close(),
  };
}

/**
 * True where the lines of a file, from their genesis on, make this machine a member by the record.
 */
export async function leadsTo(file: string, expected: Expected, check: Check): Promise<boolean> {
  const read = await opened(file, check, (id) => id === expected.network);
  try {
    await read.store.replay(read.judge);
    return isIn(read, expected);
  } finally {
    await read.store.close();
  }
}

async function opened(
  file: string,
  check: Check,
  chooses: (genesis: RecordId) => boolean,
): Promise<Read> {
  assertSoundPlatform();
  const store = await openFile(file, VERIFIER);
  const { shelf } = store;
  const choose = ({ id }: { readonly id: RecordId }): boolean => chooses(id);
  return { store, judge: judgeOf({ shelf, platform: nodePlatform, check, choose }, null) };
}

function isIn({ store, judge }: Read, { network, record, key }: Expected): boolean {
  const decoded = decodeText(record, nodePlatform);
  const replica = judge.replica();
  if (!decoded.ok || replica === null || replica.ledger !== network) return false;
  return isMember(replica, key) && store.find(decoded.value.id) !== null;
}

function isMember(replica: Replica, key: Key): boolean {
  const member = memberOf(replica, key);
  return member?.class === 'node' && member.cut === null;
}
