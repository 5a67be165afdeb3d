// F4: the work of all nodes: what runs where and how sure that is, what it prints, and its end.

import { counted, spanText, utcText } from '../../proto/when.ts';
import { type Line, labelled, line, paragraph, span, widthOf } from '../draw.ts';
import { valueOf } from '../facts.ts';
import { type Place, marked, moved, scrolledBack, within } from '../list.ts';
import { type Model, type Step, nameOf, stay, withSlice } from '../model.ts';
import type { Binding, Screen } from '../screen.ts';
import { begin, confirmed } from '../starting.ts';
import { type Cell, type Column, table } from '../table.ts';
import { startDaemonBinding } from './starting-daemon.ts';
import { followed, logLines } from './work-log.ts';
import { type WorkRow, calledOf, countOf, whereText, workRows } from './work-rows.ts';

const COLUMNS: readonly Column[] = [
  { title: 'work', least: 10 },
  { title: 'kind' },
  { title: 'on', least: 6 },
  { title: 'placed', align: 'right', least: 0 },
  { title: 'by', least: 4 },
  { title: 'how it stands', least: 12, grows: true },
];
const AROUND_ROWS = 9;
const LABEL_CELLS = 10;

const isList = ({ slices }: Model): boolean => slices.work.log === null && !slices.work.isOpen;
/** In the list, or in the details of one. */
const hasChosen = (model: Model): boolean =>
  model.slices.work.log === null && chosen(model) !== null;
const runs = (model: Model): boolean => hasChosen(model) && chosen(model)?.hasEnded === false;

export const WORK: Screen = {
  name: 'work',
  title: 'Work',
  wants: ['works', 'members', 'hosting'],
  bindings: [
    {
      ...{ key: 'enter', label: 'details', what: 'who was asked, why not there, and its receipts' },
      when: (model) => isList(model) && hasChosen(model),
      act: (model) => stay(withSlice(model, 'work', { isOpen: true })),
    },
    { ...{ key: 'l', label: 'log', command: ['logs'] }, when: hasChosen, act: opened },
    ending('s', 'stop', 'It is asked to end, and is ended if it does not do so in its time.'),
    ending('x', 'kill', 'It ends at once, without a chance to save anything.'),
    {
      ...{ key: 'c', label: 'console', command: ['console'] },
      // To type at it is its owner's alone.
      when: (model) => {
        const row = chosen(model);
        return runs(model) && row?.kind === 'vm' && row.owned !== null;
      },
      act: (model) =>
        stay(model, { do: 'lend', words: ['console', (chosen(model) as WorkRow).id] }),
    },
    {
      ...{ key: 'r', label: 'receipts', command: ['receipt', 'show'] },
      when: (model) => hasChosen(model) && (chosen(model)?.owned?.receipts ?? 0) > 0,
      act: (model) => {
        const row = chosen(model) as WorkRow;
        const title = `what the host has signed about ${calledOf(row)}`;
        return begin(model, { words: ['receipt', 'show', row.id], purpose: 'output', title });
      },
    },
    {
      ...{ key: 'e', label: 'ended too', what: 'show what has ended, or only what runs' },
      when: isList,
      act: (model) => stay(withSlice(model, 'work', { showsEnded: !model.slices.work.showsEnded })),
    },
    startDaemonBinding('d'),
  ],
  onKey,
  view: (model, width, height) => {
    if (model.slices.work.log !== null) return logLines(model, width, height);
    const row = chosen(model);
    return model.slices.work.isOpen && row !== null
      ? detailLines(model, row, width)
      : listLines(model, width, height);
  },
};

function chosen(model: Model): WorkRow | null {
  const rows = workRows(model);
  return rows[placeIn(model, rows, rows.length).at] ?? null;
}

/** Rows come and go: what is chosen is a piece of work, wherever it stands now. */
function placeIn({ slices }: Model, rows: readonly WorkRow[], room: number): Place {
  const { place, chosen: id } = slices.work;
  const at = id === null ? -1 : rows.findIndex((row) => row.id === id);
  return within(at < 0 ? place : { ...place, at }, rows.length, room);
}

function ending(key: string, command: 'stop' | 'kill', effect: string): Binding {
  return {
    ...{ key, label: command, command: [command], when: runs },
    act: (model) => {
      const row = chosen(model) as WorkRow;
      const where = row.host === null ? '' : ` on ${nameOf(model, row.host)}`;
      return confirmed(model, [`${row.kind} ${calledOf(row)}${where}`, effect], {
        words: [command, row.id],
        ...{ purpose: 'notice', title: `${command} ${calledOf(row)}` },
      });
    },
  };
}

/** Follows its log from the beginning; what was followed before is let go. */
function opened(model: Model): Step {
  const row = chosen(model) as WorkRow;
  const log = { id: row.id, name: calledOf(row), back: 0 };
  return begin(withSlice(model, 'work', { log }), {
    words: ['logs', row.id, '--follow'],
    ...{ purpose: 'follow', title: `the log of ${calledOf(row)}` },
  });
}

