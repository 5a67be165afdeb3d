// A world for the ceremony: a new machine, two machines that belong and one of an attacker, the
// disks that survive a crash, and a network that belongs to the attacker. All of it in one process
// under dice: every event that could come next may. Real keys, real records, a real ledger.

import type { Decoded } from '../../ledger/record.ts';
import type { AdmitterState, TypedCode } from '../../pairing/admitter-state.ts';
import type { NewcomerState, Pledged } from '../../pairing/newcomer-state.ts';
import type { WindowState } from '../../pairing/window-state.ts';
import { type Actor, actor, genesis } from '../kit/actors.ts';

/** Where the admitter says that members are. */
export const DOOR = 'attic.example:7447';

export type Roll = (below: number) => number;
export type Way = 'to newcomer' | 'to admitter';

/** What the attacker makes of a frame: what arrives instead, in order; nothing for a loss. */
export type Meddle = (frame: Uint8Array, way: Way, link: Link, world: World) => Uint8Array[];

export interface Link {
  readonly id: number;
  readonly source: string;
  readonly admitter: AdmitterSide;
  readonly process: number;
  readonly queues: Record<Way, (Uint8Array | 'closed')[]>;
}

interface Task {
  readonly side: Side;
  readonly process: number;
  readonly act: () => void;
}
export interface Side {
  /** Rises with every crash: what belongs to a process before it never comes. */
  process: number;
}
export interface AdmitterSide extends Side {
  readonly who: Actor;
  /** Its disk. */
  readonly records: Decoded[];
  run: { readonly link: Link; state: AdmitterState } | null;
  /** Tags sent for the code typed last, and for every code. */
  typed: TypedCode | null;
  readonly isHostile: boolean;
}
export interface NewcomerSide extends Side {
  readonly who: Actor;
  readonly disk: { used: number; pledges: Pledged[]; joined: string | null };
  window: WindowState | null;
  taken: string[];
}

export interface World {
  readonly roll: Roll;
  readonly meddle: Meddle;
  readonly ledger: Decoded;
  readonly newcomer: NewcomerSide;
  readonly admitters: AdmitterSide[];
  readonly links: Link[];
  tasks: Task[];
  timers: Task[];
  /** What waits for the disk of the new machine: done in this order, or lost with its process. */
  stores: Task[];
  /** Every frame that was ever on the wire. */
  readonly heard: Uint8Array[];
  /** Tags that the new machine looked at for the code it shows now, and the most for one code. */
  judged: number;
  judgedMax: number;
  /** Every admission that any machine wrote, and whether two machines were at it at once. */
  readonly written: Decoded[];
  isRace: boolean;
  /** Operators are of two minds, now and then. */
  declines: boolean;
  readonly news: string[];
}

const CROWD = [actor('alice'), actor('bob')] as const;
const MACHINE = actor('attic');
const GENESIS = genesis('home', CROWD, actor('paper'));

export function newWorld(roll: Roll, meddle: Meddle): World {
  const side = (who: Actor, isHostile: boolean): AdmitterSide => ({
    who,
    isHostile,
    process: 0,
    records: [GENESIS],
    run: null,
    typed: null,
  });
  const disk = { used: 0, pledges: [], joined: null };
  return {
    roll,
    meddle,
    ledger: GENESIS,
    newcomer: { who: MACHINE, process: 0, disk, window: null, taken: [] },
    admitters: [...CROWD.map((who) => side(who, false)), side(actor('mallory'), true)],
    links: [],
    tasks: [],
    timers: [],
    stores: [],
    heard: [],
    judged: 0,
    judgedMax: 0,
    written: [],
    isRace: false,
    declines: false,
    news: [],
  };
}

export function bytesOf(roll: Roll, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => roll(256));
}

export function later(
  world: World,
  side: Side,
  act: () => void,
  into: 'tasks' | 'timers' | 'stores' = 'tasks',
): void {
  world[into].push({ side, process: side.process, act });
}

export function transmit(world: World, id: number, way: Way, frame: Uint8Array | 'closed'): void {
  const link = world.links.find((one) => one.id === id);
  link?.queues[way].push(frame);
}

export function runIn(window: WindowState | null, id: number): NewcomerState | undefined {
  if (window === null) return undefined;
  if (window.at === 'open') return window.runs.find((run) => run.id === id)?.state;
  return 'holder' in window && window.holder.id === id ? window.holder.state : undefined;
}
