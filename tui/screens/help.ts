// F1: every key, from the tables that the keys are read from, so that nothing else can be said of
// them; and how the screens work.

import { type Line, line, padded, span } from '../draw.ts';
import { GLOBAL_KEYS, keyText } from '../keys.ts';
import { scrolledDown } from '../list.ts';
import { CHROME_ROWS_MAX } from '../limits.ts';
import { type Model, stay, withSlice } from '../model.ts';
import { type Binding, type Screen, meaningOf } from '../screen.ts';

const KEY_CELLS = 10;
const LABEL_CELLS = 16;

/** `all` is asked for when it is drawn: the table of screens holds this one too. */
export const helpScreen = (all: () => readonly Screen[]): Screen => ({
  name: 'help',
  title: 'Help',
  wants: [],
  bindings: [],
  onKey: (model, key) => {
    const most = Math.max(0, helpLines(model, all()).length - (model.size.rows - CHROME_ROWS_MAX));
    const back = scrolledDown(model.slices.help.back, key, most);
    return back === null ? null : stay(withSlice(model, 'help', { back }));
  },
  view: (model, _width, height) => {
    const { back } = model.slices.help;
    return helpLines(model, all()).slice(back, back + height);
  },
});

const GENERAL: readonly (readonly [string, string])[] = [
  ['up down', 'choose; also k and j, PgUp PgDn, Home End'],
  ['Enter', 'what is chosen, in full; or yes'],
  ['Esc', 'back, close, give up'],
  ['Tab', 'the next field'],
  ['Ctrl-L', 'draw the screen anew'],
  ['Ctrl-C', 'give up a question; else leave'],
];

function helpLines(model: Model, all: readonly Screen[]): Line[] {
  const screens = all.filter(({ bindings }) => bindings.length > 0);
  return [
    line(
      span('Screens', 'title'),
      span('  a capital letter does the same as its function key', 'dim'),
    ),
    ...GLOBAL_KEYS.map(({ key, letter, what }) =>
      line(span(padded(`${key.toUpperCase()} or ${letter}`, KEY_CELLS), 'key'), ' ', what),
    ),
    line(''),
    line(span('Everywhere', 'title')),
    ...GENERAL.map(([key, what]) => line(span(padded(key, KEY_CELLS), 'key'), ' ', what)),
    ...screens.flatMap(({ title, bindings }) => [
      line(''),
      line(span(title, 'title')),
      ...bindings.map((binding) => bindingLine(model, binding)),
    ]),
    line(''),
    line(
      span(
        'Nothing that changes rights or configuration happens at once: it is staged, and',
        'dim',
      ),
    ),
    line(
      span(
        'F12 shows it as it would be signed. Each act is a command, which `kith help` knows.',
        'dim',
      ),
    ),
  ];
}

function bindingLine({ outside }: Model, binding: Binding): Line {
  return line(
    span(padded(keyText(binding.key), KEY_CELLS), 'key'),
    ' ',
    span(padded(binding.label, LABEL_CELLS), 'bold'),
    meaningOf(binding, outside.catalogue, (command) => command),
  );
}
