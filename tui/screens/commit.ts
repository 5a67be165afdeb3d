// F12: what is staged, in plain words and as the exact records, what it would change and make void,
// and the signature. Nothing that changes rights or configuration happens anywhere else.

import { counted } from '../../proto/when.ts';
import { type Line, line, paragraph, pieces, span, toned, wrapped } from '../draw.ts';
import { type StagedFacts, valueOf } from '../facts.ts';
import { START, moved, within } from '../list.ts';
import { type Model, type Step, lastRun, stay, withSlice } from '../model.ts';
import type { Screen } from '../screen.ts';
import { begin, confirmed } from '../starting.ts';

type Act = StagedFacts['staged'][number];

export const COMMIT: Screen = {
  name: 'commit',
  title: 'Commit',
  wants: ['staged', 'members'],
  purposes: ['commit'],
  bindings: [
    {
      ...{ key: 'enter', label: 'sign all', command: ['commit'] },
      when: (model) => actsOf(model).length > 0,
      act: (model) =>
        begin(model, {
          words: ['commit'],
          purpose: 'commit',
          title: `signing ${counted(actsOf(model).length, 'record')}`,
        }),
    },
    {
      ...{ key: 'e', label: 'exact record', what: 'the chosen act as the record that is signed' },
      when: (model) => actsOf(model).length > 0,
      act: (model) =>
        stay(withSlice(model, 'commit', { isExact: !model.slices.commit.isExact, back: 0 })),
    },
    {
      ...{ key: 'd', label: 'throw away', command: ['unstage'] },
      when: (model) => actsOf(model).length > 0,
      act: (model) => thrownAway(model, chosen(model) as Act),
    },
  ],
  onOpen: (model) =>
    stay(withSlice(model, 'commit', { place: START, isExact: false }), {
      ...{ do: 'refresh', wants: ['staged'] },
    }),
  onKey: (model, key) => {
    const { place, isExact, back } = model.slices.commit;
    if (isExact && key === 'escape') return stay(withSlice(model, 'commit', { isExact: false }));
    if (isExact) {
      const step = { pagedown: 10, pageup: -10 }[key];
      if (step !== undefined) {
        return stay(withSlice(model, 'commit', { back: Math.max(0, back + step) }));
      }
    }
    const next = moved(place, key, actsOf(model).length, model.size.rows);
    return next === null ? null : stay(withSlice(model, 'commit', { place: next, back: 0 }));
  },
  view: commitView,
};

function actsOf({ facts }: Model): readonly Act[] {
  return valueOf(facts.staged)?.staged ?? [];
}

function chosen(model: Model): Act | null {
  const acts = actsOf(model);
  return acts[within(model.slices.commit.place, acts.length, acts.length).at] ?? null;
}

function thrownAway(model: Model, { number, deed }: Act): Step {
  return confirmed(model, [`${number}. ${deed}`, 'It is not signed, and forgotten.'], {
    words: ['unstage', String(number)],
    ...{ purpose: 'notice', title: `throwing away act ${number}` },
  });
}

function commitView(model: Model, width: number, height: number): readonly Line[] {
  const { staged } = model.facts;
  const acts = actsOf(model);
  if (acts.length === 0) return [...emptyLines(model, width), ...signedLines(model, width)];
  if (model.slices.commit.isExact) return exactLines(model, chosen(model) as Act, width, height);
  const stale = staged.state === 'failed' ? [`${staged.what}: ${staged.hint}`] : [];
  const effects = effectLines(model, width);
  const room = Math.max(3, height - effects.length - 4 - stale.length);
  const place = within(model.slices.commit.place, acts.length, room);
  const rows = acts.slice(place.top, place.top + room).flatMap((act, at) => {
    const isChosen = place.top + at === place.at;
    return actLines(model, act, isChosen, width);
  });
  return [
    line(
      span(`${counted(acts.length, 'act')} staged`, 'title'),
      ', in the order in which they are signed; nothing is signed yet',
    ),
    line(''),
    ...rows.slice(0, room),
    line(''),
    ...effects,
    ...stale.map((one) => line(span(one, 'warn'))),
  ];
}

