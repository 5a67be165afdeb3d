// What a store is to the rest of the shell: the file nodes.jsonl and all that stands beside it, as
// one value. Whatever `append` has resolved is on the disk and is found again after any crash;
// whatever it has refused is not in the file. Spec: docs/ledger.md, "The file".

import type { Key, RecordId } from '../../proto/ids.ts';
import type { Decoded } from '../../ledger/record.ts';
import type { Shelf } from '../../ledger/shelf.ts';
import type { Verified } from '../../ledger/verify.ts';
import type { ReplayHooks, ReplayTotals } from '../lines/replay.ts';
import type { Checkpoint, VerifiedState } from './checkpoint.ts';
import type { StoreFault } from './faults.ts';
import type { Damage } from './quarantine.ts';

export interface AppendOptions {
  /** A cut or a new root: it may use the room of the ballast on a full disk. */
  readonly urgent?: boolean;
  /** Signed on this machine: the marker is brought up to date before the promise resolves. */
  readonly own?: boolean;
}

/** Where in the file the records of one append end. */
export interface Appended {
  readonly bytes: number;
}

export type Mode =
  | { readonly kind: 'writable' }
  /** Only urgent records are taken, until there is space again. */
  | { readonly kind: 'full' }
  /** Opened by `openReader`, or stopped by the fault named. */
  | { readonly kind: 'read-only'; readonly fault: StoreFault | null };

/** What was found and mended at the start, for the person and the log. */
export interface Opening {
  /** Bytes of a torn tail that were put aside and cut off. */
  readonly tornBytes: number;
  /** Why the checkpoint was not used; null where it was. */
  readonly unverified: string | null;
  readonly indexRebuilt: boolean;
}

export interface Store {
  readonly folder: string;
  /** Bytes that are acknowledged. */
  readonly bytes: number;
  /** Records that are held, each counted once. */
  readonly records: number;
  readonly mode: Mode;
  readonly opening: Opening;
  readonly shelf: Shelf;
  /** The verified prefix, or null: then everything is replayed. Restore its snapshot first. */
  readonly checkpoint: Checkpoint | null;
  /** Rot found so far: lines that stay in the file, are skipped, and are copied to quarantine/. */
  readonly damage: readonly Damage[];
  /** Why this machine may not write records of its own yet, or null. Known after the replay. */
  readonly heldBack: string | null;

  /** The snapshot did not lead to its own root: `replay` then begins at the first line. */
  forgetCheckpoint(): void;
  /**
   * Reads the lines past the checkpoint (and those left over inside it) in order, once, at start.
   */
  replay(hooks: ReplayHooks): Promise<ReplayTotals>;
  /** For a reader, after its replay: what another process has written since, in the same way. */
  follow(hooks: ReplayHooks): Promise<ReplayTotals>;
  /** Resolves when the records are durable. A record that is held already is not written again. */
  append(records: readonly Verified[], options?: AppendOptions): Promise<Appended>;
  find(id: RecordId): Decoded | null;
  /** Held lines in file order from an offset that `append` or this has told: a peer's cursor. */
  linesFrom(offset: number): Iterable<readonly HeldLine[]>;
  /**
   * Call it when every record appended so far has been applied: it speaks of the whole file. False
   * where none was written (no room, too much rot): the next start then verifies more.
   */
  saveCheckpoint(state: VerifiedState): Promise<boolean>;
  /**
   * A person's word, or that of every reachable peer, that the head held here is the last: of these
   * authors, and of those that the marker names. Open the store anew before it: lines of its own
   * file that waited for what a peer has sent since may be own records.
   */
  acceptHead(authors?: readonly Key[]): Promise<void>;
  /** Writes what the index does not hold yet. Happens by itself when idle and at close. */
  flushIndex(): Promise<void>;
  close(): Promise<void>;
}

export interface HeldLine {
  /** From 1, counted from where the reading began. */
  readonly line: number;
  readonly offset: number;
  /** Where the next line starts: a cursor to go on from. */
  readonly next: number;
  readonly record: Decoded;
}
