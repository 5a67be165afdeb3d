// The catalogue of the local API: every route with what goes in and comes out. The server checks
// requests by these shapes, the client is typed by what stands beside them, and docs/daemon.md is
// compared with the rows. Spec: docs/daemon.md.

import type { MeshStatus, PeerLink } from '../../proto/status.ts';
import { LINE_BYTES_MAX } from '../../ledger/limits.ts';
import type { RefusalCode } from '../../ledger/refusals.ts';
import type { Moved, Outcome } from '../../ledger/sync-state.ts';
import type { Digest, Key, RecordId } from '../../proto/ids.ts';
import type { Roll } from '../home/roll.ts';
import type { NodeFacts, Ping, Rotated } from '../mesh/facts.ts';
import {
  HOSTING_ROUTES,
  type HostingReplies,
  type HostingRequests,
  type HostingRouteName,
} from './hosting-routes.ts';
import {
  IMAGE_ROUTES,
  type ImageReplies,
  type ImageRequests,
  type ImageRouteName,
} from './image-routes.ts';
import { REQUEST_LINES_MAX } from './limits.ts';
import {
  type WorkReplies,
  type WorkRequests,
  type WorkRouteName,
  WORK_ROUTES,
} from './work-routes.ts';
import { count, flag, list, maybe, number, object, open, text } from './route-words.ts';
import type { Shape } from './shape.ts';

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly help: string;
  /** Of the body of a POST, of the query of a GET. */
  readonly input: Shape;
  /** Of the reply; null where it is a stream. */
  readonly output: Shape | null;
}

const ADDRESS = object({ host: text, port: count });

const aKey = { type: 'string', minLength: 43, maxLength: 43 } as const;

const LINES = {
  type: 'array',
  minItems: 1,
  maxItems: REQUEST_LINES_MAX,
  items: { type: 'string', maxLength: LINE_BYTES_MAX },
} as const;

const MESH = object({
  ...{ state: text, why: maybe(text), interface: maybe(text), backend: maybe(text) },
  ...{ network: maybe(text), address: maybe(text), ipv4: maybe(text), listenPort: maybe(count) },
  ...{ links: object({ up: count, of: count }), heard: count, reconciled: flag },
  coverage: list(
    object({
      ...{ record: text, target: text, have: count, of: count },
      missing: list(object({ key: text, offlineMs: maybe(number) })),
    }),
  ),
  ...{ alarms: list(text), clockBehindMs: number },
});

const LINK = object({
  ...{ name: text, key: text, address: text, path: text, via: maybe(text), why: text },
  ...{ lastHandshakeAgoS: maybe(number), rttMs: maybe(number), rxBytes: count, txBytes: count },
  ...{ mtu: count, endpoint: maybe(text) },
});

const NODE = object({
  ...{ key: text, address: text, ipv4: maybe(text), liveness: text, heardAgoMs: maybe(number) },
  ...{ headroom: { ...open, nullable: true }, offer: { ...open, nullable: true } },
  ...{ clockOffsetMs: maybe(number), version: maybe(text) },
  ...{ agrees: maybe(flag), cloned: flag, relay: flag, lobby: flag },
});

const MEMBER = object({
  ...{ key: text, class: text, shown: text, fingerprint: text, standing: text },
  ...{ labels: list(text), endpoints: list(text), grants: list(open) },
  ...{ admittedBy: maybe(text), replaces: maybe(text) },
});

export type RouteName =
  | 'status'
  | 'ledger'
  | 'members'
  | 'records'
  | 'check'
  | 'sync'
  | 'candidates'
  | 'peers'
  | 'nodes'
  | 'ping'
  | 'relink'
  | 'rotate'
  | 'metrics'
  | 'events'
  | 'carry'
  | 'stop'
  | WorkRouteName
  | HostingRouteName
  | ImageRouteName;

