// A model of one WireGuard interface that understands the commands of wg/commands.ts: what `wg set`
// does to it, with its traps (a peer that is named is made, a prefix moves without a word), and
// what `wg show dump` prints of it. test/os/wireguard.test.ts holds the real one against the same
// plans.

import { createHash } from 'node:crypto';
import { utf8 } from '../../proto/bytes.ts';
import type { Actual } from '../../wg/dump.ts';
import { parseDump } from '../../wg/dump.ts';

interface Peer {
  preshared: boolean;
  endpoint: string | null;
  allowed: string[];
  keepalive: number;
}

export interface Interface {
  publicKey: string | null;
  port: number;
  readonly peers: Map<string, Peer>;
}

export const PRIVATE = 'cHJpdmF0ZSBwcml2YXRlIHByaXZhdGUgcHJpdmF0ZTE=';
export const PRESHARED = 'c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3I=';

export function emptyInterface(): Interface {
  return { publicKey: null, port: 51_820, peers: new Map() };
}

/** A key as `wg` prints it, the same for the same word. */
export function wgKey(word: string): string {
  return createHash('sha256').update(word).digest('base64');
}

/** Performs `wg set NAME …`. `ownKey` is what the private key on stdin leads to. */
export function perform(on: Interface, argv: readonly string[], ownKey = ''): void {
  const [tool, verb, , ...words] = argv;
  if (tool !== 'wg' || verb !== 'set') throw new Error(`the model knows no ${tool} ${verb}`);
  let peer: Peer | null = null;
  let key = '';
  const next = (): string => {
    const word = words.shift();
    if (word === undefined) throw new Error('a word is missing');
    return word;
  };
  while (words.length > 0) {
    switch (next()) {
      case 'private-key':
        next();
        on.publicKey = ownKey;
        break;
      case 'listen-port':
        on.port = Number(next());
        break;
      case 'peer':
        key = next();
        peer = on.peers.get(key) ?? { preshared: false, endpoint: null, allowed: [], keepalive: 0 };
        on.peers.set(key, peer);
        break;
      case 'remove':
        on.peers.delete(key);
        peer = null;
        break;
      case 'endpoint':
        (peer as Peer).endpoint = next();
        break;
      case 'persistent-keepalive': {
        const value = next();
        (peer as Peer).keepalive = value === 'off' ? 0 : Number(value);
        break;
      }
      case 'preshared-key':
        (peer as Peer).preshared = next() !== '/dev/null';
        break;
      case 'allowed-ips': {
        const prefixes = next().split(',').filter(Boolean);
        for (const [other, its] of on.peers) {
          if (other !== key) its.allowed = its.allowed.filter((one) => !prefixes.includes(one));
        }
        (peer as Peer).allowed = prefixes;
        break;
      }
      default:
        throw new Error(`the model does not know: ${argv.join(' ')}`);
    }
  }
}

export function dumpOf(on: Interface): string {
  const head = [PRIVATE, on.publicKey ?? '(none)', String(on.port), 'off'];
  const rows = [...on.peers].map(([key, { preshared, endpoint, allowed, keepalive }]) => [
    ...[key, preshared ? PRESHARED : '(none)', endpoint ?? '(none)'],
    ...[allowed.length === 0 ? '(none)' : allowed.join(','), '0', '0', '0'],
    keepalive === 0 ? 'off' : String(keepalive),
  ]);
  return [head, ...rows].map((fields) => `${fields.join('\t')}\n`).join('');
}

export function actualOf(on: Interface): Actual {
  const parsed = parseDump(utf8(dumpOf(on)));
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}
