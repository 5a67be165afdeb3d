// The new machines that can be admitted from here, as rows: who says what of itself, where it was
// heard, and for how long. Nothing of it is believed.

import { clockText } from '../../proto/when.ts';
import { type Line, line, paragraph, span } from '../draw.ts';
import { type CandidatesFacts, valueOf } from '../facts.ts';
import { marked, within } from '../list.ts';
import type { Model } from '../model.ts';
import { withSlice } from '../model.ts';
import { type Column, table } from '../table.ts';

export type Candidate = CandidatesFacts['candidates'][number];

const COLUMNS: readonly Column[] = [
  { title: 'machine', least: 8 },
  { title: 'heard', least: 21 },
  { title: 'fingerprint' },
  { title: 'asks for' },
  { title: 'since', align: 'right' },
];

/** Rows of the screen that are not the list. */
const AROUND_ROWS = 4;

export function candidatesOf({ facts }: Model): readonly Candidate[] {
  return valueOf(facts.candidates)?.candidates ?? [];
}

export function candidateRows(height: number): number {
  return Math.max(1, height - AROUND_ROWS);
}

export function chosenCandidate(model: Model): Candidate | null {
  const all = candidatesOf(model);
  return all[within(model.slices.approvals.place, all.length, all.length).at] ?? null;
}

function markOf({ fingerprint, name, lobby }: Candidate): string {
  return `${fingerprint} ${name} ${lobby?.key ?? ''}`;
}

/** Since when each is seen here: what announces itself says no time that could be believed. */
export function seenWith(model: Model): Model {
  const before = model.slices.approvals.seen;
  const marks = candidatesOf(model).map(markOf);
  const seen = new Map(marks.map((mark) => [mark, before.get(mark) ?? model.nowMs]));
  return withSlice(model, 'approvals', { seen });
}

/** As `kith admit` finds it again. */
export function machineOf({ addresses, fingerprint, lobby }: Candidate): string {
  if (lobby !== null) return `${fingerprint}@${lobby.key}`;
  return addresses[0] ?? fingerprint;
}

export function whereOf({ addresses, lobby, source }: Candidate): string {
  if (lobby !== null) return `lobby of ${lobby.name}${source === null ? '' : `, ${source}`}`;
  const more = addresses.length > 1 ? ` +${addresses.length - 1}` : '';
  return `${addresses[0] ?? '-'}${more}`;
}

export function candidateLines(model: Model, width: number, height: number): Line[] {
  const { facts, slices, glyphs, nowMs } = model;
  const all = candidatesOf(model);
  const powerless = powerlessLines(model, width);
  if (all.length === 0) return [...powerless, ...emptyLines(model, width)];
  const { place, seen } = slices.approvals;
  const shown = table(
    COLUMNS,
    all.map((one) => {
      const sinceMs = nowMs - (seen.get(markOf(one)) ?? nowMs);
      return [one.name, whereOf(one), one.fingerprint, one.role, clockText(sinceMs / 1_000)];
    }),
    width - 2,
  );
  const rows = candidateRows(height) - powerless.length;
  const { at, top } = within(place, all.length, rows);
  const lines = marked(shown.rows.slice(top, top + rows), { at, top }, glyphs);
  const old = facts.candidates.state === 'failed' ? [line(span(facts.candidates.what, 'bad'))] : [];
  return [
    ...powerless,
    [span('  '), ...shown.head],
    ...lines,
    line(''),
    line(span('Anybody can announce anything: the code and the fingerprint tell.', 'dim')),
    ...old,
    ...lobbyLines(model, width),
  ];
}

function emptyLines(model: Model, width: number): Line[] {
  const { candidates } = model.facts;
  const looking = 'Listening for new machines, two seconds at a time.';
  const texts =
    candidates.state === 'failed'
      ? [candidates.what, candidates.hint]
      : [
          candidates.state === 'unasked' ? looking : 'No new machine announces itself here yet.',
          '',
          'On the new machine: `kith ui`, or `kith join`. It shows a code and an address.',
          'Where it is not seen here, b takes that address.',
        ];
  return [
    ...texts.flatMap((text, at) => paragraph(text, width, at === 0 ? 'bold' : 'plain')),
    line(''),
    ...lobbyLines(model, width),
  ];
}

const STANDING = {
  active: 'is in force',
  frozen: 'is frozen',
  removed: 'was removed',
  stranger: 'is not in the ledger yet',
} as const;

/** Why nobody can be admitted from here, where that is so. */
function powerlessLines({ facts }: Model, width: number): Line[] {
  const here = valueOf(facts.home)?.here;
  if (here === undefined || here.operator?.standing === 'active') return [];
  const text =
    here.operator === null
      ? 'No operator key lies here, so nobody can be admitted from this machine: go to one ' +
        'that has one, or make one here with `kith operator key`.'
      : `The operator key here ${STANDING[here.operator.standing]}: it admits nobody.`;
  return [...paragraph(text, width, 'warn'), line('')];
}

/** Lobbies that could not be asked. */
function lobbyLines({ facts }: Model, width: number): Line[] {
  const looked = valueOf(facts.candidates);
  if (looked === null) return [];
  const texts =
    looked.lobbies === null
      ? ['No daemon runs here, so no lobby was asked: s starts it.']
      : looked.silent.map(({ url, why }) => `${url} did not say who waits there: ${why}`);
  return texts.flatMap((text) => paragraph(text, width, 'warn'));
}
