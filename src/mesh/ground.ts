// What a raised mesh stands on: the parts that the daemon gives, the interface, and what is
// remembered while it is up. The files beside it work on this one value; raised.ts puts it
// together.

import type { Headroom } from '../../proto/status.ts';
import type { Offer } from '../../beat/offer.ts';
import type { Facts } from '../beat/facts.ts';
import type { RunningHeart } from '../beat/parts.ts';
import type { Digest, Key, RecordId } from '../../proto/ids.ts';
import type { Sightings } from '../../wg/observations.ts';
import type { Tell } from '../daemon/events.ts';
import type { Syncing } from '../daemon/syncing.ts';
import type { RosterRow } from '../derive.ts';
import type { HomeLedger } from '../home/ledger.ts';
import type { KeyHost } from '../keys/host.ts';
import type { Identity } from '../keys/identity.ts';
import type { Calendar } from '../os/calendar.ts';
import type { Wireguard } from '../os/wireguard.ts';
import type { Address } from '../peer/address.ts';
import type { PeerRoute } from '../peer/served.ts';
import type { PeerServer } from '../peer/server.ts';
import type { Alarms } from './alarms.ts';
import type { Applying } from './applying.ts';
import type { MeshWishes } from './facts.ts';
import type { KeptLinks } from './kept.ts';
import type { Links } from './links.ts';
import type { Meeting } from './meeting.ts';
import type { PathMtus } from './path-mtu.ts';
import type { Places } from './places.ts';
import type { Rotating } from './rotating.ts';
import type { Rotations } from './rotation.ts';
import type { OwnSighting } from './sighting.ts';
import type { Wishing } from './wishing.ts';

/** Work, as far as heartbeats and the doors are concerned. */
export interface MeshWork {
  offer(): Offer | null;
  /** Of what runs here; null where nothing does. */
  digest(): Digest | null;
  /** A heartbeat of a member, first-hand. `missesUs`: it does not hear this node. */
  heard(member: Key, missesUs: boolean): void;
  /** How what is told has changed is said: from now on, or to nobody any more. */
  onChanged(beatNow: (() => void) | null): void;
  readonly routes: readonly PeerRoute[];
}

export interface MeshParts {
  readonly home: HomeLedger;
  readonly host: KeyHost;
  readonly identity: Identity;
  readonly calendar: Calendar;
  readonly tell: Tell;
  readonly version: string;
  readonly syncing: Syncing;
  /** The underlay door, whose port WireGuard has, too. */
  readonly door: PeerServer;
  readonly wishes: MeshWishes;
  /** What this host observes of itself. */
  readonly facts: Facts;
  /** What this host says of work, and who wants to hear of it; null: it takes none. */
  readonly work: MeshWork | null;
  /** The peer API at one more place. */
  readonly serve: (place: Address, routes: readonly PeerRoute[]) => Promise<PeerServer>;
}

export interface Ground {
  readonly parts: MeshParts;
  readonly self: Key;
  readonly ledger: RecordId;
  readonly device: Wireguard;
  readonly wishing: Wishing;
  readonly applying: Applying;
  readonly links: Links;
  readonly places: Places;
  readonly kept: KeptLinks;
  /** Where WireGuard listens. */
  readonly port: number;
  readonly pathMtus: PathMtus;
  /** Endpoints of this node by its own interfaces. */
  readonly own: () => readonly string[];
  /** What this host says of its room. */
  readonly headroom: () => Headroom | null;
  /** Ends the mesh, with the reason. */
  readonly fall: (why: string) => void;
  identity: Identity;
  /** Prefixes that this machine reaches otherwise than through the mesh. */
  local: readonly string[];
  /** The row of each member, this node too, as it was applied last. */
  rows: ReadonlyMap<Key, RosterRow>;
  sightings: Sightings;
  readonly rtts: Map<Key, number>;
  /** When a member was asked for a sign of life whose time counts. */
  readonly askedMs: Map<Key, number>;
  /** When the time of a round trip was asked for last. */
  readonly measuredMs: Map<Key, number>;
  readonly alarms: Alarms;
  /** Where this node sees its peers, as it was signed. */
  readonly seen: Map<Key, OwnSighting>;
  /** Counts heartbeats: which of many sightings are told in the next one. */
  turn: number;
  readonly rotations: Rotations;
  readonly rotating: Rotating;
  meeting: Meeting | null;
  heart: RunningHeart | null;
  server: PeerServer | null;
  /** This node has compared its ledger with a peer since it was away. */
  isReconciled: boolean;
  /** When any member was heard last. */
  heardMs: number;
  /** When what is kept was written last. */
  keptMs: number;
  /** This machine's own addresses when they were looked at last. */
  print: string;
  /** When all that is slow to change was looked at last. */
  slowMs: number;
  timer: NodeJS.Timeout | null;
  /** Something was pointed elsewhere, or came from elsewhere: WireGuard is worth a look. */
  lookSoon: (withinMs?: number) => void;
  isStopped: boolean;
}
