// The tasks of the peers' table as kith does them, on the same payloads.

import type { NodeUpdateBody } from '../../ledger/kinds.ts';
import type { Decoded } from '../../ledger/record.ts';
import type { Bench } from './bench.ts';
import { type Kept, type Way, WAYS } from './kith-ways.ts';
import { elapsedMs } from './measure.ts';
import {
  type Author,
  type Network,
  admitNode,
  found,
  networkLines,
  sign,
  updateBody,
  write,
} from './network.ts';
import type { Outcome, Task } from './peers.ts';

export const PAYLOAD_BYTES = 500;
/** Like the peers' (peers.ts). */
export const RECORDS = 20_000;
/** Updates of one node stay below its quota. */
const NODES = RECORDS / 2_000;
const GROUP = 100;

type Run = (bench: Bench, way: Way) => Promise<Outcome>;

const RUNS: Readonly<Record<Task, Run>> = {
  append: (bench, way) => append(bench, way, 1),
  groups: (bench, way) => append(bench, way, GROUP),
  ingest: async (bench, way) => {
    const [genesis, ...rest] = networkLines(RECORDS, NODES, PAYLOAD_BYTES);
    const kept = await way.start(bench, genesis as string);
    const ms = await elapsedMs(() => kept.take(rest));
    await kept.close();
    return { ms, records: RECORDS };
  },
  open: async (bench, way) => {
    const { reopen } = way;
    if (reopen === null) return { why: way.keepsFile ? 'as synced' : 'nothing is kept' };
    const [genesis, ...rest] = networkLines(RECORDS, NODES, PAYLOAD_BYTES);
    const written = await way.start(bench, genesis as string);
    await written.take(rest);
    await written.close();
    let kept: Kept | null = null;
    const ms = await elapsedMs(async () => {
      kept = await reopen(written.folder as string);
    });
    await (kept as Kept | null)?.close();
    return { ms, records: RECORDS };
  },
  merge: async (bench, way) => {
    const { genesis, common, ours, theirs } = diverged();
    const kept = await way.start(bench, genesis);
    await kept.take([...common, ...ours]);
    const ms = await elapsedMs(() => kept.take(theirs));
    await kept.close();
    return { ms, records: theirs.length };
  },
};

/** One task in one of WAYS, named by its place: as alone in its process as a peer's. */
export async function kithTaskProbe(bench: Bench, args: readonly string[]): Promise<Outcome> {
  const [place, task] = args as [string, Task];
  return RUNS[task](bench, WAYS[Number(place)] as Way);
}

/** As the peers get theirs: read from JSON text. */
function payload(i: number): NodeUpdateBody {
  return JSON.parse(JSON.stringify(updateBody(i, PAYLOAD_BYTES)));
}

/** Signs records and takes them in: by the same way in as everybody's. */
async function append(bench: Bench, way: Way, group: number): Promise<Outcome> {
  const { network, line } = found();
  const kept = await way.start(bench, line);
  for (let i = 0; i < NODES; i++) await kept.take([admitNode(network)]);
  const bodies = Array.from({ length: RECORDS }, (_, i) => payload(i));
  const signed = (i: number): Decoded => {
    const node = network.nodes[i % network.nodes.length] as Author;
    return sign(network, node, { kind: 'node.update', body: bodies[i] as NodeUpdateBody });
  };
  const ms = await elapsedMs(async () => {
    for (let at = 0; at < RECORDS; at += group) {
      await kept.takeOwn(Array.from({ length: group }, (_, i) => signed(at + i)));
    }
  });
  await kept.close();
  return { ms, records: RECORDS };
}

function updates(network: Network, from: number, to: number, side: number): string[] {
  const lines: string[] = [];
  for (let i = from; i < to; i++) {
    const node = network.nodes[(2 * i + side) % network.nodes.length] as Author;
    const body = updateBody(i, PAYLOAD_BYTES);
    lines.push(write(network, node, { kind: 'node.update', body }));
  }
  return lines;
}

/** Half is common; then two sides wrote a quarter each, by nodes of their own. */
function diverged(): { genesis: string; common: string[]; ours: string[]; theirs: string[] } {
  const { network, line } = found();
  const common: string[] = [];
  for (let i = 0; i < 2 * NODES; i++) common.push(admitNode(network));
  const quarter = RECORDS / 4;
  common.push(...updates(network, 0, quarter, 0));
  common.push(...updates(network, quarter, 2 * quarter, 1));
  const ours = updates(network, 2 * quarter, 3 * quarter, 0);
  const theirs = updates(network, 3 * quarter, RECORDS, 1);
  return { genesis: line, common, ours, theirs };
}
