// How F5 looks: the form, what is wrong named at its field, and below it where the work would go.

import { type Line, EMPTY, line, remark, span } from '../draw.ts';
import { busySign } from '../glyphs.ts';
import { valueOf } from '../facts.ts';
import { type Form, formLines } from '../fields.ts';
import { type Model, lastRun, runOf } from '../model.ts';
import { type Wrong, fieldOf, placeWords } from './place-form.ts';
import { planLines } from './place-verdict.ts';
import { triedText } from './place-trying.ts';

/** What is told below the form has at least so many rows. */
const BELOW_ROWS = 7;

export function formView(model: Model, form: Form, width: number, height: number): Line[] {
  const missing = missingIn(model, form);
  const wrong = missing ?? wrongOf(model, form);
  const lines = formLines(form, width, model.glyphs);
  const room = Math.min(lines.length, Math.max(4, height - BELOW_ROWS - 3));
  const top = Math.max(0, Math.min(form.at - Math.floor(room / 2), lines.length - room));
  const shown = lines.slice(top, top + room).map((one, at): Line => {
    const isWrong =
      wrong !== null && missing === null && form.fields[top + at]?.name === wrong.field;
    return isWrong ? [...one, span(`  ${model.glyphs.bad}`, 'bad')] : one;
  });
  const help = (form.fields[form.at]?.help ?? '').replace(/^[A-Z=]+: /, '');
  const place = lines.length > room ? `${form.at + 1} of ${lines.length}: ` : '';
  const rule = span(model.glyphs.rule.repeat(width), 'dim');
  const below = height - shown.length - 2;
  return [
    ...shown,
    line(span(`  ${place}${help}`, 'dim')),
    line(rule),
    ...belowLines(model, form, wrong, width, below).slice(0, below),
  ];
}

/** Before it can be tried at all. */
function missingIn(model: Model, form: Form): Wrong | null {
  const made = placeWords(model, form, []);
  return 'wrong' in made ? made.wrong : null;
}

/** What was wrong with the form when it was last tried. */
function wrongOf({ slices }: Model, form: Form): Wrong | null {
  const { verdict } = slices.place;
  if (verdict === null || verdict.plan !== null || verdict.complaint === null) return null;
  const { what, hint } = verdict.complaint;
  return { field: fieldOf(form, verdict.complaint), what, hint };
}

function belowLines(
  model: Model,
  form: Form,
  wrong: Wrong | null,
  width: number,
  room: number,
): Line[] {
  const { attempt, verdict } = model.slices.place;
  if (attempt !== null) return attemptLines(model, width, room);
  const images = imageLines(model, form, width);
  const { status } = model.facts;
  if (status.state === 'failed') {
    return [...remark(status.what, width, 'bad'), ...remark(status.hint, width)];
  }
  if (wrong !== null) {
    const label = form.fields.find(({ name }) => name === wrong.field)?.label;
    const at = label === undefined || wrong.what.startsWith(label) ? '' : `${label}: `;
    const isTried = verdict !== null && verdict.complaint !== null;
    const tone = isTried ? ('bad' as const) : ('plain' as const);
    return [
      ...images,
      ...remark(`${at}${wrong.what}`, width, tone),
      ...remark(wrong.hint, width, 'dim'),
    ];
  }
  const plan = verdict?.plan ?? null;
  if (verdict === null || plan === null) {
    const sign = busySign(model.glyphs, model.nowMs);
    return [...images, line(span(`${sign} asking where it would go`, 'dim'))];
  }
  const isOld = verdict.text !== triedText(model, form);
  const old = isOld ? [line(span('(as it was before the last change)', 'dim'))] : [];
  const hint = verdict.complaint === null ? [] : nextLines(model, verdict.complaint.hint, width);
  const rows = Math.max(2, room - hint.length - old.length - images.length);
  return [...images, ...planLines(plan, width, rows), ...hint, ...old];
}

/** What to do; and what this machine lacks, which can be mended here. */
function nextLines({ facts }: Model, hint: string, width: number): Line[] {
  const hosting = valueOf(facts.hosting);
  const here =
    hosting?.phase === 'off'
      ? `this machine takes no work: ${hosting.why ?? 'it is off'}; \`doctor\` on F9 says more`
      : '';
  return [...remark(hint, width, 'dim'), ...remark(here, width)];
}

/** While an image is being typed: which are known. */
function imageLines(model: Model, form: Form, width: number): Line[] {
  const field = form.fields[form.at];
  if (field?.name !== 'image' || field.kind !== 'text') return [];
  const names = imageNames(model).filter((name) => name.includes(field.value));
  if (names.length === 0) return [];
  return remark(`Ctrl-N takes: ${names.join(', ')}`, width, 'accent').slice(0, 2);
}

/** The names that images have on this machine; others mean nothing here. */
export function imageNames({ facts }: Model): readonly string[] {
  return (valueOf(facts.images)?.held ?? []).flatMap(({ names }) => names).toSorted();
}

function attemptLines(model: Model, width: number, room: number): Line[] {
  const { attempt } = model.slices.place;
  const run = runOf(model, attempt?.run ?? 0) ?? lastRun(model, 'place');
  if (run === null || attempt === null) return [EMPTY];
  const { ended } = run;
  const end: Line[] =
    ended === null
      ? [line(span(`${busySign(model.glyphs, model.nowMs)} it is being placed`, 'accent'))]
      : ended.complaint === null
        ? [line(span(`${model.glyphs.good} placed`, 'good'))]
        : [
            ...remark(ended.complaint.what, width, 'bad'),
            ...remark(ended.complaint.hint, width, 'dim'),
          ];
  const steps = attempt.steps.flatMap((one) => remark(one, width - 2));
  const shown = steps.slice(-Math.max(1, room - end.length - 1));
  return [line(span(run.title, 'title')), ...shown.map((one) => line('  ', ...one)), ...end];
}
