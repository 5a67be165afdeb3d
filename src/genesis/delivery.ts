// The ledger as it comes to a new machine, page by page: put aside in a file, judged there from its
// genesis on, and only when it leads to the admission of this machine taken in, by the door that is
// open to every record. Spec: docs/pairing.md, "The admission".

import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { decodeText } from '../../ledger/record.ts';
import { type Replica, memberOf } from '../../ledger/replica.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import { VERIFIER, assertSoundPlatform } from '../home/ledger.ts';
import { importInto } from '../home/import.ts';
import { judgeOf } from '../home/judge.ts';
import { LARGE_PAGE_BYTES } from './limits.ts';
import { nodePlatform } from '../platform.ts';
import { openFile } from '../store/file-store.ts';
import { remembered } from '../store/remembered.ts';
import { type VerifyPool, verifyPool } from '../store/verify-pool.ts';

export interface Delivery {
  take(lines: Uint8Array): void;
  /** True where the ledger was taken in and this machine is a member of it. */
  believe(expected: Expected): Promise<boolean>;
  /** Removes what was put aside. */
  drop(): void;
}

export interface Expected {
  readonly network: RecordId;
  readonly record: string;
  readonly key: Key;
}

export function deliveryInto(folder: string, number: number): Delivery {
  const file = path.join(folder, `genesis-${number}.part`);
  rmSync(file, { force: true });
  let fd: number | null = openSync(file, 'wx', 0o600);
  const threads = verifyPool();
  // What is judged before it is believed is read again when it is taken in.
  const pool = remembered(threads);
  const close = (): void => {
    if (fd !== null) closeSync(fd);
    fd = null;
  };
  return {
    take(lines) {
      if (lines.length > LARGE_PAGE_BYTES) threads.start();
      for (let at = 0; at < lines.length; ) at += writeSync(fd as number, lines, at);
    },
    async believe(expected) {
      fsyncSync(fd as number);
      close();
      try {
        if (!(await leadsTo(file, expected, pool))) return false;
        const { network } = expected;
        const taken = await importInto(folder, file, { ledger: network, pool });
        return taken.ok && taken.value.ledger === network;
      } finally {
        await threads.close();
      }
    },
    drop() {
      close();
      void threads.close();
      rmSync(file, { force: true });
    },
  };
}

/**
 * True where the lines of a file, from their genesis on, make this machine a member by the record.
 */
async function leadsTo(
  file: string,
  { network, record, key }: Expected,
  pool: VerifyPool,
): Promise<boolean> {
  const decoded = decodeText(record, nodePlatform);
  if (!decoded.ok) return false;
  assertSoundPlatform();
  const store = await openFile(file, VERIFIER);
  try {
    const { shelf } = store;
    const choose = ({ id }: { readonly id: RecordId }): boolean => id === network;
    const judge = judgeOf({ shelf, platform: nodePlatform, check: pool.verify, choose }, null);
    await store.replay(judge);
    const replica = judge.replica();
    return replica !== null && isMember(replica, key) && store.find(decoded.value.id) !== null;
  } finally {
    await store.close();
  }
}

function isMember(replica: Replica, key: Key): boolean {
  const member = memberOf(replica, key);
  return member?.class === 'node' && member.cut === null;
}
