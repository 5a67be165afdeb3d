// The peer API of a node: the routes of sync behind the door, for members, and to be read by who
// holds a ticket; and small routes that whoever serves it adds. It remembers nothing of a sync;
// every bound of docs/sync.md "Bounds" is kept here or in what it calls.

import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { TicketStanding } from '../../ledger/redemption.ts';
import { agreesWith, answerHello, answerPull, answerWalk } from '../../ledger/sync-answer.ts';
import type { Holdings } from '../../ledger/sync-holdings.ts';
import { encodePushReply } from '../../ledger/sync-wire.ts';
import { assert } from '../../proto/assert.ts';
import type { Key } from '../../proto/ids.ts';
import { monotonicMs } from '../os/clock.ts';
import { LOBBY_ALPN, LOBBY_PATH } from '../lobby/protocol.ts';
import { encodeWaiting } from '../lobby/waiting.ts';
import type { PeerIdentity } from './certificate.ts';
import type { Door, TicketDoor, TurnedAway } from './door.ts';
import { ENDPOINTS_PATH, type Whereabouts, encodeEndpoints } from './endpoints.ts';
import { type Gate, guard } from './gate.ts';
import {
  BULK_AT_ONCE_MAX,
  HEADERS_BYTES_MAX,
  HELLO_BYTES_MAX,
  type Metered,
  PAGE_BYTES_MAX,
  PATIENCE,
  PATIENCE_CHECK_MS,
  type Patience,
  PULL_BYTES_MAX,
  RATES,
  WALK_BYTES_MAX,
} from './limits.ts';
import { type Ingest, takePage } from './lines.ts';
import { type ServedLobby, addPipes } from './lobby-pipes.ts';
import { NDJSON, PROTOBUF } from './media.ts';
import { type Cost, type Meter, createMeter } from './meter.ts';
import { serverTls } from './tls.ts';

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

export interface PeerServer {
  readonly address: { readonly host: string; readonly port: number };
  /** Breaks what is open of those who are out: members that were removed. */
  drop(isOut: (key: Key) => boolean): void;
  /** Stops listening and breaks what is still open: every request can be made again. */
  close(): Promise<void>;
}

/** Who asks, and the connection it came by: a request that breaks off forgets its own. */
interface Line {
  readonly key: Key;
  readonly socket: Socket;
}

interface Served extends ServeOptions {
  readonly lines: WeakMap<IncomingMessage, Line>;
  readonly gate: Gate;
  readonly meter: Meter;
  readonly log: (event: PeerEvent) => void;
  readonly patience: Patience;
  readonly tickets: TicketDoor;
  /** Large answers on their way. */
  readonly bulk: { count: number };
}

export async function servePeers(options: ServeOptions): Promise<PeerServer> {
  const { identity, door, listen, brought = [], log = () => undefined } = options;
  const { patience = PATIENCE, rates = RATES, tickets = () => null, lobby } = options;
  const meter = createMeter(monotonicMs, rates);
  let gate: Gate | undefined;
  const app = fastify({
    forceCloseConnections: true,
    serverFactory: (handler) => {
      const server = createServer(
        {
          ...serverTls(identity, brought, patience.handshakeMs, lobby && [LOBBY_ALPN]),
          maxHeaderSize: HEADERS_BYTES_MAX,
          headersTimeout: patience.headersMs,
          requestTimeout: patience.requestMs,
          keepAliveTimeout: patience.idleMs,
          connectionsCheckingInterval: PATIENCE_CHECK_MS,
        },
        handler,
      );
      server.timeout = patience.idleMs;
      server.on('clientError', (_error, socket) => socket.destroy());
      gate = guard(server, {
        door,
        tickets,
        meter,
        idleMs: patience.idleMs,
        turnedAway: (why, address) => log({ kind: 'turned-away', why, address }),
        lobby: lobby?.lobby,
      });
      return server;
    },
  });
  const served: Served = {
    ...options,
    ...{ log, meter, patience, tickets },
    gate: gate as unknown as Gate,
    lines: new WeakMap(),
    bulk: { count: 0 },
  };
  addEntry(app, served);
  addRoutes(app, served);
  const closePipes = lobby === undefined ? null : addPipes(app.server, served, lobby);
  await app.listen({ host: listen.host, port: listen.port });
  const { address, port } = app.server.address() as AddressInfo;
  return {
    address: { host: address, port },
    drop: (isOut) => (gate as unknown as Gate).drop(isOut),
    close() {
      closePipes?.();
      return app.close();
    },
  };
}

const BEGINNING = '/v1/genesis';
/** What the holder of an open ticket may ask for. */
const READING: ReadonlySet<string> = new Set([BEGINNING, '/v1/hello', '/v1/walk', '/v1/pull']);

const TOO_LONG: Error = Object.assign(new Error('body too long'), { statusCode: 413 });

