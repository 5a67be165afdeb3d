// `kith nodes`: the machines of the network: who belongs, as the ledger has it, and what the daemon
// has heard of each.

import { stateOf } from '../../../ledger/replica.ts';
import type { MemberState } from '../../../ledger/state.ts';
import { fingerprint } from '../../../proto/fingerprint.ts';
import type { Key } from '../../../proto/ids.ts';
import { mibText } from '../../../place/amounts.ts';
import { askDaemon, findDaemon } from '../../daemon/client.ts';
import { keyHost } from '../../home/host.ts';
import { readIdentityKey } from '../../keys/identity.ts';
import type { Coverage, NodeFacts } from '../../mesh/facts.ts';
import { nodePlatform } from '../../platform.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { nodeRights } from '../grants.ts';
import { namesAt, withHome } from '../home.ts';
import { coverageLines } from '../mesh-lines.ts';
import type { Printer } from '../print.ts';
import { columnsOf } from '../table.ts';
import { spanText } from '../when.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const { heard, coverage } = await askedOf(call.folder);
  return withHome<Exit>(call.folder, { write: false }, async (home) => {
    const own = readIdentityKey(keyHost(), call.folder);
    const nameOf = namesAt(home);
    const nodes = stateOf(home.replica)
      .members.filter((member) => member.class === 'node')
      .map((member) => {
        const { shown: name, key, labels, endpoints, replaces } = member;
        const admission = home.store.find(member.by);
        return {
          ...{ name, key, fingerprint: fingerprint(key, nodePlatform), labels, endpoints },
          ...{ standing: standingOf(member), here: own.ok && own.value === key },
          admitted: admission === null ? null : nameOf(admission.author),
          grants: member.grants.flatMap(({ grants }) => grants),
          ...(replaces === undefined ? {} : { replaces: nameOf(replaces) }),
          ...factsOf(heard.get(key)),
        };
      });
    print.result({ nodes, coverage }, () => [
      ...columnsOf(
        nodes.map(({ name, here, fingerprint: print4, standing, admitted, ...node }) => [
          `${name}${here ? ' (this machine)' : ''}`,
          print4,
          standing,
          `by ${admitted ?? '?'}`,
          heardText(heard.get(node.key)),
          [...node.labels, nodeRights(node.grants)].join('; '),
        ]),
        print.columns === null ? {} : { width: print.columns },
      ),
      ...coverageLines(coverage, nameOf).map((line) => print.style.yellow(line)),
    ]);
    return 'ok';
  });
}

interface Asked {
  readonly heard: ReadonlyMap<Key, NodeFacts>;
  readonly coverage: readonly Coverage[];
}

/** What the daemon has heard; nothing where none runs or it is still reading. */
async function askedOf(folder: string): Promise<Asked> {
  const status = await findDaemon(folder);
  if (status?.state !== 'running') return { heard: new Map(), coverage: [] };
  const { nodes } = await askDaemon(folder, 'nodes', undefined);
  return { heard: new Map(nodes.map((node) => [node.key, node])), coverage: status.mesh.coverage };
}

type Told = Omit<NodeFacts, 'key'>;
const UNHEARD: { readonly [Field in keyof Told]: Told[Field] | null } = {
  ...{ address: null, ipv4: null, liveness: null, heardAgoMs: null, headroom: null, offer: null },
  ...{ clockOffsetMs: null, version: null, agrees: null, cloned: null, relay: null, lobby: null },
};

function factsOf(facts: NodeFacts | undefined): typeof UNHEARD {
  if (facts === undefined) return UNHEARD;
  const { key: _, ...told } = facts;
  return told;
}

/** One cell: is it there, how much room has it, and what is odd about it. */
function heardText(facts: NodeFacts | undefined): string {
  if (facts === undefined) return 'not heard';
  const { liveness, heardAgoMs, headroom, clockOffsetMs, version, agrees, cloned } = facts;
  const cores = headroom?.cpuFreeMilli ?? null;
  const ram = headroom?.ramFreeMib ?? null;
  return [
    liveness === 'here' || heardAgoMs === null
      ? liveness
      : `${liveness}, ${spanText(heardAgoMs)} ago`,
    ...(cores === null ? [] : [`${(cores / 1000).toFixed(1)} cores free`]),
    ...(ram === null ? [] : [`${mibText(ram, 'down')} free`]),
    ...(clockOffsetMs === null || Math.abs(clockOffsetMs) < CLOCK_SHOWN_MS
      ? []
      : [`clock ${spanText(Math.abs(clockOffsetMs))} ${clockOffsetMs < 0 ? 'behind' : 'ahead'}`]),
    ...(version === null ? [] : [version]),
    ...(agrees === null ? [] : [agrees ? 'same ledger' : 'another ledger just now']),
    ...(cloned ? ['TWO MACHINES WITH ITS KEY'] : []),
  ].join(', ');
}

/** Clocks that differ by less are nobody's business. */
const CLOCK_SHOWN_MS = 5_000;

function standingOf({ removed, frozen }: MemberState): 'removed' | 'frozen' | 'active' {
  if (removed !== undefined) return 'removed';
  return frozen === undefined ? 'active' : 'frozen';
}
