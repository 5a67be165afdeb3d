// Syncing with one peer: runs the machine of ledger/sync.ts over one kept connection, tries again
// what broke, waits where the peer is busy, and hands records to the replica as they arrive.
// Spec: docs/sync.md, "The asking side".

import type { Platform } from '../../proto/platform.ts';
import type { Key } from '../../proto/ids.ts';
import type { Holdings } from '../../ledger/sync-holdings.ts';
import {
  type Input,
  type Moved,
  type Out,
  type Outcome,
  type SyncState,
  newSync,
} from '../../ledger/sync-state.ts';
import { step } from '../../ledger/sync.ts';
import type { PeerIdentity } from './certificate.ts';
import { type Channel, type Reply, ChannelFault, openChannel } from './channel.ts';
import type { Door } from './door.ts';
import {
  ATTEMPTS_MAX,
  BODY_BYTES_MAX,
  BUSY_WAITS_MAX,
  BUSY_WAIT_MS_MAX,
  FIRST_ATTEMPTS_MAX,
  FIRST_RETRY_MS,
} from './limits.ts';
import { type Ingest, takePage } from './lines.ts';
import { NDJSON, PROTOBUF } from './media.ts';

export interface SyncOptions {
  readonly identity: PeerIdentity;
  /** https://HOST:PORT */
  readonly url: string;
  /** Whether whoever answers there may be spoken to: a member, or one key that is expected. */
  readonly door: Door;
  readonly holdings: Holdings;
  readonly platform: Platform;
  readonly ingest: Ingest;
  /** The lines that admit this node, for a peer that may not have them yet. */
  readonly brought?: readonly string[];
  readonly progress?: (progress: SyncProgress) => void;
  readonly signal?: AbortSignal;
}

export interface SyncProgress {
  readonly phase: SyncState['phase']['at'];
  readonly moved: Moved;
  /** Records that the peer says it holds. */
  readonly theirCount: number;
}

export interface SyncResult {
  readonly outcome: Outcome;
  readonly moved: Moved;
  /** Whom we spoke to; null where nobody was reached. */
  readonly peer: Key | null;
}

type Request = Exclude<Out, { kind: 'done' }>;

/** Reconciles with a peer. It throws only what `ingest` throws; all else is an outcome. */
export async function syncWith(options: SyncOptions): Promise<SyncResult> {
  const ground = { holdings: options.holdings, platform: options.platform };
  const channel = openChannel(options);
  const talk: Talk = { options, channel, failures: 0, busyWaits: 0, isHeard: false };
  try {
    let { state, out } = step(ground, newSync(), { kind: 'start' });
    while (out.kind !== 'done') {
      const input = await perform(talk, out);
      ({ state, out } = step(ground, state, input));
      const { phase, moved, theirCount } = state;
      options.progress?.({ phase: phase.at, moved, theirCount });
    }
    return { outcome: out.outcome, moved: out.moved, peer: channel.peer() };
  } finally {
    channel.close();
  }
}

interface Talk {
  readonly options: SyncOptions;
  readonly channel: Channel;
  /** In a row. */
  failures: number;
  busyWaits: number;
  /** The peer has answered before: what breaks now is the network, and no closed door. */
  isHeard: boolean;
}

/** The machine's request, made as often as it takes and may. */
async function perform(talk: Talk, out: Request): Promise<Input> {
  for (;;) {
    const made = await attempt(talk, out);
    if (made.kind === 'input') {
      talk.failures = 0;
      talk.isHeard = true;
      return made.input;
    }
    if (made.kind === 'broken') {
      talk.failures += 1;
      const attemptsMax = talk.isHeard ? ATTEMPTS_MAX : FIRST_ATTEMPTS_MAX;
      if (made.final || talk.failures >= attemptsMax) return { kind: 'failed', why: made.why };
      await pause(talk, FIRST_RETRY_MS * 2 ** (talk.failures - 1));
      if (made.input !== undefined) return made.input;
      continue;
    }
    talk.busyWaits += 1;
    if (talk.busyWaits > BUSY_WAITS_MAX) return { kind: 'failed', why: 'the peer stays busy' };
    await pause(talk, Math.min(made.waitMs, BUSY_WAIT_MS_MAX));
  }
}

type Attempt =
  | { readonly kind: 'input'; readonly input: Input }
  | { readonly kind: 'busy'; readonly waitMs: number }
  /** `input`: what the machine is told all the same, after a pause. */
  | {
      readonly kind: 'broken';
      readonly why: string;
      readonly final: boolean;
      readonly input?: Input;
    };

async function attempt(talk: Talk, out: Request): Promise<Attempt> {
  if (talk.options.signal?.aborted === true) return broken('stopped', true);
  let reply: Reply;
  try {
    reply = await talk.channel.ask(asked(out));
  } catch (error) {
    if (!(error instanceof ChannelFault)) throw error;
    return broken(error.message, error.final);
  }
  if (reply.status !== 200) {
    reply.drop();
    if (reply.status === 429) return { kind: 'busy', waitMs: reply.retryAfterMs };
    return broken(`the peer answers with status ${reply.status}`, reply.status < 500);
  }
  return out.kind === 'pull' ? receivePage(talk, reply) : receiveBody(out, reply);
}

function asked(out: Request): { path: string; type: string; body: Uint8Array } {
  if (out.kind !== 'push') return { path: `/v1/${out.kind}`, type: PROTOBUF, body: out.body };
  const text = out.lines.map((line) => `${line}\n`).join('');
  return { path: '/v1/push', type: NDJSON, body: Buffer.from(text) };
}

async function receivePage({ options }: Talk, reply: Reply): Promise<Attempt> {
  const page = await takePage(reply.stream, options.ingest, reply.from);
  const input: Input = { kind: 'page', tally: page.tally, end: page.end };
  if (!('broken' in page) || page.tally.faulty) {
    // A whole reply without an end is a lie, a broken one is not.
    return { kind: 'input', input: page.end === null ? { ...input, end: '' } : input };
  }
  if (page.tally.accepted > 0) return { kind: 'input', input };
  return { ...broken('the connection broke off', false), input };
}

async function receiveBody(out: Request, reply: Reply): Promise<Attempt> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const part of reply.stream) {
      sizeBytes += part.length;
      // An empty body is none of the messages, so the machine takes the peer for faulty.
      if (sizeBytes > BODY_BYTES_MAX) return { kind: 'input', input: bodyInput(out, EMPTY) };
      parts.push(part);
    }
  } catch {
    return broken('the connection broke off', false);
  }
  return { kind: 'input', input: bodyInput(out, Buffer.concat(parts)) };
}

const EMPTY = new Uint8Array(0);

function bodyInput(out: Request, body: Uint8Array): Input {
  return out.kind === 'push' ? { kind: 'pushed', body } : { kind: 'reply', body };
}

function broken(why: string, final: boolean): Extract<Attempt, { kind: 'broken' }> {
  return { kind: 'broken', why, final };
}

function pause({ options: { signal } }: Talk, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done);
  });
}
