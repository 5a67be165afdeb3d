// A network of hearts in one process: many machines of beat/, a clock that is only a number, and
// roads that lose, delay, double and cut. Everything follows from a seed. Used by the properties of
// test/beat and by the benchmark.

import type { Headroom } from '../../proto/status.ts';
import type { Roots } from '../../beat/agree.ts';
import type { Remembered } from '../../beat/detector.ts';
import { isWorthChecking } from '../../beat/arrival.ts';
import {
  type Heart,
  type HeartInput,
  type HeartNews,
  type HeartOut,
  startHeart,
} from '../../beat/heart.ts';
import { stepHeart } from '../../beat/machine.ts';
import { type Beat, bodyOf, packetOf } from '../../beat/packet.ts';
import { ringOf } from '../../beat/ring.ts';
import { toBase64url } from '../../proto/bytes.ts';
import type { Digest, Key, RecordId } from '../../proto/ids.ts';

const LOOK_MS = 1_000;
const CALENDAR_MS = 1_800_000_000_000;

export interface Roads {
  /** Of a hundred datagrams, how many are lost. */
  readonly lossPercent: number;
  readonly doublePercent: number;
  readonly delayMsMax: number;
}

export interface SimNode {
  readonly key: Key;
  readonly id: number;
  heart: Heart;
  running: boolean;
  /** Stopped by its system: it hears nothing, and then all at once. */
  paused: boolean;
  readonly missed: (() => void)[];
  /** Which part of a cut network it is in. */
  side: number;
  clockOffsetMs: number;
  /** What is on its disk. */
  incarnation: number;
  remembered: ReadonlyMap<Key, Remembered>;
  starts: number;
  /** How long it was awake: of a longer gap between two things that it did, five seconds. */
  awakeMs: number;
  didMs: number;
  sentBytes: number;
  sentPackets: number;
  receivedBytes: number;
  readonly news: { readonly atMs: number; readonly news: HeartNews }[];
}

export interface Sim {
  readonly nodes: SimNode[];
  now(): number;
  /** A random whole number below. */
  roll(below: number): number;
  /** A member that is on the roster; `twin`: a copy of the folder of that one. */
  addNode(twin?: SimNode): SimNode;
  roster(members: readonly SimNode[]): void;
  start(node: SimNode): void;
  /** Goes on in `twin` from the very state that `node` is in, as a machine copied while it ran. */
  fork(node: SimNode, twin: SimNode): void;
  crash(node: SimNode): void;
  pause(node: SimNode): void;
  resume(node: SimNode): void;
  /** Each first-hand packet that arrives: before the machine sees it. */
  onArrival(listener: (at: SimNode, from: SimNode, beat: Beat) => void): void;
  /** Gives a packet to a node as it came, from whichever member. */
  deliver(at: SimNode, from: Key, beat: Beat): void;
  ask(at: SimNode, of: SimNode): void;
  run(forMs: number): void;
}

interface Timed {
  readonly atMs: number;
  readonly order: number;
  readonly work: () => void;
}

const ZERO = toBase64url(new Uint8Array(32));
const ROOTS: Roots = {
  count: 1_000,
  frontierRoot: ZERO as Digest,
  stateRoot: ZERO as Digest,
  rules: 1,
};
// A host with one card: the size of a usual packet.
const HEADROOM: Headroom = {
  cpuMilli: 32_000,
  cpuFreeMilli: 21_400,
  ramMib: 128_512,
  ramFreeMib: 88_231,
  diskMib: 1_900_000,
  diskFreeMib: 1_234_567,
  loadCenti: 312,
  gpuCount: 1,
  gpus: [
    {
      name: 'NVIDIA GeForce RTX 4090',
      vramMib: 24_564,
      vramFreeMib: 20_111,
      loadPercent: 37,
      state: 'fit',
    },
  ],
};
const SIGNATURE = new Uint8Array(64);

