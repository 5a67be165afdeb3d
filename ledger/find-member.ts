// Which member a person means: a shown name, a key, a fingerprint, or an unambiguous start of one
// of them; `operator/ada` where an operator and a node share a name.

import { readSymbols } from '../proto/crockford.ts';
import { fingerprint } from '../proto/fingerprint.ts';
import type { Platform } from '../proto/platform.ts';
import { type Result, ok, refuse } from '../proto/result.ts';
import type { MemberState, State } from './state.ts';

export type FindCode = 'no-such-member' | 'ambiguous-member';

/** The fewest characters of a key or fingerprint that are taken as its start. */
const PREFIX_CHARS_MIN = 4;

export function findMember(
  state: Pick<State, 'members'>,
  text: string,
  platform: Platform,
): Result<MemberState, FindCode> {
  const found = membersMeant(state, text, platform);
  // Who was removed still has its name, and is meant only where nobody else can be.
  const here = found.filter((member) => member.removed === undefined);
  const meant = here.length > 0 ? here : found;
  if (meant.length === 1) return ok(meant[0] as MemberState);
  if (meant.length === 0) return refuse('no-such-member', text);
  return refuse('ambiguous-member', meant.map(pathOf).join(', '));
}

/** Everybody who may be meant, removed or not; a start of a key may end in `…`, as it is shown. */
export function membersMeant(
  state: Pick<State, 'members'>,
  text: string,
  platform: Platform,
): readonly MemberState[] {
  const slash = text.indexOf('/');
  const of = slash < 0 ? '' : text.slice(0, slash);
  const wanted = (slash < 0 ? text : text.slice(slash + 1)).replace(/…$/, '');
  const members = state.members.filter((member) => of === '' || member.class === of);
  const symbols = symbolsOf(wanted);
  const printOf = (member: MemberState): string => symbolsOf(fingerprint(member.key, platform));
  const isLong = wanted.length >= PREFIX_CHARS_MIN;
  const ways: readonly ((member: MemberState) => boolean)[] = [
    (member) => member.shown === wanted,
    (member) => member.key === wanted || (isLong && printOf(member) === symbols),
    (member) => wanted !== '' && member.shown.startsWith(wanted),
    (member) => isLong && (member.key.startsWith(wanted) || startsWith(printOf(member), symbols)),
  ];
  for (const way of ways) {
    const found = members.filter(way);
    if (found.length > 0) return found;
  }
  return [];
}

/** The name by which a member can be found again, whoever shares it. */
function pathOf(member: Pick<MemberState, 'class' | 'shown'>): string {
  return `${member.class}/${member.shown}`;
}

function startsWith(print: string, symbols: string): boolean {
  return symbols !== '' && print.startsWith(symbols);
}

/** A fingerprint as it is typed: case, dashes and look-alikes do not matter. '' for no symbols. */
function symbolsOf(text: string): string {
  const read = readSymbols(text);
  return 'foreignAt' in read ? '' : read.values.map((value) => value.toString(32)).join('');
}
