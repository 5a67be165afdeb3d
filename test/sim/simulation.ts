// The simulation: machines with failing disks behind a failing network, in virtual time, all of it
// from one seed. The store, the replica, the way in and the sync are the real ones. During the
// faults it checks that nothing acknowledged is lost and that nobody honest forks; then everything
// heals, and all must soon agree.

import type { RecordId } from '../../proto/ids.ts';
import { frontierRoot, stateOf, stateRoot } from '../../ledger/replica.ts';
import { acts, actor, everything, PEER, Scribe } from '../kit/actors.ts';
import { dice } from '../kit/history.ts';
import { virtualClock } from './clock.ts';
import {
  LEDGER_FILE,
  type Machine,
  checker,
  found,
  heldOf,
  ingest,
  newMachine,
  saveCheckpoint,
  start,
} from './machine.ts';
import { newNetwork, receive, startSync } from './network.ts';
import {
  Broken,
  CUTS,
  type Event,
  type Simulation,
  afterIngest,
  anyOf,
  demand,
  down,
  planStart,
  tell,
} from './world.ts';
import { BadHands, honestRecord } from './writing.ts';

export interface Report {
  readonly seed: number;
  readonly steps: number;
  readonly records: number;
  readonly crashes: number;
  readonly syncs: number;
  readonly roundsToAgree: number;
}

const MACHINES = 4;
const TRACE_SHOWN_MAX = Number(process.env['KITH_SIM_TRACE'] ?? 60);

async function setUp(seed: number): Promise<Simulation> {
  const roll = dice(seed);
  const root = actor('sim root');
  const s = new Scribe('sim', [root], actor('sim sheet'));
  const people = Array.from({ length: MACHINES }, (_, i) => actor(`sim operator ${i}`));
  const nodes = Array.from({ length: MACHINES }, (_, i) => actor(`sim node ${i}`));
  for (const who of people) s.by(root, acts.operator(who, everything(4)));
  for (const who of nodes) s.by(root, acts.node(who, root, s.ledger, PEER));
  const check = checker(new Map());
  const machines = people.map((who, i) => newMachine(`m${i}`, who, nodes[i] ?? who));
  for (const machine of machines) {
    await found(machine, s.genesis, check);
    await ingest(machine, s.records.slice(1), check);
    await saveCheckpoint(machine);
  }
  return {
    seed,
    roll,
    clock: virtualClock(),
    machines,
    network: newNetwork(),
    check,
    badHands: new BadHands(),
    genesis: s.genesis,
    admissions: s.records.slice(1),
    forgiven: new Set(),
    copies: new Map(),
    crashes: 0,
    trace: [],
  };
}

/** Runs one seed: so many events under faults, then healing. Throws Broken where a claim fails. */
export async function simulate(seed: number, events: number): Promise<Report> {
  const sim = await setUp(seed);
  try {
    return await run(sim, events);
  } catch (error) {
    const story = sim.trace.slice(-TRACE_SHOWN_MAX).join('\n');
    throw new Broken(`seed ${seed}: ${String(error)}\n${story}`, { cause: error });
  }
}

async function run(sim: Simulation, events: number): Promise<Report> {
  const { clock, seed } = sim;
  for (const kind of ['write', 'sync', 'fault', 'bad hands'] as const) clock.plan(1, { kind });
  let steps = 0;
  for (; steps < events; steps++) {
    const event = clock.next();
    if (event === undefined) break;
    await handle(sim, event);
    if (steps % 64 === 0) nobodyHonestForks(sim);
  }
  const roundsToAgree = await healed(sim);
  const [first] = sim.machines;
  const records = first?.running?.replica.records ?? 0;
  return { seed, steps, records, crashes: sim.crashes, syncs: sim.network.syncs, roundsToAgree };
}

