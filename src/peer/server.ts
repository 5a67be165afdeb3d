// The server of the peer API: TLS by node keys, and what every request passes before its route: for
// members, and to be read by who holds a ticket. Every bound of docs/sync.md "Bounds" is kept here
// or in what it calls.

import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Key } from '../../proto/ids.ts';
import { monotonicMs } from '../os/clock.ts';
import { LOBBY_ALPN } from '../lobby/protocol.ts';
import { type Gate, guard } from './gate.ts';
import { HEADERS_BYTES_MAX, PAGE_BYTES_MAX, PATIENCE, PATIENCE_CHECK_MS, RATES } from './limits.ts';
import { addPipes } from './lobby-pipes.ts';
import { NDJSON, PROTOBUF } from './media.ts';
import { createMeter } from './meter.ts';
import { BEGINNING, READING, addRoutes } from './routes.ts';
import { type ServeOptions, type Served, lineOf } from './served.ts';
import { serverTls } from './tls.ts';
import { WITHOUT_COMPILERS } from './without-compilers.ts';

export interface PeerServer {
  readonly address: { readonly host: string; readonly port: number };
  /** Breaks what is open of those who are out: members that were removed. */
  drop(isOut: (key: Key) => boolean): void;
  /** Stops listening and breaks what is still open: every request can be made again. */
  close(): Promise<void>;
}

export async function servePeers(options: ServeOptions): Promise<PeerServer> {
  const { identity, door, listen, brought = [], log = () => undefined } = options;
  const { patience = PATIENCE, rates = RATES, tickets = () => null, lobby } = options;
  const meter = createMeter(monotonicMs, rates);
  let gate: Gate | undefined;
  const app = fastify({
    ...WITHOUT_COMPILERS,
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

function limitTime(socket: Socket, reply: FastifyReply, ms: number): void {
  const timer = setTimeout(() => socket.destroy(), ms);
  reply.raw.once('close', () => clearTimeout(timer));
}