export const ROUTES: Readonly<Record<RouteName, Route>> = {
  status: {
    method: 'GET',
    path: '/v1/status',
    help: 'who runs here, whether it is ready, where its door is, and whom it syncs with',
    input: object({}),
    output: object({
      ...{ pid: count, version: text, state: text, startedAt: count },
      ledger: maybe(text),
      node: text,
      member: flag,
      door: maybe(ADDRESS),
      lobby: maybe(count),
      mesh: MESH,
      peers: list(
        object({
          ...{ url: text, source: text, failures: count, dueInMs: count },
          ...{ key: maybe(text), syncedAt: maybe(count), why: maybe(text) },
        }),
      ),
    }),
  },
  ledger: {
    method: 'GET',
    path: '/v1/ledger',
    help: 'the ledger held here: how much, its roots, and whether it can be written',
    input: object({}),
    output: object({
      ...{ ledger: text, network: text, records: count, bytes: count, parked: count },
      ...{ frontierRoot: text, stateRoot: text, rules: count, mode: text },
      heldBack: maybe(text),
    }),
  },
  members: {
    method: 'GET',
    path: '/v1/members',
    help: 'every member that the ledger here knows, the removed included: its standing and rights',
    input: object({}),
    output: object({ members: list(MEMBER), papers: list(text) }),
  },
  records: {
    method: 'POST',
    path: '/v1/records',
    help: 'takes in signed lines, by the same door as those of a stranger; a genesis founds',
    input: object({ lines: LINES, own: flag }),
    output: object({
      accepted: list(text),
      already: list(count),
      parked: count,
      refused: list(object({ line: count, code: text })),
    }),
  },
  check: {
    method: 'POST',
    path: '/v1/check',
    help: 'where no ledger is yet: checks the signatures of lines that are about to come',
    input: object({ lines: LINES }),
    output: object({ checked: count }),
  },
  sync: {
    method: 'POST',
    path: '/v1/sync',
    help: 'syncs with a peer now, and answers how it ended; a closed request stops it',
    input: object({ url: { type: 'string', maxLength: 512 } }),
    output: object({ outcome: open, moved: open, peer: maybe(text) }),
  },
  candidates: {
    method: 'GET',
    path: '/v1/candidates',
    help: 'the new machines that wait in a lobby, of this machine or of a member that answers',
    input: object({}),
    output: object({
      candidates: list(
        object({
          ...{ key: text, name: text, role: text, source: text },
          ...{ waitedMs: count, lobby: text },
        }),
      ),
      ...{ lobbies: count, asked: count },
      silent: list(object({ url: text, key: maybe(text), why: text })),
    }),
  },
  peers: {
    method: 'GET',
    path: '/v1/peers',
    help: 'the link to each peer: its path, why it is that, and what has moved',
    input: object({}),
    output: object({ peers: list(LINK) }),
  },
  nodes: {
    method: 'GET',
    path: '/v1/nodes',
    help: 'what is known of each node beyond the ledger: whether it is heard, its room, its clock',
    input: object({}),
    output: object({ nodes: list(NODE) }),
  },
  ping: {
    method: 'POST',
    path: '/v1/ping',
    help: 'asks one peer over the mesh for a sign of life, and answers how long it took',
    input: object({ node: aKey }),
    output: object({ rttMs: maybe(number), path: text, via: maybe(text), why: text }),
  },
  relink: {
    method: 'POST',
    path: '/v1/relink',
    help: 'tries the links anew: to one node, or to all where it is null',
    input: object({ node: { ...aKey, nullable: true } }),
    output: object({ links: count }),
  },
  rotate: {
    method: 'POST',
    path: '/v1/rotate',
    help: 'gives this node a new WireGuard key, and answers when it is in use',
    input: object({}),
    output: object({ counter: count, ready: count, late: list(text) }),
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    help: 'figures for Prometheus, as text',
    input: object({}),
    output: null,
  },
  events: {
    method: 'GET',
    path: '/v1/events',
    help:
      'what happens, as it happens: one JSON document a line, until either side closes; with ' +
      '?past=yes the last ones first',
    input: { ...object({ past: { type: 'string', enum: ['yes'] } }), required: [] },
    output: null,
  },
  carry: {
    method: 'GET',
    path: '/v1/carry',
    help:
      'with `Upgrade: kith-carry`: a pipe of bytes to HOST:PORT, or to NEWCOMER@LOBBY (two keys); ' +
      'nothing looks inside',
    input: object({ to: { type: 'string', maxLength: 300 } }),
    output: null,
  },
  stop: {
    method: 'POST',
    path: '/v1/stop',
    help: 'finishes what is under way, saves a checkpoint and ends the daemon',
    input: object({}),
    output: object({ pid: count, running: count }),
  },
  ...WORK_ROUTES,
  ...HOSTING_ROUTES,
  ...IMAGE_ROUTES,
};

