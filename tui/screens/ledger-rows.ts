// The rows of F3: of the log, the members, the configuration, and what conflicts.

import { utcText } from '../../proto/when.ts';
import { type Span, padded, span } from '../draw.ts';
import { type GrantFacts, type MemberFacts, type RecordFacts, valueOf } from '../facts.ts';
import { type Model, nameOf } from '../model.ts';
import type { LedgerPart } from '../slices.ts';
import type { Key } from '../../proto/ids.ts';

export interface Row {
  readonly spans: readonly Span[];
  /** All of it in words, where a row is too short. */
  readonly details: readonly string[];
  /** What a filter looks into, in small letters. */
  readonly text: string;
  /** The record that can be looked at, and the member that can be removed. */
  readonly record?: string;
  readonly member?: string;
}

const NAMES: Readonly<Record<LedgerPart, string>> = {
  log: 'Record by record',
  members: 'Members and their rights',
  configuration: 'Configuration',
  conflicts: 'Conflicts and frozen authors',
};

export function partOf(part: LedgerPart): string {
  return NAMES[part];
}

const ROWS: { readonly [Part in LedgerPart]: (model: Model) => readonly Row[] } = {
  log: (model) => (valueOf(model.facts.log) ?? []).map(recordRow),
  members: (model) =>
    (valueOf(model.facts.members)?.members ?? []).map((one) => memberRow(model, one)),
  configuration: (model) => (valueOf(model.facts.members)?.config ?? []).map(settingRow),
  conflicts: conflictRows,
};

interface Made {
  readonly part: LedgerPart;
  readonly all: readonly Row[];
  readonly filter: string;
  readonly rows: readonly Row[];
}
// Of 10,000 records the rows are made once, and not for each key or each letter of a filter.
const made = new WeakMap<object, Made>();

export function rowsOf(model: Model): readonly Row[] {
  const { part, filter } = model.slices.ledger;
  const key: object | null =
    part === 'log' ? valueOf(model.facts.log) : valueOf(model.facts.members);
  if (key === null) return [];
  const known = made.get(key);
  const isMade = known !== undefined && known.part === part;
  if (isMade && known.filter === filter) return known.rows;
  const all = isMade ? known.all : ROWS[part](model).map(lowered);
  const wanted = filter.toLowerCase();
  const rows = wanted === '' ? all : all.filter(({ text }) => text.includes(wanted));
  made.set(key, { part, all, filter, rows });
  return rows;
}

function lowered(row: Row): Row {
  return { ...row, text: row.text.toLowerCase() };
}

export function emptyText({ facts, slices }: Model): string {
  const { part, filter } = slices.ledger;
  const told = part === 'log' ? facts.log : facts.members;
  if (told.state === 'unasked') return 'reading the ledger';
  if (told.state === 'failed') return `${told.what}. ${told.hint}`;
  if (filter !== '') return `nothing here holds "${filter}"; Esc shows all`;
  if (part === 'configuration') return 'nothing is set: F9, `set`, stages a value';
  return part === 'conflicts' ? 'nothing conflicts, and nobody is frozen' : 'nothing here';
}

const NAME_CELLS = 10;

function recordRow(record: RecordFacts): Row {
  const { id, name, ts, farOff, what, kind, seq, void: isVoid, why = '' } = record;
  const verdict = isVoid ? `does not count: ${why}` : '';
  return {
    spans: [
      span(`${utcText(ts).slice(5, 16)}${farOff ? '?' : ' '} `, 'dim'),
      span(`${padded(name, NAME_CELLS)} `, 'bold'),
      ...(isVoid ? [span('VOID ', 'warn')] : []),
      span(what, isVoid ? 'dim' : 'plain'),
    ],
    details: [
      `${name}, record ${seq}, ${kind}, ${utcText(ts)} UTC${farOff ? ', which cannot be right' : ''}: ${what}`,
      ...(verdict === '' ? [] : [verdict]),
      id,
    ],
    text: `${name} ${kind} ${what} ${verdict} ${id}`,
    record: id,
  };
}

function memberRow(model: Model, member: MemberFacts): Row {
  const { key, class: its, shown, root, removed, frozen, by, rank } = member;
  const grants = member.grants.flatMap(({ grants: held }) => held.map(grantText));
  const rights = root ? 'every right, as root' : grants.join('; ') || 'no rights';
  const standing =
    removed !== undefined
      ? `removed by ${nameOf(model, removed.author)}`
      : frozen === undefined
        ? ''
        : 'FROZEN';
  return {
    spans: [
      span(`${padded(shown, NAME_CELLS)} `, 'bold'),
      span(`${padded(its, 8)} `, 'dim'),
      ...(standing === '' ? [] : [span(`${standing} `, 'warn')]),
      span(rights),
    ],
    details: [`${shown}: ${rights}`, `key ${key}, rank ${rank.join('.')}`],
    text: `${shown} ${its} ${standing} ${rights} ${key}`,
    record: by,
    ...(removed === undefined ? { member: shown } : {}),
  };
}

function grantText({ action, ...limits }: GrantFacts): string {
  const bounds = Object.entries(limits).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return bounds.length === 0 ? action : `${action} (${bounds.join(', ')})`;
}

function settingRow({ key, value }: { readonly key: string; readonly value?: unknown }): Row {
  const text = value === undefined ? 'unset' : JSON.stringify(value);
  return {
    spans: [span(`${key} `, 'bold'), span(text, value === undefined ? 'dim' : 'plain')],
    details: [`${key} = ${text}`, 'F9, `set`, stages another value'],
    text: `${key} ${text}`,
  };
}

function conflictRows(model: Model): readonly Row[] {
  const state = valueOf(model.facts.members);
  if (state === null) return [];
  return [
    ...state.conflicts.map(({ kind, subject, between }): Row => {
      const who = between.map((one) => nameOf(model, one as Key)).join(' and ');
      return {
        spans: [span(`${padded(kind, NAME_CELLS)} `, 'warn'), span(`${subject}: ${who}`)],
        details: [`${kind} ${subject} is claimed by ${who}; the first prevails`, CONFLICT_HINT],
        text: `${kind} ${subject} ${who}`,
      };
    }),
    ...state.frozen.map(({ author, seq }): Row => {
      const name = nameOf(model, author);
      return {
        spans: [span(padded('frozen', NAME_CELLS), 'bad'), span(` ${name}`)],
        details: [
          `${name} wrote two records in place ${seq}: nothing that follows counts`,
          'a senior settles it: x removes it, and its machine joins anew',
        ],
        text: `frozen ${name}`,
        member: name,
      };
    }),
  ];
}

const CONFLICT_HINT = 'whoever may set it writes it again, and settles it';
