// What the window of the new machine is made of: its runs, what it keeps, its inputs and what it
// asks of the shell. Spec: docs/pairing.md, "The window".

import type { Key, RecordId } from '../proto/ids.ts';
import type { Secret } from '../proto/secret.ts';
import type { Introduction, Pledge } from './introduce.ts';
import type {
  NewcomerInput,
  NewcomerNews,
  NewcomerQuestion,
  NewcomerState,
  Pledged,
} from './newcomer-state.ts';
import type { TimerName } from './run.ts';

/** Who this machine is and what it keeps on disk. */
export interface WindowSelf {
  readonly key: Key;
  readonly name: string;
  readonly introduction: Omit<Introduction, 'pledges'>;
  /** Attempts since a person last made a code: also those before a restart. */
  readonly used: number;
  /** Accepted admissions of one network that have not been seen, and that network. */
  readonly pledges: readonly Pledge[];
  readonly network: RecordId | null;
}

export interface Run {
  /** The shell's number of its connection. */
  readonly id: number;
  /** Where it comes from, as people are told of it and as connections are counted. */
  readonly source: string;
  /** Rises with every message: the lowest is the one that was silent longest. */
  readonly heard: number;
  readonly state: NewcomerState;
}

interface Kept {
  readonly self: WindowSelf;
}
interface Timed extends Kept {
  /** Of the timer that ends the window. */
  readonly gen: number;
}
export type WindowLive =
  | (Timed & { readonly at: 'open'; readonly prs: Secret; readonly runs: readonly Run[] })
  | (Timed & { readonly at: 'held'; readonly prs: Secret; readonly holder: Run })
  | (Timed & { readonly at: 'closing'; readonly holder: Run })
  | (Timed & { readonly at: 'burnt' });
export type WindowState =
  | WindowLive
  | (Kept & { readonly at: 'joined' | 'expired' | 'given-up' | 'cancelled' });

export type WindowInput =
  /** A connection was taken: `random` is 64 fresh bytes. */
  | {
      readonly kind: 'connect';
      readonly run: number;
      readonly source: string;
      readonly random: Uint8Array;
    }
  /** Whatever belongs to one run: its messages, its timers, the answers to its questions. */
  | { readonly kind: 'run'; readonly run: number; readonly input: NewcomerInput }
  | { readonly kind: 'timer'; readonly gen: number }
  /** A key was pressed on the console: `random` is eight fresh bytes. */
  | { readonly kind: 'renew'; readonly random: Uint8Array }
  /** The record of a pledge was fetched from a member, and the ledger leads to it. */
  | { readonly kind: 'found' }
  | { readonly kind: 'cancel' };

export type WindowNews =
  /** Show this code (showCode), and how many tries it has. */
  | { readonly what: 'code'; readonly prs: Secret; readonly left: number }
  /** Somebody sent a wrong tag. */
  | { readonly what: 'tried'; readonly source: string; readonly left: number }
  | { readonly what: 'burnt' }
  | { readonly what: 'expired' }
  /** News of one run. */
  | { readonly what: 'run'; readonly source: string; readonly news: NewcomerNews };

/** Durable before `stored` goes back to that run; with no run, nobody waits for it. */
export type Stored =
  | { readonly kind: 'attempts'; readonly used: number }
  | { readonly kind: 'pledge'; readonly pledge: Pledged };

export type WindowOut =
  | { readonly kind: 'send'; readonly run: number; readonly frame: Uint8Array }
  | { readonly kind: 'close'; readonly run: number }
  | {
      readonly kind: 'arm';
      readonly run: number | null;
      readonly timer: TimerName | 'expire';
      readonly gen: number;
      readonly afterMs: number;
    }
  | { readonly kind: 'store'; readonly run: number | null; readonly what: Stored }
  | { readonly kind: 'ask'; readonly run: number; readonly ask: NewcomerQuestion }
  | { readonly kind: 'tell'; readonly tell: WindowNews };

export interface WindowStep {
  readonly state: WindowState;
  readonly out: readonly WindowOut[];
}
