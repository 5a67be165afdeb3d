// Why there is no record to write: what a person who wants something done is told. One table, with
// what the fold and the door say put into the words of the one who acts.

import type { CiteCode } from './cite.ts';
import type { RefusalCode, VoidCode } from './refusals.ts';

export type DraftCode =
  | CiteCode
  | 'not-a-member'
  | 'removed'
  | 'frozen'
  | 'used-up'
  | 'wrong-class'
  | 'unknown-target'
  | 'target-removed'
  | 'already-member'
  | 'not-junior'
  | 'limit-used'
  | 'operators-only'
  | 'no-such-grant'
  | 'overruled'
  | 'bad-form'
  | 'not-this-sheet'
  | 'sheet-used'
  | 'sheet-forked';

export const DRAFT_REFUSALS: Readonly<Record<DraftCode, { what: string; hint: string }>> = {
  'not-a-member': {
    what: 'the operator key of this machine belongs to nobody in this network',
    hint: 'have it admitted: `kith operator key` shows the command to run on another machine',
  },
  removed: {
    what: 'the operator key of this machine was removed',
    hint: 'an operator can admit a new key for this machine; the old one does not come back',
  },
  frozen: {
    what: 'this key signed two records for one place, so nothing more of it counts',
    hint: 'a senior operator settles it: `kith remove` with --at naming the record that stands',
  },
  'used-up': {
    what: 'this key has written as many records as it may',
    hint: 'have a new key admitted',
  },
  'wrong-class': {
    what: 'a key of this class may not write such a record',
    hint: 'only operators decide who is in and who may do what',
  },
  uncovered: {
    what: 'you hold no grant that allows this',
    hint: '`kith operator list` shows who does',
  },
  widens: {
    what: 'you may not pass this on: you do not hold it, or only for yourself',
    hint: 'a grant is handed on with less depth, and never with more than you have',
  },
  'too-many-grants': {
    what: 'it would rely on more than four of your grants',
    hint: 'do it in two steps',
  },
  'unknown-target': {
    what: 'there is no such member',
    hint: '`kith ledger state` lists them',
  },
  'target-removed': {
    what: 'that key was removed, and a removed key does not come back',
    hint: 'admit the machine with a new key',
  },
  'already-member': {
    what: 'that key belongs to the network already',
    hint: '`kith grant` gives a member more rights',
  },
  'not-junior': {
    what: 'that member is not junior to you',
    hint: 'only whoever is more senior can cut, grant or revoke; `kith ledger state` shows the ranks',
  },
  'limit-used': {
    what: 'the grant that allows it has been used as often as it may be',
    hint: 'ask the one who granted it for another',
  },
  'operators-only': {
    what: 'only operators may hold this',
    hint: 'nodes and tickets place and use; they decide nothing about the network',
  },
  'no-such-grant': {
    what: 'the member holds no such grant now',
    hint: '`kith ledger state --json` shows the grants of each member with their ids',
  },
  overruled: {
    what: 'somebody more senior has decided this already',
    hint: 'the most senior word counts: ask them',
  },
  'bad-form': {
    what: 'this cannot be written as a record',
    hint: 'see the detail',
  },
  'not-this-sheet': {
    what: 'this is not the recovery secret of this network',
    hint: 'compare the ledger id on the sheet, and look for a later sheet',
  },
  'sheet-used': {
    what: 'this recovery sheet has been used',
    hint: 'the sheet that was printed then is the one that counts',
  },
  'sheet-forked': {
    what: 'this recovery sheet was used twice, in two places, so neither counts',
    hint: 'the operators of before are still in charge; found a new network if you cannot trust them',
  },
};

const VOID: Readonly<Record<VoidCode, DraftCode>> = {
  'void-not-member': 'not-a-member',
  'void-cut': 'removed',
  'void-frozen': 'frozen',
  'void-quota': 'used-up',
  'void-class': 'wrong-class',
  'void-auth': 'uncovered',
  'void-uncovered': 'uncovered',
  'void-widens': 'widens',
  'void-not-junior': 'not-junior',
  'void-revoked': 'uncovered',
  'void-limit': 'limit-used',
  'void-epoch': 'sheet-used',
};

export function ofVoid(code: VoidCode): DraftCode {
  return VOID[code];
}

export function ofRefusal(code: RefusalCode): DraftCode {
  if (code === 'over-quota') return 'used-up';
  if (code === 'beyond-cut') return 'removed';
  return code === 'unknown-author' ? 'not-a-member' : 'bad-form';
}
