// What a host knows of the work that it has taken: the values that the step function of host.ts
// goes from and to, what comes in, and what the shell is to do. A store comes first: whatever must
// not happen before an entry of the journal is safe is held here until the shell says `stored`.
// Spec: docs/running.md, "Leases".

import type { Digest, Key, RecordId } from '../proto/ids.ts';
import type { JsonObject } from '../proto/json.ts';
import type { LeaseState, Refusal, Request } from './documents.ts';
import type { FailCode } from './failures.ts';
import type { Ending, Lease, Life, Past, Run, Tag } from './lease.ts';
import type { PastBook } from './past.ts';

export interface GpuCard {
  readonly uuid: string;
  readonly name: string;
  readonly vramMiB: number | null;
  /** Answers, and is not divided. */
  readonly fit: boolean;
}

/** Null is unknown, and what is unknown is never promised. */
export interface Facts {
  readonly cpuMilli: number | null;
  readonly memMiB: number | null;
  readonly diskMiB: number | null;
  readonly memAvailableMiB: number | null;
  readonly diskAvailableMiB: number | null;
  readonly cards: readonly GpuCard[] | null;
}

/** What runs takes already of what is reserved for it. */
export interface Usage {
  readonly memMiB: number | null;
  readonly diskMiB: number | null;
}

/** What is watched of a run and need not survive the daemon. */
export interface Watch {
  readonly usage: Usage;
  readonly cpuMs: number | null;
  /** When its use was last told, and when it was last found at work. */
  readonly usedMs: number;
  readonly busyMs: number;
  /** When its health was last asked after, and whether that is unanswered. */
  readonly checkedMs: number;
  readonly isChecking: boolean;
  /** How often in a row it was not well, and whether this run of it ever was. */
  readonly unwell: number;
  readonly wasWell: boolean;
  /** When the act of its stage was last called for. */
  readonly actedMs: number;
  /** When its owner was last asked whether it may go on. */
  readonly renewedMs: number;
}

export type Draining = 'no' | 'draining' | 'frozen';

export interface Host {
  readonly key: Key;
  /** Of this start of the machine: monotonic times of another one mean nothing. */
  readonly boot: string;
  /** The journal does not know of it yet. */
  readonly isNewBoot: boolean;
  readonly recovering: boolean;
  readonly draining: Draining;
  readonly leases: ReadonlyMap<string, Lease>;
  readonly watched: ReadonlyMap<string, Watch>;
  readonly past: PastBook;
  readonly facts: Facts;
  /** When an owner last said that work here may go on, and what of that the journal knows. */
  readonly heard: ReadonlyMap<Key, Hearing>;
  readonly completed: number;
  readonly failed: number;
  /** Of the last entry that was handed out. */
  readonly seq: number;
  /** Entries that are not safe yet, in order, and what waits for them. */
  readonly pending: readonly Pending[];
  /** The journal could not be written; null: it could. Until then nothing is appended. */
  readonly stalledUntilMs: number | null;
}

export interface Hearing {
  readonly atMs: number;
  readonly storedMs: number;
}

export interface Pending {
  readonly seq: number;
  readonly entry: Entry;
  readonly behind: readonly Effect[];
}

/** What the journal holds, in order: the last word about a lease counts. See journal.ts. */
export type Entry =
  | { readonly is: 'boot'; readonly boot: string }
  | { readonly is: 'taken'; readonly lease: Lease }
  | {
      readonly is: 'moved';
      readonly id: string;
      readonly generation: number;
      readonly life: Life;
    }
  | { readonly is: 'gone'; readonly past: Past }
  | { readonly is: 'heard'; readonly owner: Key; readonly atMs: number }
  | { readonly is: 'counts'; readonly completed: number; readonly failed: number };

/** What the shell found in its own ledger about the right of the author, at this moment. */
export type Right =
  | { readonly may: true; readonly grant: RecordId | null; readonly concurrent: number | null }
  | {
      readonly may: false;
      readonly code: 'no-cap' | 'too-much' | 'not-authorised';
      readonly why: string;
      readonly needs?: number;
      readonly has?: number;
    };

/** A piece of work that a driver found when the daemon came up: running, or ended meanwhile. */
export interface Found {
  readonly tag: Tag;
  readonly startedAtMs: number;
  readonly image: string;
}

