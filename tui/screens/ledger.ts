// F3: the ledger: record by record, and what they add up to: members with their rights, the
// configuration, and what conflicts. What is done here is staged; F12 signs it.

import { type Line, line, paragraph, span, wrapped } from '../draw.ts';
import { formOf, textField, typed, valueIn } from '../fields.ts';
import { marked, moved, within } from '../list.ts';
import { type Model, type Step, stay, withSlice } from '../model.ts';
import type { Binding, Screen } from '../screen.ts';
import type { LedgerPart } from '../slices.ts';
import { begin } from '../starting.ts';
import { removing } from './about-node.ts';
import { type Row, emptyText, partOf, rowsOf } from './ledger-rows.ts';

/** Rows of the screen around the list: head, keys, and the line that names the parts. */
const AROUND_ROWS = 8;
const DETAIL_ROWS = 4;

export const LEDGER: Screen = {
  name: 'ledger',
  title: 'Records',
  wants: ['log', 'members'],
  bindings: [
    showing('l', 'log'),
    showing('m', 'members'),
    showing('c', 'configuration'),
    showing('f', 'conflicts'),
    {
      ...{
        key: '/',
        label: 'filter',
        what: 'only what holds this text: an author, a kind, a word',
      },
      act: (model) => {
        const typing = formOf([textField('filter', 'filter', model.slices.ledger.filter)]);
        return stay(withSlice(model, 'ledger', { typing }));
      },
    },
    {
      ...{ key: 'enter', label: 'in full', command: ['ledger', 'show'] },
      when: (model) => chosen(model)?.record !== undefined,
      act: (model) => shownRecord(model, chosen(model)?.record as string),
    },
    {
      ...{ key: 'x', label: 'remove', command: ['remove'] },
      when: (model) => chosen(model)?.member !== undefined,
      act: (model) => removed(model, chosen(model)?.member as string),
    },
    {
      ...{ key: 'v', label: 'check', command: ['ledger', 'verify'] },
      act: (model) =>
        begin(model, {
          words: ['ledger', 'verify'],
          ...{ purpose: 'output', title: 'checking every line of the ledger' },
        }),
    },
  ],
  isTyping: ({ slices }) => slices.ledger.typing !== null,
  onKey,
  view: ledgerView,
};

function showing(key: string, part: LedgerPart): Binding {
  return {
    ...{ key, label: part, what: partOf(part) },
    when: ({ slices }) => slices.ledger.part !== part,
    act: (model) => stay(withSlice(model, 'ledger', { part })),
  };
}

function onKey(model: Model, key: string, text: string | null): Step | null {
  const { typing, part, places } = model.slices.ledger;
  if (typing !== null) return onFilterKey(model, key, text);
  if (key === 'escape') return stay(withSlice(model, 'ledger', { filter: '' }));
  const height = model.size.rows - AROUND_ROWS - DETAIL_ROWS;
  const place = moved(places[part], key, rowsOf(model).length, height);
  if (place === null) return null;
  return stay(withSlice(model, 'ledger', { places: { ...places, [part]: place } }));
}

function onFilterKey(model: Model, key: string, text: string | null): Step {
  const { typing } = model.slices.ledger;
  if (typing === null || key === 'enter') return stay(withSlice(model, 'ledger', { typing: null }));
  if (key === 'escape') return stay(withSlice(model, 'ledger', { typing: null, filter: '' }));
  const form = typed(typing, key, text) ?? typing;
  return stay(withSlice(model, 'ledger', { typing: form, filter: valueIn(form, 'filter') }));
}

function chosen(model: Model): Row | null {
  const rows = rowsOf(model);
  const { part, places } = model.slices.ledger;
  return rows[within(places[part], rows.length, rows.length).at] ?? null;
}

function shownRecord(model: Model, id: string): Step {
  return begin(model, {
    words: ['ledger', 'show', id],
    ...{ purpose: 'output', title: `record ${id.slice(0, 8)}` },
  });
}

function removed(model: Model, name: string): Step {
  const effect = `${name} loses its place: nothing that it writes from now on counts.`;
  return removing(model, name, [effect]);
}

function ledgerView(model: Model, width: number, height: number): readonly Line[] {
  const { part, places, filter, typing } = model.slices.ledger;
  const rows = rowsOf(model);
  const head = headLine(model, rows.length);
  const asked = typing !== null ? [line(span('filter: ', 'bold'), filter, span('_', 'bold'))] : [];
  if (rows.length === 0) {
    return [head, ...asked, ...paragraph(emptyText(model), width, 'dim')];
  }
  const room = Math.max(1, height - 1 - asked.length - DETAIL_ROWS);
  const place = within(places[part], rows.length, room);
  const { glyphs } = model;
  const seen = rows.slice(place.top, place.top + room).map(({ spans }) => spans);
  const lines = marked(seen, place, glyphs);
  const rest = Array.from({ length: room - lines.length }, () => line(''));
  return [head, ...asked, ...lines, ...rest, ...detailLines(rows[place.at] as Row, width)];
}

function headLine(model: Model, count: number): Line {
  const { part, filter } = model.slices.ledger;
  const of = filter === '' ? '' : ` with "${filter}"; Esc shows all`;
  const conflicts = model.facts.members.state === 'held' ? conflictCount(model) : 0;
  const worry =
    conflicts === 0 || part === 'conflicts' ? [] : [span(`  ${conflicts} to settle: f`, 'warn')];
  return line(span(partOf(part), 'title'), span(`  ${count}${of}`, 'dim'), ...worry);
}

function conflictCount({ facts }: Model): number {
  if (facts.members.state !== 'held') return 0;
  const { conflicts, frozen } = facts.members.value;
  return conflicts.length + frozen.length;
}

/** What did not fit into its row, and why it does not count. */
function detailLines({ details }: Row, width: number): Line[] {
  const all = details.flatMap((one) =>
    wrapped(one, width - 2).map((part) => line('  ', span(part, 'dim'))),
  );
  return [line(''), ...all].slice(0, DETAIL_ROWS);
}
