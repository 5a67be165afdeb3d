// F8: the nodes, who is there, and how much room each has.

import { type Line, line, span, toned } from '../draw.ts';
import { type NodeHeard, type RosterFacts, valueOf } from '../facts.ts';
import { bar } from '../glyphs.ts';
import { START, moved, within } from '../list.ts';
import { type Model, stay, withSlice } from '../model.ts';
import type { Screen } from '../screen.ts';
import { type Column, table } from '../table.ts';
import { usedOf } from '../trends.ts';

type Row = RosterFacts['nodes'][number];

const COLUMNS: readonly Column[] = [
  { title: 'node', least: 8, grows: true },
  { title: 'is' },
  { title: 'cpu' },
  { title: 'memory' },
];

function rowsOf({ facts }: Model): readonly Row[] {
  return valueOf(facts.roster)?.nodes ?? [];
}

export const NETWORK: Screen = {
  name: 'network',
  title: 'Network',
  wants: ['nodes', 'members', 'roster', 'peers'],
  bindings: [],
  onKey: (model, key) => {
    const place = moved(model.slices.network.place, key, rowsOf(model).length, model.size.rows - 8);
    return place === null ? null : stay(withSlice(model, 'network', { place }));
  },
  view: (model, width, height) => {
    const rows = rowsOf(model);
    if (rows.length === 0) return [line(span('no node is known yet', 'dim'))];
    const heard = new Map((valueOf(model.facts.nodes) ?? []).map((node) => [node.key, node]));
    const place = within(model.slices.network.place ?? START, rows.length, height - 1);
    const shown = table(
      COLUMNS,
      rows.map((row) => cells(model, row, heard.get(row.key))),
      width - 2,
    );
    const lines = shown.rows.map((one, at): Line => {
      const mark = at === place.at ? `${model.glyphs.cursor} ` : '  ';
      return at === place.at ? toned([span(mark), ...one], 'chosen') : [span(mark), ...one];
    });
    return [[span('  '), ...shown.head], ...lines.slice(place.top, place.top + height - 1)];
  },
};

function cells({ glyphs }: Model, row: Row, heard: NodeHeard | undefined): string[] {
  const { cpu, ram } = usedOf(heard?.headroom ?? null);
  const drawn = (share: number | null): string =>
    share === null ? '-' : bar(share, 1, 10, glyphs);
  return [row.name, heard?.liveness ?? row.standing, drawn(cpu), drawn(ram)];
}
