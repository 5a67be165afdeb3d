// An engine of containers behind its socket: podman's or Docker's, told apart by what it says of
// itself, wherever the socket was found. The client is loaded when the first question is asked, so
// that a daemon without jobs does not carry it. Every question has a limit of time.
// Spec: docs/jobs.md, "Engines".

import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type Docker from 'dockerode';
import { type Refused, type Result, ok, refuse } from '../../../proto/result.ts';
import type { FailCode } from '../../../work/failures.ts';
import { ENGINE_ASK_MS, ENGINE_PING_MS, ENGINE_SAID_CHARS_MAX } from './limits.ts';

export type Flavour = 'podman' | 'docker';

export interface Engine {
  readonly flavour: Flavour;
  readonly socket: string;
  /** For people: "podman 4.3.1, runc 1.1.5". */
  readonly what: string;
  readonly docker: Docker;
}

/** An engine that did not answer within its limit. */
class Silence extends Error {
  constructor(ms: number) {
    super(`the engine did not answer within ${ms} ms`);
    this.name = 'Silence';
  }
}

/** Where sockets of engines are, the ones that somebody named first. */
export function socketsOf(env: NodeJS.ProcessEnv): readonly string[] {
  const named = [env['CONTAINER_HOST'], env['DOCKER_HOST']].flatMap((host) =>
    host?.startsWith('unix://') === true ? [host.slice('unix://'.length)] : [],
  );
  const own = env['XDG_RUNTIME_DIR'] ?? `/run/user/${process.geteuid?.() ?? 0}`;
  const known = [
    '/run/podman/podman.sock',
    path.join(own, 'podman/podman.sock'),
    '/run/docker.sock',
    '/var/run/docker.sock',
    path.join(own, 'docker.sock'),
  ];
  return [...new Set([...named, ...known])];
}

/** The first engine of that flavour that answers, or why there is none. */
export async function findEngine(
  flavour: Flavour,
  sockets: readonly string[],
): Promise<Result<Engine, FailCode>> {
  let silent = '';
  for (const socket of sockets.filter(isSocket)) {
    const met = await meetOnce(socket);
    if (met.ok && met.value.flavour === flavour) return met;
    if (!met.ok && met.code === 'engine-silent') silent ||= socket;
  }
  return silent === ''
    ? refuse('no-engine', `no socket of ${flavour} answers`)
    : refuse('engine-silent', `${silent} takes connections and does not answer`);
}

function isSocket(file: string): boolean {
  try {
    return fs.statSync(file).isSocket();
  } catch {
    // Not there, or in a folder that this daemon may not look into: no engine for it.
    return false;
  }
}

const MEETING = new Map<string, Promise<Result<Engine, FailCode>>>();

/**
 * Several drivers look at a socket at the same moment, and podman asks four programs what it is.
 */
function meetOnce(socket: string): Promise<Result<Engine, FailCode>> {
  const before = MEETING.get(socket);
  if (before !== undefined) return before;
  const meeting = meet(socket).finally(() => MEETING.delete(socket));
  MEETING.set(socket, meeting);
  return meeting;
}

async function meet(socket: string): Promise<Result<Engine, FailCode>> {
  const { default: Client } = await import('dockerode');
  const docker = new Client({ socketPath: socket });
  return attempt(async () => {
    await within(ENGINE_PING_MS, docker.ping());
    const version = await within(ENGINE_ASK_MS, docker.version());
    const parts = version.Components ?? [];
    const flavour = parts.some(({ Name }) => Name === 'Podman Engine') ? 'podman' : 'docker';
    // podman: "OCI Runtime (runc)" and a text of several lines; Docker: "runc" and its number.
    const runtime = parts.find(({ Name }) => /runc|crun|OCI Runtime/.test(Name));
    const name = /\(([\w-]+)\)/.exec(runtime?.Name ?? '')?.[1] ?? runtime?.Name;
    const number = /\d+\.\d+[\w.+~-]*/.exec(runtime?.Version ?? '')?.[0] ?? '';
    const rest = name === undefined ? '' : `, ${name} ${number}`.trimEnd();
    return { flavour, socket, docker, what: `${flavour} ${version.Version}${rest}` };
  });
}

/** What `call` gives, or the code of what the engine did instead. */
export async function attempt<T>(call: () => Promise<T>): Promise<Result<T, FailCode>> {
  try {
    return ok(await call());
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): Refused<FailCode> {
  const said = saidBy(error);
  if (error instanceof Silence) return refuse('engine-silent', said);
  if (isGone(error)) return refuse('no-engine', said);
  if (/no space left on device|disk quota exceeded/i.test(said)) return refuse('disk-full', said);
  return refuse('engine-refused', said);
}

/** Its own words, shortened. */
export function saidBy(error: unknown): string {
  const { json, message } = error as { json?: { message?: unknown }; message?: string };
  const said = typeof json?.message === 'string' ? json.message : (message ?? String(error));
  return said.trim().slice(0, ENGINE_SAID_CHARS_MAX);
}

const GONE = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'EACCES']);

/** Nobody is behind the socket any more. */
export function isGone(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && GONE.has(code);
}

export function statusOf(error: unknown): number | null {
  const status = (error as { statusCode?: unknown }).statusCode;
  return typeof status === 'number' ? status : null;
}

/** The answer, or a Silence. Whoever is late is not listened to any more. */
export async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = pause(ms, undefined, { signal: timer.signal, ref: false }).then(() => {
    throw new Silence(ms);
  });
  // It may lose, and nobody waits for it then.
  late.catch(() => undefined);
  answer.catch(() => undefined);
  try {
    return await Promise.race([answer, late]);
  } finally {
    timer.abort();
  }
}

export interface Ask {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly limitMs?: number;
  /** The answer comes piece by piece, as a Readable. */
  readonly isStream?: boolean;
}

/** Of dockerode, where it has no name for a question: an engine, or what belongs to one. */
export interface Asked {
  readonly modem: Engine['docker']['modem'];
}

export function ask<T>({ modem }: Asked, { path: at, ...more }: Ask): Promise<T> {
  const { method, body, limitMs, isStream = false } = more;
  const statusCodes = { 200: true, 201: true, 204: true, 304: true };
  const answer = new Promise<T>((resolve, reject) => {
    const options = { path: at, method, options: body ?? {}, statusCodes, isStream };
    modem.dial(options, (error: unknown, value: unknown) => {
      if (error === null || error === undefined) resolve(value as T);
      else reject(error);
    });
  });
  return within(limitMs ?? ENGINE_ASK_MS, answer);
}
