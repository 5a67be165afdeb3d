// Talking to the daemon of a folder over its socket: what the commands use. It connects anew for
// each request, so that nothing outlives a daemon; whatever goes wrong is a `DaemonFault`.
// Spec: docs/daemon.md, "The local API".

import { existsSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { textOf } from '../../proto/bytes.ts';
import { socketFile } from '../home/folder.ts';
import { FETCH_MS_MAX } from '../lobby/limits.ts';
import type { ToldEvent } from './events.ts';
import {
  ANSWER_MS_MAX,
  CANDIDATES_MS_MAX,
  API_REPLY_BYTES_MAX,
  EVENT_BYTES_MAX,
  LOOK_AGAIN_MS,
  OPENING_MS_MAX,
  PING_MS_MAX,
  SOCKET_PATH_BYTES_MAX,
  TAKE_MS_MAX,
} from './limits.ts';
import type { ImageStep, ImageWork } from './image-routes.ts';
import { DaemonFault } from './refusals.ts';
import { fits } from './shape.ts';
import { type Replies, type Requests, ROUTES, type Route, type Status } from './routes.ts';
import type { WorkStep } from './work-routes.ts';

/** The daemon of a folder, or null where none runs. */
export async function findDaemon(folder: string): Promise<Status | null> {
  const path = socketFile(folder);
  // Where the path is too long none can be.
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX || !existsSync(path)) return null;
  try {
    return await askDaemon(folder, 'status', undefined);
  } catch (error) {
    if (error instanceof DaemonFault && error.code === 'no-daemon') return null;
    throw error;
  }
}

/** The same, once it has read its ledger. */
export async function readyDaemon(folder: string): Promise<Status | null> {
  for (let waitedMs = 0; ; waitedMs += LOOK_AGAIN_MS) {
    const status = await findDaemon(folder);
    if (status?.state !== 'opening') return status;
    if (waitedMs >= OPENING_MS_MAX) throw new DaemonFault('daemon-opening');
    await new Promise((resolve) => void setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

const PATIENCE_MS: Readonly<Record<keyof Requests, number | null>> = {
  status: ANSWER_MS_MAX,
  ledger: ANSWER_MS_MAX,
  members: ANSWER_MS_MAX,
  records: TAKE_MS_MAX,
  check: TAKE_MS_MAX,
  // As long as it takes: whoever waits can close the request.
  sync: null,
  candidates: CANDIDATES_MS_MAX,
  peers: ANSWER_MS_MAX,
  nodes: ANSWER_MS_MAX,
  ping: PING_MS_MAX,
  relink: ANSWER_MS_MAX,
  // Peers that are off are waited for.
  rotate: TAKE_MS_MAX,
  stop: ANSWER_MS_MAX,
  workReady: ANSWER_MS_MAX,
  workFreeze: ANSWER_MS_MAX,
  // It waits at the host for what comes next.
  workLog: TAKE_MS_MAX,
  workType: ANSWER_MS_MAX,
  // Images are looked for by name, and the disk is waited for.
  place: TAKE_MS_MAX,
  works: PING_MS_MAX,
  work: ANSWER_MS_MAX,
  // Members are asked, one of which may answer nothing.
  workFind: PING_MS_MAX,
  workStop: TAKE_MS_MAX,
  workReceipts: PING_MS_MAX,
  drain: ANSWER_MS_MAX,
  // Members are asked, some of which answer nothing.
  images: TAKE_MS_MAX,
  imageRemove: TAKE_MS_MAX,
};

/** One request to the daemon; throws `DaemonFault` with its refusal or with why there is none. */
export async function askDaemon<Name extends keyof Requests>(
  folder: string,
  name: Name,
  body: Requests[Name],
  signal?: AbortSignal,
): Promise<Replies[Name]> {
  const made = requestOf(folder, ROUTES[name], body, signal);
  const patience = PATIENCE_MS[name];
  if (patience !== null)
    made.setTimeout(patience, () => made.destroy(new DaemonFault('daemon-silent')));
  const document = await jsonOf(await replyTo(made));
  const { output } = ROUTES[name];
  if (output === null || fits(document, output)) return document as Replies[Name];
  throw new DaemonFault('daemon-other', `its answer to ${name} has another form`);
}

/** Node would look whether the host is an address, which on a cold start takes milliseconds. */
const NO_SERVER_NAME = { servername: '' } as const;

function requestOf(
  folder: string,
  { method, path }: Route,
  body: unknown,
  signal?: AbortSignal,
): ClientRequest {
  const bytes = body === undefined ? null : Buffer.from(JSON.stringify(body));
  const made = request({
    socketPath: socketFile(folder),
    ...{ method, path, agent: false, setHost: false, ...NO_SERVER_NAME },
    headers: {
      host: 'kith',
      ...(bytes === null ? {} : { 'content-type': 'application/json' }),
      'content-length': bytes?.length ?? 0,
    },
    ...(signal === undefined ? {} : { signal }),
  });
  made.end(bytes);
  return made;
}

function replyTo(made: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    made.once('response', resolve);
    made.once('error', (error) => reject(faultOf(error)));
  });
}

function faultOf(error: Error): Error {
  if (error instanceof DaemonFault) return error;
  const code = 'code' in error ? String(error.code) : '';
  // The folder may be another user's: that is for the person, in the system's own words.
  if (code === 'EACCES' || code === 'EPERM') return error;
  const nobody = code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTSOCK';
  // That nobody listens there is the sentence itself, and no detail of it.
  if (nobody) return new DaemonFault('no-daemon');
  return new DaemonFault('daemon-gone', code === 'ABORT_ERR' ? '' : code);
}

/** The document of a reply, or its refusal thrown. */
async function jsonOf(reply: IncomingMessage): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const part of reply as AsyncIterable<Uint8Array>) {
      sizeBytes += part.length;
      if (sizeBytes > API_REPLY_BYTES_MAX) throw new DaemonFault('daemon-other', 'reply too long');
      parts.push(part);
    }
  } catch (error) {
    throw faultOf(error as Error);
  }
  const document = documentIn(textOf(Buffer.concat(parts)) ?? '');
  if (document === null) throw new DaemonFault('daemon-other', `status ${reply.statusCode}`);
  if (reply.statusCode === 200) return document;
  const { code, detail } = (document['error'] ?? {}) as Record<string, unknown>;
  throw new DaemonFault(
    typeof code === 'string' ? code : 'daemon-other',
    typeof detail === 'string' ? detail : '',
  );
}

