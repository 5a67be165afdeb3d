// What a dry run says of new work: which node first and why, and what every other lacks; or why the
// work as it is typed can go nowhere.

import type { Complaint, Run } from '../commands.ts';
import { type Line, line, paragraph, span, wrapped } from '../draw.ts';
import { type Column, table } from '../table.ts';

/** `kith run … --dry-run --json`, as far as it is drawn. */
export interface Plan {
  readonly policy: string;
  readonly seed: number;
  readonly order: readonly { readonly name: string; readonly key: string }[];
  readonly nodes: readonly {
    readonly name: string;
    readonly key: string;
    readonly here: boolean;
    readonly fits: boolean;
    readonly says: string;
  }[];
}

export interface Verdict {
  /** Of what, as it would be typed. */
  readonly text: string;
  readonly plan: Plan | null;
  readonly complaint: Complaint | null;
}

export function verdictOf({ said, ended }: Run, text: string): Verdict {
  const plan = said.findLast(
    (one): one is Plan => typeof one === 'object' && one !== null && 'dryRun' in one,
  );
  return { text, plan: plan ?? null, complaint: ended?.complaint ?? null };
}

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'node', least: 8 },
  { title: 'why', least: 20, grows: true },
];

/** How the first of those that fit is chosen (docs/placement.md). */
const POLICIES: Readonly<Record<string, string>> = {
  mostFree: 'the most memory left',
  two: 'of two by chance, the one with more left',
  pack: 'the fullest that still fits',
  pin: 'in the order that was given',
};

export function planLines(plan: Plan, width: number, room: number): Line[] {
  const rankOf = new Map(plan.order.map(({ key }, at) => [key, at]));
  const rank = ({ key }: Plan['nodes'][number]): number => rankOf.get(key) ?? plan.order.length;
  const nodes = plan.nodes.toSorted((a, b) => rank(a) - rank(b));
  const head = headLines(plan, width);
  const cells = nodes.map((node) => {
    const at = rankOf.get(node.key);
    const name = node.here ? `${node.name} (here)` : node.name;
    return [
      span(at === undefined ? 'no' : `${at + 1}.`, at === undefined ? 'dim' : 'good'),
      span(name, at === 0 ? 'bold' : 'plain'),
      span(node.says, at === undefined ? 'warn' : 'plain'),
    ];
  });
  const { rows } = table(COLUMNS, cells, width - 2);
  // What one lacks is said whole where there is room for it.
  const isRoomy = nodes.length * 2 + head.length <= room;
  const lines = rows.flatMap((one, at): Line[] => {
    const says = nodes[at]?.says ?? '';
    const start = width - 2 - (one.at(-1)?.text.length ?? 0);
    const more = isRoomy ? wrapped(says, width - 2 - start) : [];
    if (more.length < 2) return [[span('  '), ...one]];
    const tone = nodes[at]?.fits === true ? ('plain' as const) : ('warn' as const);
    return more.map((part, nth) =>
      nth === 0
        ? [span('  '), ...one.slice(0, -1), span(part, tone)]
        : line(' '.repeat(start + 2), span(part, tone)),
    );
  });
  const shown = lines.slice(0, Math.max(1, room - head.length));
  const left = lines.length - shown.length;
  if (left > 0) shown[shown.length - 1] = line(span(`  and ${left + 1} more`, 'dim'));
  return [...head, ...shown];
}

function headLines({ order, nodes, policy }: Plan, width: number): Line[] {
  const [first] = order;
  const text =
    first !== undefined
      ? `It would go to ${first.name}, the first of ${order.length} by ${policy}: ${POLICIES[policy] ?? ''}`
      : nodes.length === 0
        ? 'There is no node yet that could take it.'
        : 'No node can take it as it is:';
  const tone = first === undefined ? ('bad' as const) : ('good' as const);
  return paragraph(text, width, tone);
}
