// Why a run or a code ends: one table, printed in docs/errors.md (a test compares them). None of it
// is told to the other side before the tags; after them, one of four words (messages.ts, Reason).
// `blame` says who caused it, `normal` whether it happens among honest people and machines.

export interface PairingFacts {
  readonly blame: 'other side' | 'person' | 'here' | 'nobody';
  readonly normal: boolean;
  readonly what: string;
  readonly hint: string;
}

export type PairingCode =
  | 'malformed'
  | 'out-of-order'
  | 'wrong-version'
  | 'wrong-role'
  | 'other-network'
  | 'mirrored'
  | 'forged-hello'
  | 'bad-share'
  | 'wrong-code'
  | 'forged-seal'
  | 'forged-acceptance'
  | 'wrong-body'
  | 'wrong-record'
  | 'wrong-page'
  | 'timed-out'
  | 'silent'
  | 'hung-up'
  | 'they-ended'
  | 'they-declined'
  | 'they-cancelled'
  | 'they-expired'
  | 'declined'
  | 'cancelled'
  | 'crowded'
  | 'busy'
  | 'spent'
  | 'expired'
  | 'renewed'
  | 'not-accepted'
  | 'not-admitted'
  | 'not-believed';

const AGAIN = 'try again';
const NOBODY_YOU_KNOW = 'somebody may be interfering: try again, and look at the address';

export const PAIRING_REFUSALS: Readonly<Record<PairingCode, PairingFacts>> = {
  malformed: {
    blame: 'other side',
    normal: false,
    what: 'the other side sent something that is no message of a ceremony',
    hint: 'is that the address of a machine that shows a code?',
  },
  'out-of-order': {
    blame: 'other side',
    normal: false,
    what: 'the other side sent a message that nobody waits for',
    hint: AGAIN,
  },
  'wrong-version': {
    blame: 'nobody',
    normal: true,
    what: 'the other machine speaks another version of the ceremony',
    hint: 'install the same version of kith on both',
  },
  'wrong-role': {
    blame: 'other side',
    normal: false,
    what: 'the other side plays the same part',
    hint: 'the new machine shows a code, a machine that belongs types it',
  },
  'other-network': {
    blame: 'person',
    normal: true,
    what: 'this machine has accepted to join another network',
    hint: 'finish that one, or run `kith leave` here first',
  },
  mirrored: {
    blame: 'other side',
    normal: false,
    what: 'what we sent came back to us',
    hint: NOBODY_YOU_KNOW,
  },
  'forged-hello': {
    blame: 'other side',
    normal: false,
    what: 'the other side does not own a key that it names',
    hint: NOBODY_YOU_KNOW,
  },
  'bad-share': {
    blame: 'other side',
    normal: false,
    what: 'the other side sent a number that would give the secret away',
    hint: NOBODY_YOU_KNOW,
  },
  'wrong-code': {
    blame: 'person',
    normal: true,
    what: 'the code is not the one that the new machine shows, or somebody is in between',
    hint: 'read the code again, aloud; it allows three tries',
  },
  'forged-seal': {
    blame: 'other side',
    normal: false,
    what: 'a sealed message was changed, repeated or left out on its way',
    hint: NOBODY_YOU_KNOW,
  },
  'forged-acceptance': {
    blame: 'other side',
    normal: false,
    what: 'the new machine accepted something else than was proposed',
    hint: AGAIN,
  },
  'wrong-body': {
    blame: 'here',
    normal: false,
    what: 'the admission names other keys than the ceremony found',
    hint: 'nothing was signed; look for a break-in on the machine that admits',
  },
  'wrong-record': {
    blame: 'other side',
    normal: false,
    what: 'the record is no admission of this machine',
    hint: AGAIN,
  },
  'wrong-page': {
    blame: 'other side',
    normal: false,
    what: 'the pages of the ledger came out of order',
    hint: AGAIN,
  },
  'timed-out': {
    blame: 'nobody',
    normal: true,
    what: 'the other side took too long',
    hint: AGAIN,
  },
  silent: {
    blame: 'nobody',
    normal: true,
    what: 'nothing was heard of the other side for half a minute',
    hint: 'look at the network, and try again',
  },
  'hung-up': {
    blame: 'nobody',
    normal: true,
    what: 'the connection was closed',
    hint: AGAIN,
  },
  'they-ended': {
    blame: 'nobody',
    normal: true,
    what: 'the other side ended the ceremony',
    hint: 'look at its console: busy, out of time, or a code that is used up',
  },
  'they-declined': {
    blame: 'person',
    normal: true,
    what: 'the operator declined',
    hint: 'ask the operator',
  },
  'they-cancelled': {
    blame: 'person',
    normal: true,
    what: 'the ceremony was cancelled on the other machine',
    hint: AGAIN,
  },
  'they-expired': {
    blame: 'nobody',
    normal: true,
    what: 'the time of the code ran out',
    hint: 'start again on the new machine',
  },
  declined: { blame: 'person', normal: true, what: 'declined here', hint: 'nothing was written' },
  cancelled: { blame: 'person', normal: true, what: 'cancelled here', hint: AGAIN },
  crowded: {
    blame: 'nobody',
    normal: true,
    what: 'a newer connection took the place of this one',
    hint: AGAIN,
  },
  busy: {
    blame: 'nobody',
    normal: true,
    what: 'another ceremony with the right code is going on',
    hint: 'wait for it to end',
  },
  spent: {
    blame: 'person',
    normal: true,
    what: 'the tries of this code are used up',
    hint: 'press a key on the new machine for a new code',
  },
  expired: {
    blame: 'nobody',
    normal: true,
    what: 'the time of the code ran out',
    hint: 'start again on the new machine',
  },
  renewed: { blame: 'person', normal: true, what: 'a new code was made', hint: 'use that one' },
  'not-accepted': {
    blame: 'other side',
    normal: false,
    what: 'the proposed admission is nothing that this machine can accept',
    hint: 'install the same version of kith on both',
  },
  'not-admitted': {
    blame: 'here',
    normal: true,
    what: 'the admission could not be written',
    hint: 'nothing was written; the reason is shown with it',
  },
  'not-believed': {
    blame: 'other side',
    normal: false,
    what: 'the ledger that came does not lead from its genesis to this admission',
    hint: 'the record can be fetched again from any member',
  },
};