export type Input =
  /** Its signature holds and it came from the node that it names. */
  | {
      readonly is: 'request';
      readonly re: Digest;
      readonly request: Request;
      readonly right: Right;
      /** What its driver charges; null: there is no driver for it here. */
      readonly estimate: { readonly memMiB: number; readonly diskMiB: number } | null;
      /** Of the ports that it names, those that other programs here have: as 80/tcp. */
      readonly busy?: readonly string[];
    }
  /** All entries up to this one are safe on the disk. */
  | { readonly is: 'stored'; readonly upTo: number }
  /** This entry and those after it could not be written. */
  | { readonly is: 'unstored'; readonly from: number }
  | { readonly is: 'prepared'; readonly of: Run }
  | {
      readonly is: 'started';
      readonly of: Run;
      readonly startedAtMs: number;
      readonly image: string;
    }
  | { readonly is: 'verified'; readonly of: Run; readonly granted: JsonObject }
  | { readonly is: 'ended'; readonly of: Run; readonly ending: Ending }
  | { readonly is: 'destroyed'; readonly of: Run }
  /** A drive did not succeed. */
  | {
      readonly is: 'failed';
      readonly of: Run;
      readonly act: Act;
      readonly code: FailCode;
      readonly why: string;
    }
  /** The answer to `check`. */
  | { readonly is: 'checked'; readonly of: Run; readonly well: boolean }
  | {
      readonly is: 'used';
      readonly of: Run;
      readonly usage: Usage;
      /** Processor time of the run so far. */
      readonly cpuMs: number | null;
    }
  /** The receipt is signed and kept, and the outputs are copied. */
  | { readonly is: 'receipted'; readonly of: Run }
  | { readonly is: 'facts'; readonly facts: Facts }
  /**
   * A heartbeat of a node, signed, first-hand. It lets nothing go on: an owner that speaks need not
   * hear. `missesUs`: it says that it does not hear us.
   */
  | { readonly is: 'heard'; readonly owner: Key; readonly missesUs: boolean }
  /** The signed answer to `ask`. */
  | {
      readonly is: 'verdict';
      readonly id: string;
      readonly generation: number;
      readonly askedMs: number;
      readonly keep: boolean;
    }
  | { readonly is: 'drain'; readonly to: Draining }
  /** Every driver has said what it found. */
  | { readonly is: 'recovered'; readonly found: readonly Found[] }
  /** Time has passed: once a second. */
  | { readonly is: 'look' };

export type Act = 'prepare' | 'start' | 'verify' | 'stop' | 'kill' | 'destroy';

/** What a host says to a request; the shell puts head and signature around it. */
export type Said =
  | { readonly say: 'reserved'; readonly goMs: number }
  | { readonly say: 'going'; readonly state: LeaseState }
  | { readonly say: 'done' }
  | Refusal;

export type Effect =
  /** Append it; with fsync, together with what else waits; then `stored` or `unstored`. */
  | { readonly do: 'store'; readonly seq: number; readonly entry: Entry }
  | { readonly do: 'answer'; readonly re: Digest; readonly to: Request; readonly said: Said }
  /** Never waited for: its result comes back as an input with the same run. */
  | { readonly do: 'drive'; readonly act: Act; readonly tag: Tag; readonly run: number }
  /** It was found and goes on: from here on its events carry this run. */
  | { readonly do: 'adopt'; readonly tag: Tag; readonly run: number }
  /** Look after its health as its spec says, once. */
  | { readonly do: 'check'; readonly tag: Tag; readonly run: number }
  /** Make the receipt of a lease that has ended, keep it and send it to the owner. */
  | { readonly do: 'receipt'; readonly lease: Lease; readonly run: number }
  /** Say `mine` to the owner; `askedMs` comes back with the verdict. */
  | { readonly do: 'ask'; readonly tag: Tag; readonly askedMs: number }
  /** A heartbeat at once: what is free has changed. */
  | { readonly do: 'changed' }
  /**
   * Until then it may run where this daemon dies; before its start, and with each word of its
   * owner.
   */
  | { readonly do: 'guard'; readonly tag: Tag; readonly untilMs: number }
  /** For people: the log of the work, or of the daemon where no lease is known. */
  | { readonly do: 'tell'; readonly tag: Tag; readonly what: string };

export interface Stepped {
  readonly host: Host;
  /** In this order. */
  readonly out: readonly Effect[];
}
