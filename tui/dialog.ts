// The dialogs of the screens' own: a yes before a destructive act, the output of a command, and the
// question before leaving while something runs.

import { type Line, line, paragraph, span, wrapped } from './draw.ts';
import { scrolledBack } from './list.ts';
import { documentLines } from './documents.ts';
import { type Dialog, type Model, type Step, runOf, stay } from './model.ts';
import { begin } from './starting.ts';
import { isUnfinished, typedText } from './commands.ts';

export function onDialogKey(model: Model, dialog: Dialog, key: string): Step {
  const closed = { ...model, dialog: null };
  switch (dialog.kind) {
    case 'confirm':
      if (key === 'y' || key === 'Y') return begin(closed, dialog.start);
      return key === 'n' || key === 'N' || key === 'escape' || key === 'C-c'
        ? stay(closed)
        : stay(model);
    case 'leave':
      if (key === 'y' || key === 'Y') return stay(closed, { do: 'quit' });
      return key === 'n' || key === 'N' || key === 'escape' ? stay(closed) : stay(model);
    case 'output':
      return onOutputKey(model, dialog, key);
  }
}

function onOutputKey(model: Model, dialog: Extract<Dialog, { kind: 'output' }>, key: string): Step {
  const run = runOf(model, dialog.run);
  const most = run === null ? 0 : run.said.flatMap(documentLines).length;
  const back = scrolledBack(dialog.back, key, most);
  if (back !== null) return stay({ ...model, dialog: { ...dialog, back } });
  if (key === 'C-c' && run !== null && run.ended === null) {
    return stay(model, { do: 'interrupt', run: run.id });
  }
  return key === 'escape' || key === 'enter' || key === 'q'
    ? stay({ ...model, dialog: null })
    : stay(model);
}

export function dialogLines(model: Model, dialog: Dialog, width: number, height: number): Line[] {
  switch (dialog.kind) {
    case 'confirm':
      return [
        ...dialog.lines.flatMap((one) => paragraph(one, width)),
        line(''),
        line(span(typedText(dialog.start.words), 'dim')),
        line(span('y: do it   n or Esc: leave it as it is', 'bold')),
      ];
    case 'leave':
      return [
        ...model.runs.filter(isUnfinished).map(({ title }) => line(title)),
        line(''),
        line(span('Leave, and break that off?  y: leave   n or Esc: stay', 'bold')),
      ];
    case 'output':
      return outputLines(model, dialog, width, height);
  }
}

function outputLines(
  model: Model,
  { run: id, back }: Extract<Dialog, { kind: 'output' }>,
  width: number,
  height: number,
): Line[] {
  const run = runOf(model, id);
  if (run === null) return [line('It is forgotten.')];
  const all = run.said.flatMap(documentLines).flatMap((one) => wrapped(one, width));
  const { complaint, exit } = run.ended ?? { complaint: null, exit: null };
  const end: Line[] =
    run.ended === null
      ? [line(span(run.step ?? 'it runs; Ctrl-C ends it', 'dim'))]
      : complaint === null
        ? [line(span(`ended with ${exit}   Esc: close`, 'dim'))]
        : [...paragraph(complaint.what, width, 'bad'), ...paragraph(complaint.hint, width, 'dim')];
  const room = Math.max(1, height - 2 - end.length);
  const last = Math.max(room, all.length - back);
  return [
    line(span(typedText(run.words), 'dim')),
    line(''),
    ...all.slice(Math.max(0, last - room), last).map((one) => line(one)),
    ...end,
  ];
}
