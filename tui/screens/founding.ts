// Founding a network: the form, and the recovery sheet, which is shown once and is left only when a
// person has said that it is on paper. The sheet stands in the slice alone and is gone with that.

import { isName } from '../../proto/names.ts';
import type { Run } from '../commands.ts';
import { type Line, line, remark, span } from '../draw.ts';
import { type Form, formLines, formOf, switchField, textField, typed, valueIn } from '../fields.ts';
import { type Model, type Step, hasDaemon, lastRun, stay, withSlice } from '../model.ts';
import { begin, forgotten } from '../starting.ts';
import { busySign } from '../glyphs.ts';

function foundForm({ outside: { names }, slices: { first } }: Model): Form {
  if (first.found !== null) return first.found;
  return formOf([
    textField('network', 'name of the network'),
    textField('operator', 'you, its operator', names.user),
    textField('node', 'this machine', names.machine),
    switchField('open', 'no passphrase', false, 'the key is sealed with one otherwise'),
  ]);
}

export function found(model: Model): Step {
  const form = foundForm(model);
  const value = (name: string): string => valueIn(form, name).trim();
  const wrong = ['network', 'operator', 'node'].find((name) => !isName(value(name)));
  if (wrong !== undefined) {
    const label = form.fields.find(({ name }) => name === wrong)?.label ?? wrong;
    const what = `${label}: use a-z, 0-9 and dashes, at most 63 signs`;
    const at = form.fields.findIndex(({ name }) => name === wrong);
    const fault = { what, hint: '' };
    return stay(withSlice(model, 'first', { fault, found: { ...form, at } }));
  }
  const words = ['init', value('network'), `--operator=${value('operator')}`];
  const title = `founding ${value('network')}`;
  return begin(withSlice(model, 'first', { fault: null, sheet: null, isSure: false }), {
    words: [...words, `--node=${value('node')}`, ...(value('open') ? ['--no-passphrase'] : [])],
    ...{ purpose: 'found', title },
  });
}

export function onFoundingKey(model: Model, key: string, text: string | null): Step | null {
  const form = typed(foundForm(model), key, text);
  return form === null ? null : stay(withSlice(model, 'first', { found: form }));
}

/** The sheet comes as text beside the document; it is in force as soon as it was handed out. */
export function onFounding(model: Model, run: Run): Step {
  const { first } = model.slices;
  const lines = run.said.filter((one) => typeof one === 'string');
  const sheet = lines.length === 0 ? first.sheet : [...(first.sheet ?? []), ...lines];
  const taken = withSlice(forgotten(model, run.id), 'first', { sheet });
  if (run.ended === null) return stay(taken);
  const { complaint } = run.ended;
  const fault = complaint === null ? null : { what: complaint.what, hint: complaint.hint };
  if (sheet !== null) return stay(withSlice(taken, 'first', { fault, top: 0 }));
  if (fault !== null) return stay(withSlice(taken, 'first', { fault }));
  // Broken off before, and finished now.
  const text = 'The recovery sheet is the one that was shown before it was broken off.';
  const hint = 'if you have none, delete the folder and found it again';
  return begun({ ...taken, notice: { tone: 'plain', text, hint, untilMs: null } });
}

/** It is on paper. */
export function kept(model: Model): Step {
  const { fault } = model.slices.first;
  const after = withSlice(model, 'first', { sheet: null, isSure: false });
  return fault === null ? begun(after) : stay(after);
}

/** This machine belongs: its daemon is started, and the network opens with the next look. */
export function begun(model: Model): Step {
  const after = withSlice(model, 'first', { stage: 'choice', found: null, join: null });
  const look = { do: 'refresh' as const, wants: ['home' as const] };
  if (hasDaemon(model)) return stay(after, look);
  const title = 'starting the daemon';
  const { model: starting, out } = begin(after, { words: ['up'], purpose: 'daemon', title });
  return stay(starting, ...out, look);
}

/** Rows of the screen that are not the sheet. */
const AROUND_SHEET = 3;

export function sheetRows(height: number): number {
  return Math.max(1, height - AROUND_SHEET);
}

export function sheetLines(model: Model, sheet: readonly string[], height: number): Line[] {
  const { top, isSure, fault } = model.slices.first;
  const rows = sheetRows(height);
  const shown = sheet.slice(top, top + rows);
  const below = sheet.length - top - rows;
  const more = below > 0 ? `${below} more lines: down` : top > 0 ? 'the end; up for the rest' : '';
  return [
    line(span('Write this on paper now: it is shown only this once.', 'title')),
    line(
      span(fault === null ? '' : `It is not founded yet: ${fault.what}. The sheet holds.`, 'bad'),
    ),
    ...shown.map((one) => line('  ', span(one, one.startsWith('SECRET') ? 'bold' : 'plain'))),
    ...Array.from({ length: Math.max(0, rows - shown.length) }, () => line('')),
    isSure
      ? line(span('Is it on paper? Nobody can show it again.', 'bad'), '   y: it is   n: not yet')
      : line(span(more, 'dim')),
  ];
}

export function foundingLines(model: Model, width: number): Line[] {
  const form = foundForm(model);
  const run = lastRun(model, 'found');
  const { fault } = model.slices.first;
  const isOpen = valueIn(form, 'open') !== '';
  return [
    line(span('Found a network', 'title')),
    line(''),
    ...remark(
      'This makes your operator key, the key of this machine, and a recovery sheet.',
      width,
    ),
    line(''),
    ...formLines(form, width, model.glyphs),
    line(''),
    ...(isOpen
      ? remark(
          'Warning: without a passphrase whoever can read this disk is an operator of the network.',
          width,
          'bad',
        )
      : remark('The passphrase is asked for next. Without it nobody signs, you included.', width)),
    line(''),
    ...(run !== null && run.ended === null
      ? [line(busySign(model.glyphs, model.nowMs), ' ', run.title)]
      : []),
    ...(fault === null ? [] : [...remark(fault.what, width, 'bad'), ...remark(fault.hint, width)]),
  ];
}
