// What every driver of work does, whatever it starts: a container, a virtual machine, a process in
// bubblewrap. Failures that the world can cause are values; the host's lease machine decides what
// follows. A driver keeps nothing of its own on disk: labels, unit names and sockets of what runs
// are its memory, and `recover` finds it again. Spec: docs/running.md, "Drivers".

import type { Duplex } from 'node:stream';
import type { Digest } from '../../proto/ids.ts';
import type { Json } from '../../proto/json.ts';
import type { Result } from '../../proto/result.ts';
import type { FailCode } from '../../work/failures.ts';
import type { Estimate } from '../../work/admission.ts';
import type { Card, Ending, PublishedPort, Tag } from '../../work/lease.ts';
import type { Kind, Spec } from '../../work/spec.ts';

/** A piece of work that this host has reserved room for. */
export interface Order {
  readonly tag: Tag;
  readonly spec: Spec;
  /** The whole cards that are its own; empty: none, and it must see none. */
  readonly cards: readonly Card[];
  /** At which ports of this host's own address on the mesh it is published; with egress only. */
  readonly ports: readonly PublishedPort[];
  /** A folder of its own, 0700, that stays until `destroy`. */
  readonly folder: string;
  readonly log: LogSink;
  /** A file of an image in the store here: fetched from a peer first, where it has to be. */
  readonly image: (name: string, tell: Tell, signal: AbortSignal) => Promise<ImageFound>;
}

/** `where: engine`: no image of kith's store goes by that name; the engine may know it. */
export type ImageFound =
  | { readonly where: 'store'; readonly id: Digest; readonly file: string; readonly form: string }
  | { readonly where: 'engine' };

/** What is being done, for people: "fetching the image", 3 of 10. */
export type Tell = (phase: string, done?: number, of?: number) => void;

export type Stream = 'out' | 'err' | 'console' | 'kith';

/** Where output goes, in order. Written frames are hashed before anything is dropped. */
export interface LogSink {
  /** Resolves when there is room for more: whoever reads an engine's stream waits for it. */
  write(stream: Stream, bytes: Uint8Array): Promise<void>;
  /** How much of a stream was written, by this or an earlier daemon: where to go on after it. */
  written(stream: Stream): number;
}

export interface Probe {
  readonly usable: boolean;
  /** For people: what is missing, or what it is ("podman 4.3.1, runc"). */
  readonly what: string;
  /** Where it keeps less apart than a container does: how, in one line. */
  readonly weaker?: string;
  readonly checkedAtMs: number;
}

/** What was found to hold, looked at from outside and inside after the start; for the receipt. */
export type Granted = Readonly<Record<string, Json>>;

export interface Stats {
  readonly cpuMs: number | null;
  readonly memMiB: number | null;
  readonly diskMiB: number | null;
}

/** Something that this driver has started, now or before this daemon did. */
export interface Running {
  readonly tag: Tag;
  readonly startedAtMs: number;
  /** Digest of the image that runs; where the engine names it so, its own. */
  readonly imageId: string;
  verify(): Promise<Result<Granted, 'not-granted'>>;
  /** Never longer than two seconds; null: unknown. */
  stats(): Promise<Stats | null>;
  /** Whether it is well, by the `health` of its spec; absent: it cannot be asked, and is taken for
   *  well as long as it runs. */
  check?(): Promise<boolean>;
  /** Asks it to end; whoever asks waits for `ended` and kills later. */
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Never rejects, and resolves also where it ended while no daemon ran. All output is in the log
   *  by then. */
  readonly ended: Promise<Ending>;
  /** Where on this host such a port of it is reached; null, or absent: nowhere. */
  reach?(
    protocol: 'tcp' | 'udp',
    port: number,
  ): { readonly host: string; readonly port: number } | null;
  /** Its console, both ways; null where it has none. */
  console(): Promise<Duplex | null>;
  /** Files that it leaves: copied into the folder `to`; a missing one is named in the result. */
  outputs(to: string): Promise<readonly string[]>;
}

export interface Driver {
  readonly kind: Kind;
  readonly name: 'podman' | 'docker' | 'bubblewrap' | 'qemu';
  /** Never longer than its own limit, and never throws. */
  probe(): Promise<Probe>;
  /** The wish, and always as much beside it: that is told to whoever places. */
  estimate(spec: Pick<Spec, 'resources'>): Estimate;
  /** Whether it can run this one at all; absent: every spec of its kind. */
  takes?(spec: Spec): boolean;
  /** Brings what the start needs: images, disks, seeds. Can be tried again. */
  prepare(order: Order, tell: Tell, signal: AbortSignal): Promise<Result<void, FailCode>>;
  /** Starts it, detached: it outlives this daemon. */
  start(order: Order, tell: Tell): Promise<Result<Running, FailCode>>;
  /**
   * Everything of ours that is there, running or ended. `orderOf`: what was ordered, or null where
   * nobody knows it any more: that is left alone and returned all the same.
   */
  recover(orderOf: (tag: Tag) => Order | null): Promise<readonly Running[]>;
  /** Takes away what is left of it; can be called again, and for what was never started. */
  destroy(tag: Tag): Promise<void>;
  /**
   * The same, but for what the next run of it here goes on with: the disk of a machine. Absent:
   * there is no such thing.
   */
  rest?(tag: Tag): Promise<void>;
  close(): Promise<void>;
}
