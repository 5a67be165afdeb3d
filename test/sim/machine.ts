// A machine of the simulation: the real store over a disk that fails, the real replica, the real
// way in for records, and two keys that sign here and nowhere else. It crashes, comes back from
// what its disk kept, and remembers beside the simulation what it ever acknowledged.

import { verdict } from '../../proto/ed25519.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import type { Mode } from '../../ledger/door.ts';
import { holdingsOf } from '../../ledger/holdings.ts';
import type { SignatureJob } from '../../ledger/proof.ts';
import { type Decoded, decodeText } from '../../ledger/record.ts';
import { type Replica, frontierRoot, stateRoot } from '../../ledger/replica.ts';
import { restoreReplica, snapshotOf } from '../../ledger/snapshot.ts';
import type { Holdings, Tally } from '../../ledger/sync-holdings.ts';
import { type Intake, takeIn } from '../../src/home/intake.ts';
import { judgeOf } from '../../src/home/judge.ts';
import { nodePlatform } from '../../src/platform.ts';
import { openStore } from '../../src/store/file-store.ts';
import type { Store } from '../../src/store/store.ts';
import type { Actor } from '../kit/actors.ts';
import type { Cut } from '../kit/faulty-disk.ts';
import { OPTIONS, type StoreWorld, storeWorld } from '../kit/store-world.ts';
import type { Roll } from '../kit/properties.ts';

const FOLDER = '/d';
export const LEDGER_FILE = '/d/nodes.jsonl';

export interface Machine {
  readonly name: string;
  readonly world: StoreWorld;
  readonly operator: Actor;
  readonly node: Actor;
  running: { readonly store: Store; readonly replica: Replica } | null;
  /** Everything that it said it had stored, while its disk was honest. */
  readonly acknowledged: Set<RecordId>;
  /** Its disk lied since the last start: flipped a bit, or was put back to an old copy. */
  lied: boolean;
  /** Peers that have answered since it was held back. */
  readonly answered: Set<string>;
  /** Told apart in messages: what was sent to a machine before a crash does not reach it after. */
  life: number;
}

export function newMachine(name: string, operator: Actor, node: Actor): Machine {
  return {
    name,
    world: storeWorld(name),
    operator,
    node,
    running: null,
    acknowledged: new Set(),
    lied: false,
    answered: new Set(),
    life: 0,
  };
}

/** Verdicts of one run: every machine checks every record, and the answer is the same for all. */
export type Verdicts = Map<string, boolean>;

export function checker(verdicts: Verdicts): (jobs: readonly SignatureJob[]) => Promise<boolean[]> {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
  return async (jobs) =>
    jobs.map(({ key, message, signature }) => {
      const name = text(key) + text(signature) + text(message);
      const known = verdicts.get(name) ?? verdict(nodePlatform, key, message, signature);
      verdicts.set(name, known);
      return known;
    });
}

export type Check = ReturnType<typeof checker>;

/** Brings a machine up from what is on its disk. False where the disk fails while it comes up. */
export async function start(machine: Machine, check: Check): Promise<boolean> {
  try {
    const store = await openStore(FOLDER, { ...OPTIONS, create: true }, machine.world.parts);
    const { shelf, checkpoint } = store;
    const restored =
      checkpoint === null ? null : restoreReplica(checkpoint.snapshot, shelf, nodePlatform);
    const parts = { shelf, platform: nodePlatform, check, choose: () => true };
    const judge = judgeOf(parts, restored);
    await store.replay(judge);
    const replica = judge.replica();
    if (replica === null) throw new Error('a machine of the simulation has its genesis');
    machine.running = { store, replica };
    machine.answered.clear();
    return true;
  } catch (error) {
    if (!isFault(error)) throw error;
    crash(machine, 'lost', () => 0);
    return false;
  }
}

/** The first start: the ledger's genesis is there already, as an import left it. */
export async function found(machine: Machine, genesis: Decoded, check: Check): Promise<void> {
  machine.world.disk.put(LEDGER_FILE, Buffer.from(`${genesis.line}\n`));
  await start(machine, check);
  const store = machine.running?.store;
  await store?.acceptHead([machine.operator.key, machine.node.key]);
}

/** The power goes, or the process only: then nothing that was written is lost. */
export function crash(machine: Machine, cut: Cut | 'process', roll: Roll): void {
  machine.running = null;
  machine.life++;
  machine.world.disk.cutPower(cut === 'process' ? 'kept' : cut, roll);
  if (cut !== 'process') machine.world.kv.cutPower(roll);
}

/** What the machine's disk or its store refused, as opposed to a bug. */
function isFault(error: unknown): boolean {
  return error instanceof Error && ('code' in error || 'syscall' in error);
}

/** Records through the real way in. Null where the disk failed: nothing was acknowledged then. */
export async function ingest(
  machine: Machine,
  records: readonly Decoded[],
  check: Check,
  own = false,
  mode: Mode = 'door',
): Promise<Intake | null> {
  const { running } = machine;
  if (running === null) return null;
  const { store, replica } = running;
  const keep = async (kept: readonly Parameters<Store['append']>[0][number][]): Promise<void> => {
    await store.append(kept, { own, urgent: kept.some((r) => r.act.kind === 'member.remove') });
    for (const { id } of kept) machine.acknowledged.add(id);
  };
  try {
    return await takeIn({ replica, check, keep }, records, mode);
  } catch (error) {
    if (!isFault(error)) throw error;
    return null;
  }
}

export function tallyOf(intake: Intake): Tally {
  const { accepted, duplicates, refused } = intake;
  const faulty = refused.some(({ code }) => code === 'bad-signature');
  const parked = 0;
  return { accepted: accepted.length, duplicates, parked, refused: refused.length, faulty };
}

export function linesOf(lines: readonly string[]): Decoded[] {
  return lines.map((line) => {
    const decoded = decodeText(line, nodePlatform);
    if (!decoded.ok) throw new Error(`an honest machine sent a line that is ${decoded.code}`);
    return decoded.value;
  });
}

export function holdingsAt(machine: Machine): Holdings | null {
  return machine.running === null ? null : holdingsOf(machine.running.replica);
}

export async function saveCheckpoint({ running }: Machine): Promise<void> {
  if (running === null) return;
  const { store, replica } = running;
  try {
    await store.saveCheckpoint({
      frontierRoot: frontierRoot(replica),
      stateRoot: stateRoot(replica),
      snapshot: snapshotOf(replica),
    });
  } catch (error) {
    if (!isFault(error)) throw error;
  }
}

/** The ids that a running machine holds of an author, place by place. */
export function* heldOf({ running }: Machine, author: Key): Iterable<readonly RecordId[]> {
  if (running === null) return;
  for (let seq = 1; ; seq++) {
    const ids = running.store.shelf.idsAt(author, seq);
    if (ids.length === 0) return;
    yield ids;
  }
}
