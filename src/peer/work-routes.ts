// The routes by which members place work on each other and follow it: a signed request for a signed
// answer, what runs here, pages of a log with a bounded wait, receipts, output files. The caller is
// who TLS says, and what it may see is the desk's to judge. Spec: docs/running.md, "Between
// members".

import type { Key } from '../../proto/ids.ts';
import { kith } from '../../proto/wire.js';
import { decoded } from '../../wg/signed.ts';
import type { SignedDocument } from '../../work/documents.ts';
import { RECEIPT_BYTES_MAX, REQUEST_BYTES_MAX } from '../../work/limits.ts';
import { openDocument } from '../../work/signing.ts';
import { WORK_ASKS_RATE, WORK_ASK_BYTES_MAX } from './limits.ts';
import type { PeerRoute } from './served.ts';
import { turnstile } from './turnstile.ts';

export const WORK_ASK_PATH = '/v1/work/ask';
export const WORK_FIND_PATH = '/v1/work/find';
export const WORK_LIST_PATH = '/v1/work/list';
export const WORK_LOGS_PATH = '/v1/work/logs';
export const WORK_RECEIPT_PATH = '/v1/work/receipt';
export const WORK_BRING_PATH = '/v1/work/bring';
export const WORK_OUTPUTS_PATH = '/v1/work/outputs';
export const WORK_TYPE_PATH = '/v1/work/type';

export interface WorkName {
  readonly id: string;
  readonly generation: number;
}

export interface LogPage {
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly frames: Uint8Array;
  readonly next: number;
  readonly ended: boolean;
}

/** What a daemon does with what is asked here. What the caller may not see is not known here. */
export interface WorkDesk {
  /** To a host, or to an owner that is asked whether work is still wanted; null: no request. */
  ask(signed: SignedDocument, from: Key): Promise<SignedDocument | null>;
  /** Rows that the caller may see, as JSON. `id` is empty where all are meant. */
  list(id: string, from: Key): string;
  /** What is known of work by its id, the start of it, or its name: as JSON. */
  find(named: string, from: Key): string;
  log(work: WorkName, fromSeq: number, waitMs: number, from: Key): Promise<LogPage | null>;
  receipt(work: WorkName, from: Key): SignedDocument | null;
  /** A host brings one. True: it is kept. */
  bring(signed: SignedDocument, from: Key): Promise<boolean>;
  output(
    work: WorkName,
    path: string,
    offset: number,
    from: Key,
  ): Promise<{ bytes: Uint8Array; last: boolean } | null>;
  /** At the console of a machine, by its owner. True: it went in. */
  type(work: WorkName, bytes: Uint8Array, from: Key): Promise<boolean>;
}

type Answering = (body: Uint8Array, from: Key) => Promise<Uint8Array | null>;

export function workRoutes(desk: WorkDesk): readonly PeerRoute[] {
  const isTooMany = turnstile(WORK_ASKS_RATE);
  const route = (path: string, bodyMax: number, answer: Answering): PeerRoute => ({
    ...{ path, bodyMax },
    answer: (body, from) => (isTooMany(from) ? null : answer(body, from)),
  });
  return [
    route(WORK_ASK_PATH, REQUEST_BYTES_MAX, async (body, from) => {
      const opened = openDocument(body, REQUEST_BYTES_MAX);
      const answer = opened.ok ? await desk.ask(opened.value, from) : null;
      return answer === null ? null : paperBytes(answer);
    }),
    route(WORK_LIST_PATH, WORK_ASK_BYTES_MAX, async (body, from) => {
      const at = decoded(kith.WorkAt, body);
      return at === null ? null : paper(desk.list(at.id, from));
    }),
    route(WORK_FIND_PATH, WORK_ASK_BYTES_MAX, async (body, from) => {
      const at = decoded(kith.WorkAt, body);
      return at === null || at.id === '' ? null : paper(desk.find(at.id, from));
    }),
    route(WORK_LOGS_PATH, WORK_ASK_BYTES_MAX, (body, from) => onLogs(desk, body, from)),
    route(WORK_RECEIPT_PATH, WORK_ASK_BYTES_MAX, async (body, from) => {
      const at = decoded(kith.WorkAt, body);
      return at === null ? null : paperBytes(desk.receipt(at, from));
    }),
    route(WORK_BRING_PATH, RECEIPT_BYTES_MAX, async (body, from) => {
      const opened = openDocument(body, RECEIPT_BYTES_MAX);
      if (!opened.ok) return null;
      return paper(JSON.stringify({ kept: await desk.bring(opened.value, from) }));
    }),
    route(WORK_OUTPUTS_PATH, WORK_ASK_BYTES_MAX, async (body, from) => {
      const asked = decoded(kith.WorkOutputRequest, body);
      const work = asked?.work ?? null;
      if (asked === null || work === null) return null;
      const part = await desk.output(work, asked.path, asked.offset, from);
      const nothing = { bytes: new Uint8Array(), last: true };
      return kith.WorkOutputPart.encode({ known: part !== null, ...(part ?? nothing) }).finish();
    }),
    route(WORK_TYPE_PATH, WORK_ASK_BYTES_MAX, async (body, from) => {
      const typed = decoded(kith.WorkTyped, body);
      const work = typed?.work ?? null;
      if (typed === null || work === null) return null;
      const taken = await desk.type(work, typed.bytes, from);
      return kith.WorkTypedReply.encode({ taken }).finish();
    }),
  ];
}

async function onLogs(desk: WorkDesk, body: Uint8Array, from: Key): Promise<Uint8Array | null> {
  const asked = decoded(kith.WorkLogRequest, body);
  const work = asked?.work ?? null;
  if (asked === null || work === null) return null;
  const page = await desk.log(work, asked.fromSeq, asked.waitMs, from);
  const none = { seq: 0, hash: new Uint8Array(), frames: new Uint8Array(), next: 0, ended: false };
  return kith.WorkLogPage.encode({ known: page !== null, ...(page ?? none) }).finish();
}

/** A signed document as it travels. */
export function signedBytes(signed: SignedDocument): Uint8Array {
  return Buffer.from(JSON.stringify(signed));
}

function paperBytes(signed: SignedDocument | null): Uint8Array {
  return signed === null ? kith.WorkPaper.encode({}).finish() : paper(JSON.stringify(signed));
}

function paper(json: string): Uint8Array {
  return kith.WorkPaper.encode({ json }).finish();
}

/** What stands in a paper; null where there is none, or no JSON. */
export function paperIn(bytes: Uint8Array): unknown {
  const json = decoded(kith.WorkPaper, bytes)?.json ?? null;
  if (json === null) return null;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return null;
  }
}
