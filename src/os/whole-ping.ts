// Whether an IP packet of a size reaches a host in one piece: an echo that no router may cut.
// Wants the ping of iputils; any other fails, which reads as "no". Spec: docs/mesh.md, "The size of
// packets".

import { ECHO_EVERY_S, ECHO_S, ICMP_BYTES, IPV4_BYTES, IPV6_BYTES } from './limits.ts';
import { runTool } from './tools.ts';

/** `host` is an address, never a name. `bytes` counts all headers from IP on. */
export async function passesWhole(
  host: string,
  bytes: number,
  signal: AbortSignal,
): Promise<boolean> {
  const data = bytes - (host.includes(':') ? IPV6_BYTES : IPV4_BYTES) - ICMP_BYTES;
  // With `-w` it goes on until the first answer, or until it hears that the packet is too large.
  const patience = ['-c', '1', '-i', String(ECHO_EVERY_S), '-w', String(ECHO_S)];
  // Never with `-q`: then it does not hear.
  const argv = ['ping', '-n', ...patience, '-M', 'do', '-s', String(data), host];
  return (await runTool(argv, { signal })).status === 0;
}
