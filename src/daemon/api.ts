// The local API: Fastify on the socket of the data folder, for the commands and screens of this
// machine. Every request is checked by the shape of its route (checked.ts); what is refused is
// answered with a code of docs/errors.md and changes nothing. Spec: docs/daemon.md.

import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Key, isKey } from '../../proto/ids.ts';
import { hostAndPort, urlIn } from '../peer/address.ts';
import { WITHOUT_COMPILERS } from '../peer/without-compilers.ts';
import { StoreFault } from '../store/faults.ts';
import type { Ping, Rotated } from '../mesh/facts.ts';
import { type Carrier, createCarrier } from './carry.ts';
import { checkOf } from './checked.ts';
import type { Events, ToldEvent } from './events.ts';
import {
  API_CONNECTIONS_MAX,
  API_HEADERS_BYTES_MAX,
  REQUEST_BYTES_MAX,
  REQUEST_MS_MAX,
  SUBSCRIBERS_MAX,
  SUBSCRIBER_BYTES_MAX,
} from './limits.ts';
import { type HostingBehind, addHostingRoutes } from './hosting-api.ts';
import { type ImagesBehind, addImageRoutes } from './images-api.ts';
import { type OwningBehind, addOwningRoutes } from './owning-api.ts';
import { DaemonFault } from './refusals.ts';
import {
  type DaemonState,
  type LedgerFacts,
  type Replies,
  ROUTES,
  type Requests,
  type Status,
  type TakenLines,
} from './routes.ts';
import { bindSocket } from './socket.ts';

/** What stands behind the routes. Each throws a `DaemonFault` or a `StoreFault` to refuse. */
export interface Behind extends OwningBehind, HostingBehind, ImagesBehind {
  state(): DaemonState;
  status(): Status;
  ledger(): LedgerFacts;
  members(): Replies['members'];
  takeLines(lines: readonly string[], own: boolean): Promise<TakenLines>;
  /** Nothing is taken in by it; 0 where a ledger is here already. */
  checkLines(lines: readonly string[]): Promise<Replies['check']>;
  syncNow(url: string, signal: AbortSignal): Promise<Replies['sync']>;
  candidates(signal: AbortSignal): Promise<Replies['candidates']>;
  /** A connection to a newcomer that waits in the lobby of that member. */
  dialWaiting(newcomer: Key, lobby: Key): Promise<Socket>;
  peers(): Replies['peers'];
  nodes(): Replies['nodes'];
  ping(node: Key): Promise<Ping>;
  relink(node: Key | null): Replies['relink'];
  rotate(): Promise<Rotated>;
  metrics(): string;
  stop(why: string): void;
  /** How much work goes on running when the daemon has stopped. */
  running(): number;
}

export interface Api {
  /** Lets requests in flight end for so long, then breaks what is open; the socket is gone. */
  close(graceMs: number): Promise<void>;
}

