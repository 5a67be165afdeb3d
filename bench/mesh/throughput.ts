// Row: what goes through the mesh, beside a tunnel by hand between the same two machines: the same
// wireguard-go, the same MTU, the same cable, in turn.

import { askDaemon } from '../../src/daemon/client.ts';
import type { Host } from '../../test/lab/host.ts';
import { lab } from '../../test/lab/lab.ts';
import { network } from '../../test/lab/network.ts';
import { until } from '../../test/lab/until.ts';
import type { Finding } from '../ledger/finding.ts';
import { paired } from '../ledger/measure.ts';
import { MTU_FIRST } from '../../wg/limits.ts';
import { tunnelByHand } from './by-hand.ts';
import { passed, serveIperf } from './iperf.ts';

const SECONDS = 2;
const RATIO_LEAST = 0.97;

export async function throughputFindings(turns: number): Promise<Finding[]> {
  const net = await lab();
  try {
    const lan = await net.lan();
    const [near, far] = [await net.host('attic', lan), await net.host('barn', lan)];
    await network([near, far]);
    await near.up();
    await far.up();
    const { address, mtu } = await linkBetween(near, far);
    const hand = await tunnelByHand(near, far, mtu);
    await hand.again();
    await serveIperf(far, near, [far.address]);
    const rate = async (to: string): Promise<number> => (await passed(near, to, SECONDS)).mbitPerS;
    const pair = await paired(
      turns,
      () => rate(address),
      () => rate(hand.far),
    );
    return [
      {
        row: 'throughput',
        what: 'through the mesh',
        measured: { value: pair.ours, unit: 'Mbit/s' },
        beside: { value: pair.floor, unit: 'Mbit/s', what: 'by the same tunnel by hand' },
        ratio: pair.ratio,
        goal: { of: 'ratio', least: RATIO_LEAST },
        how:
          `iperf3 over TCP and IPv6 between two machines of the laboratory, ${SECONDS} s each, in ` +
          `turn, ${turns} turns; both tunnels by wireguard-go with an MTU of ${mtu}, each in a ` +
          'session of its own. The two machines share the processors of this one.',
      },
    ];
  } finally {
    await net.close();
  }
}

/** Once its size was measured: the tunnel by hand gets the same, and both keep it. */
function linkBetween(near: Host, far: Host): Promise<{ address: string; mtu: number }> {
  return until('the two are linked, and packets are large', async () => {
    const { peers } = await askDaemon(near.folder, 'peers', undefined);
    const { mesh } = await askDaemon(near.folder, 'status', undefined);
    const link = peers.find(({ name }) => name === far.name);
    // Not while both are still busy with their start, nor while the size is the first one.
    const isSettled = link !== undefined && link.path !== 'down' && mesh.heard > 0;
    return isSettled && link.mtu !== MTU_FIRST ? link : null;
  });
}
