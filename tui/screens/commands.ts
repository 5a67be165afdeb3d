// F9: every command of the catalogue as a form, so that whatever kith can do can be done from here,
// and nobody has to know a word by heart.

import type { CommandRow } from '../commands.ts';
import { type Line, line, padded, paragraph, span } from '../draw.ts';
import { formLines, typed } from '../fields.ts';
import { marked, moved, START, within } from '../list.ts';
import { type Model, type Step, stay, withSlice } from '../model.ts';
import type { Screen } from '../screen.ts';
import type { Filling } from '../slices.ts';
import { begin, confirmed } from '../starting.ts';
import { type Offer, formFor, offerOf, typedFor, wordsFor } from './command-forms.ts';

const PATH_CELLS = 19;
const AROUND_ROWS = 8;

export const COMMANDS: Screen = {
  name: 'commands',
  title: 'Commands',
  wants: [],
  bindings: [],
  // Letters look for a command, or are written into its form.
  isTyping: () => true,
  onKey: (model, key, text) => {
    const { filling } = model.slices.commands;
    return filling === null ? onListKey(model, key, text) : onFormKey(model, filling, key, text);
  },
  view: (model, width, height) => {
    const { filling } = model.slices.commands;
    const row = filling === null ? undefined : rowNamed(model, filling.path);
    if (filling !== null && row !== undefined) return formView(model, row, filling, width, height);
    return listView(model, width, height);
  },
};

function rowNamed({ outside }: Model, path: string): CommandRow | undefined {
  return outside.catalogue.find((row) => row.path.join(' ') === path);
}

function rowsOf({ outside, slices }: Model): readonly CommandRow[] {
  const wanted = slices.commands.filter.toLowerCase();
  // A command that begins so comes first, then those that only speak of it.
  const rank = ({ path, summary }: CommandRow): number => {
    const called = path.join(' ');
    if (called.startsWith(wanted)) return 0;
    if (called.includes(wanted)) return 1;
    return summary.toLowerCase().includes(wanted) ? 2 : 3;
  };
  return outside.catalogue
    .map((row) => ({ row, at: rank(row) }))
    .filter(({ at }) => at < 3)
    .toSorted((a, b) => a.at - b.at)
    .map(({ row }) => row);
}

function onListKey(model: Model, key: string, text: string | null): Step | null {
  const { place, filter } = model.slices.commands;
  const rows = rowsOf(model);
  // Letters are of the filter: only arrows move.
  const next =
    key.length === 1 ? null : moved(place, key, rows.length, model.size.rows - AROUND_ROWS);
  if (next !== null) return stay(withSlice(model, 'commands', { place: next }));
  if (key === 'enter') {
    const row = rows[within(place, rows.length, rows.length).at];
    return row === undefined ? null : chosen(model, row);
  }
  if (key === 'escape') return stay(filtered(model, ''));
  if (key === 'backspace') return stay(filtered(model, filter.slice(0, -1)));
  return text === null ? null : stay(filtered(model, filter + text));
}

function filtered(model: Model, filter: string): Model {
  return withSlice(model, 'commands', { filter, place: START });
}

function chosen(model: Model, row: CommandRow): Step {
  if (offerOf(row).as === 'nothing') return stay(model);
  const filling = { path: row.path.join(' '), form: formFor(row), wrong: null };
  return stay(withSlice(model, 'commands', { filling }));
}

function onFormKey(model: Model, filling: Filling, key: string, text: string | null): Step | null {
  if (key === 'escape') return stay(withSlice(model, 'commands', { filling: null }));
  if (key === 'enter') return started(model, filling);
  const form = filling.form.fields.length === 0 ? null : typed(filling.form, key, text);
  if (form === null) return null;
  return stay(withSlice(model, 'commands', { filling: { ...filling, form, wrong: null } }));
}

function started(model: Model, filling: Filling): Step {
  const row = rowNamed(model, filling.path);
  if (row === undefined) return stay(model);
  const made = wordsFor(row, filling.form);
  if ('wrong' in made) {
    return stay(withSlice(model, 'commands', { filling: { ...filling, wrong: made.wrong } }));
  }
  const { words } = made;
  const start = { words, purpose: 'output' as const, title: row.summary };
  const offer: Offer = offerOf(row);
  switch (offer.as) {
    case 'form':
      return begin(model, start);
    case 'lent':
      return stay(model, { do: 'lend', words });
    case 'confirmed':
      return confirmed(model, [offer.effect], start);
    case 'nothing':
      return stay(model);
  }
}

function listView(model: Model, width: number, height: number): readonly Line[] {
  const { place, filter } = model.slices.commands;
  const rows = rowsOf(model);
  const head = line(
    span('find: ', 'dim'),
    span(filter, 'bold'),
    span('_', 'bold'),
    span(
      `  ${rows.length} of ${model.outside.catalogue.length} commands; Enter fills one in`,
      'dim',
    ),
  );
  if (rows.length === 0)
    return [head, line(span('No command is like that; Esc shows all.', 'dim'))];
  const room = height - 2;
  const seen = within(place, rows.length, room);
  const lines = rows.slice(seen.top, seen.top + room).map((row): Line => {
    const offer = offerOf(row);
    const isOut = offer.as === 'nothing';
    const what = isOut ? `not here: ${offer.why}` : row.summary;
    return line(
      span(padded(row.path.join(' '), PATH_CELLS), isOut ? 'dim' : 'bold'),
      span(` ${what}`, isOut ? 'dim' : 'plain'),
      ...(width < 110 ? [] : [span(`  ${row.group}`, 'dim')]),
    );
  });
  return [head, line(''), ...marked(lines, seen, model.glyphs)];
}

function formView(
  model: Model,
  row: CommandRow,
  { form, wrong }: Filling,
  width: number,
  height: number,
): readonly Line[] {
  const field = form.fields[form.at];
  const head = [
    line(span(row.path.join(' '), 'title'), `  ${row.summary}`),
    ...row.about.slice(0, height > 26 ? 3 : 1).flatMap((one) => paragraph(one, width, 'dim')),
    line(''),
  ];
  const foot = [
    line(''),
    ...(field === undefined || field.help === '' ? [] : paragraph(field.help, width, 'dim')),
    ...(wrong === null ? [] : paragraph(wrong, width, 'bad')),
    line(span(typedFor(row, form), 'accent')),
    line(span('Enter: do it   Tab: next field   Space: on or off   Esc: another command', 'dim')),
  ];
  const lines = formLines(form, width, model.glyphs);
  const room = Math.max(1, height - head.length - foot.length);
  const { top } = within({ at: form.at, top: 0 }, lines.length, room);
  return [...head, ...lines.slice(top, top + room), ...foot];
}
