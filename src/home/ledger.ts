// The ledger of one machine: a replica over a store, and the one queue through which records come
// in, ours and others'. Spec: docs/architecture.md, "A record from a peer".

import { existsSync } from 'node:fs';
import type { Act } from '../../ledger/kinds.ts';
import { signatureJobs } from '../../ledger/proof.ts';
import type { Decoded } from '../../ledger/record.ts';
import { type Replica, createReplica, frontierRoot, stateRoot } from '../../ledger/replica.ts';
import { RULES_VERSION } from '../../ledger/limits.ts';
import { restoreReplica, snapshotOf } from '../../ledger/snapshot.ts';
import { type Verified, accept } from '../../ledger/verify.ts';
import { assert } from '../../proto/assert.ts';
import { SELF_TEST_ID, selfTest } from '../../proto/selftest.ts';
import { nodePlatform } from '../platform.ts';
import type { Progress } from '../lines/replay.ts';
import { type StoreOptions, openReader, openStore } from '../store/file-store.ts';
import { pathsIn } from '../store/opening.ts';
import type { Store } from '../store/store.ts';
import { StoreFault } from '../store/faults.ts';
import { type VerifyPool, verifyPool } from '../store/verify-pool.ts';
import { type Intake, takeIn } from './intake.ts';
import { type Judge, judgeOf } from './judge.ts';
import { CHECKPOINT_AFTER_BYTES } from './limits.ts';

export interface HomeLedger {
  readonly folder: string;
  readonly store: Store;
  readonly replica: Replica;
  /** Well-formed records through the door, decoded as they are asked for. `own`: signed here. */
  takeIn(records: Iterable<Decoded>, options?: { readonly own?: boolean }): Promise<Intake>;
  /** Opened to read: takes in what another process has stored since, and answers it. */
  follow(): Promise<readonly Verified[]>;
  /** Saves a checkpoint where there is something new: the next start verifies less. */
  saveCheckpoint(): Promise<void>;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** False: look only. No lock is taken, and a process that writes may go on. */
  readonly write: boolean;
  readonly progress?: (progress: Progress) => void;
  /** Who checks signatures, and is closed by whoever made it; threads of its own where left out. */
  readonly pool?: VerifyPool;
}

/** Under which rules this program verifies: a checkpoint of others is not believed. */
export const VERIFIER: Pick<StoreOptions, 'platform' | 'rules' | 'selfTest'> = {
  platform: nodePlatform,
  rules: RULES_VERSION,
  selfTest: SELF_TEST_ID,
};

/** The ledger of a folder, or null where there is none. */
export async function openHome(folder: string, options: OpenOptions): Promise<HomeLedger | null> {
  if (!existsSync(pathsIn(folder).ledger)) return null;
  assertSoundPlatform();
  const progress = options.progress === undefined ? {} : { progress: options.progress };
  const open = options.write ? openStore : openReader;
  const store = await open(folder, { ...VERIFIER, ...progress });
  const pool = poolFor(options);
  try {
    const judge = await readReplica(store, pool, options);
    const replica = judge.replica();
    if (replica !== null) return homeOf({ folder, store, replica, pool, judge });
  } catch (error) {
    await Promise.all([store.close(), pool.close()]);
    throw error;
  }
  await Promise.all([store.close(), pool.close()]);
  throw new StoreFault('no-ledger', 'nodes.jsonl holds no genesis');
}

/**
 * A new ledger in a folder that has none: its genesis is stored before this returns. `own` is false
 * where the genesis was signed elsewhere: a copy that is brought here.
 */
export async function foundHome(
  folder: string,
  genesis: Decoded,
  own = true,
  options: Pick<OpenOptions, 'pool'> = {},
): Promise<HomeLedger> {
  assertSoundPlatform();
  if (existsSync(pathsIn(folder).ledger)) throw new StoreFault('has-ledger', folder);
  const pool = poolFor(options);
  const [first] = accept([genesis], await pool.verify(signatureJobs(genesis))).records;
  assert(first?.act.kind === 'genesis', 'a ledger is founded on a signed genesis');
  const store = await openStore(folder, { ...VERIFIER, create: true });
  try {
    await store.replay({ judge: async () => NOTHING_JUDGED, apply: () => [] });
    await store.append([first], { own });
    const replica = createReplica(first, store.shelf, nodePlatform);
    return homeOf({ folder, store, replica, pool, judge: null });
  } catch (error) {
    await Promise.all([store.close(), pool.close()]);
    throw error;
  }
}

