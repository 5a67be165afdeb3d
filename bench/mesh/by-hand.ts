// A tunnel between two machines as a person sets it up by hand, with the same wireguard-go: what
// the mesh is held against. It runs in a session of its own, as that of a mesh does: Linux shares a
// busy processor between sessions, and one that shares that of the benchmark is given more of it.

import type { Host } from '../../test/lab/host.ts';
import { until } from '../../test/lab/until.ts';
import { INTERFACE_DIGITS } from '../../wg/limits.ts';

export interface ByHand {
  /** Of the far end, inside of the tunnel. */
  readonly far: string;
  /** Each end forgets the other, and is told of it again. */
  again(): Promise<void>;
}

const PORT = 7_460;
/**
 * A name as of a mesh: the address of any other would be told to members, who then go through it.
 */
const DEVICE = `kith${'0'.repeat(INTERFACE_DIGITS)}`;

/** `through`: where each of the two reaches the other, if not at its own address. */
export async function tunnelByHand(
  near: Host,
  far: Host,
  mtu: number,
  through?: readonly [near: string, far: string],
): Promise<ByHand> {
  const [one, other] = [await endOn(near, 'fd99::1', mtu), await endOn(far, 'fd99::2', mtu)];
  const [toFar, toNear] = through ?? [`${far.address}:${PORT}`, `${near.address}:${PORT}`];
  const tell = async (at: Host, key: string, inner: string, endpoint: string): Promise<void> => {
    const words = ['allowed-ips', `${inner}/128`, 'endpoint', endpoint];
    // Who stands between knows a side by what it sends.
    if (through !== undefined) words.push('persistent-keepalive', '1');
    const peer = ['peer', key];
    await at.machine.must(['wg', 'set', DEVICE, ...peer, 'remove', ...peer, ...words]);
  };
  const again = async (): Promise<void> => {
    await Promise.all([tell(near, other, 'fd99::2', toFar), tell(far, one, 'fd99::1', toNear)]);
  };
  return { far: 'fd99::2', again };
}

async function endOn({ machine }: Host, inner: string, mtu: number): Promise<string> {
  const { must } = machine;
  const secret = await must(['wg', 'genkey']);
  const key = (await must(['wg', 'pubkey'], { input: secret })).trim();
  machine.start(['setsid', 'wireguard-go', '--foreground', DEVICE]);
  await until(`${DEVICE} answers`, async () => {
    const { code } = await machine.run(['wg', 'show', DEVICE]);
    return code === 0;
  });
  const set = `cat | wg set ${DEVICE} listen-port ${PORT} private-key /dev/stdin`;
  await must(['sh', '-c', set], { input: secret });
  await must(['ip', 'address', 'add', `${inner}/64`, 'dev', DEVICE, 'nodad']);
  await must(['ip', 'link', 'set', 'dev', DEVICE, 'mtu', String(mtu), 'up']);
  return key;
}
