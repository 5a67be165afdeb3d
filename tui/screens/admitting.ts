// Admitting one machine: the form with its code, the command at work, and how it ended. The code
// goes to the question of the command and nowhere else, and is gone with that.

import { counted } from '../../proto/when.ts';
import { NO_CODE, codeAfter, codeLines } from '../code-entry.ts';
import type { Run } from '../commands.ts';
import { type Line, type Tone, line, paragraph, remark, span } from '../draw.ts';
import { valueOf } from '../facts.ts';
import { type Form, choiceField, formLines, formOf, textField, typed, valueIn } from '../fields.ts';
import { busySign } from '../glyphs.ts';
import { type Model, type Step, lastRun, stay, withSlice } from '../model.ts';
import { given } from '../questions.ts';
import type { Admitting } from '../slices.ts';
import { begin } from '../starting.ts';
import { type Candidate, machineOf, whereOf } from './candidates.ts';

const AS_ASKED = 'as it asks';
const NOBODY = 'nobody';
const PRESETS = [AS_ASKED, 'peer', 'observer', 'guest'];
/** Wrong ones that a code allows (docs/pairing.md). */
const TRIES = 3;

/** Of a machine that is seen, or by an address that is typed. */
export function admittingForm(model: Model, candidate: Candidate | null): Admitting {
  const nodes = valueOf(model.facts.roster)?.nodes ?? [];
  const others = nodes.filter(({ here }) => !here).map(({ name }) => name);
  const fields = [
    ...(candidate === null ? [textField('machine', 'its address')] : []),
    textField('code', 'its code'),
    textField('as', 'called'),
    choiceField('preset', 'rights', PRESETS, AS_ASKED),
    ...(others.length === 0
      ? []
      : [choiceField('replaces', 'replaces', [NOBODY, ...others], NOBODY)]),
  ];
  const target =
    candidate === null
      ? null
      : {
          machine: machineOf(candidate),
          ...{ name: candidate.name, fingerprint: candidate.fingerprint },
          where: whereOf(candidate),
        };
  return { target, form: formOf(fields), code: NO_CODE, steps: [], wrong: 0, fault: null };
}

function withAdmitting(model: Model, change: Partial<Admitting>): Model {
  const before = model.slices.approvals.admitting;
  return before === null
    ? model
    : withSlice(model, 'approvals', { admitting: { ...before, ...change } });
}

const isAtCode = ({ fields, at }: Form): boolean => fields[at]?.name === 'code';

export function onAdmittingKey(model: Model, key: string, text: string | null): Step | null {
  const { admitting } = model.slices.approvals;
  if (admitting === null) return null;
  const { form, code } = admitting;
  if (isAtCode(form)) {
    const after = codeAfter(code, key, text, model.outside.readCode);
    if (after !== null) return stay(withAdmitting(model, { code: after, fault: null }));
  }
  const after = typed(form, key, text);
  return after === null ? null : stay(withAdmitting(model, { form: after, fault: null }));
}

/** What the fields say as words of the command, or what is missing. */
function wordsOf({ target, form, code }: Admitting): readonly string[] | { readonly what: string } {
  const value = (name: string): string => valueIn(form, name).trim();
  const machine = target?.machine ?? value('machine');
  if (machine === '') return { what: 'say where it is: HOST:PORT, as its console shows it' };
  if (code.kind === 'partial')
    return { what: `type its code: ${counted(code.missing, 'symbol')} more` };
  if (code.kind === 'mistyped') {
    return { what: 'look at its console again: nothing was sent, and no try is used' };
  }
  const [as, preset, replaces] = [value('as'), value('preset'), value('replaces')];
  return [
    ...(as === '' ? [] : [`--as=${as}`]),
    ...(preset === AS_ASKED ? [] : [`--preset=${preset}`]),
    ...(replaces === '' || replaces === NOBODY ? [] : [`--replaces=${replaces}`]),
    ...['--', machine],
  ];
}

export function admit(model: Model): Step {
  const { admitting } = model.slices.approvals;
  if (admitting === null) return stay(model);
  const words = wordsOf(admitting);
  if ('what' in words) return stay(withAdmitting(model, { fault: words.what }));
  const name = admitting.target?.name ?? words.at(-1) ?? '';
  const running = withSlice(withAdmitting(model, { steps: [] }), 'approvals', { stage: 'run' });
  return begin(running, {
    ...{ words: ['admit', ...words], purpose: 'admit', title: `admitting ${name}` },
  });
}

/** The form again, for another try. */
export function again(model: Model): Step {
  const { admitting } = model.slices.approvals;
  if (admitting === null) return stay(model);
  const at = admitting.form.fields.findIndex(({ name }) => name === 'code');
  const wrong = admitting.wrong >= TRIES ? 0 : admitting.wrong;
  const form = { ...admitting.form, at };
  return stay(
    withSlice(withAdmitting(model, { form, code: NO_CODE, wrong }), 'approvals', { stage: 'form' }),
  );
}

