// Joining a network: the form, and the command that shows a code while somebody types it elsewhere.
// What it tells goes into the card and is kept nowhere else, for the code is among it.

import type { Question } from '../../proto/questions.ts';
import { clockText } from '../../proto/when.ts';
import type { Run } from '../commands.ts';
import { type Line, line, remark, span } from '../draw.ts';
import { type Form, choiceField, formLines, formOf, textField, typed, valueIn } from '../fields.ts';
import { busySign } from '../glyphs.ts';
import { type Model, type Step, lastRun, stay, withSlice } from '../model.ts';
import { given } from '../questions.ts';
import { begin, forgotten, said as told } from '../starting.ts';
import { NOTICE_MS } from '../limits.ts';
import { begun } from './founding.ts';
import { NO_CARD, cardAfter, cardLines, closed } from './join-card.ts';

const ROLES = ['peer', 'observer', 'guest'];

function joinForm({ outside: { names }, slices: { first } }: Model): Form {
  if (first.join !== null) return first.join;
  return formOf([
    textField('name', 'this machine', names.machine),
    choiceField('role', 'asks to be', ROLES, 'peer'),
    textField('via', 'by the lobby at', '', 'HOST:PORT'),
    textField('listen', 'listens at', '', 'ADDRESS:PORT'),
    textField('ticket-file', 'ticket in the file'),
  ]);
}

/** What each field is for, and what it is where nothing is typed. */
const HELP: Readonly<Record<string, string>> = {
  name: 'What this machine is called in the network.',
  role: 'The rights that it asks for; the operator decides.',
  via: 'HOST:PORT of a member with a lobby: where nobody can reach this machine. Else leave it.',
  listen: 'ADDRESS:PORT where the operator finds this machine. Nothing: everywhere, port 7448.',
  'ticket-file': 'A ticket needs no code and no person. Nothing: this machine shows a code.',
};

export function join(model: Model): Step {
  const form = joinForm(model);
  const wordFor = (name: string): string[] => {
    const value = valueIn(form, name).trim();
    return value === '' ? [] : [`--${name}=${value}`];
  };
  const ticket = wordFor('ticket-file');
  const coded = [...wordFor('role'), ...wordFor('via'), ...wordFor('listen')];
  const words = ['join', ...wordFor('name'), ...(ticket.length > 0 ? ticket : coded)];
  return begin(withSlice(model, 'first', { fault: null, card: NO_CARD }), {
    ...{ words, purpose: 'join', title: 'joining a network' },
  });
}

export function onJoiningKey(model: Model, key: string, text: string | null): Step | null {
  const form = typed(joinForm(model), key, text);
  return form === null ? null : stay(withSlice(model, 'first', { join: form }));
}

export function onJoining(model: Model, run: Run): Step {
  const { card: before } = model.slices.first;
  const now = run.said.reduce<typeof before>(
    (card, one) => cardAfter(card ?? NO_CARD, one, model.nowMs),
    before,
  );
  const card = now === null || run.ended === null ? now : closed(now);
  const taken = withSlice(forgotten(model, run.id), 'first', { card });
  if (run.question?.ask === 'key') return stay(renewable(taken, run.id, run.question));
  if (run.ended === null) return stay(taken);
  const over = withSlice(taken, 'first', { card: null, renewal: null });
  const { complaint } = run.ended;
  if (complaint !== null) {
    const isOwn = complaint.code === 'cancelled';
    const fault = isOwn ? null : { what: complaint.what, hint: complaint.hint };
    return stay(withSlice(over, 'first', { fault }));
  }
  const joined = card?.joined ?? null;
  if (joined === null) return begun(over);
  const by = joined.by === '' ? 'by a ticket' : `admitted by ${joined.by}`;
  const text = `this machine is ${joined.name} of the network ${joined.network}, ${by}`;
  return begun(told(over, text, 'good', NOTICE_MS));
}

/** The card asks for itself, as it says who has sent wrong codes. */
function renewable(model: Model, run: number, question: Question<'key'>): Model {
  const untilMs = model.nowMs + question.seconds * 1_000;
  const runs = model.runs.map((one) => (one.id === run ? { ...one, question: null } : one));
  return withSlice({ ...model, runs }, 'first', { renewal: { run, question, untilMs } });
}

export function renew(model: Model): Step {
  const { renewal } = model.slices.first;
  const after = withSlice(model, 'first', { renewal: null });
  return renewal === null ? stay(model) : given(after, renewal, true);
}

export function joiningLines(model: Model, width: number, height: number): Line[] {
  const { card, fault, renewal } = model.slices.first;
  const run = lastRun(model, 'join');
  if (card !== null && run !== null && run.ended === null) {
    const lines = cardLines(card, model.nowMs, model.glyphs, { width, height: height - 2 });
    const isQuiet = card.code !== null && card.now === '';
    if (renewal !== null) return [...lines, line(''), renewalLine(renewal.untilMs - model.nowMs)];
    return isQuiet ? lines : [...lines, line('  ', busySign(model.glyphs, model.nowMs))];
  }
  const form = joinForm(model);
  const at = form.fields[form.at]?.name ?? '';
  return [
    line(span('Join a network', 'title')),
    line(''),
    ...remark('This machine shows a code. An operator types it on a machine that belongs.', width),
    line(''),
    ...formLines(form, width, model.glyphs),
    line(''),
    ...remark(HELP[at] ?? '', width),
    line(''),
    ...(fault === null ? [] : [...remark(fault.what, width, 'bad'), ...remark(fault.hint, width)]),
  ];
}

function renewalLine(leftMs: number): Line {
  const within = `within ${clockText(leftMs / 1_000)}; Esc gives up`;
  return line('  ', span('Enter: a new code', 'bold'), `, ${within}`);
}
