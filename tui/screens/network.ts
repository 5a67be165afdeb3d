// F8: the nodes, who is there, and how much room each has; the chosen one in full. Who may do what
// and why is the ledger's; who is there, the daemon's.

import { type Line, line, span, toned } from '../draw.ts';
import { moved, within } from '../list.ts';
import { type Model, type Step, stay, withSlice } from '../model.ts';
import type { Screen } from '../screen.ts';
import { aboutChosen, removing } from './about-node.ts';
import { agreementLines, coverageLines, detailLines } from './network-details.ts';
import { type NodeRow, nodeRows } from './network-rows.ts';
import { nodeTable } from './network-table.ts';
import { startDaemonBinding } from './starting-daemon.ts';

/** Rows of the screen that are not the list: its head, and what stands around it. */
const AROUND_ROWS = 8;
/** From here on the chosen node has a part of the screen for itself. */
const DETAIL_ROWS_MIN = 30;
const DETAIL_ROWS = 14;

export const NETWORK: Screen = {
  name: 'network',
  title: 'Network',
  wants: ['nodes', 'members', 'roster', 'peers'],
  bindings: [
    {
      key: 'enter',
      label: 'details',
      what: 'all that is known of the chosen node',
      when: (model) => chosen(model) !== null,
      act: (model) => toggled(model),
    },
    aboutChosen({ key: 'p', label: 'ping', command: ['ping'], purpose: 'output' }, active),
    aboutChosen({ key: 't', label: 'try links anew', command: ['relink'] }, active),
    aboutChosen({ key: 'd', label: 'drain', command: ['drain'] }, active),
    aboutChosen({ key: 'u', label: 'resume', command: ['resume'] }, active),
    {
      key: 'x',
      label: 'remove',
      command: ['remove'],
      when: (model) => active(model) !== null,
      act: (model) => removed(model, chosen(model) as NodeRow),
    },
    startDaemonBinding('s'),
  ],
  onKey: (model, key) => {
    if (key === 'escape') return stay(withSlice(model, 'network', { isOpen: false }));
    const { place } = model.slices.network;
    const next = moved(place, key, nodeRows(model).length, listRows(model, bodyRows(model)));
    return next === null ? null : stay(withSlice(model, 'network', { place: next }));
  },
  view: networkView,
};

function bodyRows({ size }: Model): number {
  return size.rows - AROUND_ROWS;
}

function listRows(model: Model, height: number): number {
  return Math.max(3, height - 2 - (height >= DETAIL_ROWS_MIN ? DETAIL_ROWS : 0) - worries(model));
}

function worries(model: Model): number {
  return coverageLines(model, 80).length;
}

function chosen(model: Model): NodeRow | null {
  const rows = nodeRows(model);
  return rows[within(model.slices.network.place, rows.length, rows.length).at] ?? null;
}

function toggled(model: Model): Step {
  return stay(withSlice(model, 'network', { isOpen: !model.slices.network.isOpen }));
}

/** The name of the chosen node, if it belongs. */
function active(model: Model): string | null {
  const node = chosen(model);
  return node?.standing === 'active' ? node.name : null;
}

function removed(model: Model, { name, isHere }: NodeRow): Step {
  return removing(model, name, [
    `${name} loses its place: nothing that it writes from now on counts, and no node talks to it.`,
    ...(isHere ? ['It is THIS MACHINE: the others would cut it off.'] : []),
  ]);
}

function networkView(model: Model, width: number, height: number): readonly Line[] {
  const rows = nodeRows(model);
  if (rows.length === 0) return [line(span(emptyText(model), 'dim'))];
  const { isOpen, place } = model.slices.network;
  const node = chosen(model) as NodeRow;
  if (isOpen) return detailLines(model, node, width);
  const summary = agreementLines(model, width);
  const coverage = coverageLines(model, width);
  const isRoomy = height >= DETAIL_ROWS_MIN;
  const below = isRoomy ? [line(''), ...detailLines(model, node, width)].slice(0, DETAIL_ROWS) : [];
  const count = height - summary.length - coverage.length - below.length - 1;
  const seen = within(place, rows.length, count);
  const { head, rows: lines } = nodeTable(model, rows, width - 2, {
    from: seen.top,
    count,
  });
  const { glyphs } = model;
  return [
    ...summary,
    [span('  '), ...head],
    ...lines.map((one, at): Line => {
      const isChosen = seen.top + at === seen.at;
      const mark = span(isChosen ? `${glyphs.cursor} ` : '  ');
      // Bars that are turned about would say the opposite: its name alone is marked.
      const [name, ...rest] = one;
      return isChosen && name !== undefined
        ? [...toned([mark, name], 'chosen'), ...rest]
        : [mark, ...one];
    }),
    ...coverage,
    ...below,
  ];
}

function emptyText({ facts: { roster } }: Model): string {
  if (roster.state === 'unasked') return 'reading the ledger';
  if (roster.state === 'failed') return `${roster.what}: ${roster.hint}`;
  return 'no node belongs to this network yet';
}