function documentIn(text: string): Record<string, unknown> | null {
  try {
    const document: unknown = JSON.parse(text);
    return typeof document === 'object' ? (document as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}

/**
 * What happens in the daemon until it stops or the loop is left: from now on, or the last first.
 */
export function daemonEvents(
  folder: string,
  { signal, past = false }: { readonly signal?: AbortSignal; readonly past?: boolean } = {},
): AsyncGenerator<ToldEvent, void, void> {
  const { path, ...route } = ROUTES.events;
  const asked = { ...route, path: past ? `${path}?past=yes` : path };
  return documentsOf<ToldEvent>(folder, asked, signal);
}

/** What happens to one piece of work, until it has ended or the loop is left. */
export function workSteps(
  folder: string,
  id: string,
  signal?: AbortSignal,
): AsyncGenerator<WorkStep, void, void> {
  const { path, ...route } = ROUTES.workSteps;
  const asked = { ...route, path: `${path}?id=${encodeURIComponent(id)}` };
  return documentsOf<WorkStep>(folder, asked, signal);
}

/** How far an image is that is added or fetched, until it is there or refused. */
export function imageSteps<Name extends keyof ImageWork>(
  folder: string,
  name: Name,
  asked: ImageWork[Name],
): AsyncGenerator<ImageStep, void, void> {
  return documentsOf<ImageStep>(folder, ROUTES[name], undefined, asked);
}

async function* documentsOf<Document>(
  folder: string,
  route: Route,
  signal: AbortSignal | undefined,
  body?: unknown,
): AsyncGenerator<Document, void, void> {
  const reply = await replyTo(requestOf(folder, route, body, signal));
  if (reply.statusCode !== 200) await jsonOf(reply);
  let rest = '';
  try {
    for await (const part of reply.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + part).split('\n');
      rest = lines.pop() as string;
      if (rest.length > EVENT_BYTES_MAX) throw new DaemonFault('daemon-other', 'event too long');
      for (const line of lines) yield documentIn(line) as unknown as Document;
    }
  } catch (error) {
    if (signal?.aborted !== true) throw faultOf(error as Error);
  } finally {
    reply.destroy();
  }
}

/**
 * A pipe of bytes through the daemon to HOST:PORT or NEWCOMER@LOBBY. Either end may close its half;
 * the daemon breaks both when a bound is reached.
 */
export function carryTo(folder: string, address: string, signal?: AbortSignal): Promise<Duplex> {
  const made = request({
    ...{ method: 'GET', path: `${ROUTES.carry.path}?to=${encodeURIComponent(address)}` },
    ...{ setHost: false, headers: { host: 'kith', connection: 'upgrade', upgrade: 'kith-carry' } },
    createConnection: () => connect({ path: socketFile(folder), allowHalfOpen: true }),
    ...(signal === undefined ? {} : { signal }),
  });
  const patienceMs = FETCH_MS_MAX + ANSWER_MS_MAX;
  made.setTimeout(patienceMs, () => made.destroy(new DaemonFault('daemon-silent')));
  made.end();
  return new Promise((resolve, reject) => {
    made.once('upgrade', (_reply, socket: Duplex, head: Buffer) => {
      made.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    made.once('response', (reply) => {
      jsonOf(reply).then(() => reject(new DaemonFault('daemon-other')), reject);
    });
    made.once('error', (error) => reject(faultOf(error)));
  });
}
