// Where work would run and why, node by node, as `--dry-run` of `place`, `run` and `vm` tells it:
// it asks the daemon, reads the ledger and changes nothing.

import { stateOf } from '../../ledger/replica.ts';
import type { Demand } from '../../place/demand.ts';
import { type Judged, type Plan, planOf } from '../../place/plan.ts';
import type { Key } from '../../proto/ids.ts';
import { pinned } from '../../work/pinning.ts';
import { type Spec, specDigest } from '../../work/spec.ts';
import { askDaemon } from '../daemon/client.ts';
import { keyHost } from '../home/host.ts';
import { readIdentityKey } from '../keys/identity.ts';
import { nowMs } from '../os/clock.ts';
import { demandOf, nodesFor } from '../placing.ts';
import { nodePlatform } from '../platform.ts';
import { imageNamesIn } from '../work/images/naming.ts';
import type { Call } from './command.ts';
import { Stop } from './complaint.ts';
import { demandText } from './demand-text.ts';
import type { Exit } from './exit.ts';
import { withHome } from './home.ts';
import { type NameOf, namesIn } from './names.ts';
import { needDaemon } from './placing.ts';
import { type Printer, errorDocument, plain } from './print.ts';
import { complaintOf, unwrap } from './sentences.ts';
import { columnsOf } from './table.ts';
import { leftText } from './work-lines.ts';

export async function dryRun(call: Call, print: Printer, spec: Spec, seed: number): Promise<Exit> {
  const heard = await heardBy(call.folder, print);
  const { state, self } = await withHome(call.folder, { write: false }, async ({ replica }) => ({
    state: stateOf(replica),
    self: unwrap(readIdentityKey(keyHost(), call.folder)),
  }));
  const demand = demandOf(spec);
  // What a name stands for here, as the daemon would say it to every host.
  const idOf = await imageNamesIn(call.folder);
  const nodes = nodesFor(pinned(spec, idOf), { state, self, heard, nowMs: nowMs() });
  const plan = planOf(demand, nodes, seed);
  const shown: Shown = { spec, demand, plan, seed, self, nameOf: namesIn(state, new Set()) };
  const complaint = plan.order.length === 0 ? complaintOf('no-node-fits') : null;
  const document = documentOf(shown);
  print.result(
    complaint === null ? document : { ...document, error: errorDocument(complaint) },
    () => linesOf(shown, print),
  );
  if (complaint === null) return 'ok';
  if (!print.json) throw new Stop(complaint);
  return complaint.exit;
}

interface Shown {
  readonly spec: Spec;
  readonly demand: Demand;
  readonly plan: Plan;
  readonly seed: number;
  readonly self: Key;
  readonly nameOf: NameOf;
}

async function heardBy(
  folder: string,
  print: Printer,
): Promise<Parameters<typeof nodesFor>[1]['heard']> {
  await needDaemon(folder, print);
  const { nodes } = await askDaemon(folder, 'nodes', undefined);
  return new Map(nodes.map((node) => [node.key, node]));
}

function documentOf({ spec, plan, seed, self, nameOf }: Shown): Record<string, unknown> {
  const { policy, order, judged } = plan;
  return {
    dryRun: true,
    ...{ spec, digest: specDigest(spec, nodePlatform), policy, seed },
    order: order.map((key) => ({ name: nameOf(key), key })),
    nodes: judged.map((one) => ({
      ...{ name: nameOf(one.key), key: one.key, here: one.key === self },
      ...{ fits: one.lacks.length === 0, left: one.left, lacks: one.lacks, says: saidOf(one) },
    })),
  };
}

function linesOf({ spec, demand, plan, seed, self, nameOf }: Shown, print: Printer): string[] {
  const { policy, order, judged } = plan;
  const rankOf = new Map(order.map((key, i) => [key, i + 1]));
  const last = ({ key }: Judged): number => rankOf.get(key) ?? order.length + 1;
  const rows = judged
    .toSorted((a, b) => last(a) - last(b))
    .map((one) => [
      `${nameOf(one.key)}${one.key === self ? ' (this machine)' : ''}`,
      rankOf.get(one.key)?.toString() ?? '-',
      saidOf(one),
    ]);
  return [
    `${spec.kind} ${spec.name}: ${demandText(demand)}`,
    `policy ${policy}${policy === 'two' ? `, seed ${seed}` : ''}; digest ${specDigest(spec, nodePlatform)}`,
    ...columnsOf(rows, { indent: 2, ...(print.columns === null ? {} : { width: print.columns }) }),
    'nothing was changed',
  ];
}

function saidOf(one: Judged): string {
  if (one.left !== null) return `fits: ${leftText(one)}`;
  return plain(one.lacks.map(({ why }) => why).join('; '));
}
