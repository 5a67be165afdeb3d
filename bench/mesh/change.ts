// Rows: one member more, and one less, in a network of 1,000, by the way that the daemon takes: the
// ledger's state, the roster, the links, the wish, the plan, and the queue before the interface.
// The interface is a stand-in that answers at once: beside it stands one call of `wg`, or of a
// program that does nothing where there is none.

import { spawnSync } from 'node:child_process';
import { type Applying, afterChange, createApplying } from '../../src/mesh/applying.ts';
import { type Links, createLinks } from '../../src/mesh/links.ts';
import { createWishing } from '../../src/mesh/wishing.ts';
import { stateOf } from '../../ledger/replica.ts';
import type { Actual } from '../../wg/dump.ts';
import { NO_FACTS } from '../../wg/link-state.ts';
import type { Change } from '../../wg/plan.ts';
import { type Finding, grouped } from '../ledger/finding.ts';
import { type MemoryReplica, emptyReplica, holdOwn } from '../ledger/intake.ts';
import { median } from '../ledger/measure.ts';
import { type Network, admitNode, found, write } from '../ledger/network.ts';

const PEERS = 1_000;
const OWN_MOST_MS = 10;
const OWN = { publicKey: 'own', listenPort: 7_447 };
const NOWHERE: readonly string[] = [];

interface House {
  readonly network: Network;
  readonly memory: MemoryReplica;
  readonly applying: Applying;
  readonly links: Links;
  /** Tells the links who is a member now. */
  readonly members: () => void;
  readonly made: Change[];
}

export async function changeFindings(turns: number): Promise<Finding[]> {
  const house = await filled(PEERS);
  const times = { state: [] as number[], more: [] as number[], less: [] as number[] };
  for (let turn = 0; turn <= turns; turn++) {
    const more = await oneChange(house, () => admitNode(house.network));
    const less = await oneChange(house, () => removeLast(house.network));
    if (turn === 0) continue;
    times.state.push(more.stateMs, less.stateMs);
    times.more.push(more.ownMs);
    times.less.push(less.ownMs);
  }
  await house.applying.stop();
  house.links.stop();
  const beside = { value: wgMs(turns), unit: 'ms', what: 'one call of `wg`' } as const;
  const many = `${grouped(PEERS)} peers`;
  const how =
    `A ledger of ${many} in memory, its records made by the same functions as real ones; from the ` +
    'record in the ledger to the one command, through state, roster, links, wish, plan and queue; ' +
    `names, heartbeats and the call itself are not in it. Medians of ${turns} turns.`;
  const row = (what: string, ms: number): Finding => ({
    ...{ row: 'change', what, measured: { value: ms, unit: 'ms' }, beside, how },
    goal: { of: 'measured', most: OWN_MOST_MS },
  });
  const {
    beside: _,
    goal: __,
    ...state
  } = row(`of that the state of the ledger, which screens and commands share`, median(times.state));
  return [
    row(`one member more at ${many}`, median(times.more)),
    row(`one member less at ${many}`, median(times.less)),
    state,
  ];
}

async function filled(peers: number): Promise<House> {
  const { network, line } = found();
  const memory = emptyReplica(line);
  // One more: this node itself.
  holdOwn(memory, lines(peers + 1, network));
  const { replica } = memory;
  const self = network.nodes[0]?.key;
  if (self === undefined) throw new Error('there is no node');
  const links = createLinks(
    {
      ...{ turn: (_node, done) => done(), apply: () => undefined, meet: () => undefined },
      ...{ lease: () => undefined, ask: () => undefined, keep: () => undefined },
      told: () => undefined,
    },
    { isBehindNat: () => false, isOnLan: () => false },
  );
  const wishing = createWishing({
    ...{ replica, self, dials: links.dials, local: () => NOWHERE, own: () => OWN },
  });
  const made: Change[] = [];
  let actual: Actual = { publicKey: 'own', listenPort: OWN.listenPort, peers: new Map() };
  const applying = createApplying({
    device: {
      dump: () => Promise.resolve(actual),
      make(change) {
        made.push(change);
        actual = afterChange(actual, change);
        return Promise.resolve();
      },
    },
    wish: wishing.wish,
    ...{ stranger: () => undefined, drifted: () => undefined },
    failed(error) {
      throw error;
    },
  });
  const members = (): void => {
    const keys = wishing.others().map(({ key }) => key);
    links.members(keys, () => NO_FACTS);
  };
  members();
  await applying.look();
  const { size } = actual.peers;
  if (size !== peers) throw new Error(`${size} peers were made, and not ${peers}`);
  return { network, memory, links, applying, members, made };
}

function* lines(nodes: number, network: Network): Generator<string> {
  for (let i = 0; i < nodes; i++) yield admitNode(network);
}

interface Times {
  readonly stateMs: number;
  readonly ownMs: number;
}

async function oneChange(house: House, act: () => string): Promise<Times> {
  const { memory, applying, made, members } = house;
  holdOwn(memory, [act()]);
  const before = made.length;
  const beganMs = performance.now();
  stateOf(memory.replica);
  const stateMs = performance.now() - beganMs;
  members();
  await applying.apply();
  const ownMs = performance.now() - beganMs;
  if (made.length !== before + 1) throw new Error(`${made.length - before} changes, and not one`);
  return { stateMs, ownMs };
}

function removeLast(network: Network): string {
  const target = network.nodes.at(-1);
  if (target === undefined) throw new Error('there is no node');
  const body = { target: target.key, seq: target.seq };
  return write(network, network.root, { kind: 'member.remove', body });
}

/** The cheapest call that there is: its process, and nothing of an interface. */
function wgMs(turns: number): number {
  const times = Array.from({ length: turns }, () => {
    const beganMs = performance.now();
    spawnSync('wg', ['--version'], { stdio: 'ignore' });
    return performance.now() - beganMs;
  });
  return median(times);
}
