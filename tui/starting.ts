// Starting a command from a screen: the one way in which a screen does anything.

import type { Run } from './commands.ts';
import { RUNS_MAX } from './limits.ts';
import type { Model, Start, Step } from './model.ts';

/** Starts a command at once. Those that have ended are forgotten first. */
export function begin(model: Model, { words, purpose, title }: Start): Step {
  const id = model.runsBegun + 1;
  const run: Run = {
    ...{ id, words, purpose, title, said: [], step: null, question: null, ended: null },
  };
  const runs = kept([...model.runs, run]);
  const dialog: Model['dialog'] =
    purpose === 'output' ? { kind: 'output', run: id, back: 0 } : model.dialog;
  return {
    model: { ...model, runs, runsBegun: id, dialog },
    out: [{ do: 'run', run: id, words, purpose }],
  };
}

/** What a command has said is kept no longer: a screen has taken from it what it needs. */
export function forgotten(model: Model, id: number): Model {
  const runs = model.runs.map((run) => (run.id === id ? { ...run, said: [] } : run));
  return { ...model, runs };
}

/** Shows first what a command would do, and starts it when a person says yes. */
export function confirmed(model: Model, lines: readonly string[], start: Start): Step {
  const dialog = { kind: 'confirm' as const, title: start.title, lines, start };
  return { model: { ...model, dialog }, out: [] };
}

export function said(
  model: Model,
  text: string,
  tone: 'good' | 'bad' | 'plain',
  ms: number,
): Model {
  return { ...model, notice: { tone, text, hint: '', untilMs: model.nowMs + ms } };
}

function kept(runs: readonly Run[]): readonly Run[] {
  const over = runs.length - RUNS_MAX;
  if (over <= 0) return runs;
  const ended = new Set(
    runs
      .filter((run) => run.ended !== null)
      .slice(0, over)
      .map(({ id }) => id),
  );
  return runs.filter(({ id }) => !ended.has(id));
}