async function handle(sim: Simulation, event: Event): Promise<void> {
  const { clock, roll } = sim;
  switch (event.kind) {
    case 'write':
      clock.plan(20 + roll(60), event);
      return writeSomewhere(sim);
    case 'bad hands':
      clock.plan(60 + roll(200), event);
      return injectBadly(sim);
    case 'sync': {
      clock.plan(15 + roll(40), event);
      const [from, to] = [anyOf(sim, sim.machines), anyOf(sim, sim.machines)];
      if (from !== to) startSync(sim, from, to);
      return;
    }
    case 'fault':
      clock.plan(150 + roll(500), event);
      return breakSomething(sim);
    case 'start':
      return restart(sim, event.machine);
    case 'room':
      event.machine.world.disk.capacityBytes = Number.POSITIVE_INFINITY;
      return;
    case 'heal links':
      sim.network.cut.clear();
      return;
    case 'deliver':
    case 'give up':
      return receive(sim, event);
  }
}

async function writeSomewhere(sim: Simulation): Promise<void> {
  const machine = anyOf(sim, sim.machines);
  const { running } = machine;
  if (running === null || running.store.heldBack !== null) return;
  const who = sim.roll(3) === 0 ? machine.node : machine.operator;
  const record = honestRecord(running.replica, who, sim.roll);
  if (record === null) return;
  const intake = await ingest(machine, [record], sim.check, true);
  const became = intake === null ? 'not stored' : intake.accepted.length > 0 ? 'stored' : 'refused';
  tell(sim, `${machine.name} writes ${who.name} ${record.seq} ${record.act.kind}: ${became}`);
  afterIngest(sim, machine);
  if (sim.roll(8) === 0) await saveCheckpoint(machine);
}

async function restart(sim: Simulation, machine: Machine): Promise<void> {
  if (machine.running !== null) return;
  if (!(await start(machine, sim.check))) {
    planStart(sim, machine);
    return;
  }
  const { store } = (machine as Required<Machine>).running ?? { store: null };
  const lost = [...machine.acknowledged].filter((id) => store?.find(id) === null);
  const held = store?.heldBack === null ? '' : `, held back: ${store?.heldBack}`;
  tell(sim, `${machine.name} up with ${store?.records} records, ${lost.length} less${held}`);
  demand(
    machine.lied || lost.length === 0,
    `${machine.name} lost ${lost.length} acknowledged records`,
  );
  if (machine.lied) for (const id of lost) machine.acknowledged.delete(id);
  machine.lied = false;
}

async function injectBadly(sim: Simulation): Promise<void> {
  const cited = sim.machines.flatMap(({ running }) =>
    running === null ? [] : [...running.replica.fold.authority.granting.keys()],
  );
  const record = sim.badHands.next(sim.genesis.id, cited.slice(-3), sim.roll);
  const machine = anyOf(sim, sim.machines);
  await ingest(machine, [record], sim.check);
  afterIngest(sim, machine);
}

function breakSomething(sim: Simulation): void {
  const { roll, network, clock } = sim;
  const machine = anyOf(sim, sim.machines);
  const { disk, kv } = machine.world;
  const fault = roll(11);
  tell(sim, `fault ${fault} at ${machine.name}`);
  switch (fault) {
    case 0:
    case 1:
      return machine.running === null ? undefined : down(sim, machine, anyOf(sim, CUTS));
    case 2:
    case 3:
      disk.stopAt = disk.steps + 1 + roll(12);
      return;
    case 4:
      return disk.failSyncs(LEDGER_FILE, 1 + roll(2));
    case 5:
      disk.capacityBytes = disk.read(LEDGER_FILE).length + roll(4_000_000);
      return clock.plan(300 + roll(600), { kind: 'room', machine });
    case 6:
      return flipBit(sim, machine);
    case 7:
      return putBack(sim, machine);
    case 8:
      if (machine.running === null) kv.wipe();
      return;
    case 9: {
      // A partition, or one direction of one link.
      const whole = roll(2) === 0;
      for (const other of sim.machines) {
        if (other === machine || (!whole && roll(2) === 0)) continue;
        network.cut.add(`${machine.name}>${other.name}`);
        if (whole) network.cut.add(`${other.name}>${machine.name}`);
      }
      return clock.plan(400 + roll(1_500), { kind: 'heal links' });
    }
    default:
      sim.copies.set(machine, disk.copy());
  }
}

