// What the interface holds, as the control socket of wireguard-go tells it: the same as a dump of
// `wg` (dump.ts), without a process for it. Secrets are overwritten before this sees the text; a
// preshared key of zeros is none. The protocol is WireGuard's "Configuration Protocol".

import { fromHex } from '../proto/bytes.ts';
import { ok, refuse, type Result } from '../proto/result.ts';
import type { Actual, ActualPeer } from './dump.ts';
import type { DumpCode } from './refusals.ts';
import { base64Of } from './table.ts';

const NO_KEY = '0'.repeat(64);

/** `publicKey` is that of the interface, which the socket tells only as its private one. */
export function parseControl(text: string, publicKey: string | null): Result<Actual, DumpCode> {
  if (!text.endsWith('\nerrno=0\n\n') && text !== 'errno=0\n\n') {
    return refuse('dump-shape', 'cut off, or refused');
  }
  const peers = new Map<string, ActualPeer>();
  let listenPort = 0;
  let peer: Peer | null = null;
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    const name = line.slice(0, at);
    const value = line.slice(at + 1);
    if (name === 'public_key') {
      const key = fromHex(value);
      if (key?.length !== 32) return refuse('dump-shape', 'a key of another length');
      peer = { publicKey: base64Of(key), allowed: [], ...NOTHING_KNOWN };
      peers.set(peer.publicKey, peer);
    } else if (name === 'listen_port') listenPort = Number(value);
    else if (peer !== null) FIELDS[name]?.(peer, value);
  }
  const numbers = [...peers.values()].flatMap(({ handshakeS, rxBytes, txBytes, keepaliveS }) => [
    ...[handshakeS, rxBytes, txBytes, keepaliveS],
  ]);
  if (![listenPort, ...numbers].every((one) => Number.isInteger(one) && one >= 0)) {
    return refuse('dump-shape', 'a number that is none');
  }
  return ok({ publicKey, listenPort, peers });
}

type Peer = { -readonly [Field in keyof ActualPeer]: ActualPeer[Field] } & { allowed: string[] };

const NOTHING_KNOWN = {
  ...{ preshared: false, endpoint: null, handshakeS: 0, rxBytes: 0, txBytes: 0, keepaliveS: 0 },
} as const;

/** All else, of later versions too, is nothing to us. */
const FIELDS: Readonly<Record<string, (peer: Peer, value: string) => void>> = {
  preshared_key: (peer, value) => void (peer.preshared = value !== NO_KEY),
  endpoint: (peer, value) => void (peer.endpoint = value),
  allowed_ip: (peer, value) => void peer.allowed.push(value),
  last_handshake_time_sec: (peer, value) => void (peer.handshakeS = Number(value)),
  rx_bytes: (peer, value) => void (peer.rxBytes = Number(value)),
  tx_bytes: (peer, value) => void (peer.txBytes = Number(value)),
  persistent_keepalive_interval: (peer, value) => void (peer.keepaliveS = Number(value)),
};
