// What a record does, as one sentence after its author's name: "anna: admitted node lamp with 5
// grants". One sentence per kind; nothing is cut off that a person needs in order to judge it.

import type { Grant } from '../../ledger/grant.ts';
import type { Act, NodeUpdateBody } from '../../ledger/kinds.ts';
import type { Decoded } from '../../ledger/record.ts';
import { canonical } from '../../proto/json.ts';
import { grantTexts } from './grants.ts';
import { type NameOf, short } from './names.ts';
import { utcText } from '../../proto/when.ts';

/** A configuration value longer than this is cut in a sentence; `kith ledger show` has it whole. */
const VALUE_CHARS_MAX = 60;

export function kindOf(act: Act): string {
  return act.kind === 'unknown' ? act.name : act.kind;
}

export function deedOf({ act, refs }: Pick<Decoded, 'act' | 'refs'>, nameOf: NameOf): string {
  switch (act.kind) {
    case 'genesis':
      return `founded the network ${act.body.network}; root: ${namesOf(act.body.roots)}`;
    case 'operator.admit':
      return `admitted operator ${act.body.name}${withGrants(act.body.grants)}`;
    case 'node.admit': {
      const { name, grants, ipv4, replaces } = act.body;
      const at = ipv4 === undefined ? '' : ` at ${ipv4}`;
      const instead = replaces === undefined ? '' : `, in place of ${nameOf(replaces)}`;
      return `admitted node ${name}${at}${withGrants(grants)}${instead}`;
    }
    case 'ticket.issue': {
      const { name, grants, expires } = act.body;
      return `issued ticket ${name}${withGrants(grants)}, good until ${utcText(expires)}`;
    }
    case 'member.remove':
      return `removed ${nameOf(act.body.target)}, ${honoured(act.body.seq)}`;
    case 'cap.grant':
      return `granted ${nameOf(act.body.target)} ${grantTexts(act.body.grants).join('; ')}`;
    case 'cap.revoke': {
      const from = refs[0] === undefined ? 'a record' : `record ${short(refs[0])}`;
      return `revoked what ${from} grants ${nameOf(act.body.target)}, ${spared(act.body.seq)}`;
    }
    case 'node.update':
      return `told of its ${updated(act.body)}`;
    case 'config.commit': {
      const { key, value } = act.body;
      return value === undefined ? `unset ${key}` : `set ${key} to ${cut(canonical(value))}`;
    }
    case 'root.rotate':
      return `made ${namesOf(act.body.roots)} root, with a new recovery sheet`;
    case 'unknown':
      return `wrote a ${act.name}, a kind that this kith does not know`;
  }
}

function namesOf(roots: readonly { readonly name: string }[]): string {
  return roots.map((root) => root.name).join(', ');
}

function honoured(seq: number): string {
  return seq === 0 ? 'and nothing that it wrote counts' : `and counts its records up to ${seq}`;
}

/** What the member did with it until then stands. */
function spared(seq: number): string {
  return seq === 0 ? 'from its first record on' : `from its record ${seq + 1} on`;
}

function withGrants(grants: readonly Grant[]): string {
  return grants.length === 0 ? ' without grants' : ` with ${grantTexts(grants).join('; ')}`;
}

function updated({ name, wg, endpoints, labels }: NodeUpdateBody): string {
  const parts = [
    ...(name === undefined ? [] : [`name ${name}`]),
    ...(wg === undefined ? [] : [`WireGuard key ${short(wg.key)} (number ${wg.counter})`]),
    ...(endpoints === undefined ? [] : [`endpoints ${listed(endpoints)}`]),
    ...(labels === undefined ? [] : [`labels ${listed(labels)}`]),
  ];
  return parts.join('; ');
}

function listed(values: readonly string[]): string {
  return values.length === 0 ? 'none' : values.join(', ');
}

function cut(text: string): string {
  const signs = [...text];
  return signs.length <= VALUE_CHARS_MAX ? text : `${signs.slice(0, VALUE_CHARS_MAX).join('')}…`;
}
