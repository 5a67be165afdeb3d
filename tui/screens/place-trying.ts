// The dry run that follows what is typed, and the placing itself. One dry run at a time: the next
// begins when the form has stood still, and again now and then, since the room of nodes changes.

import { type Run, typedText } from '../commands.ts';
import { TRY_AFTER_MS, TRY_AGAIN_MS } from '../limits.ts';
import type { Form } from '../fields.ts';
import { type Model, type Step, lastRun, stay, withSlice } from '../model.ts';
import { begin, said } from '../starting.ts';
import { NOTICE_MS } from '../limits.ts';
import { kindIn, placeWords } from './place-form.ts';
import { verdictOf } from './place-verdict.ts';

/** What a dry run of the form would be, without its dice; empty where something is missing. */
export function triedText(model: Model, form: Form): string {
  const made = placeWords(model, form, ['--dry-run']);
  return 'words' in made ? typedText(made.words) : '';
}

/** The dice fall as in the dry run that was seen. */
function dice(model: Model): string[] {
  const seed = model.slices.place.verdict?.plan?.seed;
  return seed === undefined ? [] : [`--seed=${seed}`];
}

export function onTick(model: Model): Step {
  const { form, changedMs, tried, stage, attempt } = model.slices.place;
  if (form === null || stage !== 'form' || attempt !== null) return stay(model);
  const made = placeWords(model, form, ['--dry-run', ...dice(model)]);
  const text = triedText(model, form);
  const isRunning = lastRun(model, 'dry-run')?.ended === null;
  const isQuiet = model.nowMs - changedMs >= TRY_AFTER_MS;
  const isNew = tried?.text !== text || model.nowMs - tried.atMs >= TRY_AGAIN_MS;
  if (!('words' in made) || isRunning || !isQuiet || !isNew) return stay(model);
  const before = withSlice(model, 'place', { tried: { text, atMs: model.nowMs } });
  return begin(before, { words: made.words, purpose: 'dry-run', title: 'where it would go' });
}

export function place(model: Model): Step {
  const { form, attempt } = model.slices.place;
  if (form === null || (attempt !== null && lastRun(model, 'place')?.ended === null)) {
    return stay(model);
  }
  const detach = kindIn(form) === 'job' ? ['--detach'] : [];
  const made = placeWords(model, form, [...detach, ...dice(model)]);
  // What is missing is said below the form already.
  if ('wrong' in made) return stay(model);
  const { model: after, out } = begin(model, {
    words: made.words,
    ...{ purpose: 'place', title: `placing a ${kindIn(form).replace('spec file', 'spec')}` },
  });
  const run = after.runsBegun;
  return stay(withSlice(after, 'place', { attempt: { run, steps: [] } }), ...out);
}

export function onRun(model: Model, run: Run): Step {
  switch (run.purpose) {
    case 'dry-run': {
      const { tried } = model.slices.place;
      if (run.ended === null || tried === null) return stay(model);
      return stay(withSlice(model, 'place', { verdict: verdictOf(run, tried.text) }));
    }
    case 'place':
      return onPlacing(model, run);
    default:
      return stay(model);
  }
}

interface PlacedFacts {
  readonly work: { readonly id: string; readonly name: string; readonly phase: string } | null;
  readonly host?: string | null;
}

function onPlacing(model: Model, run: Run): Step {
  const { attempt } = model.slices.place;
  const steps = attempt?.steps ?? [];
  const { step } = run;
  const all = step === null || steps.at(-1) === step ? steps : [...steps, step];
  const told = withSlice(model, 'place', { attempt: { run: run.id, steps: all } });
  if (run.ended === null) return stay(told);
  const placed = run.said.findLast(
    (one): one is PlacedFacts => typeof one === 'object' && one !== null && 'work' in one,
  );
  if (placed === undefined || placed.work === null) return stay(told);
  return toWork(told, run, placed.work, placed.host ?? null);
}

/** It is there, whatever became of it: F4 shows it. */
function toWork(
  model: Model,
  { ended }: Run,
  { id, name, phase }: NonNullable<PlacedFacts['work']>,
  host: string | null,
): Step {
  const done = withSlice(model, 'place', { attempt: null, verdict: null, tried: null });
  const showsEnded = done.slices.work.showsEnded || phase === 'ended';
  const shown = withSlice(done, 'work', { chosen: id, showsEnded, log: null, isOpen: false });
  const text = `${name} is placed${host === null ? '' : ` on ${host}`}`;
  const { complaint = null } = ended ?? {};
  const notice =
    complaint === null
      ? said(shown, text, 'good', NOTICE_MS).notice
      : { tone: 'bad' as const, text: complaint.what, hint: complaint.hint, untilMs: null };
  const isHere = model.screen === 'place';
  return stay(
    { ...shown, notice, screen: isHere ? 'work' : model.screen },
    { do: 'refresh', wants: ['works'] },
  );
}
