// The whole state of the screens, as one value. `update.ts` makes the next one out of it, `view.ts`
// the frame; nothing else is remembered anywhere.

import type { Key } from '../proto/ids.ts';
import type { Question } from '../proto/questions.ts';
import type { CommandRow, Purpose, Run } from './commands.ts';
import type { Effect } from './effects.ts';
import { type EventFacts, type Facts, UNASKED, valueOf } from './facts.ts';
import type { Form } from './fields.ts';
import type { Glyphs } from './glyphs.ts';
import { SLICES, type Slices } from './slices.ts';

export type ScreenName =
  | 'help'
  | 'links'
  | 'ledger'
  | 'work'
  | 'place'
  | 'logs'
  | 'network'
  | 'commands'
  | 'approvals'
  | 'commit'
  /** Where this machine belongs to nothing yet; it has no key of its own. */
  | 'first';

/** What a core may not know by itself, handed in at the start. */
export interface Outside {
  readonly catalogue: readonly CommandRow[];
  /** What forms propose: the names of this machine and of its user. */
  readonly names: { readonly machine: string; readonly user: string };
  /** What a person has typed of a code so far (pairing/code.ts). */
  readonly readCode: (typed: string) => CodeSoFar;
}

export interface CodeSoFar {
  readonly kind: 'partial' | 'foreign' | 'too-long' | 'mistyped' | 'whole';
  /** As it would be written, in groups; empty where it is none. */
  readonly shown: string;
  readonly missing: number;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export type Dialog =
  /** Before something that cannot be taken back: its effects, and the command that does it. */
  | {
      readonly kind: 'confirm';
      readonly title: string;
      readonly lines: readonly string[];
      readonly start: Start;
    }
  /** The output of a command, scrolled by so many lines from its end. */
  | { readonly kind: 'output'; readonly run: number; readonly back: number }
  | { readonly kind: 'leave' };

/** A command that is to be started. */
export interface Start {
  readonly words: readonly string[];
  readonly purpose: Purpose;
  readonly title: string;
}

/** A question of a running command, and what has been filled in so far. */
export interface Asking {
  readonly run: number;
  readonly question: Question;
  readonly form: Form;
  /** Of a new secret: whether it is typed for the second time, and whether the two differed. */
  readonly again: boolean;
  readonly differed: boolean;
}

export interface Notice {
  readonly tone: 'good' | 'bad' | 'plain';
  readonly text: string;
  /** What to do about it. */
  readonly hint: string;
  /** Null: until a key is pressed. */
  readonly untilMs: number | null;
}

/** The last samples of a node, from 0 to 1; null where it did not say. */
export interface Trend {
  readonly cpu: readonly (number | null)[];
  readonly ram: readonly (number | null)[];
  readonly disk: readonly (number | null)[];
  readonly gpu: readonly (number | null)[];
}

export interface Model {
  readonly outside: Outside;
  readonly folder: string;
  readonly glyphs: Glyphs;
  readonly size: Size;
  readonly nowMs: number;
  readonly screen: ScreenName;
  readonly facts: Facts;
  readonly events: readonly EventFacts[];
  readonly trends: ReadonlyMap<Key, Trend>;
  readonly runs: readonly Run[];
  readonly runsBegun: number;
  readonly asking: Asking | null;
  readonly dialog: Dialog | null;
  readonly notice: Notice | null;
  readonly slices: Slices;
}

export interface Step {
  readonly model: Model;
  readonly out: readonly Effect[];
}

export interface Begin {
  readonly outside: Outside;
  readonly folder: string;
  readonly glyphs: Glyphs;
  readonly size: Size;
  readonly nowMs: number;
}

export function modelAt(begin: Begin): Model {
  return {
    ...begin,
    ...{ screen: 'network', facts: UNASKED, events: [], trends: new Map() },
    ...{ runs: [], runsBegun: 0, asking: null, dialog: null, notice: null, slices: SLICES },
  };
}

export function stay(model: Model, ...out: readonly Effect[]): Step {
  return { model, out };
}

/** The same with another slice of one screen. */
export function withSlice<Name extends keyof Slices>(
  model: Model,
  name: Name,
  change: Partial<Slices[Name]>,
): Model {
  return { ...model, slices: { ...model.slices, [name]: { ...model.slices[name], ...change } } };
}

export function runOf(model: Model, id: number): Run | null {
  return model.runs.find((run) => run.id === id) ?? null;
}

/** The last command that was started for this purpose. */
export function lastRun(model: Model, purpose: Purpose): Run | null {
  return model.runs.findLast((run) => run.purpose === purpose) ?? null;
}

/** How a member is called: its name, or the start of its key. */
export function nameOf(model: Model, key: Key | null): string {
  if (key === null) return '-';
  const member = valueOf(model.facts.members)?.members.find((one) => one.key === key);
  const node = valueOf(model.facts.roster)?.nodes.find((one) => one.key === key);
  const called = member?.shown ?? node?.name ?? valueOf(model.facts.works)?.names[key];
  return called ?? `${key.slice(0, 8)}...`;
}

/** Whether a daemon answers, as far as it is known. */
export function hasDaemon(model: Model): boolean {
  return model.facts.status.state === 'held';
}
