// The questions of commands as dialogs: each kind is a form and what its Enter answers. Esc gives
// up, and the command takes that for what it is.

import type { Question } from '../proto/questions.ts';
import type { Given } from './effects.ts';
import { admissionLines } from './admission.ts';
import { type Line, line, paragraph, span } from './draw.ts';
import {
  type Field,
  type Form,
  choiceField,
  formLines,
  formOf,
  textField,
  typed,
  valueIn,
} from './fields.ts';
import type { Asking, Model, Step } from './model.ts';

const FIELDS: { readonly [Kind in Question['ask']]: (question: Question<Kind>) => Field[] } = {
  secret: () => [SECRET],
  confirm: () => [],
  line: () => [textField('line', '')],
  admission: ({ name, preset, presets, replaces }) => [
    ...(replaces === null ? [textField('name', 'name', name)] : []),
    ...(replaces === null ? [choiceField('preset', 'gets the rights of', presets, preset)] : []),
  ],
  key: () => [],
};

const SECRET: Field = { kind: 'secret', name: 'secret', label: '', help: '', length: 0 };

export function askedOf(run: number, question: Question): Asking {
  const fields = (FIELDS[question.ask] as (of: Question) => Field[])(question);
  return { run, question, form: formOf(fields), again: false, differed: false };
}

export function onQuestionKey(
  model: Model,
  asking: Asking,
  key: string,
  text: string | null,
): Step {
  if (key === 'escape' || key === 'C-c') return given(model, asking, null);
  const { question, form } = asking;
  const isYesNo = question.ask === 'confirm';
  if (isYesNo && (key === 'n' || key === 'N')) return given(model, asking, false);
  if (key === 'enter' || (isYesNo && (key === 'y' || key === 'Y'))) return onEnter(model, asking);
  const after = form.fields.length === 0 ? null : typed(form, key, text);
  return {
    model: after === null ? model : { ...model, asking: { ...asking, form: after } },
    out: [],
  };
}

function onEnter(model: Model, asking: Asking): Step {
  const { question, form } = asking;
  switch (question.ask) {
    case 'secret': {
      const isSecond = asking.again || !question.again;
      if (isSecond) return given(model, asking, { secret: 'typed' });
      const again = { ...asking, again: true, differed: false, form: formOf([SECRET]) };
      return { model: { ...model, asking: again }, out: [{ do: 'again' }] };
    }
    case 'confirm':
    case 'key':
      return given(model, asking, true);
    case 'line':
      return given(model, asking, valueIn(form, 'line'));
    case 'admission': {
      const { name, preset } = question;
      const called = valueIn(form, 'name') || name;
      return given(model, asking, { name: called, preset: valueIn(form, 'preset') || preset });
    }
  }
}

/** The answer on its way, and the question gone. */
export function given(
  model: Model,
  { run, question }: Pick<Asking, 'run' | 'question'>,
  answer: Given,
): Step {
  return {
    model: {
      ...model,
      asking: null,
      runs: model.runs.map((one) => (one.id === run ? { ...one, question: null } : one)),
    },
    out: [
      { do: 'answer', run, question, given: answer },
      ...(question.ask === 'secret' ? [{ do: 'hide' as const, on: false }] : []),
    ],
  };
}

/** The length of the secret that is typed, as the shell tells it. */
export function secretLength(form: Form, length: number): Form {
  return {
    ...form,
    fields: form.fields.map((field) => (field.kind === 'secret' ? { ...field, length } : field)),
  };
}

const HOW: Readonly<Record<Question['ask'], string>> = {
  secret: 'Enter: that is it   Esc: give up',
  confirm: 'Enter or y: yes   n: no   Esc: give up',
  line: 'Enter: that is it   Esc: give up',
  admission: 'Enter: admit it and sign   Tab: next field   Esc: it is not the one',
  key: 'Enter: a new code   Esc: no',
};

export function questionLines(model: Model, asking: Asking, width: number): Line[] {
  const { question, form, again, differed } = asking;
  const how = [line(''), line(span(HOW[question.ask], 'dim'))];
  if (question.ask === 'admission') {
    return [...admissionLines(question, form, width, model.glyphs), ...how];
  }
  const before = 'lines' in question ? question.lines : [];
  const text = again ? 'The same again:' : question.question;
  return [
    ...before.flatMap((one) => paragraph(one, width)),
    ...(before.length > 0 ? [line('')] : []),
    ...paragraph(text, width, 'bold'),
    ...(differed ? [line(span('The two entries differ: type it anew.', 'bad'))] : []),
    ...formLines(form, width, model.glyphs),
    ...how,
  ];
}
