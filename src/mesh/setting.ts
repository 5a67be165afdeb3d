// The interface as a link of the system: the node's own addresses, the routes to all others, the
// MTU. Spec: docs/mesh.md, "The interface".

import type { Ground } from './ground.ts';

export async function setLink({ device, wishing, mtu }: Ground): Promise<void> {
  const { network } = wishing.roster();
  const self = wishing.self();
  if (self === null) return;
  const others = wishing.others();
  await device.setLink({
    mtu,
    addresses: [`${self.address}/128`, ...(self.ipv4 === null ? [] : [`${self.ipv4}/32`])],
    // One for each: the range as a whole may be somebody else's here.
    routes: [network, ...others.flatMap(({ ipv4 }) => (ipv4 === null ? [] : [`${ipv4}/32`]))],
  });
}
