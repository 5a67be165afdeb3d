// How this node reaches the work of others: over the mesh, by a connection kept for each peer, or
// by a direct call where it is meant itself. Every question may be asked again, so one that broke
// with its connection is asked once more over a new one. Spec: docs/running.md, "Between members".

import type { Key } from '../../proto/ids.ts';
import { kith } from '../../proto/wire.js';
import type { SignedDocument } from '../../work/documents.ts';
import { urlOf } from '../peer/address.ts';
import { askPeer } from '../peer/ask.ts';
import type { PeerIdentity } from '../peer/certificate.ts';
import { type Channel, ChannelFault, openChannel } from '../peer/channel.ts';
import { WORK_LIST_BYTES_MAX } from '../peer/limits.ts';
import { PROTOBUF } from '../peer/media.ts';
import {
  type LogPage,
  WORK_ASK_PATH,
  WORK_BRING_PATH,
  WORK_FIND_PATH,
  WORK_LIST_PATH,
  WORK_LOGS_PATH,
  WORK_OUTPUTS_PATH,
  WORK_RECEIPT_PATH,
  WORK_TYPE_PATH,
  type WorkDesk,
  type WorkName,
  paperIn,
  signedBytes,
} from '../peer/work-routes.ts';
import { decoded } from '../../wg/signed.ts';
import { HOST_MS_MAX } from './owning-limits.ts';
import { READ_WAIT_MS_MAX } from './limits.ts';
import type { Reach } from './reach.ts';
import { type FoundThere, isRow, readFound } from './found.ts';
import type { WorkRow } from './rows.ts';

export interface ReachingParts {
  readonly self: Key;
  readonly identity: PeerIdentity;
  /** Of this node: what it is asked by itself. */
  readonly desk: () => WorkDesk;
  /** On the mesh; null: it is no member, or there is no mesh. */
  readonly addressOf: (member: Key) => { host: string; port: number } | null;
}

export interface Reaching extends Reach {
  rows(to: Key, id?: string): Promise<readonly WorkRow[]>;
  /** By its id, the start of it, or its name, as owner and as host. */
  find(to: Key, named: string): Promise<FoundThere>;
  bring(to: Key, receipt: SignedDocument): Promise<boolean>;
  log(
    to: Key,
    work: WorkName,
    from: { readonly seq: number; readonly waitMs: number },
    signal?: AbortSignal,
  ): Promise<LogPage | null>;
  output(
    to: Key,
    work: WorkName,
    path: string,
    offset: number,
  ): Promise<{ bytes: Uint8Array; last: boolean } | null>;
  type(to: Key, work: WorkName, bytes: Uint8Array): Promise<boolean>;
  close(): void;
}

interface Own {
  readonly parts: ReachingParts;
  /** By the peer, and what they are for. */
  readonly channels: Map<string, { readonly url: string; readonly channel: Channel }>;
}

/** What is asked of a peer, for which there is a connection of its own. */
interface Question {
  readonly to: Key;
  readonly path: string;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
}

export function createReaching(parts: ReachingParts): Reaching {
  const own: Own = { parts, channels: new Map() };
  const { self, desk } = parts;
  const rows = async (to: Key, id = ''): Promise<readonly WorkRow[]> => {
    if (to === self) return JSON.parse(desk().list(id, self)) as WorkRow[];
    const asked = kith.WorkAt.encode({ id, generation: 0 }).finish();
    const read = paperIn(await ask(own, to, WORK_LIST_PATH, asked));
    if (!Array.isArray(read) || !read.every(isRow)) throw new ChannelFault('no list', true);
    return read;
  };
  return {
    rows,
    async ask(to, request) {
      if (to !== self) return paperOf(await ask(own, to, WORK_ASK_PATH, signedBytes(request)));
      const answer = await desk().ask(request, self);
      if (answer === null) throw new ChannelFault('it answers nothing', true);
      return answer;
    },
    async status(to, id, generation) {
      const found = (await rows(to, id)).find((row) => row.generation === generation);
      return found?.state ?? null;
    },
    async receipt(to, id, generation) {
      if (to === self) return desk().receipt({ id, generation }, self);
      const asked = kith.WorkAt.encode({ id, generation }).finish();
      const read = paperIn(await ask(own, to, WORK_RECEIPT_PATH, asked));
      return isSigned(read) ? read : null;
    },
    list: (to) => rows(to),
    async find(to, named) {
      if (to === self) return JSON.parse(desk().find(named, self)) as FoundThere;
      const asked = kith.WorkAt.encode({ id: named, generation: 0 }).finish();
      const read = readFound(paperIn(await ask(own, to, WORK_FIND_PATH, asked)));
      if (read === null) throw new ChannelFault('no such answer', true);
      return read;
    },
    async bring(to, receipt) {
      if (to === self) return desk().bring(receipt, self);
      const read = paperIn(await ask(own, to, WORK_BRING_PATH, signedBytes(receipt)));
      return (read as { kept?: unknown } | null)?.kept === true;
    },
    log: (to, work, from, signal) => log(own, to, work, from, signal),
    output: (to, work, path, offset) => output(own, to, work, path, offset),
    async type(to, work, bytes) {
      if (to === self) return desk().type(work, bytes, self);
      const asked = kith.WorkTyped.encode({ work, bytes }).finish();
      return (
        decoded(kith.WorkTypedReply, await ask(own, to, WORK_TYPE_PATH, asked))?.taken === true
      );
    },
    close() {
      for (const { channel } of own.channels.values()) channel.close();
      own.channels.clear();
    },
  };
}

