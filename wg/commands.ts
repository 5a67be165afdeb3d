// Each change as the command that makes it: an argument array, never a line for a shell. Secrets
// are not in it: where a command needs the private key, it says so, and the shell hands the key
// over on stdin. Never `syncconf`, `setconf` or `wg-quick`: a file without an interface section
// wipes the private key and the port, and ends with 0. Spec: docs/mesh.md, "Commands".

import { assert } from '../proto/assert.ts';
import { INTERFACE_CHARS_MAX } from './limits.ts';
import type { Change } from './plan.ts';
import type { WantedPeer } from './table.ts';

export interface Command {
  /** The first is the tool. */
  readonly argv: readonly string[];
  /** What it reads on stdin. */
  readonly stdin: 'nothing' | 'private-key';
}

export function commandOf(name: string, change: Change): Command {
  assert(isInterface(name), 'an interface is named by us');
  const set = (...words: string[]): Command => ({
    argv: ['wg', 'set', name, ...words],
    stdin: 'nothing',
  });
  switch (change.kind) {
    case 'remove-peer':
    case 'remove-stranger':
      return set('peer', change.publicKey, 'remove');
    case 'set-key':
      return { argv: ['wg', 'set', name, 'private-key', '/dev/stdin'], stdin: 'private-key' };
    case 'set-port':
      return set('listen-port', String(change.listenPort));
    case 'add-peer':
      return set(...wholePeer(change.peer));
    case 'add-peers':
      return set(...change.peers.flatMap(wholePeer));
    case 'turn-endpoint':
      // One call, so that the peer is away for no longer than that.
      return set('peer', change.peer.publicKey, 'remove', ...wholePeer(change.peer));
    case 'move-prefix':
      return set('peer', change.peer.publicKey, 'allowed-ips', change.peer.allowed.join(','));
    case 'set-keepalive':
      return set('peer', change.peer.publicKey, ...keepalive(change.peer));
    case 'clear-preshared':
      return set('peer', change.peer.publicKey, 'preshared-key', '/dev/null');
  }
}

function wholePeer(peer: WantedPeer): string[] {
  return [
    ...['peer', peer.publicKey],
    ...(peer.endpoint === null ? [] : ['endpoint', peer.endpoint]),
    ...keepalive(peer),
    ...['allowed-ips', peer.allowed.join(',')],
  ];
}

function keepalive({ keepaliveS }: WantedPeer): string[] {
  return ['persistent-keepalive', keepaliveS === 0 ? 'off' : String(keepaliveS)];
}

export function dumpCommand(name: string): Command {
  assert(isInterface(name), 'an interface is named by us');
  return { argv: ['wg', 'show', name, 'dump'], stdin: 'nothing' };
}

function isInterface(name: string): boolean {
  return name.length <= INTERFACE_CHARS_MAX && /^[a-z][a-z0-9]*$/.test(name);
}
