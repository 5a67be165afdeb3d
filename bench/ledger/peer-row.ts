// Row: the same work by other libraries and by kith, one after the other on the same payloads.

import fs from 'node:fs';
import { join } from 'node:path';
import type { Bench, Row, RowResult } from './bench.ts';
import type { Finding } from './finding.ts';
import { PAYLOAD_BYTES, RECORDS } from './kith-tasks.ts';
import { type Way, WAYS } from './kith-ways.ts';
import { median, perSecond } from './measure.ts';
import { updateBody } from './network.ts';
import {
  type Outcome,
  PEERS,
  type Peer,
  type PeerLine,
  TASKS,
  TASK_TITLES,
  type Task,
  peerTask,
  peerVersion,
} from './peers.ts';
import { inFreshProcess } from './processes.ts';

const SIGNS = 'Ed25519 on each record, checked again by the writer';

type Outcomes = Record<Task, Outcome>;

/** A library in the table, and how one task of it is run. */
interface Contender {
  readonly line: Omit<PeerLine, 'tasks'> & { readonly keepsFile: boolean };
  readonly peer: Peer | null;
  readonly run: (task: Task) => Promise<Outcome>;
  readonly outcomes: Map<Task, Outcome[]>;
}

type Line = PeerLine & { readonly keepsFile: boolean };

export const peersRow: Row = {
  title: 'the same work by other libraries',
  run: async (bench: Bench): Promise<RowResult> => {
    const contenders = [
      ...WAYS.map((way, place) => kithContender(bench, way, place)),
      ...(bench.peersMissing === null ? PEERS.map((peer) => peerContender(bench, peer)) : []),
    ];
    // In turn, task by task: what happens on the machine meanwhile meets them all.
    const turns = (bench.turns + 1) >> 1;
    for (let turn = 1; turn <= turns; turn++) {
      for (const task of TASKS) {
        bench.say(`turn ${turn} of ${turns}: ${TASK_TITLES[task]}`);
        for (const { run, outcomes } of contenders) {
          outcomes.set(task, [...(outcomes.get(task) ?? []), await run(task)]);
        }
      }
    }
    const kiths = contenders.filter(({ peer }) => peer === null).map(lineOf);
    const findings = contenders.flatMap((contender) =>
      contender.peer === null ? [] : comparison(contender.peer, lineOf(contender), kiths),
    );
    return { findings, peers: contenders.map(lineOf) };
  },
};

function kithContender(bench: Bench, way: Way, place: number): Contender {
  const { name, fsync, keepsFile } = way;
  const { say, ...shape } = bench;
  return {
    line: { name, records: RECORDS, signs: SIGNS, fsync, keepsFile },
    peer: null,
    run: async (task) => {
      const args = [String(place), task];
      const child = { kind: 'probe' as const, name: 'kith-task', bench: shape, args };
      return (await inFreshProcess(child, say)) as Outcome;
    },
    outcomes: new Map(),
  };
}

function peerContender(bench: Bench, peer: Peer): Contender {
  const { records, signs, fsync, keepsFile } = peer;
  const name = `${peer.name} ${peerVersion(bench.root, peer)}`;
  const payloads = payloadFile(bench.dir, records);
  return {
    line: { name, records, signs, fsync, keepsFile },
    peer,
    run: async (task) => peerTask(bench.root, peer, task, payloads, bench.dir),
    outcomes: new Map(),
  };
}

function lineOf({ line, outcomes }: Contender): Line {
  const tasks = {} as Outcomes;
  for (const task of TASKS) tasks[task] = middle(outcomes.get(task) ?? []);
  return { ...line, tasks };
}

/** The outcome of median time, or the reason of the first that has none. */
function middle(outcomes: readonly Outcome[]): Outcome {
  const times: number[] = [];
  let records = 0;
  for (const outcome of outcomes) {
    if ('why' in outcome) return outcome;
    times.push(outcome.ms);
    records = outcome.records;
  }
  return { ms: median(times), records };
}

/** Each task with a signature per record, beside the fastest kith that keeps as much. */
function comparison(peer: Peer, line: Line, kiths: readonly Line[]): Finding[] {
  return peer.signsEachIn.flatMap((task) => {
    const theirs = rate(line.tasks[task]);
    const fair = kiths.filter((kith) => kith.keepsFile || !peer.keepsFile);
    const best = fair
      .filter((kith) => rate(kith.tasks[task]) !== null)
      .toSorted((a, b) => Number(rate(b.tasks[task])) - Number(rate(a.tasks[task])))[0];
    const ours = best === undefined ? null : rate(best.tasks[task]);
    if (theirs === null || ours === null || best === undefined) return [];
    return [
      {
        row: 'peers',
        what: `${TASK_TITLES[task]}: ${best.name}, beside ${peer.name}`,
        measured: { value: ours, unit: '/s' },
        beside: { value: theirs, unit: '/s', what: peer.name },
        ratio: ours / theirs,
        goal: { of: 'ratio', least: 1 },
        how: `${best.signs}; ${best.fsync}. ${peer.name}: ${peer.signs}; ${peer.fsync}.`,
      } satisfies Finding,
    ];
  });
}

function rate(outcome: Outcome): number | null {
  return 'why' in outcome ? null : perSecond(outcome.records, outcome.ms);
}

function payloadFile(dir: string, records: number): string {
  const file = join(dir, `payloads-${records}`);
  let text = '';
  for (let i = 0; i < records; i++) text += `${JSON.stringify(updateBody(i, PAYLOAD_BYTES))}\n`;
  fs.writeFileSync(file, text);
  return file;
}
