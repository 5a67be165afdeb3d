// Who a key belongs to, as people know it: the shown name of the member, with its class where two
// classes have that name, the start of the key where it is nobody's.

import type { TicketStanding } from '../../ledger/redemption.ts';
import type { Key } from '../../proto/ids.ts';
import type { MemberState } from '../../ledger/state.ts';

export type NameOf = (key: Key) => string;

/** Enough of a key or an id for people to tell it from the others. */
const SHORT_CHARS = 8;

export function short(id: string): string {
  return `${id.slice(0, SHORT_CHARS)}…`;
}

type Named = Pick<MemberState, 'key' | 'class' | 'shown'>;

export function namesIn(
  state: { readonly members: readonly Named[] },
  papers: ReadonlySet<Key>,
): NameOf {
  const taken = new Map<string, number>();
  for (const { shown } of state.members) taken.set(shown, (taken.get(shown) ?? 0) + 1);
  const names = new Map<Key, string>();
  for (const { key, shown, class: its } of state.members) {
    names.set(key, taken.get(shown) === 1 ? shown : `${its}/${shown}`);
  }
  return (key) => names.get(key) ?? (papers.has(key) ? 'recovery sheet' : short(key));
}

/** A holder of a ticket at our door: who reads along before it belongs is said. */
export function ticketText(
  seen: { readonly key: Key; readonly standing: TicketStanding; readonly address: string },
  nameOf: NameOf,
): string {
  const whose = `${seen.address} has ticket ${nameOf(seen.key)}`;
  return seen.standing === 'open' ? `${whose} and reads` : `${whose}, which is ${seen.standing}`;
}

/** By the names that a daemon sent along. */
export function nameIn(names: Readonly<Record<Key, string>>, key: Key): string {
  return names[key] ?? short(key);
}
