// Grants as people read them: those of equal terms together, since an operator holds every action
// and nobody reads fourteen lines that differ in one word.

import { ACTIONS, type Grant } from '../../ledger/grant.ts';
import { MEMBER_PRESETS, type MemberPreset, memberWishes } from '../../ledger/presets.ts';
import { utcText } from '../../proto/when.ts';

/** `place.job, place.vm on lab- (cpu_milli 4000, may be handed on twice)`, one text per terms. */
export function grantTexts(grants: readonly Grant[]): string[] {
  const byTerms = new Map<string, string[]>();
  for (const grant of grants) {
    const actions = byTerms.get(termsText(grant));
    if (actions === undefined) byTerms.set(termsText(grant), [grant.action]);
    else actions.push(grant.action);
  }
  return [...byTerms].map(([terms, actions]) => `${actionsText(actions)}${terms}`);
}

/** The rights of a node: the preset that says just these, or they themselves. */
export function nodeRights(grants: readonly Grant[]): string {
  const texts = grantTexts(grants);
  const preset = (Object.keys(MEMBER_PRESETS) as MemberPreset[]).find((one) => {
    const its = memberWishes(one, 'node').map(({ action }) => ({ action, resource: '', depth: 0 }));
    return grantTexts(its).join('; ') === texts.join('; ');
  });
  if (preset === 'guest') return 'no rights';
  return preset === undefined
    ? texts.join('; ')
    : `rights of ${preset === 'observer' ? 'an' : 'a'} ${preset}`;
}

function actionsText(actions: readonly string[]): string {
  return new Set(actions).size === Object.keys(ACTIONS).length ? 'everything' : actions.join(', ');
}

function termsText({ resource, depth, limits, expires }: Grant): string {
  const on = resource === '' ? '' : ` on ${resource}`;
  const rules = [
    ...Object.entries(limits ?? {}).map(([name, bound]) => `${name} ${bound}`),
    ...(depth === 0 ? [] : [`may be handed on ${timesText(depth)}`]),
    ...(expires === undefined ? [] : [`until ${utcText(expires)}`]),
  ];
  return `${on}${rules.length === 0 ? '' : ` (${rules.join(', ')})`}`;
}

function timesText(count: number): string {
  return count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`;
}