export async function serveApi(path: string, behind: Behind, events: Events): Promise<Api> {
  let server: Server | undefined;
  const app = fastify({
    bodyLimit: REQUEST_BYTES_MAX,
    ...WITHOUT_COMPILERS,
    serverFactory: (handler) => (server = listenerOf(handler)),
  });
  handleErrors(app);
  addRoutes(app, behind);
  addMeshRoutes(app, behind);
  addHostingRoutes(app, behind, () => whileRunning(behind));
  const closeSteps = addOwningRoutes(app, behind, () => whileRunning(behind));
  const closeImages = addImageRoutes(app, behind, () => whileRunning(behind));
  const closeStreams = addStreams(app, events);
  const carrier = addCarry(app.server, behind, events);
  await app.ready();
  const listener = server as unknown as Server;
  await bindSocket(listener, path);
  return {
    async close(graceMs) {
      const closed = new Promise((resolve) => void listener.close(resolve));
      closeStreams();
      closeSteps();
      closeImages();
      carrier.close();
      const late = setTimeout(() => listener.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(late);
      await app.close();
    },
  };
}

function listenerOf(handler: (request: IncomingMessage, reply: ServerResponse) => void): Server {
  const server = createServer(
    {
      maxHeaderSize: API_HEADERS_BYTES_MAX,
      headersTimeout: REQUEST_MS_MAX,
      requestTimeout: REQUEST_MS_MAX,
    },
    handler,
  );
  server.maxConnections = API_CONNECTIONS_MAX;
  // What is no HTTP gets no answer.
  server.on('clientError', (_error, socket) => socket.destroy());
  return server;
}

const STATUS_OF: Readonly<Record<string, number>> = {
  'bad-request': 400,
  'no-such-route': 404,
  'too-large': 413,
  'too-many': 429,
  'not-reached': 502,
  'not-waiting': 404,
  'no-such-work': 404,
  'ambiguous-work': 409,
  'work-other': 409,
  'image-unknown': 404,
  'image-used': 409,
};

function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) => {
    const { code, detail } = refusalOf(error);
    return reply.code(STATUS_OF[code] ?? 503).send({ error: { code, detail } });
  });
  app.setNotFoundHandler((request, reply) => {
    const detail = `${request.method} ${request.url.slice(0, 100)}`;
    return reply.code(404).send({ error: { code: 'no-such-route', detail } });
  });
}

function refusalOf(error: Error & { statusCode?: number }): { code: string; detail: string } {
  if (error instanceof DaemonFault || error instanceof StoreFault) return error;
  const status = error.statusCode ?? 500;
  if (status === 413) return { code: 'too-large', detail: `${REQUEST_BYTES_MAX} bytes at most` };
  if (status < 500) return { code: 'bad-request', detail: error.message };
  return { code: 'bug', detail: error.message };
}

/** Until the ledger is read there is nothing to ask of it, and once it is closed neither. */
function whileRunning(behind: Behind): void {
  const state = behind.state();
  if (state !== 'running') throw new DaemonFault(`daemon-${state}`);
}

/** What is asked of the mesh. */
function addMeshRoutes(app: FastifyInstance, behind: Behind): void {
  const { peers, nodes, ping, relink, rotate, metrics } = ROUTES;
  app.get(peers.path, checkOf(peers), () => {
    whileRunning(behind);
    return behind.peers();
  });
  app.get(nodes.path, checkOf(nodes), () => {
    whileRunning(behind);
    return behind.nodes();
  });
  app.post(ping.path, checkOf(ping), (request) => {
    whileRunning(behind);
    return behind.ping((request.body as Requests['ping']).node);
  });
  app.post(relink.path, checkOf(relink), (request) => {
    whileRunning(behind);
    return behind.relink((request.body as Requests['relink']).node);
  });
  app.post(rotate.path, () => {
    whileRunning(behind);
    return behind.rotate();
  });
  app.get(metrics.path, checkOf(metrics), (_request, reply) =>
    reply.type('text/plain; version=0.0.4').send(behind.metrics()),
  );
}

function addRoutes(app: FastifyInstance, behind: Behind): void {
  const { status, ledger, members, records, check, sync, candidates, stop } = ROUTES;
  app.get(status.path, checkOf(status), () => behind.status());
  app.get(ledger.path, checkOf(ledger), () => {
    whileRunning(behind);
    return behind.ledger();
  });
  app.get(members.path, checkOf(members), () => {
    whileRunning(behind);
    return behind.members();
  });
  app.post(records.path, checkOf(records), (request) => {
    whileRunning(behind);
    const { lines, own } = request.body as Requests['records'];
    return behind.takeLines(lines, own);
  });
  app.post(check.path, checkOf(check), (request) => {
    whileRunning(behind);
    return behind.checkLines((request.body as Requests['check']).lines);
  });
  app.post(sync.path, checkOf(sync), (request) => {
    whileRunning(behind);
    const { url } = request.body as Requests['sync'];
    if (urlIn(url) !== url) throw new DaemonFault('bad-request', 'url is not https://HOST:PORT');
    return behind.syncNow(url, signalOf(request));
  });
  app.get(candidates.path, checkOf(candidates), (request) => {
    whileRunning(behind);
    return behind.candidates(signalOf(request));
  });
  app.post(stop.path, (_request, reply) => {
    // Whoever asked has read the answer by then.
    reply.raw.once('close', () => behind.stop('asked to'));
    return { pid: process.pid, running: behind.running() };
  });
}

