// Rows: what goes through a member that relays, between two machines whose routers let nothing else
// through, and what that costs the member. Beside it, in turn, a tunnel by hand between the same
// machines over a plain forwarder in the same member.

import { fileURLToPath } from 'node:url';
import { askDaemon } from '../../src/daemon/client.ts';
import { RELAY_PAIR_RATE } from '../../src/mesh/relay-limits.ts';
import type { Host } from '../../test/lab/host.ts';
import { type Lab, lab } from '../../test/lab/lab.ts';
import { DOOR_PORT, network } from '../../test/lab/network.ts';
import { until } from '../../test/lab/until.ts';
import { MTU_FIRST } from '../../wg/limits.ts';
import type { Finding } from '../ledger/finding.ts';
import { median } from '../ledger/measure.ts';
import { tunnelByHand } from './by-hand.ts';
import { type Passed, passed, serveIperf } from './iperf.ts';
import { processIn, ticksOf, TICKS } from './processes.ts';

const SECONDS = 4;
const FORWARDER = fileURLToPath(new URL('./forwarder.js', import.meta.url));
/** Of the forwarder: the near end's, and the far one's. */
const PORTS = [7_600, 7_601] as const;
const CAP_MBIT = (RELAY_PAIR_RATE.perSecond * 8) / 1e6;

interface Turn extends Passed {
  /** Processor time of who carries, for each megabyte that arrived. */
  readonly msPerMegabyte: number;
}

export async function relayFindings(turns: number): Promise<Finding[]> {
  const net = await lab();
  try {
    const [hub, near, far] = await behindRouters(net);
    const address = await relayedAddress(near, far);
    const through = PORTS.map((port) => `${hub.address}:${port}`) as [string, string];
    hub.machine.start(['setsid', process.execPath, FORWARDER, ...PORTS.map(String)]);
    const hand = await tunnelByHand(near, far, MTU_FIRST, through);
    await hand.again();
    await serveIperf(far, near, [address, hand.far]);
    const daemon = processIn(hub, (words) => words.includes('up'));
    const forwarder = processIn(hub, (words) => words.includes(FORWARDER));
    const [ours, plain]: [Turn[], Turn[]] = [[], []];
    // One before the first, which is not counted.
    for (let turn = 0; turn <= turns; turn++) {
      const pair = [await carried(near, address, daemon), await carried(near, hand.far, forwarder)];
      await stillRelayed(near, far);
      if (turn === 0) continue;
      ours.push(pair[0] as Turn);
      plain.push(pair[1] as Turn);
    }
    return findingsOf(ours, plain);
  } catch (error) {
    process.stderr.write(`${net.log()}\n`);
    throw error;
  } finally {
    await net.close();
  }
}

/** Two machines, each behind a strict router, and two public ones, of which the first relays. */
async function behindRouters(net: Lab): Promise<readonly [Host, Host, Host]> {
  const open = await net.lan({ public: true });
  const hub = await net.host('hub', open);
  // It takes two who see a machine to judge its router; else a direct path is tried again and
  // again, and the relay rests meanwhile.
  const witness = await net.host('witness', open);
  const [near, far] = [await behind(net, 'attic'), await behind(net, 'barn')];
  await network([hub, witness, near, far], { endpoints: false });
  await hub.up(['--relay']);
  for (const one of [witness, near, far]) await one.up(['--peer', `${hub.address}:${DOOR_PORT}`]);
  return [hub, near, far];
}

async function behind(net: Lab, name: string): Promise<Host> {
  const [inside, outside] = [await net.lan(), await net.lan({ public: true })];
  await net.nat('endpoint-dependent', { inside, outside });
  return net.host(name, inside);
}

function relayedAddress(near: Host, far: Host): Promise<string> {
  return until('the two are linked by the relay', async () => {
    await stillRelayed(near, far);
    const { address } = await linkOf(near, far);
    return (await near.ping(address)).received === 1 ? address : null;
  });
}

async function stillRelayed(near: Host, far: Host): Promise<void> {
  const { path, why } = await linkOf(near, far);
  if (path !== 'relay') throw new Error(`the link is ${path}: ${why}`);
}

async function linkOf(near: Host, far: Host) {
  const { peers } = await askDaemon(near.folder, 'peers', undefined);
  const link = peers.find(({ name }) => name === far.name);
  if (link === undefined) throw new Error(`${near.name} has no link to ${far.name}`);
  return link;
}

async function carried(near: Host, address: string, carrier: number): Promise<Turn> {
  const before = ticksOf(carrier).own;
  const run = await passed(near, address, SECONDS);
  const ms = ((ticksOf(carrier).own - before) / TICKS) * 1_000;
  return { ...run, msPerMegabyte: ms / run.megabytes };
}

function findingsOf(ours: readonly Turn[], plain: readonly Turn[]): Finding[] {
  const how =
    `iperf3 over TCP and IPv6, ${SECONDS} s each, in turn, ${ours.length} turns, between two machines ` +
    'of the laboratory behind routers with endpoint-dependent NAT; real daemons, wireguard-go, an ' +
    `MTU of ${MTU_FIRST}. The member that relays may give ${CAP_MBIT} Mbit/s to a pair, WireGuard's ` +
    'own bytes and both directions counted. The plain forwarder is a Node with two sockets in the ' +
    'same machine, under a tunnel by hand; it has no cap. Processor time is that of the whole ' +
    'process, by /proc, heartbeats included.';
  const rate = median(ours.map(({ mbitPerS }) => mbitPerS));
  const cost = (turns: readonly Turn[]): number => median(turns.map((one) => one.msPerMegabyte));
  return [
    {
      ...{ row: 'relay', what: 'through a member that relays', how },
      measured: { value: rate, unit: 'Mbit/s' },
      beside: { value: CAP_MBIT, unit: 'Mbit/s', what: 'what it gives to a pair' },
      ratio: rate / CAP_MBIT,
    },
    {
      ...{ row: 'relay', what: 'through a plain forwarder in its place, by hand', how },
      measured: { value: median(plain.map(({ mbitPerS }) => mbitPerS)), unit: 'Mbit/s' },
    },
    {
      ...{ row: 'relay', what: 'processor time of the relay for each megabyte', how },
      measured: { value: cost(ours), unit: 'ms' },
      beside: { value: cost(plain), unit: 'ms', what: 'of the plain forwarder' },
      ratio: cost(ours) / cost(plain),
    },
  ];
}
