// `kith ledger state`: what the ledger adds up to. With --json it is the state of docs/ledger.md,
// field by field, beside the roots; for people, tables.

import { RULES_VERSION } from '../../../ledger/limits.ts';
import { frontierRoot, stateOf, stateRoot } from '../../../ledger/replica.ts';
import type { Conflict, MemberState, State } from '../../../ledger/state.ts';
import type { Key } from '../../../proto/ids.ts';
import { canonical } from '../../../proto/json.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { grantTexts } from '../grants.ts';
import { namesAt, withHome } from '../home.ts';
import { type NameOf, short } from '../names.ts';
import type { Printer } from '../print.ts';
import type { Style } from '../style.ts';
import { columnsOf } from '../table.ts';
import { counted, utcText } from '../../../proto/when.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  return withHome<Exit>(call.folder, { write: false }, async (home) => {
    const { replica, store } = home;
    const state = stateOf(replica);
    const roots = { stateRoot: stateRoot(replica), frontierRoot: frontierRoot(replica) };
    const facts = { records: store.records, ...roots, rules: RULES_VERSION };
    print.result({ ...state, ...facts }, () => {
      return statePage(state, namesAt(home), print.style).concat(
        '',
        `state root ${roots.stateRoot}`,
      );
    });
    return 'ok';
  });
}

export function statePage(state: State, nameOf: NameOf, style: Style): string[] {
  const members = state.members.filter(({ removed }) => removed === undefined);
  const removed = state.members.filter((member) => member.removed !== undefined);
  const epoch =
    state.epoch === 0 ? '' : `, recovered ${state.epoch === 1 ? 'once' : `${state.epoch} times`}`;
  return [
    `${style.bold(state.network)}: ${counted(members.length, 'member')}${epoch}`,
    ...section(style, 'Members', memberRows(members, nameOf)),
    ...section(style, 'Grants', grantRows(members, nameOf)),
    ...section(style, 'Removed', removedRows(removed, nameOf)),
    ...section(
      style,
      'Configuration',
      state.config.map(({ key, value }) => [key, value === undefined ? 'unset' : canonical(value)]),
    ),
    ...section(
      style,
      'Conflicts',
      state.conflicts.map((one) => conflictRow(one, nameOf)),
    ),
    ...section(
      style,
      'Frozen',
      state.frozen.map(({ author, seq }) => [
        nameOf(author),
        `wrote two records in place ${seq}: a senior settles it with \`kith remove\``,
      ]),
    ),
  ];
}

function section(style: Style, title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : ['', style.bold(title), ...columnsOf(rows, { indent: 2 })];
}

/** `root`, else the numbers of the admissions that lead to it (docs/ledger.md, "Rank"). */
function rankText({ root, rank }: MemberState, hasOneRoot: boolean): string {
  if (root) return hasOneRoot ? 'root' : `root ${rank[1]}`;
  return rank.slice(hasOneRoot ? 2 : 1).join('.');
}

function memberRows(members: readonly MemberState[], nameOf: NameOf): string[][] {
  if (members.length === 0) return [];
  const hasOneRoot = members.filter(({ root }) => root).length === 1;
  const rows = members.map((member) => [
    nameOf(member.key),
    member.class,
    rankText(member, hasOneRoot),
    member.ipv4 ?? '-',
    member.wg === undefined ? '-' : short(member.wg.key),
    [...notes(member)].join('; '),
  ]);
  return [['NAME', 'CLASS', 'RANK', 'IPV4', 'WIREGUARD', ''], ...rows];
}

function* notes({ frozen, expires, labels, endpoints, replaces }: MemberState): Iterable<string> {
  if (frozen !== undefined) yield 'FROZEN';
  if (expires !== undefined) yield `until ${utcText(expires)}`;
  if (labels.length > 0) yield labels.join(' ');
  if (endpoints.length > 0) yield `at ${endpoints.join(' ')}`;
  if (replaces !== undefined) yield `in place of ${short(replaces)}`;
}

function grantRows(members: readonly MemberState[], nameOf: NameOf): string[][] {
  return members.flatMap(({ key, grants }) =>
    grants.flatMap(({ from, grants: held }) =>
      grantTexts(held).map((text) => [nameOf(key), `${text}; by record ${short(from)}`]),
    ),
  );
}

function removedRows(members: readonly MemberState[], nameOf: NameOf): string[][] {
  return members.flatMap(({ key, class: its, removed }) => {
    if (removed === undefined) return [];
    const kept = removed.seq === 0 ? 'nothing counts' : `counts up to record ${removed.seq}`;
    return [[nameOf(key), its, `by ${nameOf(removed.author)}`, kept]];
  });
}

function conflictRow({ kind, subject, between }: Conflict, nameOf: NameOf): string[] {
  switch (kind) {
    case 'name':
    case 'ipv4':
    case 'wireguard':
      return [
        kind,
        subject,
        `claimed by ${between.map((key) => nameOf(key as Key)).join(' and ')}`,
      ];
    case 'config':
      return [kind, subject, `set side by side by records ${between.map(short).join(' and ')}`];
    case 'recovery':
      return [kind, short(subject), 'this recovery sheet has signed more than one new root'];
  }
}
