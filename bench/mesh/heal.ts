// Rows: how soon packets flow again, and how soon all ledgers agree, once a cut is healed. Every
// machine alone while it is cut, writes on two of them, real daemons in the laboratory.

import { askDaemon } from '../../src/daemon/client.ts';
import type { Host } from '../../test/lab/host.ts';
import { type Lab, lab } from '../../test/lab/lab.ts';
import { commit, network } from '../../test/lab/network.ts';
import { until } from '../../test/lab/until.ts';
import type { Finding } from '../ledger/finding.ts';
import { percentile } from '../ledger/measure.ts';
import { firstAnswer } from './turns.ts';

const NAMES = ['attic', 'barn', 'cellar', 'den'] as const;
/** Shorter than a peer is missed, until it is doubted, until it is down. */
const CUTS_S = [10, 35, 65];
/** Two heartbeats. */
const GOAL_S = 20;

export async function healFindings(isQuick: boolean): Promise<Finding[]> {
  const cuts = isQuick ? CUTS_S.slice(0, 1) : CUTS_S;
  const net = await lab();
  const flows: number[] = [];
  const agrees: number[] = [];
  try {
    const hosts = await raised(net);
    for (const [turn, cutS] of cuts.entries()) {
      process.stderr.write(`bench: heal, a cut of ${cutS} s\n`);
      const healed = await oneCut(net, hosts, cutS, turn);
      flows.push(...healed.flows);
      agrees.push(healed.agrees);
    }
  } catch (error) {
    process.stderr.write(`${net.log()}\n`);
    throw error;
  } finally {
    await net.close();
  }
  const how =
    `${NAMES.length} machines of the laboratory on one lan, each cut off from all others for ` +
    `${cuts.join(', ')} s; two operators write on two of them meanwhile. Healed all at once; from ` +
    'then on each pings each other one, 0.3 s for each try. ' +
    `${flows.length} pairs and directions, ${agrees.length} agreements.`;
  const row = (what: string, value: number, isGoal: boolean): Finding => ({
    ...{ row: 'heal', what, measured: { value, unit: 's' }, how },
    ...(isGoal ? { goal: { of: 'measured', most: GOAL_S } } : {}),
  });
  return [
    row('from the end of a cut to the first ping, p50', percentile(flows, 50), false),
    row('from the end of a cut to the first ping, p95', percentile(flows, 95), true),
    row('from the end of a cut until all ledgers agree, the slowest', Math.max(...agrees), true),
  ];
}

async function raised(net: Lab): Promise<Host[]> {
  const lan = await net.lan();
  const hosts: Host[] = [];
  for (const name of NAMES) hosts.push(await net.host(name, lan));
  await network(hosts, { operators: [hosts[1] as Host] });
  for (const host of hosts) await host.up();
  for (const host of hosts) {
    await until(`${host.name} hears all`, async () => {
      const { mesh } = await askDaemon(host.folder, 'status', undefined);
      return mesh.heard >= hosts.length - 1 && mesh.links.up === mesh.links.of;
    });
  }
  return hosts;
}

interface Healed {
  readonly flows: readonly number[];
  readonly agrees: number;
}

async function oneCut(
  net: Lab,
  hosts: readonly Host[],
  cutS: number,
  turn: number,
): Promise<Healed> {
  const addresses = await Promise.all(
    hosts.map(async ({ folder }) => (await askDaemon(folder, 'status', undefined)).mesh.address),
  );
  await net.cut(...hosts);
  const cutMs = performance.now();
  await commit(hosts[0] as Host, 'heating.attic', `on ${turn}`);
  await commit(hosts[1] as Host, 'heating.barn', `on ${turn}`);
  const leftMs = cutS * 1_000 - (performance.now() - cutMs);
  await new Promise((over) => void setTimeout(over, Math.max(0, leftMs)));
  const healedMs = performance.now();
  await net.heal(...hosts);
  const flows = Promise.all(
    hosts.flatMap((own, i) =>
      addresses.flatMap((address, j) =>
        i === j ? [] : [firstAnswer(own.machine, address as string)],
      ),
    ),
  );
  await until('all hold the same', async () => {
    const ledgers = await Promise.all(
      hosts.map(({ folder }) => askDaemon(folder, 'ledger', undefined)),
    );
    return new Set(ledgers.map(({ stateRoot }) => stateRoot)).size === 1;
  });
  const agrees = (performance.now() - healedMs) / 1_000;
  return { flows: (await flows).map((atMs) => (atMs - healedMs) / 1_000), agrees };
}
