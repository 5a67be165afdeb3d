// F11: new machines as they appear, and the code that lets one in; and tickets, which need none.

import { moved } from '../list.ts';
import { type Model, type Step, lastRun, stay, withSlice } from '../model.ts';
import type { Binding, Screen } from '../screen.ts';
import type { ApprovalsSlice } from '../slices.ts';
import {
  admit,
  admittingForm,
  admittingLines,
  again,
  onAdmitting,
  onAdmittingKey,
  runLines,
} from './admitting.ts';
import {
  candidateLines,
  candidateRows,
  candidatesOf,
  chosenCandidate,
  seenWith,
} from './candidates.ts';
import { startDaemonBinding } from './starting-daemon.ts';
import {
  chosenTicket,
  issue,
  onTicketKey,
  revoked,
  ticketForm,
  ticketFormLines,
  ticketLines,
  ticketsOf,
} from './tickets.ts';

type Stage = ApprovalsSlice['stage'];

const isAt =
  (...stages: readonly Stage[]) =>
  ({ slices }: Model): boolean =>
    stages.includes(slices.approvals.stage);

const isOver = (model: Model): boolean => (lastRun(model, 'admit')?.ended ?? null) !== null;
const isForm = isAt('form', 'ticket');

function to(model: Model, stage: Stage): Step {
  return stay(withSlice(model, 'approvals', { stage }));
}

function toForm(model: Model, isSeen: boolean): Step {
  const admitting = admittingForm(model, isSeen ? chosenCandidate(model) : null);
  return stay(withSlice(model, 'approvals', { stage: 'form', admitting }));
}

/** Away from the form or the result; what was typed of a code is gone. */
function toList(model: Model): Step {
  return stay(withSlice(model, 'approvals', { stage: 'list', admitting: null }));
}

const canAdmit = (model: Model): boolean => isAt('list')(model) && chosenCandidate(model) !== null;

const ADMITTING: readonly Binding[] = [
  {
    ...{ key: 'enter', label: 'or a: admit', command: ['admit'] },
    when: canAdmit,
    act: (model) => toForm(model, true),
  },
  {
    ...{ key: 'b', label: 'by address', what: 'admit a machine by the address that it shows' },
    when: isAt('list'),
    act: (model) => toForm(model, false),
  },
  {
    ...{ key: 'enter', label: 'admit it', what: 'connect, see who it is, and sign' },
    inForm: true,
    when: isAt('form'),
    act: admit,
  },
  {
    ...{ key: 'enter', label: 'type the code again', what: 'another try, after one that failed' },
    when: (model) =>
      isAt('run')(model) && isOver(model) && lastRun(model, 'admit')?.ended?.exit !== 0,
    act: again,
  },
  {
    ...{ key: 'escape', label: 'back to the list', what: 'back to the new machines' },
    inForm: true,
    when: (model) => isAt('form', 'tickets')(model) || (isAt('run')(model) && isOver(model)),
    act: toList,
  },
  {
    ...{ key: 'escape', label: 'give up', what: 'break the admission off: nothing is signed' },
    when: (model) => isAt('run')(model) && !isOver(model),
    act: (model) => stay(model, { do: 'interrupt', run: lastRun(model, 'admit')?.id ?? 0 }),
  },
];

const TICKETS: readonly Binding[] = [
  {
    ...{ key: 't', label: 'tickets', command: ['ticket', 'list'] },
    when: isAt('list'),
    act: (model) => to(model, 'tickets'),
  },
  {
    ...{ key: 'n', label: 'new', command: ['ticket', 'new'] },
    when: isAt('tickets'),
    act: (model) => stay(withSlice(model, 'approvals', { stage: 'ticket', ticket: ticketForm() })),
  },
  {
    ...{ key: 'x', label: 'revoke', command: ['ticket', 'revoke'] },
    when: (model) => isAt('tickets')(model) && chosenTicket(model)?.standing === 'open',
    act: revoked,
  },
  {
    ...{ key: 'enter', label: 'make it', what: 'make the ticket and sign it' },
    inForm: true,
    when: isAt('ticket'),
    act: issue,
  },
  {
    ...{ key: 'escape', label: 'back', what: 'back to the tickets' },
    inForm: true,
    when: isAt('ticket'),
    act: (model) => to(model, 'tickets'),
  },
];

const startDaemon = startDaemonBinding('s');

export const APPROVALS: Screen = {
  name: 'approvals',
  title: 'Approvals',
  wants: ['candidates', 'members', 'roster', 'tickets'],
  bindings: [
    ...ADMITTING,
    ...TICKETS,
    { ...startDaemon, when: (model) => isAt('list')(model) && startDaemon.when?.(model) === true },
  ],
  isTyping: isForm,
  onKey: (model, key, text) => {
    const { stage, place, ticketPlace } = model.slices.approvals;
    if (stage === 'form') return onAdmittingKey(model, key, text);
    if (stage === 'ticket') return onTicketKey(model, key, text);
    // Head, foot and the keys at the bottom take seven rows of a small screen.
    const rows = candidateRows(model.size.rows - 5);
    if (key === 'a' && canAdmit(model)) return toForm(model, true);
    if (stage === 'list') {
      const next = moved(place, key, candidatesOf(model).length, rows);
      return next === null ? null : stay(withSlice(model, 'approvals', { place: next }));
    }
    if (stage !== 'tickets') return null;
    const next = moved(ticketPlace, key, ticketsOf(model).length, rows);
    return next === null ? null : stay(withSlice(model, 'approvals', { ticketPlace: next }));
  },
  onTold: (model, want) => (want === 'candidates' ? seenWith(model) : model),
  purposes: ['admit'],
  onRun: onAdmitting,
  view: (model, width, height) => {
    switch (model.slices.approvals.stage) {
      case 'list':
        return candidateLines(model, width, height);
      case 'form':
        return admittingLines(model, width);
      case 'run':
        return runLines(model, width);
      case 'tickets':
        return ticketLines(model, width, height);
      case 'ticket':
        return ticketFormLines(model, width);
    }
  },
};
