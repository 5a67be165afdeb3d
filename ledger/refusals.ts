// Every code with which a line can be turned away or left without effect: one table, printed in
// docs/errors.md (a test compares them). `blame` says who caused it, `normal` whether it happens in
// an honest network, and a refusal never changes state.

export interface CodeFacts {
  readonly blame: 'writer' | 'sender' | 'nobody';
  readonly normal: boolean;
  readonly what: string;
}

/** A line that is not stored. */
export const REFUSALS: Readonly<Record<RefusalCode, CodeFacts>> = {
  empty: { blame: 'sender', normal: false, what: 'the line is empty' },
  'too-long': { blame: 'sender', normal: false, what: 'the line is longer than 8 KiB' },
  'not-utf8': { blame: 'sender', normal: false, what: 'the line is not well-formed UTF-8' },
  'not-canonical': { blame: 'sender', normal: false, what: 'the line is not canonical JSON' },
  'wrong-version': { blame: 'writer', normal: true, what: 'the record has a version unknown here' },
  'bad-shape': {
    blame: 'writer',
    normal: false,
    what: 'a field of the record is missing or wrong',
  },
  'bad-body': { blame: 'writer', normal: false, what: 'the body breaks the schema of its kind' },
  'bad-key': { blame: 'writer', normal: false, what: 'a key in the record is weak or malformed' },
  'other-ledger': { blame: 'sender', normal: true, what: 'the record belongs to another ledger' },
  'unknown-author': { blame: 'sender', normal: true, what: 'the author was never admitted' },
  'over-quota': { blame: 'writer', normal: false, what: 'the author has used up its records' },
  'beyond-cut': {
    blame: 'sender',
    normal: true,
    what: 'the author was removed before this record',
  },
  'fork-full': { blame: 'writer', normal: false, what: 'enough branches of this fork are held' },
  'parked-full': {
    blame: 'sender',
    normal: true,
    what: 'too many records wait for an earlier one',
  },
  'bad-signature': { blame: 'sender', normal: false, what: 'the signature does not verify' },
  'bad-proof': { blame: 'writer', normal: false, what: 'a proof inside the body does not verify' },
};
export type RefusalCode =
  | 'empty'
  | 'too-long'
  | 'not-utf8'
  | 'not-canonical'
  | 'wrong-version'
  | 'bad-shape'
  | 'bad-body'
  | 'bad-key'
  | 'other-ledger'
  | 'unknown-author'
  | 'over-quota'
  | 'beyond-cut'
  | 'fork-full'
  | 'parked-full'
  | 'bad-signature'
  | 'bad-proof';

/** A record that is held and valid, and has no effect. */
export const VOIDS: Readonly<Record<VoidCode, CodeFacts>> = {
  'void-not-member': { blame: 'writer', normal: true, what: 'its author is no member' },
  'void-cut': { blame: 'writer', normal: true, what: 'its author was removed before this record' },
  'void-frozen': {
    blame: 'writer',
    normal: false,
    what: 'its author wrote two records at one place',
  },
  'void-quota': { blame: 'writer', normal: false, what: 'it is above the quota of its author' },
  'void-class': {
    blame: 'writer',
    normal: false,
    what: 'this class of author may not write this kind',
  },
  'void-auth': { blame: 'writer', normal: true, what: 'a record that it relies on is not live' },
  'void-uncovered': {
    blame: 'writer',
    normal: false,
    what: 'no grant that it cites covers the act',
  },
  'void-widens': { blame: 'writer', normal: false, what: 'it grants more than its author holds' },
  'void-not-junior': {
    blame: 'writer',
    normal: false,
    what: 'its target is not junior to its author',
  },
  'void-revoked': {
    blame: 'writer',
    normal: true,
    what: 'the grant that it cites was revoked before',
  },
  'void-limit': { blame: 'writer', normal: true, what: 'the limit of the grant is used up' },
  'void-epoch': {
    blame: 'writer',
    normal: true,
    what: 'this recovery key has been used or replaced',
  },
};
export type VoidCode =
  | 'void-not-member'
  | 'void-cut'
  | 'void-frozen'
  | 'void-quota'
  | 'void-class'
  | 'void-auth'
  | 'void-uncovered'
  | 'void-widens'
  | 'void-not-junior'
  | 'void-revoked'
  | 'void-limit'
  | 'void-epoch';
