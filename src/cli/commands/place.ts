// `kith place SPEC`: hands it to the daemon and tells what becomes of it. With --dry-run: where it
// would run and why, node by node; that asks the daemon, reads the ledger and changes nothing.

import { stateOf } from '../../../ledger/replica.ts';
import type { Demand } from '../../../place/demand.ts';
import { type Judged, type Plan, planOf } from '../../../place/plan.ts';
import type { Key } from '../../../proto/ids.ts';
import { fieldRows } from '../../../work/fields.ts';
import { pinned } from '../../../work/pinning.ts';
import { type Spec, specDigest } from '../../../work/spec.ts';
import { askDaemon } from '../../daemon/client.ts';
import { keyHost } from '../../home/host.ts';
import { readIdentityKey } from '../../keys/identity.ts';
import { nowMs } from '../../os/clock.ts';
import { demandOf, nodesFor } from '../../placing.ts';
import { nodePlatform } from '../../platform.ts';
import { imageNamesIn } from '../../work/images/naming.ts';
import type { Call } from '../command.ts';
import { demandText } from '../demand-text.ts';
import { Stop, wrongUse } from '../complaint.ts';
import type { Exit } from '../exit.ts';
import { withHome } from '../home.ts';
import { type NameOf, namesIn } from '../names.ts';
import { type Printer, errorDocument, plain } from '../print.ts';
import { needDaemon, placeAndFollow, seedIn } from '../placing.ts';
import { complaintOf, unwrap } from '../sentences.ts';
import { specIn } from '../spec-file.ts';
import { schemaLines } from '../spec-table.ts';
import { columnsOf } from '../table.ts';
import { leftText } from '../work-lines.ts';
import { followOutput, streamsOf } from '../work-output.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  if (call.flag('schema')) {
    print.result({ fields: fieldRows() }, () => schemaLines(print.columns));
    return 'ok';
  }
  const path = call.value('spec');
  if (path === undefined) {
    throw new Stop(wrongUse('`kith place` needs SPEC: the file that holds the spec', 'see --help'));
  }
  const seed = seedIn(call.value('seed'));
  const spec = unwrap(await specIn(path));
  if (call.flag('dry-run')) return dryRun(call, print, spec, seed);
  if (!call.flag('wait')) {
    return placeAndFollow(call, print, spec, { seed, until: 'going', quiet: false });
  }
  return placeAndFollow(call, print, spec, {
    ...{ seed, until: 'ended', quiet: false },
    async output(work, ended) {
      if (!print.json) await followOutput(call.folder, work.id, streamsOf(print), ended);
    },
  });
}

async function dryRun(call: Call, print: Printer, spec: Spec, seed: number): Promise<Exit> {
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
    nodes: judged.map(({ key, lacks, left }) => ({
      ...{ name: nameOf(key), key, here: key === self, fits: lacks.length === 0, left, lacks },
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
      one.left === null ? reasonsOf(one) : `fits: ${leftText(one)}`,
    ]);
  return [
    `${spec.kind} ${spec.name}: ${demandText(demand)}`,
    `policy ${policy}${policy === 'two' ? `, seed ${seed}` : ''}; digest ${specDigest(spec, nodePlatform)}`,
    ...columnsOf(rows, { indent: 2, ...(print.columns === null ? {} : { width: print.columns }) }),
    'nothing was changed',
  ];
}

function reasonsOf({ lacks }: Judged): string {
  return plain(lacks.map(({ why }) => why).join('; '));
}