export function onAdmitting(model: Model, run: Run): Step {
  const { admitting } = model.slices.approvals;
  if (admitting === null) return stay(model);
  const { step, question, ended } = run;
  const { steps, code, wrong } = admitting;
  const isNew = step !== null && steps.at(-1) !== step;
  const after = isNew ? withAdmitting(model, { steps: [...steps, step] }) : model;
  if (ended !== null) {
    const isWrong = ended.complaint?.code === 'pairing-wrong-code';
    return stay(withAdmitting(after, { code: NO_CODE, wrong: isWrong ? wrong + 1 : wrong }));
  }
  if (question?.ask !== 'line' || code.kind !== 'whole') return stay(after);
  // Once: a command that asks again has not taken it, and the person is asked.
  return given(withAdmitting(after, { code: NO_CODE }), { run: run.id, question }, code.shown);
}

export function admittingLines(model: Model, width: number): Line[] {
  const { admitting } = model.slices.approvals;
  if (admitting === null) return [];
  const { target, form, code, fault } = admitting;
  const at = form.fields.findIndex(({ name }) => name === 'code');
  const labels = Math.max(...form.fields.map(({ label }) => label.length));
  const part = (from: number, to: number): Line[] =>
    formLines(
      { fields: form.fields.slice(from, to), at: form.at - from },
      width,
      model.glyphs,
      labels,
    );
  return [
    ...headLines(admitting, width),
    line(''),
    ...part(0, at),
    ...codeLines(code, form.at === at, 'its code'.padEnd(labels), model.glyphs),
    ...part(at + 1, form.fields.length),
    line(''),
    ...(fault === null ? hintLines(target === null, width) : [line(span(fault, 'bad'))]),
  ];
}

function headLines({ target }: Admitting, width: number): Line[] {
  if (target === null) return [line(span('A machine that is not seen here', 'title'))];
  const { name, where, fingerprint } = target;
  return [
    line(span(name, 'title'), `   ${where}`),
    ...paragraph(`It announces the fingerprint ${fingerprint}.`, width),
  ];
}

function hintLines(isTyped: boolean, width: number): Line[] {
  const texts = [
    ...(isTyped ? ['Its address is on its console: HOST:PORT.'] : []),
    'Next you see who it is, and sign.',
  ];
  return texts.flatMap((text) => paragraph(text, width, 'dim'));
}

export function runLines(model: Model, width: number): Line[] {
  const run = lastRun(model, 'admit');
  const { admitting } = model.slices.approvals;
  if (run === null || admitting === null) return [line('It is forgotten.')];
  const { glyphs, nowMs } = model;
  const { steps, wrong } = admitting;
  const isOver = run.ended !== null;
  const isGood = run.ended?.exit === 0;
  return [
    line(span(run.title, 'title')),
    line(''),
    ...steps.map((step, at): Line => {
      const isLast = at === steps.length - 1;
      const [sign, tone] = !isLast || isGood ? [glyphs.good, 'good' as const] : signOf();
      return line(span(`${sign} `, tone), step);
    }),
    ...(steps.length === 0 && !isOver ? [line(busySign(glyphs, nowMs), ' it begins')] : []),
    line(''),
    ...(isOver ? resultLines(model, run, wrong, width) : []),
  ];

  function signOf(): readonly [string, 'bad' | 'plain'] {
    return isOver ? [glyphs.bad, 'bad'] : [busySign(glyphs, nowMs), 'plain'];
  }
}

interface Admitted {
  readonly finished: boolean;
  readonly holders: { readonly holding: number; readonly of: number };
  readonly node: { readonly name: string; readonly fingerprint: string };
  readonly preset: string | null;
  readonly leftOut?: readonly { readonly action: string }[];
}

function resultLines(
  { glyphs }: Model,
  { said, ended }: Run,
  wrong: number,
  width: number,
): Line[] {
  const fold = (text: string, tone?: Tone): Line[] => remark(text, width, tone);
  const { complaint = null, exit = 1 } = ended ?? {};
  if (complaint !== null) {
    return [
      ...fold(`${glyphs.bad} ${complaint.what}`, 'bad'),
      ...fold(complaint.hint),
      ...fold(wrongText(wrong), wrong >= TRIES ? 'bad' : 'plain'),
    ];
  }
  const admitted = said.findLast((one) => typeof one === 'object') as Admitted | undefined;
  if (exit !== 0 || admitted === undefined) return fold(`it ended with ${exit}`, 'bad');
  const { node, holders, preset, leftOut = [], finished } = admitted;
  return [
    ...fold(`${glyphs.good} ${node.name} is admitted, and holds the whole ledger.`, 'good'),
    ...fold(finished ? 'It was admitted before; that is finished now.' : ''),
    line(''),
    ...fold(`fingerprint  ${node.fingerprint}`),
    ...fold(preset === null ? '' : `rights       ${preset}`),
    line(''),
    ...fold(
      `${holders.holding} of ${counted(holders.of, 'node')} are known to hold the record; ` +
        'the others get it by sync.',
    ),
    ...leftOut.flatMap(({ action }) =>
      fold(`You cannot hand on ${action}. Who can: kith grant ${node.name} ${action}`),
    ),
    ...fold('F8 shows it as soon as its daemon runs: `kith up` there.', 'dim'),
  ];
}

function wrongText(wrong: number): string {
  if (wrong === 0) return '';
  if (wrong >= TRIES) return 'Three wrong codes: it is burnt. A key press there makes a new one.';
  return `${counted(wrong, 'wrong code')} from here; ${TRIES - wrong} of ${TRIES} tries left at most.`;
}
