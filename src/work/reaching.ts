// An owner's way to hosts: over the mesh by the routes of members, and where this machine is the
// host itself by a direct call of the same desk. Spec: docs/running.md, "Between members".

import type { Key } from '../../proto/ids.ts';
import { kith } from '../../proto/wire.js';
import type { SignedDocument } from '../../work/documents.ts';
import { ANSWER_BYTES_MAX, RECEIPT_BYTES_MAX } from '../../work/limits.ts';
import { MESH_PORT } from '../beat/limits.ts';
import { urlOf } from '../peer/address.ts';
import { askPeer } from '../peer/ask.ts';
import type { PeerIdentity } from '../peer/certificate.ts';
import {
  WORK_ASK_PATH,
  WORK_LIST_PATH,
  WORK_RECEIPT_PATH,
  type WorkDesk,
  paperIn,
  signedBytes,
} from '../peer/work-routes.ts';
import { HOST_MS_MAX, LIST_BYTES_MAX, LIST_FRESH_MS, LIST_MS_MAX } from './owning-limits.ts';
import type { Reach } from './reach.ts';
import type { WorkRow } from './rows.ts';

/** One question to one member; rejects with the reason where no answer comes in time. */
export type Over = (
  to: Key,
  path: string,
  body: Uint8Array,
  most: { readonly bytes: number; readonly ms: number },
) => Promise<Uint8Array>;

export function overMesh(identity: PeerIdentity, addressOf: (member: Key) => string | null): Over {
  return async (to, path, body, { bytes, ms }) => {
    const host = addressOf(to);
    if (host === null) throw new Error('there is no mesh, or it is no member');
    const url = urlOf({ host, port: MESH_PORT });
    const signal = AbortSignal.timeout(ms);
    const door = ({ key }: { key: Key }): boolean => key === to;
    return (await askPeer({ identity, url, door, signal }, path, body, bytes)).body;
  };
}

type Here = Pick<WorkDesk, 'ask' | 'list' | 'receipt'>;

export function reachOf(self: Key, here: Here, over: Over, monotonicMs: () => number): Reach {
  const fresh = new Map<Key, { atMs: number; rows: Promise<readonly WorkRow[]> }>();
  const list = async (to: Key): Promise<readonly WorkRow[]> => {
    const json = to === self ? parsed(here.list('', self)) : await listOver(over, to);
    if (!Array.isArray(json)) throw new Error('it answered what no sound host answers');
    return json.filter(isRow);
  };
  // Many pieces of work at one host are one question to it.
  const lately = (to: Key): Promise<readonly WorkRow[]> => {
    const known = fresh.get(to);
    const nowMs = monotonicMs();
    if (known !== undefined && nowMs - known.atMs < LIST_FRESH_MS) return known.rows;
    const rows = list(to);
    fresh.set(to, { atMs: nowMs, rows });
    return rows;
  };
  return {
    ask: (to, request) => (to === self ? askHere(here, self, request) : askOver(over, to, request)),
    async status(to, id, generation) {
      const row = (await lately(to)).find((one) => one.id === id && one.generation === generation);
      return row?.state ?? null;
    },
    async receipt(to, id, generation) {
      if (to === self) return here.receipt({ id, generation }, self);
      const most = { bytes: RECEIPT_BYTES_MAX * 2, ms: HOST_MS_MAX };
      const body = kith.WorkAt.encode({ id, generation }).finish();
      return documentIn(paperIn(await over(to, WORK_RECEIPT_PATH, body, most)));
    },
    list,
  };
}

async function askHere(here: Here, self: Key, request: SignedDocument): Promise<SignedDocument> {
  const answer = await here.ask(request, self);
  if (answer === null) throw new Error('this machine takes no work just now');
  return answer;
}

async function askOver(over: Over, to: Key, request: SignedDocument): Promise<SignedDocument> {
  const most = { bytes: ANSWER_BYTES_MAX * 2, ms: HOST_MS_MAX };
  const body = await over(to, WORK_ASK_PATH, signedBytes(request), most);
  const answer = documentIn(paperIn(body));
  if (answer === null) throw new Error('it answered what no sound host answers');
  return answer;
}

async function listOver(over: Over, to: Key): Promise<unknown> {
  const body = kith.WorkAt.encode({ id: '', generation: 0 }).finish();
  return paperIn(await over(to, WORK_LIST_PATH, body, { bytes: LIST_BYTES_MAX, ms: LIST_MS_MAX }));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return null;
  }
}

function documentIn(value: unknown): SignedDocument | null {
  const { document, signature } = (value ?? {}) as Partial<SignedDocument>;
  return document === undefined || typeof signature !== 'string' ? null : { document, signature };
}

const STATES: ReadonlySet<unknown> = new Set([
  ...['reserved', 'preparing', 'starting', 'running', 'stopping', 'done', 'failed', 'lost'],
]);

/** What a host of another version adds is passed on, what people are shown is text. */
function isRow(value: unknown): value is WorkRow {
  const { id, generation, owner, name, state } = (value ?? {}) as Partial<Record<string, unknown>>;
  return (
    [id, owner, name].every((one) => typeof one === 'string') &&
    Number.isSafeInteger(generation) &&
    STATES.has(state)
  );
}