/** Rot: one bit of a machine that is off, past the first line. */
function flipBit(sim: Simulation, machine: Machine): void {
  const { disk } = machine.world;
  if (machine.running !== null) down(sim, machine, 'kept');
  const [from, to] = [sim.genesis.line.length + 1, disk.read(LEDGER_FILE).length];
  if (to <= from) return;
  disk.flip(LEDGER_FILE, from + sim.roll(to - from), 1 << sim.roll(8));
  machine.lied = true;
}

/** An old copy of the disk comes back: by hand, into new files, or as a snapshot of the machine. */
function putBack(sim: Simulation, machine: Machine): void {
  const copy = sim.copies.get(machine);
  if (copy === undefined) return;
  if (machine.running !== null) down(sim, machine, 'kept');
  const asSnapshot = sim.roll(4) === 0;
  machine.world.disk.restore(copy, asSnapshot ? 'same files' : 'new files');
  machine.lied = true;
  tell(sim, `${machine.name} put back${asSnapshot ? ' as a snapshot' : ''}`);
  // Nothing on a machine tells it that all of it was put back: the fork that follows is told.
  if (asSnapshot) for (const who of [machine.operator, machine.node]) sim.forgiven.add(who.key);
}

/** No two records of one place by an honest author, on all machines together. */
function nobodyHonestForks(sim: Simulation): void {
  for (const { operator, node } of sim.machines) {
    for (const { key, name } of [operator, node]) {
      if (sim.forgiven.has(key)) continue;
      const places: RecordId[] = [];
      for (const machine of sim.machines) {
        let seq = 0;
        for (const ids of heldOf(machine, key)) {
          const one = (places[seq++] ??= ids[0] as RecordId);
          const isOne = ids.length === 1 && ids[0] === one;
          demand(isOne, `${name}, honest, forked at ${seq}, seen at ${machine.name}`);
        }
      }
    }
  }
}

const ROUNDS_MAX = 12;

/** Everything works again: after a few rounds of syncs all machines hold one truth. */
async function healed(sim: Simulation): Promise<number> {
  sim.network.heal();
  for (const machine of sim.machines) {
    const { disk } = machine.world;
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    disk.failSyncs(LEDGER_FILE, 0);
    disk.stopAt = Number.POSITIVE_INFINITY;
    await restart(sim, machine);
  }
  for (let round = 0; round < ROUNDS_MAX; round++) {
    if (allAgree(sim)) return checkedTruth(sim, round);
    for (const from of sim.machines) {
      for (const to of sim.machines) if (from !== to) startSync(sim, from, to);
    }
    await settleNetwork(sim);
  }
  demand(allAgree(sim), `no agreement after ${ROUNDS_MAX} rounds without faults`);
  return checkedTruth(sim, ROUNDS_MAX);
}

async function settleNetwork(sim: Simulation): Promise<void> {
  for (let event = sim.clock.next(); event !== undefined; event = sim.clock.next()) {
    if (event.kind === 'deliver' || event.kind === 'give up') await receive(sim, event);
    else if (event.kind === 'start') await restart(sim, event.machine);
  }
}

function rootsOf({ running }: Machine): string {
  return running === null
    ? 'down'
    : `${frontierRoot(running.replica)} ${stateRoot(running.replica)}`;
}

function allAgree(sim: Simulation): boolean {
  return new Set(sim.machines.map(rootsOf)).size === 1 && sim.machines[0]?.running !== null;
}

function checkedTruth(sim: Simulation, rounds: number): number {
  nobodyHonestForks(sim);
  for (const { running } of sim.machines) {
    if (running === null) continue;
    for (const { author } of stateOf(running.replica).frozen) {
      const honest = sim.machines.some((m) => m.operator.key === author || m.node.key === author);
      demand(!honest || sim.forgiven.has(author), 'an honest author is frozen');
    }
  }
  return rounds;
}
