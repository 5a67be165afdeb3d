// The interface as a link of the system: the node's own addresses, the routes to all others, the
// MTU. Spec: docs/mesh.md, "The interface".

import { MTU_FIRST, MTU_MOST } from '../../wg/limits.ts';
import type { Ground } from './ground.ts';
import { mtuTo } from './path-mtu.ts';

export async function setLink(ground: Ground): Promise<void> {
  const { device, wishing } = ground;
  const { network } = wishing.roster();
  const self = wishing.self();
  if (self === null) return;
  const others = wishing.others();
  await device.setLink({
    mtu: MTU_MOST,
    addresses: [`${self.address}/128`, ...(self.ipv4 === null ? [] : [`${self.ipv4}/32`])],
    routes: [
      { prefix: network, mtu: MTU_FIRST },
      ...others.flatMap(({ key, prefix, ipv4 }) => {
        const mtu = mtuTo(ground, key);
        return [
          ...(mtu === MTU_FIRST ? [] : [{ prefix, mtu }]),
          // One for each: the range as a whole may be somebody else's here.
          ...(ipv4 === null ? [] : [{ prefix: `${ipv4}/32`, mtu }]),
        ];
      }),
    ],
  });
}
