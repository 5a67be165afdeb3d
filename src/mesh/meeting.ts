// What members do for each other so that a link comes about.
import type { Key } from '../../proto/ids.ts';
import type { NatKind } from '../../wg/nat.ts';

export interface Meeting {
  /** Tells a peer, through any common one, that this node starts to look for it. */
  meet(node: Key): void;
  /** Asks a relay for two ports. */
  lease(node: Key, relay: Key): void;
  /** Endpoints on the local network from which it was heard. */
  onLan(node: Key): readonly string[];
  /** What it says of its own addresses, and of its NAT. */
  ownOf(node: Key): readonly string[];
  natOf(node: Key): NatKind;
  stop(): Promise<void>;
}
