// How long a placer decides among ten thousand nodes: alone, and from the spec on, with the nodes
// put together out of the ledger and of what was heard. Beside it one pass over the same nodes that
// adds up one number of each: what looking at them costs at all. Times of the clock, and of the
// processor, which a busy machine does not lengthen.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decide } from '../../place/decide.ts';
import type { PlaceNode } from '../../place/node.ts';
import { planOf } from '../../place/plan.ts';
import { demandOf, nodesFor } from '../../src/placing.ts';
import type { Finding } from '../ledger/finding.ts';
import { percentile } from '../ledger/measure.ts';
import { DEMAND, SPEC, manyNodes, seenFrom, stateOf } from './nodes.ts';

const DECISION_MOST_MS = 5;

interface Taken {
  readonly wallMs: readonly number[];
  /** Of all threads of this process: the collector's, too. */
  readonly cpuMs: readonly number[];
}

interface Decided {
  readonly decision: Taken;
  readonly fromSpec: Taken;
  readonly explained: Taken;
  readonly passMs: number;
}

const SWEEP_MS = 10;
/** Beforehand, so that it is the compiled code that is measured, as in a daemon. */
const WARM_TURNS = 100;

export function decideFindings(count: number, turns: number): Finding[] {
  const { decision, fromSpec, explained, passMs } = decided(count, turns);
  const nodes = count.toLocaleString('en-US');
  const how =
    `${turns} decisions after ${WARM_TURNS}, each among ${nodes} nodes that are other objects than ` +
    'before, nine in ten of which fit. What the benchmark itself has made is collected before each. ' +
    'Processor time is that of all threads, the collector included.';
  const ms = (values: readonly number[], share: number): Finding['measured'] => ({
    ...{ value: percentile(values, share), unit: 'ms' },
  });
  const row = (what: string, { wallMs, cpuMs }: Taken): [Finding, Finding] => [
    { row: 'decide', what: `${what}, p99`, measured: ms(wallMs, 99), how },
    { row: 'decide', what: `${what}, processor time, p99`, measured: ms(cpuMs, 99), how },
  ];
  const [wall, cpu] = row(`a decision among ${nodes} nodes`, decision);
  const goal = { of: 'measured', most: DECISION_MOST_MS } as const;
  const beside = { value: passMs, unit: 'ms', what: 'one bare pass over them, p50' } as const;
  return [
    { ...wall, beside, goal },
    { ...cpu, goal },
    { ...wall, what: `a decision among ${nodes} nodes, p50`, measured: ms(decision.wallMs, 50) },
    ...row('the same from a spec on: nodes put together from ledger and heartbeats', fromSpec),
    ...row('the whole plan, with the reasons of every node', explained),
  ];
}

function decided(count: number, turns: number): Decided {
  const decision = timed();
  const fromSpec = timed();
  const explained = timed();
  const pass = timed();
  const collect = collector();
  const [demand, state] = [demandOf(SPEC), stateOf(count)];
  for (let turn = -WARM_TURNS; turn < turns; turn++) {
    if (turn === 0) for (const one of [decision, fromSpec, explained, pass]) one.clear();
    // What was heard since the last one is other objects.
    const nodes = manyNodes(count, turn + 1_000);
    const seen = seenFrom(state, nodes);
    // What the benchmark has made is its own to collect; what a decision makes counts.
    collect();
    const { order, fitting } = decision.of(() => decide(DEMAND, nodes, turn + 200));
    collect();
    const again = fromSpec.of(() => decide(demand, nodesFor(SPEC, seen), turn + 200));
    const { order: whole } = explained.of(() => planOf(DEMAND, nodes, turn + 200));
    const sum = pass.of(() => memoryOf(nodes));
    if (fitting < count / 2 || sum === 0) throw new Error('most nodes should fit');
    if (again.fitting !== fitting || whole[0] !== order[0] || again.order[0] !== order[0])
      throw new Error('all three should decide the same');
  }
  return { decision, fromSpec, explained, passMs: percentile(pass.wallMs, 50) };
}

/**
 * The collector as a function, which a program has only by this flag. Its threads sweep for some
 * milliseconds more, and are no part of what comes next.
 */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  return () => {
    gc();
    Atomics.wait(nobody, 0, 0, SWEEP_MS);
  };
}

function memoryOf(nodes: readonly PlaceNode[]): number {
  let sum = 0;
  for (const { room } of nodes) sum += room?.memFreeMib ?? 0;
  return sum;
}

function timed(): Taken & { of<Value>(work: () => Value): Value; clear(): void } {
  const wallMs: number[] = [];
  const cpuMs: number[] = [];
  return {
    wallMs,
    cpuMs,
    of(work) {
      const [before, beganMs] = [process.cpuUsage(), performance.now()];
      const value = work();
      wallMs.push(performance.now() - beganMs);
      const { user, system } = process.cpuUsage(before);
      cpuMs.push((user + system) / 1_000);
      return value;
    },
    clear() {
      wallMs.length = 0;
      cpuMs.length = 0;
    },
  };
}
