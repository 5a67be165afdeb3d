// `kith nodes`: the machines of the network: who belongs, as the ledger has it, and what the daemon
// has heard of each. The daemon tells both, so that nothing is read twice: docs/daemon.md.

import type { Coverage } from '../../../proto/status.ts';
import type { Key } from '../../../proto/ids.ts';
import { mibText } from '../../../place/amounts.ts';
import { askDaemon, findDaemon } from '../../daemon/client.ts';
import type { Roll } from '../../home/roll.ts';
import type { NodeFacts } from '../../mesh/facts.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { nodeRights } from '../grants.ts';
import { coverageLines } from '../mesh-lines.ts';
import { namesIn } from '../names.ts';
import { type Printer, plain } from '../print.ts';
import { columnsOf } from '../table.ts';
import { spanText } from '../../../proto/when.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const { roll, own, heard, coverage } = await askedOf(call.folder);
  const members = roll.members.map((member) => ({ ...member, shown: plain(member.shown) }));
  const nameOf = namesIn({ members }, new Set(roll.papers));
  const nodes = members
    .filter((member) => member.class === 'node')
    .map(({ key, shown: name, fingerprint, labels, endpoints, standing, ...member }) => ({
      ...{ name, key, fingerprint, labels, endpoints, standing, here: key === own },
      admitted: member.admittedBy === null ? null : nameOf(member.admittedBy),
      grants: member.grants,
      ...(member.replaces === null ? {} : { replaces: nameOf(member.replaces) }),
      ...factsOf(heard.get(key)),
    }));
  print.result({ nodes, coverage }, () => [
    ...columnsOf(
      nodes.map(({ name, here, fingerprint, standing, admitted, ...node }) => [
        `${name}${here ? ' (this machine)' : ''}`,
        fingerprint,
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
}

interface Asked {
  readonly roll: Roll;
  readonly own: Key | null;
  readonly heard: ReadonlyMap<Key, NodeFacts>;
  readonly coverage: readonly Coverage[];
}

/**
 * All of it from the daemon; where none runs, or it is still reading, the ledger from its files and
 * nothing that was heard.
 */
async function askedOf(folder: string): Promise<Asked> {
  // All at once: what a daemon that is not ready answers to the others is not looked at.
  const found = findDaemon(folder);
  const told = Promise.all([
    askDaemon(folder, 'members', undefined),
    askDaemon(folder, 'nodes', undefined),
  ]);
  told.catch(() => undefined);
  const status = await found;
  if (status?.state !== 'running' || status.ledger === null) {
    const { rollInFiles } = await import('../roll.ts');
    return { ...(await rollInFiles(folder)), heard: new Map(), coverage: [] };
  }
  const [roll, { nodes }] = await told;
  const heard = new Map(nodes.map((node) => [node.key, node]));
  return { roll, own: status.node, heard, coverage: status.mesh.coverage };
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
