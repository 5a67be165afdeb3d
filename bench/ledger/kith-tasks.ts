// The tasks of the peers' table as kith does them, on the same payloads: with its file synced, as
// the program runs, and in memory only, for the comparison with libraries that keep no file.

import type { Bench } from './bench.ts';
import { mustOpen, newHome, takeLinesHome } from './homes.ts';
import { decoded, emptyReplica, takeLines } from './intake.ts';
import { elapsedMs } from './measure.ts';
import {
  type Author,
  type Network,
  admitNode,
  found,
  networkLines,
  updateBody,
  write,
} from './network.ts';
import type { Outcome, Task } from './peers.ts';

type Run = (bench: Bench, records: number, bodyBytes: number) => Promise<Outcome>;

/** Like the peers' (peers.ts). */
export const PAYLOAD_BYTES = 500;
export const RECORDS = 20_000;

export interface Kith {
  readonly name: string;
  readonly signs: string;
  readonly fsync: string;
  readonly keepsFile: boolean;
  /** A string says why there is no such task. */
  readonly tasks: Readonly<Record<Task, Run | string>>;
}

const SIGNS = 'Ed25519 on each record, checked again by the writer';
/** Updates of one node stay below its quota. */
const UPDATES_PER_NODE = 2_000;
const GROUP = 100;

const inMemory: Kith = {
  name: 'kith, in memory, one thread',
  signs: SIGNS,
  fsync: 'no file',
  keepsFile: false,
  tasks: {
    append: (_bench, records, bodyBytes) => appendInMemory(records, bodyBytes, 1),
    groups: (_bench, records, bodyBytes) => appendInMemory(records, bodyBytes, GROUP),
    ingest: async (_bench, records, bodyBytes) => {
      const lines = [...networkLines(records, nodesFor(records), bodyBytes)];
      const [genesis, ...rest] = lines as [string, ...string[]];
      const ms = await elapsedMs(() => takeLines(emptyReplica(genesis), rest));
      return { ms, records };
    },
    open: 'nothing is kept',
    merge: async (_bench, records, bodyBytes) => {
      const { genesis, common, ours, theirs } = diverged(records, bodyBytes);
      const here = emptyReplica(genesis);
      await takeLines(here, [...common, ...ours]);
      return { ms: await elapsedMs(() => takeLines(here, theirs)), records: theirs.length };
    },
  },
};

const onDisk: Kith = {
  name: 'kith, its file synced, two threads',
  signs: SIGNS,
  fsync: 'fdatasync per call, before it resolves',
  keepsFile: true,
  tasks: {
    append: (bench, records, bodyBytes) => appendHome(bench, records, bodyBytes, 1),
    groups: (bench, records, bodyBytes) => appendHome(bench, records, bodyBytes, GROUP),
    ingest: async (bench, records, bodyBytes) => {
      const lines = [...networkLines(records, nodesFor(records), bodyBytes)];
      const [genesis, ...rest] = lines as [string, ...string[]];
      const home = await newHome(bench, 'ingest', genesis);
      const ms = await elapsedMs(() => takeLinesHome(home, rest));
      await home.close();
      return { ms, records };
    },
    open: async (bench, records, bodyBytes) => {
      const lines = [...networkLines(records, nodesFor(records), bodyBytes)];
      const [genesis, ...rest] = lines as [string, ...string[]];
      const written = await newHome(bench, 'open', genesis);
      await takeLinesHome(written, rest);
      await written.close();
      const start = performance.now();
      const home = await mustOpen(written.folder);
      const ms = performance.now() - start;
      await home.close();
      return { ms, records };
    },
    merge: async (bench, records, bodyBytes) => {
      const { genesis, common, ours, theirs } = diverged(records, bodyBytes);
      const home = await newHome(bench, 'merge', genesis);
      await takeLinesHome(home, [...common, ...ours]);
      const ms = await elapsedMs(() => takeLinesHome(home, theirs));
      await home.close();
      return { ms, records: theirs.length };
    },
  },
};

export const KITHS: readonly Kith[] = [onDisk, inMemory];

/** One task of one of KITHS, named by its place there: as alone in its process as a peer's. */
export async function kithTaskProbe(bench: Bench, args: readonly string[]): Promise<Outcome> {
  const [place, task] = args as [string, Task];
  const run = KITHS[Number(place)]?.tasks[task];
  if (run === undefined || typeof run === 'string') return { why: run ?? 'no such task' };
  return run(bench, RECORDS, PAYLOAD_BYTES);
}

function nodesFor(records: number): number {
  return records / UPDATES_PER_NODE + 2;
}

async function appendInMemory(records: number, bodyBytes: number, group: number): Promise<Outcome> {
  const { network, line } = found();
  const replica = emptyReplica(line);
  for (let i = 0; i < nodesFor(records); i++) await takeLines(replica, [admitNode(network)]);
  const ms = await elapsedMs(async () => {
    for (let i = 0; i < records; i += group) {
      await takeLines(replica, updates(network, i, i + group, bodyBytes));
    }
  });
  return { ms, records };
}

/** Signs and stores records of this machine: they take the same way in as everybody's. */
async function appendHome(
  bench: Bench,
  records: number,
  bodyBytes: number,
  group: number,
): Promise<Outcome> {
  const { network, line } = found();
  const home = await newHome(bench, 'append', line);
  for (let i = 0; i < nodesFor(records); i++) await takeLinesHome(home, [admitNode(network)]);
  const ms = await elapsedMs(async () => {
    for (let i = 0; i < records; i += group) {
      const signed = updates(network, i, i + group, bodyBytes).map(decoded);
      const { accepted } = await home.takeIn(signed);
      if (accepted.length !== group) throw new Error('a record was not taken');
    }
  });
  await home.close();
  return { ms, records };
}

function updates(network: Network, from: number, to: number, bodyBytes: number): string[] {
  const lines: string[] = [];
  for (let i = from; i < to; i++) {
    const node = network.nodes[i % network.nodes.length] as Author;
    lines.push(write(network, node, { kind: 'node.update', body: updateBody(i, bodyBytes) }));
  }
  return lines;
}

/** Half is common; then two sides wrote a quarter each, by nodes of their own. */
function diverged(
  records: number,
  bodyBytes: number,
): { genesis: string; common: string[]; ours: string[]; theirs: string[] } {
  const { network, line } = found();
  const common: string[] = [];
  const nodes = nodesFor(records) * 2;
  for (let i = 0; i < nodes; i++) common.push(admitNode(network));
  const side = (from: number, to: number, parity: number): string[] => {
    const lines: string[] = [];
    for (let i = from; i < to; i++) {
      const node = network.nodes[((i * 2) % nodes) + parity] as Author;
      const body = updateBody(i, bodyBytes);
      lines.push(write(network, node, { kind: 'node.update', body }));
    }
    return lines;
  };
  const quarter = records / 4;
  common.push(...side(0, quarter, 0), ...side(quarter, quarter * 2, 1));
  const ours = side(quarter * 2, quarter * 3, 0);
  const theirs = side(quarter * 3, records, 1);
  return { genesis: line, common, ours, theirs };
}