function poolFor({ pool }: Pick<OpenOptions, 'pool'>): VerifyPool {
  return pool === undefined ? verifyPool() : { ...pool, close: async () => undefined };
}

const NOTHING_JUDGED = { held: [], duplicates: [], refused: [] };

/** A platform that gives another verdict on fixed signatures must not touch a ledger. */
export function assertSoundPlatform(): void {
  const fault = selfTest(nodePlatform);
  if (fault !== null) throw new StoreFault('self-test', fault);
}

/** What the file adds up to: the checkpoint where it holds, and every line past it checked. */
async function readReplica(store: Store, pool: VerifyPool, options: OpenOptions): Promise<Judge> {
  const judge = judgeOf(
    {
      shelf: store.shelf,
      platform: nodePlatform,
      check: pool.verify,
      choose: () => true,
    },
    restored(store),
  );
  const progress = options.progress === undefined ? {} : { progress: options.progress };
  await store.replay({ ...judge, ...progress });
  return judge;
}

/** The replica of the checkpoint, if it folds to the roots that it was saved with. */
function restored(store: Store): Replica | null {
  const { checkpoint } = store;
  if (checkpoint === null) return null;
  const replica = restoreReplica(checkpoint.snapshot, store.shelf, nodePlatform);
  const same =
    frontierRoot(replica) === checkpoint.frontierRoot &&
    stateRoot(replica) === checkpoint.stateRoot;
  if (same) return replica;
  store.forgetCheckpoint();
  return null;
}

interface HomeParts {
  readonly folder: string;
  readonly store: Store;
  readonly replica: Replica;
  readonly pool: VerifyPool;
  /** Which has read the file so far; null for one that was just begun. */
  readonly judge: Judge | null;
}

function homeOf({ folder, store, replica, pool, judge }: HomeParts): HomeLedger {
  let queue: Promise<unknown> = Promise.resolve();
  let saved = store.checkpoint?.bytes ?? 0;

  /** One intake at a time: between the door and the fold nothing else may move the replica. */
  function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  }

  async function saveCheckpoint(): Promise<void> {
    if (store.mode.kind !== 'writable' || store.bytes === saved) return;
    await store.saveCheckpoint({
      frontierRoot: frontierRoot(replica),
      stateRoot: stateRoot(replica),
      snapshot: snapshotOf(replica),
    });
    saved = store.bytes;
  }

  async function takeInNow(records: Iterable<Decoded>, own: boolean): Promise<Intake> {
    const keep = async (verified: readonly Verified[]): Promise<void> => {
      await store.append(verified, {
        own,
        urgent: verified.some(({ act }) => isUrgentKind(act.kind)),
      });
    };
    const intake = await takeIn({ replica, check: pool.verify, keep }, records);
    if (store.bytes - saved > CHECKPOINT_AFTER_BYTES) await saveCheckpoint();
    return intake;
  }

  async function followNow(): Promise<readonly Verified[]> {
    assert(judge !== null, 'a reader has read the file before it follows it');
    const held: Verified[] = [];
    await store.follow({
      ...judge,
      apply(records) {
        held.push(...records);
        return judge.apply(records);
      },
    });
    return held;
  }

  return {
    folder,
    store,
    replica,
    takeIn: (records, options = {}) => inTurn(() => takeInNow(records, options.own === true)),
    follow: () => inTurn(followNow),
    saveCheckpoint: () => inTurn(saveCheckpoint),
    close: () =>
      inTurn(async () => {
        await saveCheckpoint();
        await Promise.all([store.close(), pool.close()]);
      }),
  };
}

/** What takes authority away must find room on a full disk. */
export function isUrgentKind(kind: Act['kind']): boolean {
  return kind === 'member.remove' || kind === 'cap.revoke' || kind === 'root.rotate';
}