function urlFor({ parts }: Own, to: Key): string {
  const address = parts.addressOf(to);
  if (address === null) throw new ChannelFault('it has no address on the mesh', false);
  return urlOf(address);
}

async function ask(own: Own, to: Key, path: string, body: Uint8Array): Promise<Uint8Array> {
  const url = urlFor(own, to);
  const signal = AbortSignal.timeout(HOST_MS_MAX);
  const late = new Promise<never>((_, reject) => {
    const fault = new ChannelFault('no answer in time', false);
    signal.addEventListener('abort', () => reject(fault), { once: true });
  });
  const asked = askKept(own, url, { to, path, body, signal });
  // Whoever waits no longer hears no more of it.
  asked.catch(() => undefined);
  return Promise.race([asked, late]);
}

async function askKept(own: Own, url: string, question: Question): Promise<Uint8Array> {
  const name = lineOf(question);
  const isKept = own.channels.get(name)?.url === url;
  const channel = channelFor(own, url, question);
  try {
    return await askOver(channel, question);
  } catch (error) {
    const mayHelp = error instanceof ChannelFault && !error.final && isKept;
    if (!mayHelp || question.signal.aborted) throw error;
    // Of many who ask over it the first that notices takes it away, and not the next one.
    if (own.channels.get(name)?.channel === channel) {
      channel.close();
      own.channels.delete(name);
    }
    return askOver(channelFor(own, url, question), question);
  }
}

/** Requests do not wait behind questions about all that runs there: one goes after the other. */
function lineOf({ to, path }: Question): string {
  return path === WORK_ASK_PATH ? `${to} ${path}` : to;
}

function channelFor(own: Own, url: string, question: Question): Channel {
  const name = lineOf(question);
  const known = own.channels.get(name);
  if (known?.url === url) return known.channel;
  known?.channel.close();
  const { identity } = own.parts;
  const channel = openChannel({ identity, url, door: ({ key }) => key === question.to });
  own.channels.set(name, { url, channel });
  return channel;
}

async function askOver(channel: Channel, question: Question): Promise<Uint8Array> {
  const { path, body, signal } = question;
  const reply = await channel.ask({ path, type: PROTOBUF, body, signal });
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of reply.stream) {
    sizeBytes += part.length;
    if (sizeBytes > WORK_LIST_BYTES_MAX) throw new ChannelFault('the answer is too long', true);
    parts.push(part);
  }
  if (reply.status !== 200)
    throw new ChannelFault(`it answers with status ${reply.status}`, reply.status < 500);
  return Buffer.concat(parts);
}

/** Over a connection of its own: it may wait for long, and others must not wait behind it. */
async function log(
  own: Own,
  to: Key,
  work: WorkName,
  { seq, waitMs }: { readonly seq: number; readonly waitMs: number },
  signal: AbortSignal | undefined,
): Promise<LogPage | null> {
  const { self, desk, identity } = own.parts;
  if (to === self) return desk().log(work, seq, waitMs, self);
  const late = AbortSignal.timeout(READ_WAIT_MS_MAX + HOST_MS_MAX);
  const { body } = await askPeer(
    {
      ...{ identity, url: urlFor(own, to), door: ({ key }: { key: Key }) => key === to },
      signal: signal === undefined ? late : AbortSignal.any([late, signal]),
    },
    WORK_LOGS_PATH,
    kith.WorkLogRequest.encode({ work, fromSeq: seq, waitMs }).finish(),
  );
  const page = decoded(kith.WorkLogPage, body);
  if (page === null) throw new ChannelFault('no page of a log', true);
  return page.known ? page : null;
}

async function output(
  own: Own,
  to: Key,
  work: WorkName,
  path: string,
  offset: number,
): Promise<{ bytes: Uint8Array; last: boolean } | null> {
  const { self, desk } = own.parts;
  if (to === self) return desk().output(work, path, offset, self);
  const asked = kith.WorkOutputRequest.encode({ work, path, offset }).finish();
  const part = decoded(kith.WorkOutputPart, await ask(own, to, WORK_OUTPUTS_PATH, asked));
  if (part === null) throw new ChannelFault('no part of a file', true);
  return part.known ? part : null;
}

function paperOf(bytes: Uint8Array): SignedDocument {
  const read = paperIn(bytes);
  if (!isSigned(read)) throw new ChannelFault('no signed answer', true);
  return read;
}

function isSigned(value: unknown): value is SignedDocument {
  if (typeof value !== 'object' || value === null) return false;
  const { document, signature } = value as Partial<Record<keyof SignedDocument, unknown>>;
  return typeof document === 'object' && document !== null && typeof signature === 'string';
}
