// Row: the same work by other libraries and by kith, one after the other on the same payloads.

import fs from 'node:fs';
import { join } from 'node:path';
import type { Bench, Row, RowResult } from './bench.ts';
import type { Finding } from './finding.ts';
import { KITHS, type Kith } from './kith-tasks.ts';
import { perSecond } from './measure.ts';
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

const PAYLOAD_BYTES = 500;
const RECORDS = 20_000;

export const peersRow: Row = {
  title: 'the same work by other libraries',
  run: async (bench: Bench): Promise<RowResult> => {
    const kiths: KithLine[] = [];
    for (const kith of KITHS) kiths.push(await measureKith(bench, kith));
    const findings: Finding[] = [];
    const lines: PeerLine[] = [...kiths];
    for (const peer of bench.peersMissing === null ? PEERS : []) {
      const line = measurePeer(bench, peer);
      lines.push(line);
      if (peer.isSigning) findings.push(...comparison(peer, line, kiths));
    }
    return { findings, peers: lines };
  },
};

interface KithLine extends PeerLine {
  readonly keepsFile: boolean;
}

async function measureKith(bench: Bench, kith: Kith): Promise<KithLine> {
  const tasks = {} as Record<Task, Outcome>;
  for (const task of TASKS) {
    bench.say(`${kith.name}: ${task}`);
    const run = kith.tasks[task];
    tasks[task] = typeof run === 'string' ? { why: run } : await run(bench, RECORDS, PAYLOAD_BYTES);
  }
  const { name, signs, fsync, keepsFile } = kith;
  return { name, records: RECORDS, signs, fsync, tasks, keepsFile };
}

/** Each task of a signing peer beside the fastest kith that promises at least as much. */
function comparison(peer: Peer, line: PeerLine, kiths: readonly KithLine[]): Finding[] {
  return TASKS.flatMap((task) => {
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

function measurePeer(bench: Bench, peer: Peer): PeerLine {
  const payloads = payloadFile(bench.dir, peer.records);
  const tasks = {} as Record<Task, Outcome>;
  for (const task of TASKS) {
    bench.say(`${peer.name}: ${task}`);
    tasks[task] = peerTask(bench.root, peer, task, payloads, bench.dir);
  }
  const { records, signs, fsync } = peer;
  return { name: `${peer.name} ${peerVersion(bench.root, peer)}`, records, signs, fsync, tasks };
}

function payloadFile(dir: string, records: number): string {
  const file = join(dir, `payloads-${records}`);
  let text = '';
  for (let i = 0; i < records; i++) text += `${JSON.stringify(updateBody(i, PAYLOAD_BYTES))}\n`;
  fs.writeFileSync(file, text);
  return file;
}