export function createSim(seed: number, roads: Roads): Sim {
  const roll = diceOf(seed);
  const queue = createQueue();
  const nodes: SimNode[] = [];
  const machinesOf = new Map<Key, SimNode[]>();
  const beatOf = new WeakMap<Uint8Array, Beat>();
  const listeners: ((at: SimNode, from: SimNode, beat: Beat) => void)[] = [];
  let ring = ringOf([]);
  let nowMs = 0;
  let order = 0;
  const at = (atMs: number, work: () => void): void => queue.push({ atMs, order: ++order, work });

  const step = (node: SimNode, input: HeartInput): void => {
    node.awakeMs += Math.min(nowMs - node.didMs, 5_000);
    node.didMs = nowMs;
    const { heart, out } = stepHeart(node.heart, input, nowMs);
    node.heart = heart;
    for (const one of out) carryOut(node, one);
  };
  const carryOut = (node: SimNode, out: HeartOut): void => {
    switch (out.kind) {
      case 'speak':
        return send(node, spoken(node, out), out.to, out.answer);
      case 'pass':
        return send(node, out.packet, out.to, false);
      case 'raise':
        node.incarnation = out.incarnation;
        return step(node, { kind: 'raised', incarnation: out.incarnation });
      case 'tell':
        node.news.push({ atMs: nowMs, news: out.news });
        return;
      case 'heard':
    }
  };
  const spoken = (node: SimNode, speak: Extract<HeartOut, { kind: 'speak' }>): Uint8Array => {
    const beat: Beat = {
      ...{ subject: node.key, ledger: ZERO as RecordId, instance: node.heart.instance },
      ...speak.mark,
      clockMs: CALENDAR_MS + nowMs + node.clockOffsetMs,
      ...ROOTS,
      ...{ version: '0.1.0', relay: false, lobby: false, headroom: HEADROOM, offer: null },
      ...{ work: ZERO as Digest, acks: [], rotations: [], observations: [] },
      doubts: speak.doubts,
    };
    const packet = packetOf(bodyOf(beat), SIGNATURE);
    beatOf.set(packet, beat);
    return packet;
  };
  const send = (from: SimNode, packet: Uint8Array, to: readonly Key[], answer: boolean): void => {
    const beat = beatOf.get(packet) as Beat;
    for (const key of to) {
      from.sentBytes += packet.length;
      from.sentPackets += 1;
      // Of two machines with one key, the road ends at the one that spoke last: at either.
      const ends = machinesOf.get(key) ?? [];
      const end = ends[ends.length === 1 ? 0 : roll(ends.length)];
      if (end === undefined || end.side !== from.side) continue;
      if (roll(100) < roads.lossPercent) continue;
      const times = roll(100) < roads.doublePercent ? 2 : 1;
      for (let i = 0; i < times; i++) {
        at(nowMs + 1 + roll(roads.delayMsMax), () => arrive(end, from, beat, packet, answer));
      }
    }
  };
  const arrive = (
    end: SimNode,
    from: SimNode,
    beat: Beat,
    packet: Uint8Array,
    answer: boolean,
  ): void => {
    if (!end.running) return;
    if (end.paused) {
      end.missed.push(() => arrive(end, from, beat, packet, answer));
      return;
    }
    end.receivedBytes += packet.length;
    if (from.key === beat.subject) for (const listener of listeners) listener(end, from, beat);
    // As the shell does, before the signature.
    if (!isWorthChecking(end.heart, from.key, beat)) return;
    const calendarMs = CALENDAR_MS + nowMs + end.clockOffsetMs;
    step(end, { kind: 'packet', from: from.key, beat, packet, answer, calendarMs });
  };
  const look = (node: SimNode, starts: number): void => {
    if (!node.running || node.starts !== starts) return;
    if (!node.paused) {
      step(node, { kind: 'look', seed: roll(2 ** 31) });
    }
    // As the shell does: each second, and sooner where a heartbeat is due sooner.
    const dueMs = node.paused ? LOOK_MS : node.heart.pulse.nextMs - nowMs;
    at(nowMs + Math.max(1, Math.min(LOOK_MS, dueMs)), () => look(node, starts));
  };

  return {
    nodes,
    now: () => nowMs,
    roll,
    addNode(twin) {
      const id = nodes.length;
      const key = twin?.key ?? keyOf(roll);
      const node: SimNode = {
        ...{ key, id, running: false, paused: false, missed: [], side: 0, clockOffsetMs: 0 },
        ...{ incarnation: twin?.incarnation ?? 0, remembered: twin?.remembered ?? new Map() },
        ...{
          starts: 0,
          awakeMs: 0,
          didMs: 0,
          sentBytes: 0,
          sentPackets: 0,
          receivedBytes: 0,
          news: [],
        },
        heart: startHeart({ self: key, instance: '', incarnation: 1, remembered: new Map() }, 0),
      };
      nodes.push(node);
      machinesOf.set(key, [...(machinesOf.get(key) ?? []), node]);
      return node;
    },
    roster(rows) {
      ring = ringOf(rows.map(({ key }) => key));
      for (const node of rows) if (node.running) step(node, { kind: 'roster', ring });
    },
    start(node) {
      node.running = true;
      node.paused = false;
      node.incarnation += 1;
      const instance = toBase64url(Uint8Array.from({ length: 8 }, () => roll(256)));
      const { key: self, incarnation, remembered } = node;
      node.heart = startHeart({ self, instance, incarnation, remembered }, nowMs);
      step(node, { kind: 'roster', ring });
      // Not all machines of a network start in one millisecond.
      const starts = ++node.starts;
      at(nowMs + roll(10_000), () => look(node, starts));
    },
    fork(node, twin) {
      twin.running = true;
      twin.heart = node.heart;
      const starts = ++twin.starts;
      at(nowMs + roll(1_000), () => look(twin, starts));
    },
    crash(node) {
      node.running = false;
      node.missed.splice(0);
      node.remembered = new Map(
        [...node.heart.subjects].map(([key, { mark, heardAtMs }]) => [key, { mark, heardAtMs }]),
      );
    },
    pause(node) {
      node.paused = true;
    },
    resume(node) {
      node.paused = false;
      for (const arrival of node.missed.splice(0)) arrival();
    },
    onArrival: (listener) => void listeners.push(listener),
    deliver(end, from, beat) {
      const packet = packetOf(bodyOf(beat), SIGNATURE);
      const calendarMs = CALENDAR_MS + nowMs;
      if (end.running && !end.paused) {
        step(end, { kind: 'packet', from, beat, packet, answer: false, calendarMs });
      }
    },
    ask: (end, of) => step(end, { kind: 'ask', key: of.key }),
    run(forMs) {
      const untilMs = nowMs + forMs;
      for (let next = queue.peek(); next !== undefined && next.atMs <= untilMs; ) {
        queue.pop();
        nowMs = next.atMs;
        next.work();
        next = queue.peek();
      }
      nowMs = untilMs;
    },
  };
}

function keyOf(roll: (below: number) => number): Key {
  return toBase64url(Uint8Array.from({ length: 32 }, () => roll(256))) as Key;
}

/** What happens next first; what was asked for first first. */
function createQueue(): { push(one: Timed): void; pop(): void; peek(): Timed | undefined } {
  const heap: Timed[] = [];
  const before = (a: Timed, b: Timed): boolean =>
    a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs;
  return {
    peek: () => heap[0],
    push(one) {
      let i = heap.push(one) - 1;
      while (i > 0) {
        const above = (i - 1) >> 1;
        if (!before(one, heap[above] as Timed)) break;
        heap[i] = heap[above] as Timed;
        i = above;
      }
      heap[i] = one;
    },
    pop() {
      const last = heap.pop() as Timed;
      if (heap.length === 0) return;
      let i = 0;
      for (;;) {
        let below = 2 * i + 1;
        if (below >= heap.length) break;
        const other = below + 1;
        if (other < heap.length && before(heap[other] as Timed, heap[below] as Timed))
          below = other;
        if (!before(heap[below] as Timed, last)) break;
        heap[i] = heap[below] as Timed;
        i = below;
      }
      heap[i] = last;
    },
  };
}

/** Mulberry32. */
function diceOf(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
