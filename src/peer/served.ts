// What a peer server is made of, and what each of its routes begins with: who asks, whether the
// caller has to wait, and the exchange of one small body for another.
// Spec: docs/sync.md, "The door" and "Bounds".

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TicketStanding } from '../../ledger/redemption.ts';
import type { Holdings } from '../../ledger/sync-holdings.ts';
import { assert } from '../../proto/assert.ts';
import type { Key } from '../../proto/ids.ts';
import type { PeerIdentity } from './certificate.ts';
import type { Door, TicketDoor, TurnedAway } from './door.ts';
import type { Whereabouts } from './endpoints.ts';
import type { Gate } from './gate.ts';
import { BULK_AT_ONCE_MAX, type Metered, type Patience, type RATES } from './limits.ts';
import type { Ingest } from './lines.ts';
import type { ServedLobby } from './lobby-pipes.ts';
import { PROTOBUF } from './media.ts';
import type { Cost, Meter } from './meter.ts';

/** What the shell may log. Nothing in it is secret. */
export type PeerEvent =
  | { readonly kind: 'turned-away'; readonly why: TurnedAway; readonly address: string }
  | { readonly kind: 'faulty-peer'; readonly key: Key }
  /** A member has come whose frontier is ours. */
  | { readonly kind: 'agreed'; readonly key: Key }
  /** The holder of a ticket begins to read, or is told why it may not. */
  | {
      readonly kind: 'ticket';
      readonly key: Key;
      readonly standing: TicketStanding;
      readonly address: string;
    }
  | { readonly kind: 'failed'; readonly key: Key; readonly route: string; readonly error: unknown };

/** One small body for another, asked by a member; null where it is none that this route knows. */
export interface PeerRoute {
  readonly path: string;
  readonly bodyMax: number;
  /** Its answers are large: they have a rate of their own, and only so many are on their way. */
  readonly bulk?: boolean;
  answer(body: Uint8Array, from: Key): Uint8Array | null | Promise<Uint8Array | null>;
}

export interface ServeOptions {
  readonly identity: PeerIdentity;
  readonly listen: { readonly host: string; readonly port: number };
  readonly door: Door;
  readonly holdings: Holdings;
  readonly ingest: Ingest;
  /** Who may read without being a member; absent: nobody. */
  readonly tickets?: TicketDoor;
  /** Where members are, as far as it is known here; absent: it is not told. */
  readonly endpoints?: () => readonly Whereabouts[];
  /** The line that the ledger begins with, for whoever holds nothing of it; absent: not served. */
  readonly genesis?: string;
  /** The lines that admit this node, for a caller that may not have them yet. */
  readonly brought?: readonly string[];
  readonly lobby?: ServedLobby;
  readonly routes?: readonly PeerRoute[];
  readonly log?: (event: PeerEvent) => void;
  readonly patience?: Patience;
  readonly rates?: typeof RATES;
}

/** Who asks, and the connection it came by: a request that breaks off forgets its own. */
export interface Line {
  readonly key: Key;
  readonly socket: Socket;
}

export interface Served extends ServeOptions {
  readonly lines: WeakMap<IncomingMessage, Line>;
  readonly gate: Gate;
  readonly meter: Meter;
  readonly log: (event: PeerEvent) => void;
  readonly patience: Patience;
  readonly tickets: TicketDoor;
  /** Large answers on their way. */
  readonly bulk: { count: number };
}

export function lineOf({ lines }: Served, request: FastifyRequest): Line {
  const line = lines.get(request.raw);
  assert(line !== undefined, 'no request is served before its caller is known');
  return line;
}

/** True where the caller has to wait first, and has been told so. */
export function mustWait(
  { meter }: Served,
  key: Key,
  reply: FastifyReply,
  what: readonly Metered[],
): boolean {
  const waitMs = meter.waitMs(key, ['bytes', ...what]);
  if (waitMs === 0) return false;
  void tellBusy(reply, waitMs);
  return true;
}

function tellBusy(reply: FastifyReply, waitMs: number): FastifyReply {
  const seconds = Math.ceil(waitMs / 1000);
  return reply.code(429).header('retry-after', seconds).send({ error: 'busy' });
}

interface Made {
  readonly body: Uint8Array;
  readonly cost: Cost;
}

/** One body for another, both small. */
export async function answer(
  served: Served,
  request: FastifyRequest,
  reply: FastifyReply,
  what: readonly Metered[],
  make: (body: Uint8Array) => Made | null | Promise<Made | null>,
): Promise<FastifyReply> {
  const { key } = lineOf(served, request);
  if (mustWait(served, key, reply, what)) return reply;
  const asked = request.body;
  const made = asked instanceof Uint8Array ? await make(asked) : null;
  if (made === null) return reply.code(400).send({ error: 'bad-request' });
  served.meter.charge(key, { ...made.cost, bytes: made.body.length });
  return reply.type(PROTOBUF).send(made.body);
}

/** A large body for a small one: what it costs is known when it is made. */
export async function answerBulk(
  served: Served,
  request: FastifyRequest,
  reply: FastifyReply,
  route: PeerRoute,
): Promise<FastifyReply> {
  const { key } = lineOf(served, request);
  const { bulk, meter } = served;
  const waitMs = Math.max(meter.waitMs(key, ['bulk']), bulk.count < BULK_AT_ONCE_MAX ? 0 : 1);
  if (waitMs > 0) return tellBusy(reply, waitMs);
  bulk.count += 1;
  reply.raw.once('close', () => {
    bulk.count -= 1;
  });
  const asked = request.body;
  const made = asked instanceof Uint8Array ? await route.answer(asked, key) : null;
  if (made === null) return reply.code(400).send({ error: 'bad-request' });
  meter.charge(key, { bulk: made.length });
  return reply.type(PROTOBUF).send(made);
}
