// A ledger of which nothing is held here, from the door of somebody who says that it is a member:
// its genesis first, whose id is known beforehand, then everything by an ordinary sync. Whoever
// answers can hold records back and can forge none. Spec: docs/sync.md, "The beginning".

import { holdingsOf } from '../../ledger/holdings.ts';
import { LINE_BYTES_MAX } from '../../ledger/limits.ts';
import { isSigned } from '../../ledger/proof.ts';
import { type Decoded, decodeText } from '../../ledger/record.ts';
import { textOf } from '../../proto/bytes.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import type { HomeLedger } from '../home/ledger.ts';
import { nodePlatform } from '../platform.ts';
import type { PeerIdentity } from './certificate.ts';
import { openChannel } from './channel.ts';
import { type SyncResult, syncWith } from './client.ts';
import { NDJSON } from './media.ts';
import { ingestInto } from './members.ts';

export type FetchCode =
  | 'door-silent'
  | 'door-other-ledger'
  | 'door-faulty'
  | 'ticket-expired'
  | 'ticket-closed'
  | 'ticket-used';

export interface Fetching {
  /** A node's key, or that of a ticket. */
  readonly identity: PeerIdentity;
  readonly url: string;
  /** The ledger that is wanted: the id of its genesis. */
  readonly ledger: RecordId;
  readonly signal?: AbortSignal;
  /** The ledger of this machine, begun with this genesis where there is none yet. */
  readonly begin: (genesis: Decoded) => Promise<HomeLedger>;
}

export interface Fetched {
  readonly home: HomeLedger;
  readonly sync: SyncResult;
}

export async function fetchLedger(fetching: Fetching): Promise<Result<Fetched, FetchCode>> {
  const { identity, url, begin, signal } = fetching;
  const began = await genesisFrom(fetching);
  if (!began.ok) return began;
  const { genesis, from } = began.value;
  const home = await begin(genesis);
  const sync = await syncWith({
    ...{ identity, url, platform: nodePlatform, ...(signal === undefined ? {} : { signal }) },
    // Whether it is a member cannot be known before its ledger has been read.
    door: ({ key }) => key === from,
    holdings: holdingsOf(home.replica),
    ingest: ingestInto(home),
  });
  return ok({ home, sync });
}

type Beginning = { readonly genesis: Decoded; readonly from: Key };

/** Only the genesis, or the word of the door against the ticket. */
export async function genesisFrom({
  identity,
  url,
  ledger,
  signal,
}: Fetching): Promise<Result<Beginning, FetchCode>> {
  const listened = signal === undefined ? {} : { signal };
  const channel = openChannel({ identity, url, door: () => true, ...listened });
  try {
    const message = { path: '/v1/genesis', type: NDJSON, body: new Uint8Array() };
    const { status, stream, from } = await channel.ask(message);
    const text = await shortText(stream);
    if (status === 403) return refuse(refusalIn(text));
    if (status !== 200) return refuse('door-silent', `it answers with status ${status}`);
    const decoded = decodeText((text ?? '').replace(/\n$/, ''), nodePlatform);
    if (!decoded.ok) return refuse('door-faulty', decoded.code);
    const genesis = decoded.value;
    if (genesis.id !== ledger) return refuse('door-other-ledger', genesis.id);
    return isSigned(genesis, nodePlatform)
      ? ok({ genesis, from })
      : refuse('door-faulty', 'bad-signature');
  } catch (error) {
    return refuse('door-silent', error instanceof Error ? error.message : String(error));
  } finally {
    channel.close();
  }
}

/** One line at most; null for what is longer or no text. */
async function shortText(stream: AsyncIterable<Uint8Array>): Promise<string | null> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of stream) {
    sizeBytes += part.length;
    if (sizeBytes > LINE_BYTES_MAX + 1) return null;
    parts.push(part);
  }
  return textOf(Buffer.concat(parts));
}

const TICKET_CODES: readonly FetchCode[] = ['ticket-expired', 'ticket-closed', 'ticket-used'];

function refusalIn(text: string | null): FetchCode {
  try {
    const document = JSON.parse(text ?? '') as { readonly error?: unknown } | null;
    return TICKET_CODES.find((code) => code === document?.error) ?? 'door-faulty';
  } catch {
    return 'door-faulty';
  }
}