/** Aborted when the client goes away before it has its answer. */
function signalOf(request: FastifyRequest): AbortSignal {
  const aborted = new AbortController();
  request.raw.socket.once('close', () => aborted.abort());
  return aborted.signal;
}

/** The stream of events; answers how to end all of them. */
function addStreams(app: FastifyInstance, events: Events): () => void {
  const open = new Set<ServerResponse>();
  app.get(ROUTES.events.path, checkOf(ROUTES.events), (request, reply) => {
    if (open.size >= SUBSCRIBERS_MAX) throw new DaemonFault('too-many');
    reply.hijack();
    const { raw } = reply;
    open.add(raw);
    raw.writeHead(200, { 'content-type': 'application/x-ndjson' });
    raw.flushHeaders();
    const write = (event: ToldEvent): void => void raw.write(`${JSON.stringify(event)}\n`);
    if ('past' in (request.query as object)) for (const event of events.past()) write(event);
    const deafen = events.listen((event) => {
      write(event);
      if (raw.writableLength > SUBSCRIBER_BYTES_MAX) raw.destroy();
    });
    raw.once('close', () => {
      deafen();
      open.delete(raw);
    });
  });
  return () => {
    for (const raw of open) raw.end();
  };
}

function addCarry(server: Server, behind: Behind, events: Events): { close(): void } {
  const carrier = createCarrier();
  server.on('upgrade', (request: IncomingMessage, near: Socket, head: Buffer) => {
    near.on('error', () => near.destroy());
    const to = carriedTo(request, behind);
    if (to instanceof DaemonFault) return answerRaw(near, to);
    const { name, dial } = to;
    dial(carrier).then(
      async (far) => {
        near.write(
          'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: kith-carry\r\n\r\n',
        );
        near.setTimeout(0);
        if (head.length > 0) near.unshift(head);
        events.tell({ event: 'carry', to: name, ended: null });
        events.tell({ event: 'carry', to: name, ended: await carrier.join(near, far) });
      },
      (error: unknown) => answerRaw(near, error as Error),
    );
    return undefined;
  });
  return carrier;
}

function carriedTo(
  request: IncomingMessage,
  behind: Behind,
): DaemonFault | { name: string; dial: (carrier: Carrier) => Promise<Socket> } {
  const url = new URL(request.url ?? '', 'http://kith');
  if (url.pathname !== ROUTES.carry.path || request.headers.upgrade !== 'kith-carry') {
    return new DaemonFault('no-such-route', url.pathname.slice(0, 100));
  }
  if (behind.state() === 'stopping') return new DaemonFault('daemon-stopping');
  const name = url.searchParams.get('to') ?? '';
  const address = hostAndPort(name);
  if (address !== null && address.port > 0) {
    return { name, dial: (carrier) => carrier.dial(address) };
  }
  const [newcomer = '', lobby = '', ...more] = name.split('@');
  if (!isKey(newcomer) || !isKey(lobby) || more.length > 0) {
    return new DaemonFault('bad-request', 'to is neither HOST:PORT nor NEWCOMER@LOBBY');
  }
  if (behind.state() === 'opening') return new DaemonFault('daemon-opening');
  return { name, dial: (carrier) => carrier.hold(() => behind.dialWaiting(newcomer, lobby)) };
}

/** An answer on a connection that HTTP has let go of. */
function answerRaw(socket: Socket, error: Error): void {
  const { code, detail } = refusalOf(error);
  const body = JSON.stringify({ error: { code, detail } });
  const head = [
    `HTTP/1.1 ${STATUS_OF[code] ?? 503} Refused`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
