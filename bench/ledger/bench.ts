// What every row is given and gives back.

import type { Finding } from './finding.ts';
import type { PeerLine } from './peers.ts';

export interface Bench {
  /** The repository. */
  readonly root: string;
  /** A folder on the disk that is measured; rows make folders of their own in it. */
  readonly dir: string;
  /** Records of the large ledger. */
  readonly records: number;
  /** Turns of a paired measurement. */
  readonly turns: number;
  /** Why the peers cannot be run, or null. */
  readonly peersMissing: string | null;
  /** One line of progress for the person who waits. */
  readonly say: (line: string) => void;
}

/** A bench as it travels to the process of a row. */
export type BenchShape = Omit<Bench, 'say'>;

export interface RowResult {
  readonly findings: readonly Finding[];
  readonly peers?: readonly PeerLine[];
}

export interface Row {
  readonly title: string;
  readonly run: (bench: Bench) => Promise<RowResult>;
}