function onKey(model: Model, key: string): Step | null {
  const { log, isOpen } = model.slices.work;
  if (log !== null) {
    const run = followed(model);
    if (key === 'escape') {
      const closed = withSlice(model, 'work', { log: null });
      return run === null || run.ended !== null
        ? stay(closed)
        : stay(closed, { do: 'interrupt', run: run.id });
    }
    const back = scrolledBack(log.back, key, run?.said.length ?? 0);
    return back === null ? null : stay(withSlice(model, 'work', { log: { ...log, back } }));
  }
  if (key === 'escape') return stay(withSlice(model, 'work', { isOpen: false }));
  if (isOpen) return null;
  const rows = workRows(model);
  const room = model.size.rows - AROUND_ROWS;
  const next = moved(placeIn(model, rows, room), key, rows.length, room);
  if (next === null) return null;
  return stay(withSlice(model, 'work', { place: next, chosen: rows[next.at]?.id ?? null }));
}

function listLines(model: Model, width: number, height: number): readonly Line[] {
  const rows = workRows(model);
  const head = summaryLines(model, width);
  if (rows.length === 0) return [...head, line(''), ...emptyLines(model, width)];
  const room = Math.max(1, height - head.length - 1);
  const place = placeIn(model, rows, room);
  const cells = rows.slice(place.top, place.top + room).map((row) => cellsOf(model, row));
  const { head: titles, rows: lines } = table(COLUMNS, cells, width - 2);
  return [...head, [span('  '), ...titles], ...marked(lines, place, model.glyphs)];
}

function cellsOf(model: Model, row: WorkRow): Cell[] {
  const { name, id, kind, owner, placedAt, stand, isWorrying, hasEnded } = row;
  return [
    span(name === '' ? id.slice(-8) : name, 'bold'),
    kind,
    whereText(model, row),
    placedAt === null ? '' : `${spanText(model.nowMs - placedAt)} ago`,
    owner === null ? 'this node' : nameOf(model, owner),
    span(stand, isWorrying ? 'warn' : hasEnded ? 'dim' : 'plain'),
  ];
}

/** How much runs, here and in all; and who does not answer. */
function summaryLines(model: Model, width: number): Line[] {
  const { facts } = model;
  const { running, ended } = countOf(model);
  const hosting = valueOf(facts.hosting);
  const here =
    hosting === null
      ? ''
      : hosting.phase === 'off'
        ? `  this machine takes no work: ${hosting.why ?? 'it is off'}`
        : `  this machine is ${hosting.phase}: ${hosting.running} running, ${hosting.completed} ` +
          `completed, ${hosting.failed} failed`;
  const left = ended - workRows(model).filter(({ hasEnded }) => hasEnded).length;
  const hidden = left === 0 ? '' : `; e shows ${left} that ended`;
  const head = `${counted(running, 'piece', 'pieces')} of work${hidden}`;
  const silent = valueOf(facts.works)?.silent ?? [];
  return [
    ...(widthOf(head) + widthOf(here) <= width
      ? [line(span(head, 'title'), span(here, 'dim'))]
      : [line(span(head, 'title')), line(span(here.trimStart(), 'dim'))]),
    ...silent.flatMap(({ key, why }) =>
      paragraph(`${nameOf(model, key)} does not answer: ${why}`, width, 'warn'),
    ),
  ];
}

function emptyLines(model: Model, width: number): Line[] {
  const { works } = model.facts;
  const said = (text: string): Line[] => paragraph(text, width);
  if (works.state === 'unasked') return [line(span('asking the daemon', 'dim'))];
  if (works.state === 'failed') return [...said(works.what), ...said(works.hint)];
  return said('Nothing runs. F5 places a job or a machine on the node with room for it.');
}

function detailLines(model: Model, row: WorkRow, width: number): Line[] {
  const { owned } = row;
  const told = (label: string, text: string): Line[] => labelled(label, text, width, LABEL_CELLS);
  return [
    line(span(row.name, 'title'), `  ${row.kind}  `, span(row.id, 'dim')),
    ...told('stands', row.stand),
    ...told('where', `${whereText(model, row)}, generation ${row.generation}`),
    ...told('owner', row.owner === null ? 'this node' : nameOf(model, row.owner)),
    ...(owned === null
      ? []
      : [
          ...(owned.wish === 'run' ? [] : told('wish', `to ${owned.wish} it`)),
          ...told('placed', `${utcText(owned.placedAt)} UTC`),
          ...(owned.endedAt === null ? [] : told('ended', `${utcText(owned.endedAt)} UTC`)),
          ...owned.asked.flatMap(({ host, code, why }) =>
            told('asked', `${nameOf(model, host)}: ${code}: ${why}`),
          ),
          ...owned.past.flatMap(({ host, generation }) =>
            told('lost with', `${nameOf(model, host)}, generation ${generation}`),
          ),
          ...told(
            'receipts',
            owned.receipts === 0 ? 'none yet' : `${owned.receipts}: r shows them`,
          ),
        ]),
    line(''),
    line(span('Esc: all work', 'dim')),
  ];
}
