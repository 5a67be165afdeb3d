// Tickets: each lets one machine in without a person. A new one is signed at once and written to a
// file, since its secret is shown nowhere; a revocation is staged.

import { utcText } from '../../proto/when.ts';
import { type Line, line, paragraph, span } from '../draw.ts';
import { type TicketsFacts, valueOf } from '../facts.ts';
import { type Form, choiceField, formLines, formOf, textField, typed, valueIn } from '../fields.ts';
import { marked, within } from '../list.ts';
import { type Model, type Step, nameOf, stay, withSlice } from '../model.ts';
import { begin, confirmed } from '../starting.ts';
import { type Column, table } from '../table.ts';

type Ticket = TicketsFacts['tickets'][number];

const COLUMNS: readonly Column[] = [
  { title: 'ticket', least: 10 },
  { title: 'is' },
  { title: 'until' },
  { title: 'admitted', least: 8 },
];

const STANDING = { open: 'open', expired: 'expired', closed: 'revoked', used: 'used' } as const;

export function ticketsOf({ facts }: Model): readonly Ticket[] {
  return valueOf(facts.tickets)?.tickets ?? [];
}

export function chosenTicket(model: Model): Ticket | null {
  const all = ticketsOf(model);
  return all[within(model.slices.approvals.ticketPlace, all.length, all.length).at] ?? null;
}

export function ticketForm(): Form {
  return formOf([
    textField('out', 'into the new file', 'machine.ticket'),
    textField('name', 'called'),
    textField('expires', 'good for', '24h'),
    choiceField('preset', 'rights', ['peer', 'observer', 'guest'], 'peer'),
  ]);
}

export function onTicketKey(model: Model, key: string, text: string | null): Step | null {
  const form = typed(model.slices.approvals.ticket ?? ticketForm(), key, text);
  return form === null ? null : stay(withSlice(model, 'approvals', { ticket: form }));
}

export function issue(model: Model): Step {
  const form = model.slices.approvals.ticket ?? ticketForm();
  const words = ['out', 'name', 'expires', 'preset'].flatMap((name) => {
    const value = valueIn(form, name).trim();
    return value === '' ? [] : [`--${name}=${value}`];
  });
  return begin(withSlice(model, 'approvals', { stage: 'tickets' }), {
    ...{ words: ['ticket', 'new', ...words], purpose: 'notice' },
    title: `a ticket in ${valueIn(form, 'out')}`,
  });
}

export function revoked(model: Model): Step {
  const ticket = chosenTicket(model);
  if (ticket === null) return stay(model);
  const lines = [
    `From then on ${ticket.name} admits nobody, whoever holds it.`,
    'A machine that it has admitted stays: remove that by its name on F8.',
    'This is staged, and F12 signs it.',
  ];
  return confirmed(model, lines, {
    words: ['ticket', 'revoke', ticket.name],
    ...{ purpose: 'notice', title: `staging the revocation of ${ticket.name}` },
  });
}

export function ticketFormLines({ slices, glyphs }: Model, width: number): Line[] {
  const text =
    'Whoever has the file can let one machine in: `kith join --ticket-file FILE` there, or the ' +
    'first screen of `kith ui`. It is a secret. It is signed at once, with your passphrase.';
  return [
    line(span('A new ticket', 'title')),
    line(''),
    ...formLines(slices.approvals.ticket ?? ticketForm(), width, glyphs),
    line(''),
    ...paragraph(text, width, 'dim'),
  ];
}

/** Rows of the screen that are not the list. */
const AROUND_ROWS = 3;

export function ticketLines(model: Model, width: number, height: number): Line[] {
  const { facts, slices, glyphs } = model;
  const all = ticketsOf(model);
  const title = line(span('Tickets', 'title'), '  each lets one machine in, without a person');
  if (all.length === 0) {
    const { tickets } = facts;
    const texts =
      tickets.state === 'failed'
        ? [tickets.what, tickets.hint]
        : [
            tickets.state === 'unasked'
              ? 'reading the ledger'
              : 'There are no tickets. n makes one.',
          ];
    return [title, line(''), ...texts.flatMap((text) => paragraph(text, width))];
  }
  const shown = table(
    COLUMNS,
    all.map(({ name, standing, expires, admitted }) => [
      ...[name, STANDING[standing], utcText(expires)],
      admitted === null ? '-' : nameOf(model, admitted),
    ]),
    width - 2,
  );
  const rows = Math.max(1, height - AROUND_ROWS);
  const place = within(slices.approvals.ticketPlace, all.length, rows);
  return [
    title,
    line(''),
    [span('  '), ...shown.head],
    ...marked(shown.rows.slice(place.top, place.top + rows), place, glyphs),
  ];
}