function actLines({ glyphs }: Model, act: Act, isChosen: boolean, width: number): Line[] {
  const mark = isChosen ? `${glyphs.cursor} ` : '  ';
  const deed = wrapped(`${act.number}. ${act.deed}`, width - 2).map((part, at): Line => {
    const one = line(at === 0 ? mark : '  ', part);
    return isChosen ? toned(one, 'chosen') : one;
  });
  if (act.refused === undefined) return deed;
  const { what, hint } = act.refused;
  return [
    ...deed,
    ...wrapped(`cannot be signed: ${what}; ${hint}`, width - 5).map((part) =>
      line('     ', span(part, 'bad')),
    ),
  ];
}

function effectLines({ facts }: Model, width: number): Line[] {
  const staged = valueOf(facts.staged);
  if (staged === null) return [];
  const isFalling = (text: string): boolean => /void|falls|removed|loses/.test(text);
  return [
    line(span('What would change', 'title')),
    ...staged.says.flatMap((text) =>
      wrapped(text, width - 4).map((part, at) =>
        line(at === 0 ? '  - ' : '    ', span(part, isFalling(text) ? 'warn' : 'plain')),
      ),
    ),
  ];
}

function exactLines(model: Model, act: Act, width: number, height: number): Line[] {
  const head = [
    ...paragraph(`${act.number}. ${act.deed}`, width, 'title'),
    ...(act.id === undefined ? [] : [line(span('id    ', 'dim'), act.id)]),
    line(span('These bytes are signed, in one line and in this order:', 'dim')),
  ];
  const bytes = pieces(JSON.stringify(act.record ?? null), width - 2).map((part) =>
    line('  ', part),
  );
  const laid = JSON.stringify(act.record ?? null, null, 2)
    .split('\n')
    .flatMap((one) => pieces(one, width - 2))
    .map((part) => line('  ', part));
  const all = [...bytes, line(''), line(span('The same, laid out:', 'dim')), ...laid];
  const room = height - head.length - 1;
  const from = Math.min(model.slices.commit.back, Math.max(0, all.length - room));
  const left = all.length - from - room;
  return [
    ...head,
    ...all.slice(from, from + room),
    line(span(left > 0 ? `${left} lines more: PgDn   Esc: back` : 'Esc: back', 'dim')),
  ];
}

function emptyLines({ facts: { staged } }: Model, width: number): Line[] {
  if (staged.state === 'unasked') return [line(span('looking at what is staged', 'dim'))];
  if (staged.state === 'failed') {
    return [...paragraph(staged.what, width), ...paragraph(staged.hint, width)];
  }
  return [
    line(span('Nothing is staged.', 'title')),
    line(''),
    ...paragraph(
      'What changes rights or configuration is staged first: a removal on F8, grants and settings ' +
        'on F3 and F9. Here it is looked at and signed.',
      width,
    ),
  ];
}

/** What the last commit has signed. */
function signedLines(model: Model, width: number): Line[] {
  const run = lastRun(model, 'commit');
  const document = run?.said.findLast((one) => typeof one === 'object' && one !== null);
  if (run?.ended?.exit !== 0 || document === undefined) return [];
  const { written = [], finished = [] } = document as {
    readonly written?: readonly {
      readonly id: string;
      readonly seq: number;
      readonly kind: string;
    }[];
    readonly finished?: readonly {
      readonly id: string;
      readonly seq: number;
      readonly kind: string;
    }[];
  };
  return [
    line(''),
    line(span('Signed just now', 'title')),
    ...[...finished, ...written].flatMap(({ id, seq, kind }) =>
      wrapped(`your record ${seq}: ${kind}, ${id}`, width - 2).map((part) => line('  ', part)),
    ),
  ];
}
