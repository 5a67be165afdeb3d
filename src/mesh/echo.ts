// A ping over the mesh: the daemon of the peer sends back what it was sent, over the peer API, so
// that more is tried than the way there. The connection is opened before the time is taken.
// Spec: docs/daemon.md, "The mesh".

import { sameBytes } from '../../proto/bytes.ts';
import type { Key } from '../../proto/ids.ts';
import { MESH_PORT } from '../beat/limits.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import { monotonicMs, randomBytes } from '../os/clock.ts';
import { urlOf } from '../peer/address.ts';
import { ChannelFault, openChannel } from '../peer/channel.ts';
import { PROTOBUF } from '../peer/media.ts';
import type { PeerRoute } from '../peer/served.ts';
import type { Ping } from './facts.ts';
import type { Ground } from './ground.ts';
import { ECHO_BYTES, PING_WAIT_MS } from './limits.ts';

const PATH = '/v1/mesh/echo';

export const ECHO_ROUTE: PeerRoute = {
  path: PATH,
  bodyMax: ECHO_BYTES,
  answer: (body) => body,
};

export async function pingOver(ground: Ground, node: Key): Promise<Ping> {
  const row = ground.wishing.others().find(({ key }) => key === node);
  if (row === undefined) throw new DaemonFault('no-such-peer');
  const rttMs = await timed(ground, node, urlOf({ host: row.address, port: MESH_PORT }));
  if (rttMs !== null) ground.rtts.set(node, rttMs);
  const shown = ground.links.shown(node);
  const via = shown?.via ?? null;
  return {
    ...{ rttMs, path: shown?.path ?? 'down' },
    via: via === null ? null : (ground.wishing.roster().byKey.get(via)?.name ?? via),
    why: shown?.why ?? '',
  };
}

async function timed({ identity }: Ground, node: Key, url: string): Promise<number | null> {
  const signal = AbortSignal.timeout(PING_WAIT_MS);
  const channel = openChannel({ identity, url, door: ({ key }) => key === node, signal });
  const ask = async (): Promise<number> => {
    const body = randomBytes(ECHO_BYTES);
    const beganMs = monotonicMs();
    const reply = await channel.ask({ path: PATH, type: PROTOBUF, body });
    const parts: Uint8Array[] = [];
    for await (const part of reply.stream) parts.push(part);
    const tookMs = monotonicMs() - beganMs;
    if (!sameBytes(Buffer.concat(parts), body)) throw new ChannelFault('another echo', true);
    // To a hundredth: what is finer is this process.
    return Math.round(tookMs * 100) / 100;
  };
  try {
    await ask();
    return await ask();
  } catch {
    return null;
  } finally {
    channel.close();
  }
}
