// What a run of the simulation is made of, and the few things that can happen to any machine of it.

import type { Key } from '../../proto/ids.ts';
import type { Decoded } from '../../ledger/record.ts';
import type { Out, SyncState } from '../../ledger/sync-state.ts';
import type { Cut, DiskCopy } from '../kit/faulty-disk.ts';
import type { Roll } from '../kit/properties.ts';
import type { Clock } from './clock.ts';
import { type Check, type Machine, crash } from './machine.ts';
import type { BadHands } from './writing.ts';

export type Request = Exclude<Out, { kind: 'done' }>;
export type Reply =
  | { readonly kind: 'body'; readonly body: Uint8Array }
  | { readonly kind: 'page'; readonly lines: readonly string[]; readonly end: string };

export type Message = {
  readonly from: Machine;
  readonly to: Machine;
  /** The lives of both ends when it was sent. */
  readonly lives: readonly [number, number];
  readonly session: number;
  /** Which exchange of the session it belongs to. */
  readonly turn: number;
} & (
  | { readonly kind: 'request'; readonly request: Request }
  | { readonly kind: 'reply'; readonly reply: Reply }
);

export interface Session {
  readonly client: Machine;
  readonly server: Machine;
  readonly clientLife: number;
  state: SyncState;
  request: Request;
  turn: number;
  /** When it is given up, unless another exchange began before. */
  patience: number;
}

export interface Network {
  /** Links that carry nothing, by direction: 'm0>m1'. */
  readonly cut: Set<string>;
  readonly sessions: Map<number, Session>;
  readonly faults: { dropPercent: number; doublePercent: number; delayMs: number };
  syncs: number;
  drop(machine: Machine): void;
  heal(): void;
}

export type Event =
  | { readonly kind: 'write' | 'sync' | 'fault' | 'bad hands' }
  | { readonly kind: 'start'; readonly machine: Machine }
  | { readonly kind: 'room'; readonly machine: Machine }
  | { readonly kind: 'heal links' }
  | { readonly kind: 'deliver'; readonly message: Message }
  | { readonly kind: 'give up'; readonly session: number };

export interface Simulation {
  readonly seed: number;
  readonly roll: Roll;
  readonly clock: Clock<Event>;
  readonly machines: readonly Machine[];
  readonly network: Network;
  readonly check: Check;
  readonly badHands: BadHands;
  readonly genesis: Decoded;
  /** Records of the setting up, which everybody holds from the start. */
  readonly admissions: readonly Decoded[];
  /**
   * Authors whose machine was put back without a trace: a fork of theirs is told, not prevented.
   */
  readonly forgiven: Set<Key>;
  readonly copies: Map<Machine, DiskCopy>;
  crashes: number;
  /** What happened, in short lines: the end of it is shown with a failure. */
  readonly trace: string[];
}

export const CUTS: readonly (Cut | 'process')[] = ['lost', 'kept', 'torn', 'holes', 'process'];

export class Broken extends Error {}

export function tell(sim: Simulation, text: string): void {
  sim.trace.push(`${sim.clock.nowMs} ms  ${text}`);
}

export function demand(condition: boolean, claim: string): void {
  if (!condition) throw new Broken(claim);
}

export function anyOf<Item>({ roll }: Simulation, items: readonly Item[]): Item {
  return items[roll(items.length)] as Item;
}

/** A store that failed stops its process; another start looks at what is there. */
export function afterIngest(sim: Simulation, machine: Machine): void {
  const { running } = machine;
  if (running === null) return;
  const stopped = running.store.mode.kind === 'read-only';
  if (stopped || machine.world.disk.steps >= machine.world.disk.stopAt)
    down(sim, machine, 'process');
}

export function down(sim: Simulation, machine: Machine, cut: Cut | 'process'): void {
  // What the power cut stops at was asked for before: then it is the power that goes.
  const asked = Number.isFinite(machine.world.disk.stopAt);
  crash(machine, asked && cut === 'process' ? anyOf(sim, CUTS.slice(0, 4)) : cut, sim.roll);
  sim.crashes++;
  tell(sim, `${machine.name} down, ${cut}${asked ? ', in the middle of a write' : ''}`);
  sim.network.drop(machine);
  planStart(sim, machine);
}

export function planStart(sim: Simulation, machine: Machine): void {
  sim.clock.plan(50 + sim.roll(400), { kind: 'start', machine });
}
