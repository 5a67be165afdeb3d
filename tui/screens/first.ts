// The first run: this machine belongs to nothing, and founds a network or joins one. Once it
// belongs, its daemon is started and the network opens.

import { CHROME_ROWS } from '../limits.ts';
import { scrolledDown } from '../list.ts';
import type { Run } from '../commands.ts';
import { type Line, line, remark, span } from '../draw.ts';
import { type Model, type Step, lastRun, stay, withSlice } from '../model.ts';
import type { Binding, Screen } from '../screen.ts';
import {
  found,
  foundingLines,
  kept,
  onFounding,
  onFoundingKey,
  sheetLines,
  sheetRows,
} from './founding.ts';
import { join, joiningLines, onJoining, onJoiningKey, renew } from './joining.ts';

const CHOICES = [
  {
    stage: 'found',
    label: 'Found a network',
    what: 'this machine is its first, and you its operator',
  },
  {
    stage: 'join',
    label: 'Join a network',
    what: 'with a code that is shown here, or by a ticket',
  },
] as const;

const stageOf = (model: Model): 'choice' | 'found' | 'join' => model.slices.first.stage;
const hasSheet = ({ slices }: Model): boolean => slices.first.sheet !== null;

/** The command that goes on, if one does. */
function underway(model: Model): Run | null {
  const runs = [lastRun(model, 'found'), lastRun(model, 'join')];
  return runs.find((run) => run !== null && run.ended === null) ?? null;
}

function isSheetShown(model: Model): boolean {
  return hasSheet(model) && underway(model) === null;
}

function isForm(model: Model): boolean {
  return stageOf(model) !== 'choice' && underway(model) === null && !hasSheet(model);
}

function opening(model: Model, stage: 'choice' | 'found' | 'join'): Step {
  return stay(withSlice(model, 'first', { stage, fault: null }));
}

const BINDINGS: readonly Binding[] = [
  {
    ...{ key: 'enter', label: 'choose', what: 'the chosen way' },
    when: (model) => stageOf(model) === 'choice' && underway(model) === null,
    act: (model) => opening(model, CHOICES[model.slices.first.at].stage),
  },
  {
    ...{ key: 'enter', label: 'found it', command: ['init'] },
    inForm: true,
    when: (model) => isForm(model) && stageOf(model) === 'found',
    act: found,
  },
  {
    ...{ key: 'enter', label: 'join', command: ['join'] },
    inForm: true,
    when: (model) => isForm(model) && stageOf(model) === 'join',
    act: join,
  },
  {
    ...{ key: 'tab', label: 'next field', what: 'the next field of the form' },
    inForm: true,
    when: isForm,
    act: (model) => onFormKey(model, 'tab', null) ?? stay(model),
  },
  {
    ...{ key: 'escape', label: 'back', what: 'the two ways again' },
    inForm: true,
    when: isForm,
    act: (model) => opening(model, 'choice'),
  },
  {
    ...{ key: 'enter', label: 'a new code', what: 'another code, after three wrong ones' },
    when: ({ slices }) => slices.first.renewal !== null,
    act: renew,
  },
  {
    ...{ key: 'escape', label: 'give up', what: 'end what goes on; it can be begun again' },
    when: (model) => underway(model) !== null,
    act: (model) => stay(model, { do: 'interrupt', run: underway(model)?.id ?? 0 }),
  },
  {
    ...{ key: 'w', label: 'it is on paper', what: 'leave the recovery sheet' },
    when: (model) => isSheetShown(model) && !model.slices.first.isSure,
    act: (model) => stay(withSlice(model, 'first', { isSure: true })),
  },
];

export const FIRST: Screen = {
  name: 'first',
  title: 'Welcome',
  wants: [],
  bindings: BINDINGS,
  isTyping: isForm,
  holds: (model) => hasSheet(model) || underway(model) !== null,
  onKey: (model, key, text) => {
    if (isSheetShown(model)) return onSheetKey(model, key);
    if (isForm(model)) return onFormKey(model, key, text);
    if (underway(model) !== null) return onQuitKey(model, key);
    const by = { up: -1, k: -1, down: 1, j: 1 }[key] ?? 0;
    return by === 0 ? null : stay(withSlice(model, 'first', { at: by > 0 ? 1 : 0 }));
  },
  purposes: ['found', 'join'],
  onRun: (model, run) => (run.purpose === 'found' ? onFounding(model, run) : onJoining(model, run)),
  view: (model, width, height) => {
    const { sheet } = model.slices.first;
    if (sheet !== null && isSheetShown(model)) return sheetLines(model, sheet, height);
    if (stageOf(model) === 'found') return foundingLines(model, width);
    if (stageOf(model) === 'join') return joiningLines(model, width, height);
    return choiceLines(model, width);
  },
};

function onFormKey(model: Model, key: string, text: string | null): Step | null {
  const onKey = stageOf(model) === 'found' ? onFoundingKey : onJoiningKey;
  return onKey(model, key, text);
}

/** While a command goes on, whoever wants to leave is asked first. */
function onQuitKey(model: Model, key: string): Step | null {
  const isQuit = key === 'f10' || key === 'Q' || key === 'C-c';
  return isQuit ? stay({ ...model, dialog: { kind: 'leave' } }) : null;
}

function onSheetKey(model: Model, key: string): Step | null {
  const { isSure, sheet, top } = model.slices.first;
  if (isSure && (key === 'y' || key === 'Y')) return kept(model);
  if (isSure) return stay(withSlice(model, 'first', { isSure: false }));
  if (sheet === null) return null;
  const most = Math.max(0, sheet.length - sheetRows(model.size.rows - CHROME_ROWS));
  const next = scrolledDown(top, key, most);
  return next === null ? null : stay(withSlice(model, 'first', { top: next }));
}

function choiceLines(model: Model, width: number): Line[] {
  const { at } = model.slices.first;
  const { home } = model.facts;
  return [
    line(''),
    line(span('This machine belongs to no network yet.', 'title')),
    line(''),
    ...CHOICES.map(({ label, what }, nth): Line => {
      const isAt = nth === at;
      const mark = span(isAt ? `${model.glyphs.cursor} ` : '  ', 'accent');
      return line(
        mark,
        span(label.padEnd(18), isAt ? 'chosen' : 'plain'),
        span(`  ${what}`, 'dim'),
      );
    }),
    line(''),
    ...remark(`All of it is kept in ${model.folder}.`, width),
    ...(home.state === 'failed' ? ['', home.what, home.hint] : []).flatMap((one) =>
      one === '' ? [line('')] : remark(one, width, 'bad'),
    ),
  ];
}
