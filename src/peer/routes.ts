// The routes of the peer API: those of a sync, what a newcomer begins with, and small ones that
// whoever serves it adds. Nothing is remembered of a sync. Spec: docs/sync.md.

import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { agreesWith, answerHello, answerPull, answerWalk } from '../../ledger/sync-answer.ts';
import { encodePushReply } from '../../ledger/sync-wire.ts';
import { LOBBY_PATH } from '../lobby/protocol.ts';
import { encodeWaiting } from '../lobby/waiting.ts';
import { ENDPOINTS_PATH, encodeEndpoints } from './endpoints.ts';
import { HELLO_BYTES_MAX, PULL_BYTES_MAX, WALK_BYTES_MAX } from './limits.ts';
import { takePage } from './lines.ts';
import { NDJSON, PROTOBUF } from './media.ts';
import { type Served, answer, answerBulk, lineOf, mustWait } from './served.ts';

export const BEGINNING = '/v1/genesis';
/** What the holder of an open ticket may ask for. */
export const READING: ReadonlySet<string> = new Set([
  BEGINNING,
  '/v1/hello',
  '/v1/walk',
  '/v1/pull',
]);

export function addRoutes(app: FastifyInstance, served: Served): void {
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
