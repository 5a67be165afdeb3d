// The one TLS configuration of peers, for both ends: version 1.3, certificates of both sides over
// Ed25519, no resumption. OpenSSL checks that each side holds its key; whose key it is, the door
// decides, so no authority is trusted and none of OpenSSL's rules on chains or dates apply.

import { constants } from 'node:crypto';
import { type ConnectionOptions, type TlsOptions, createSecureContext } from 'node:tls';
import { type PeerIdentity, certificateOf } from './certificate.ts';

type Shared = Pick<TlsOptions, 'cert' | 'key' | 'minVersion' | 'rejectUnauthorized'> &
  Pick<TlsOptions, 'secureOptions' | 'sigalgs'>;

function shared(identity: PeerIdentity, brought: readonly string[]): Shared {
  return {
    cert: certificateOf(identity, brought),
    key: identity.privateKey.export({ format: 'pem', type: 'pkcs8' }),
    minVersion: 'TLSv1.3',
    rejectUnauthorized: false,
    secureOptions: constants.SSL_OP_NO_TICKET,
    sigalgs: 'ed25519',
  };
}

export function serverTls(
  identity: PeerIdentity,
  brought: readonly string[],
  handshakeMs: number,
  protocols: readonly string[] = [],
): TlsOptions {
  return {
    ...{ ...shared(identity, brought), requestCert: true, handshakeTimeout: handshakeMs },
    // Who asks for another protocol is sent away in the handshake; who asks for none speaks HTTP.
    ALPNProtocols: ['http/1.1', ...protocols],
  };
}

export function clientTls(identity: PeerIdentity, brought: readonly string[]): ConnectionOptions {
  return shared(identity, brought);
}

const kept = new WeakMap<
  PeerIdentity,
  { readonly print: string; readonly tls: ConnectionOptions }
>();

/**
 * The same, made once for all connections of an identity while it brings the same lines: making a
 * certificate and reading it takes longer than all else before a handshake, and tens of KB each.
 */
export function keptClientTls(
  identity: PeerIdentity,
  brought: readonly string[],
): ConnectionOptions {
  const print = brought.join('\n');
  const before = kept.get(identity);
  if (before?.print === print) return before.tls;
  const options = clientTls(identity, brought);
  const tls = { rejectUnauthorized: false, secureContext: createSecureContext(options) };
  kept.set(identity, { print, tls });
  return tls;
}