/** What every request passes: the media types, who asks, and what may not be asked for. */
function addEntry(app: FastifyInstance, served: Served): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(PROTOBUF, { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  // Not read here: a push goes to the replica line by line.
  app.addContentTypeParser(NDJSON, (request, stream, done) => {
    const length = Number(request.headers['content-length'] ?? 0);
    done(length > PAGE_BYTES_MAX ? TOO_LONG : null, stream);
  });
  app.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    const status = error.statusCode ?? 503;
    if (status >= 500) {
      const { key } = lineOf(served, request);
      served.log({ kind: 'failed', key, route: request.url, error });
    }
    return reply.code(status).send({ error: status >= 500 ? 'unavailable' : 'bad-request' });
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not-found' }));
  // Membership is looked up now: a connection may be older than the removal of its caller.
  app.addHook('onRequest', async (request, reply) => {
    const { socket } = request.raw;
    const address = socket.remoteAddress ?? '';
    const caller = served.gate.callerOf(socket);
    const isMember = caller !== undefined && (await served.door(caller));
    const standing = caller === undefined || isMember ? null : served.tickets(caller.key);
    const isKnown = caller !== undefined && (isMember || standing !== null);
    if (!isKnown || served.meter.isBarred(caller.key)) {
      const why = isKnown ? 'faulty-before' : 'stranger';
      served.log({ kind: 'turned-away', why, address });
      socket.destroy();
      return reply.hijack();
    }
    served.lines.set(request.raw, { key: caller.key, socket });
    limitTime(socket, reply, served.patience.exchangeMs);
    if (standing === null) return undefined;
    const { key } = caller;
    if (request.url === BEGINNING) served.log({ kind: 'ticket', key, standing, address });
    const code = standing === 'open' ? 'members-only' : (`ticket-${standing}` as const);
    const mayAsk = standing === 'open' && READING.has(request.url);
    return mayAsk ? undefined : reply.code(403).send({ error: code });
  });
}

function addRoutes(app: FastifyInstance, served: Served): void {
  const { genesis, endpoints } = served;
  if (genesis !== undefined) {
    app.post(BEGINNING, { bodyLimit: HELLO_BYTES_MAX }, (_request, reply) =>
      reply.type(NDJSON).send(`${genesis}\n`),
    );
  }
  if (endpoints !== undefined) {
    app.post(ENDPOINTS_PATH, { bodyLimit: HELLO_BYTES_MAX }, (request, reply) =>
      answer(served, request, reply, [], () => ({ body: encodeEndpoints(endpoints()), cost: {} })),
    );
  }
  app.post('/v1/hello', { bodyLimit: HELLO_BYTES_MAX }, (request, reply) =>
    answer(served, request, reply, [], (body) => {
      const hello = answerHello(served.holdings, body);
      if (hello === null) return null;
      const { key } = lineOf(served, request);
      const isMember = served.tickets(key) === null;
      if (isMember && agreesWith(served.holdings, body)) served.log({ kind: 'agreed', key });
      return { body: hello, cost: {} };
    }),
  );
  app.post('/v1/walk', { bodyLimit: WALK_BYTES_MAX }, (request, reply) =>
    answer(served, request, reply, ['nodes'], (body) => {
      const walk = answerWalk(served.holdings, body);
      return walk === null ? null : { body: walk.reply, cost: { nodes: walk.nodes } };
    }),
  );
  app.post('/v1/pull', { bodyLimit: PULL_BYTES_MAX }, (request, reply) =>
    sendPage(served, request, reply),
  );
  app.post('/v1/push', (request, reply) => receivePage(served, request, reply));
  for (const route of served.routes ?? []) {
    app.post(route.path, { bodyLimit: route.bodyMax }, (request, reply) =>
      route.bulk === true
        ? answerBulk(served, request, reply, route)
        : answer(served, request, reply, [], async (body) => {
            const made = await route.answer(body, lineOf(served, request).key);
            return made === null ? null : { body: made, cost: {} };
          }),
    );
  }
  // Where there is none, it is a route that does not exist.
  const { lobby } = served;
  if (lobby === undefined) return;
  app.post(LOBBY_PATH, { bodyLimit: HELLO_BYTES_MAX }, (request, reply) =>
    answer(served, request, reply, [], () => {
      return { body: Buffer.from(encodeWaiting(lobby.lobby.waiting())), cost: {} };
    }),
  );
}

function lineOf({ lines }: Served, request: FastifyRequest): Line {
  const line = lines.get(request.raw);
  assert(line !== undefined, 'no request is served before its caller is known');
  return line;
}

function limitTime(socket: Socket, reply: FastifyReply, ms: number): void {
  const timer = setTimeout(() => socket.destroy(), ms);
  reply.raw.once('close', () => clearTimeout(timer));
}

/** True where the caller has to wait first, and has been told so. */
function mustWait(
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
async function answer(
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

/** The same where the answer is large: what is on its way is counted until it has gone out. */
async function answerBulk(
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

async function sendPage(
  served: Served,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { key } = lineOf(served, request);
  if (mustWait(served, key, reply, [])) return reply;
  const page =
    request.body instanceof Uint8Array ? answerPull(served.holdings, request.body) : null;
  if (page === null) return reply.code(400).send({ error: 'bad-request' });
  const charge = (bytes: number): void => served.meter.charge(key, { bytes });
  // A stream of its own pace: the next records are read when the last ones have gone out.
  return reply.type(NDJSON).send(Readable.from(chunksOf(page, charge), { objectMode: false }));
}

const CHUNK_CHARS = 32 * 1024;

function* chunksOf(
  lines: Iterable<string>,
  charge: (bytes: number) => void,
): Generator<Buffer, void, void> {
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < CHUNK_CHARS) continue;
    charge(text.length);
    yield Buffer.from(text);
    text = '';
  }
  charge(text.length);
  yield Buffer.from(text);
}

async function receivePage(
  served: Served,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { key, socket } = lineOf(served, request);
  if (mustWait(served, key, reply, ['lines'])) return reply;
  const { body } = request;
  if (!(body instanceof Readable)) return reply.code(400).send({ error: 'bad-request' });
  const page = await takePage(body, served.ingest, key);
  served.meter.charge(key, { bytes: page.sizeBytes, lines: page.lines });
  // The end of a page is a server's line; in a push it is one more thing that nobody sends.
  if (page.tally.faulty || page.end !== null) {
    served.meter.bar(key);
    served.log({ kind: 'faulty-peer', key });
    socket.destroy();
    return reply.hijack();
  }
  if ('broken' in page) return reply.hijack();
  return reply.type(PROTOBUF).send(encodePushReply(page.tally));
}
