// What the daemon tells whoever listens: its log and the readers of /v1/events. One line each, with
// nothing secret in it. A reader that does not read is let go; it never holds the daemon up.

import type { TicketStanding } from '../../ledger/redemption.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import { PAST_EVENTS_MAX } from './limits.ts';

export type DaemonEvent =
  | { readonly event: 'opening'; readonly folder: string; readonly pid: number }
  | { readonly event: 'running'; readonly socket: string; readonly records: number | null }
  | { readonly event: 'listening'; readonly url: string; readonly node: Key }
  /** An admission was accepted here and its record is not seen yet: doors are asked for it. */
  | { readonly event: 'awaiting'; readonly ledger: RecordId; readonly doors: number }
  | { readonly event: 'found'; readonly ledger: RecordId; readonly url: string }
  | { readonly event: 'door-failed'; readonly why: string }
  /** Records that are held now; `from` is null where they came over the local API. */
  | { readonly event: 'records'; readonly count: number; readonly from: Key | null }
  /** A sync that moved something, or ended otherwise than the one before it. */
  | {
      readonly event: 'synced';
      readonly url: string;
      readonly peer: Key | null;
      readonly outcome: string;
      readonly received: number;
      readonly sent: number;
      readonly why: string | null;
    }
  /** This machine has stated where it is. */
  | { readonly event: 'endpoints'; readonly endpoints: readonly string[] }
  /** A key has written two records at one place: what follows there counts for nothing. */
  | { readonly event: 'forked'; readonly key: Key }
  | { readonly event: 'turned-away'; readonly address: string; readonly why: string }
  | { readonly event: 'faulty-peer'; readonly key: Key }
  /** The holder of a ticket reads the ledger here, or was told why it may not. */
  | {
      readonly event: 'ticket';
      readonly key: Key;
      readonly standing: TicketStanding;
      readonly address: string;
    }
  /** The mesh is up, or why it is not: the ledger is kept all the same. */
  | {
      readonly event: 'mesh-up';
      readonly interface: string;
      readonly address: string;
      readonly backend: string;
    }
  | { readonly event: 'mesh-failed'; readonly why: string }
  /** Somebody else has changed the interface: what was done about it. */
  | {
      readonly event: 'mesh-repaired';
      readonly interface: string;
      readonly changes: readonly string[];
    }
  /** The link to a peer has another path than before. */
  | {
      readonly event: 'link';
      readonly peer: Key;
      readonly path: string;
      readonly via: Key | null;
      readonly why: string;
    }
  | { readonly event: 'liveness'; readonly peer: Key; readonly from: string; readonly to: string }
  /** Somebody must look at it. */
  | { readonly event: 'alarm'; readonly what: string }
  | { readonly event: 'rotated'; readonly counter: number; readonly ready: number }
  /**
   * Work of this node: nobody knows whether it runs there, its host is lost, or that node has ended
   * it.
   */
  | {
      readonly event: 'owned';
      readonly id: string;
      readonly host: Key;
      readonly what: 'unknown' | 'lost' | 'stop' | 'kill';
    }
  /** Something about work on this host that its log alone would not show. */
  | {
      readonly event: 'work';
      readonly id: string;
      readonly generation: number;
      readonly what: string;
    }
  /** A member that was given up while an image was fetched, and why. */
  | { readonly event: 'image-peer'; readonly peer: Key; readonly why: string }
  | { readonly event: 'failed'; readonly what: string; readonly why: string }
  | { readonly event: 'carry'; readonly to: string; readonly ended: string | null }
  /** A member is carried to a newcomer that waits in the lobby here, and then no more. */
  | {
      readonly event: 'lobby';
      readonly member: Key;
      readonly newcomer: Key;
      readonly ended: string | null;
    }
  | { readonly event: 'stopping'; readonly why: string }
  | { readonly event: 'stopped' };

export type Tell = (event: DaemonEvent) => void;

/** An event with when it was told, by the clock of this machine. */
export type ToldEvent = DaemonEvent & { readonly at: number };

export interface Events {
  readonly tell: Tell;
  /** Answers how to stop listening. */
  listen(listener: (event: ToldEvent) => void): () => void;
  /** The last ones, for whoever comes later. */
  past(): readonly ToldEvent[];
}

export function createEvents(nowMs: () => number): Events {
  const listeners = new Set<(event: ToldEvent) => void>();
  const past: ToldEvent[] = [];
  return {
    tell(event) {
      const told = { at: nowMs(), ...event };
      if (past.push(told) > PAST_EVENTS_MAX) past.shift();
      for (const listener of listeners) listener(told);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    past: () => past,
  };
}