export type DaemonState = 'opening' | 'running' | 'stopping';

export interface Status {
  readonly pid: number;
  readonly version: string;
  readonly state: DaemonState;
  readonly startedAt: number;
  readonly ledger: RecordId | null;
  readonly node: Key;
  /** Whether the ledger here knows this machine as a node: then there is a door. */
  readonly member: boolean;
  readonly door: { readonly host: string; readonly port: number } | null;
  /** New machines that wait in the lobby of this machine; null where it has none. */
  readonly lobby: number | null;
  readonly peers: readonly PeerStatus[];
  readonly mesh: MeshStatus;
}

export interface PeerStatus {
  readonly url: string;
  /**
   * Who named it: a person, the last run, its own record, another member; or it is derived: on the
   * mesh, or where its link may lead.
   */
  readonly source: 'told' | 'kept' | 'ledger' | 'heard' | 'mesh' | 'link';
  readonly key: Key | null;
  /** In a row. */
  readonly failures: number;
  readonly dueInMs: number;
  /** When both last held the same, by the calendar. */
  readonly syncedAt: number | null;
  /** Why the last sync did not end in agreement. */
  readonly why: string | null;
}

export interface LedgerFacts {
  readonly ledger: RecordId;
  readonly network: string;
  readonly records: number;
  readonly bytes: number;
  readonly parked: number;
  readonly frontierRoot: Digest;
  readonly stateRoot: Digest;
  readonly rules: number;
  readonly mode: string;
  readonly heldBack: string | null;
}

export interface TakenLines {
  /** Ids, those of lines that had waited before included. */
  readonly accepted: readonly RecordId[];
  /** Numbers of lines, from 0, that were held already. */
  readonly already: readonly number[];
  /** Records that wait for an earlier one, these lines' and others'. */
  readonly parked: number;
  readonly refused: readonly { readonly line: number; readonly code: RefusalCode }[];
}

export interface Candidates {
  readonly candidates: readonly {
    readonly key: Key;
    readonly name: string;
    readonly role: string;
    /** The address that the lobby sees it at. */
    readonly source: string;
    readonly waitedMs: number;
    /** The member in whose lobby it waits. */
    readonly lobby: Key;
  }[];
  readonly lobbies: number;
  /** Members asked, and those of them that did not answer. */
  readonly asked: number;
  readonly silent: readonly {
    readonly url: string;
    readonly key: Key | null;
    readonly why: string;
  }[];
}

export interface Requests extends WorkRequests, HostingRequests, ImageRequests {
  readonly status: undefined;
  readonly ledger: undefined;
  readonly members: undefined;
  readonly records: { readonly lines: readonly string[]; readonly own: boolean };
  readonly check: { readonly lines: readonly string[] };
  readonly sync: { readonly url: string };
  readonly candidates: undefined;
  readonly peers: undefined;
  readonly nodes: undefined;
  readonly ping: { readonly node: Key };
  readonly relink: { readonly node: Key | null };
  readonly rotate: undefined;
  readonly stop: undefined;
}

export interface Replies extends WorkReplies, HostingReplies, ImageReplies {
  readonly status: Status;
  readonly ledger: LedgerFacts;
  readonly members: Roll;
  readonly records: TakenLines;
  readonly check: { readonly checked: number };
  readonly sync: { readonly outcome: Outcome; readonly moved: Moved; readonly peer: Key | null };
  readonly candidates: Candidates;
  readonly peers: { readonly peers: readonly PeerLink[] };
  readonly nodes: { readonly nodes: readonly NodeFacts[] };
  readonly ping: Ping;
  readonly relink: { readonly links: number };
  readonly rotate: Rotated;
  /** How much work goes on running without it. */
  readonly stop: { readonly pid: number; readonly running: number };
}
