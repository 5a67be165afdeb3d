// What a golden vector holds, and how it comes about: every line alone through the door, in order,
// and then the roots, the state, and what is void.

import { type Mode, screen } from '../../ledger/door.ts';
import { signatureJobs } from '../../ledger/proof.ts';
import { type Decoded, decodeBytes } from '../../ledger/record.ts';
import {
  type Replica,
  apply,
  createReplica,
  frontierRoot,
  stateOf,
  stateRoot,
} from '../../ledger/replica.ts';
import { type MemoryShelf, memoryShelf } from '../../ledger/shelf.ts';
import { accept, trustOwn } from '../../ledger/verify.ts';
import { voidRecords } from '../../ledger/voids.ts';
import { utf8 } from '../../proto/bytes.ts';
import { verdict } from '../../proto/ed25519.ts';
import { nodePlatform } from '../../src/platform.ts';
import type { VectorLine } from './scenarios.ts';

export interface Judged {
  /** Of each line: `held` (taken or held already), `parked`, or the code of its refusal. */
  readonly verdicts: readonly string[];
  /** The id of each line that is a record, else ''. */
  readonly ids: readonly string[];
  /** Void records by id. */
  readonly voids: Readonly<Record<string, string>>;
  readonly records: number;
  readonly frontier_root: string;
  readonly state_root: string;
  readonly state: unknown;
}

/** One history, with what was made of it. */
export interface Vector extends Judged {
  readonly name: string;
  readonly about: string;
  readonly mode: Mode;
  readonly lines: readonly VectorLine[];
}

export interface LineVector {
  readonly name: string;
  /** The bytes of the line in hex. */
  readonly bytes: string;
  /** A record's id, or the code of its refusal. */
  readonly id?: string;
  readonly code?: string;
}

export function allLines(lines: readonly VectorLine[]): string[] {
  return lines.flatMap((line) => {
    if (typeof line === 'string') return [line];
    const count = line.to - line.from + 1;
    return Array.from({ length: count }, (_, i) => line.text.replace('#', String(line.from + i)));
  });
}

export function judgeLines(lines: readonly VectorLine[], mode: Mode): Judged {
  let world: { replica: Replica; shelf: MemoryShelf } | null = null;
  const verdicts: string[] = [];
  const ids: string[] = [];
  for (const line of allLines(lines)) {
    const decoded = decodeBytes(utf8(line), nodePlatform);
    ids.push(decoded.ok ? decoded.value.id : '');
    if (!decoded.ok) {
      verdicts.push(decoded.code);
    } else if (world === null) {
      const shelf = memoryShelf();
      shelf.put(decoded.value);
      world = { replica: createReplica(trustOwn(decoded.value), shelf, nodePlatform), shelf };
      verdicts.push('held');
    } else verdicts.push(takeOne(world, decoded.value, mode));
  }
  if (world === null) throw new Error('a vector begins with its genesis');
  const { replica } = world;
  const voids = [...voidRecords(replica)].map(({ id, code }) => [id, code] as const);
  return {
    verdicts,
    ids,
    voids: Object.fromEntries(voids.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    records: replica.records,
    frontier_root: frontierRoot(replica),
    state_root: stateRoot(replica),
    state: JSON.parse(JSON.stringify(stateOf(replica))),
  };
}

/** A line through the door, and whatever waited for it. */
function takeOne(
  { replica, shelf }: { replica: Replica; shelf: MemoryShelf },
  first: Decoded,
  mode: Mode,
): string {
  let told: string | null = null;
  let todo: readonly Decoded[] = [first];
  while (todo.length > 0) {
    const [record, ...rest] = todo as [Decoded, ...Decoded[]];
    todo = rest;
    const [outcome] = screen(replica, [record], mode);
    if (outcome?.kind !== 'check') {
      told ??= outcome?.kind === 'refused' ? outcome.code : (outcome?.kind ?? 'held');
      continue;
    }
    const good = signatureJobs(record).map((job) =>
      verdict(nodePlatform, job.key, job.message, job.signature),
    );
    const { records, refused } = accept([record], good);
    told ??= refused[0]?.code ?? 'held';
    for (const taken of records) {
      shelf.put(taken);
      todo = [...todo, ...apply(replica, taken)];
    }
  }
  return told ?? 'held';
}

export function judgeLine(bytes: Uint8Array): Pick<LineVector, 'id' | 'code'> {
  const decoded = decodeBytes(bytes, nodePlatform);
  return decoded.ok ? { id: decoded.value.id } : { code: decoded.code };
}
