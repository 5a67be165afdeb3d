// The simulated networks that are measured: what heartbeats cost each node, and how soon a crash is
// known, by how many. The hearts are those that are shipped; only the roads and the clock are made.

import { DOUBTERS_MIN } from '../../beat/limits.ts';
import { briefOf } from '../../beat/mark.ts';
import { viewOf } from '../../beat/view.ts';
import { type Sim, type SimNode, createSim } from '../../test/kit/heartbeats.ts';

const SECOND = 1_000;
const ROADS = { lossPercent: 1, doublePercent: 0, delayMsMax: 80 };
/** After the rush of the start, before anybody crashes: what a quiet network costs. */
const SETTLE_S = 12;
const QUIET_S = 20;
/** Crashes come one after the other within one interval, so that they meet every phase of it. */
const CRASHES = 10;
const CRASH_EVERY_MS = 1_000;
/** At most: it ends when all crashes are known to most. */
const WATCH_S = 40;
const SAMPLE = 200;
const SAY_EVERY_S = 10;
/** Simulated. */
export const LASTS_S: number = SETTLE_S + QUIET_S + (CRASHES * CRASH_EVERY_MS) / SECOND + WATCH_S;

/** Seconds from the crash; null where it did not happen while it was watched. */
export interface Detection {
  readonly firstWatcherS: number | null;
  readonly threeWatchersS: number | null;
  readonly halfS: number | null;
  readonly mostS: number | null;
}

export interface Row {
  readonly members: number;
  readonly watchers: number;
  readonly bytesPerSecond: number;
  readonly bytesPerSecondMax: number;
  readonly packetsPerSecond: number;
  /** The same while the crashes are told. */
  readonly busyBytesPerSecond: number;
  /** Hosts that a node could give work to. */
  readonly knownHosts: number;
  readonly detections: readonly Detection[];
  readonly falseSuspicions: number;
}

export function measured(members: number, seed: number, say: (second: number) => void): Row {
  const sim = saying(createSim(seed, ROADS), say);
  const nodes = Array.from({ length: members }, () => sim.addNode());
  sim.roster(nodes);
  for (const node of nodes) sim.start(node);
  sim.run(SETTLE_S * SECOND);
  const before = nodes.map(({ sentBytes, sentPackets }) => ({ sentBytes, sentPackets }));
  sim.run(QUIET_S * SECOND);
  const rates = nodes.map((node, i) => (node.sentBytes - (before[i]?.sentBytes ?? 0)) / QUIET_S);
  const packets = nodes.map((node, i) => node.sentPackets - (before[i]?.sentPackets ?? 0));
  const sample = nodes.slice(-Math.min(SAMPLE, members - CRASHES));
  const knownHosts = mean(sample.map((node) => hostsKnownTo(node)));
  const quietBytes = sum(nodes.map(({ sentBytes }) => sentBytes));
  const quietMs = sim.now();
  const detections = crash(sim, nodes.slice(0, CRASHES), sample);
  const busyBytes = sum(nodes.map(({ sentBytes }) => sentBytes)) - quietBytes;
  return {
    members,
    watchers: nodes[members - 1]?.heart.targets.length ?? 0,
    bytesPerSecond: mean(rates),
    bytesPerSecondMax: rates.reduce((a, b) => Math.max(a, b), 0),
    packetsPerSecond: mean(packets) / QUIET_S,
    busyBytesPerSecond: (busyBytes * SECOND) / (sim.now() - quietMs) / members,
    knownHosts,
    detections,
    falseSuspicions: falseSuspicions(nodes),
  };
}

/** Runs on by the second, and says now and then where it is. */
function saying(sim: Sim, say: (second: number) => void): Sim {
  return {
    ...sim,
    run(forMs) {
      const untilMs = sim.now() + forMs;
      while (sim.now() < untilMs) {
        const before = Math.floor(sim.now() / SECOND / SAY_EVERY_S);
        sim.run(Math.min(SECOND, untilMs - sim.now()));
        const now = Math.floor(sim.now() / SECOND / SAY_EVERY_S);
        if (now > before) say(now * SAY_EVERY_S);
      }
    },
  };
}

function crash(sim: Sim, gone: readonly SimNode[], sample: readonly SimNode[]): Detection[] {
  const atMs = gone.map((node) => {
    sim.run(CRASH_EVERY_MS);
    sim.crash(node);
    return sim.now();
  });
  const knownS = gone.map((): { half: number | null; most: number | null } => {
    return { half: null, most: null };
  });
  const isMissing = (): boolean => knownS.some(({ most }) => most === null);
  for (let second = 0; second < WATCH_S && isMissing(); second++) {
    sim.run(SECOND);
    gone.forEach((node, i) => {
      const known = knownS[i] as (typeof knownS)[number];
      const sinceS = (sim.now() - (atMs[i] as number)) / SECOND;
      if (known.most !== null || sinceS < 20) return;
      const share = sample.filter((one) => isOut(one, node)).length / sample.length;
      if (share >= 0.5) known.half ??= sinceS;
      if (share >= 0.95) known.most = sinceS;
    });
  }
  return gone.map((node, i) => {
    const told = suspicionsOf(sim, node).map((ms) => (ms - (atMs[i] as number)) / SECOND);
    const { half, most } = knownS[i] as (typeof knownS)[number];
    return {
      firstWatcherS: told[0] ?? null,
      threeWatchersS: told[DOUBTERS_MIN - 1] ?? null,
      halfS: half,
      mostS: most,
    };
  });
}

/** Nothing is given to it any more: missed by these ears, or by three of its watchers. */
function isOut({ heart }: SimNode, gone: SimNode): boolean {
  const subject = heart.subjects.get(gone.key);
  if (subject?.expected) return subject.state !== 'alive';
  const brief = briefOf(gone.key);
  let doubters = 0;
  for (const key of heart.doubting) {
    const doubts = heart.kept.get(key)?.beat.doubts ?? [];
    if (doubts.some(({ subject: doubted }) => doubted === brief)) doubters += 1;
  }
  return doubters >= DOUBTERS_MIN;
}

function suspicionsOf({ nodes }: Sim, gone: SimNode): number[] {
  const told = nodes.flatMap(({ news }) =>
    news.flatMap(({ atMs, news: one }) =>
      one.what === 'liveness' && one.key === gone.key && one.to === 'suspect' ? [atMs] : [],
    ),
  );
  return told.toSorted((a, b) => a - b);
}

function falseSuspicions(nodes: readonly SimNode[]): number {
  const running = new Set(nodes.filter((node) => node.running).map(({ key }) => key));
  const told = nodes.flatMap(({ news }) =>
    news.filter(
      ({ news: one }) => one.what === 'liveness' && one.to === 'suspect' && running.has(one.key),
    ),
  );
  return told.length;
}

function hostsKnownTo({ heart }: SimNode): number {
  return [...heart.kept.keys()].filter((key) => viewOf(heart, key).usable).length;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
