// Where members are, as one member tells another: addresses to try and no more. Whoever answers
// there shows by TLS who it is, so a lie costs a dial. Spec: docs/sync.md, "Endpoints".

import { ENDPOINTS_MAX } from '../../ledger/limits.ts';
import { fromBase64url, toBase64url } from '../../proto/bytes.ts';
import { type Key, isKey } from '../../proto/ids.ts';
import { isEndpoint } from '../../proto/names.ts';
import { kith } from '../../proto/wire.js';
import { type ChannelOptions, openChannel } from './channel.ts';
import { BODY_BYTES_MAX, TOLD_MEMBERS_MAX } from './limits.ts';
import { PROTOBUF } from './media.ts';

export const ENDPOINTS_PATH = '/v1/endpoints';

export interface Whereabouts {
  readonly key: Key;
  /** HOST:PORT, best first. */
  readonly endpoints: readonly string[];
}

export function encodeEndpoints(members: readonly Whereabouts[]): Uint8Array {
  const told = members.slice(0, TOLD_MEMBERS_MAX).map(({ key, endpoints }) => ({
    key: fromBase64url(key) as Uint8Array,
    endpoints: endpoints.slice(0, ENDPOINTS_MAX),
  }));
  return kith.EndpointsReply.encode({ members: told }).finish();
}

/** Null where the body is none, or breaks a bound. */
export function decodeEndpoints(bytes: Uint8Array): Whereabouts[] | null {
  let members: kith.MemberEndpoints[];
  try {
    ({ members } = kith.EndpointsReply.decode(bytes));
  } catch {
    return null;
  }
  if (members.length > TOLD_MEMBERS_MAX) return null;
  const told: Whereabouts[] = [];
  for (const { key: raw, endpoints } of members) {
    const key = toBase64url(raw);
    if (!isKey(key) || endpoints.length > ENDPOINTS_MAX) return null;
    if (!endpoints.every(isEndpoint)) return null;
    told.push({ key, endpoints });
  }
  return told;
}

/** Asks a member; null where it does not say. */
export async function askEndpoints(options: ChannelOptions): Promise<Whereabouts[] | null> {
  const channel = openChannel(options);
  try {
    const message = { path: ENDPOINTS_PATH, type: PROTOBUF, body: new Uint8Array() };
    const { status, stream } = await channel.ask(message);
    const parts: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const part of stream) {
      sizeBytes += part.length;
      if (sizeBytes > BODY_BYTES_MAX) return null;
      parts.push(part);
    }
    return status === 200 ? decodeEndpoints(Buffer.concat(parts)) : null;
  } catch {
    // It broke off: somebody else is asked after the next sync.
    return null;
  } finally {
    channel.close();
  }
}
