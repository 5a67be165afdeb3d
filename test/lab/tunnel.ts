// A tunnel as a person would set it up by hand: what is wrong in it is not kith's fault. Tests that
// look at one part of the mesh stand on it, and what kith makes can be compared with it.

import type { Host } from './host.ts';

export interface End {
  readonly host: Host;
  readonly key: string;
  readonly inner: string;
}

/** One end of it, on the door's port, without peers. */
export async function end(host: Host, inner: string): Promise<End> {
  const { must } = host.machine;
  const secret = await must(['wg', 'genkey']);
  const key = (await must(['wg', 'pubkey'], { input: secret })).trim();
  await must(['wireguard-go', 'hand']);
  // What Node gives as standard input is a socket, which cannot be opened by its name.
  const set = 'cat | wg set hand listen-port 7447 private-key /dev/stdin';
  await must(['sh', '-c', set], { input: secret });
  await must(['ip', 'address', 'add', `${inner}/64`, 'dev', 'hand', 'nodad']);
  await must(['ip', 'link', 'set', 'dev', 'hand', 'mtu', '1280', 'up']);
  return { host, key, inner };
}
