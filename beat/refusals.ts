// Why a packet of the heart is not believed: one table, printed in docs/errors.md (a test compares
// them). Nothing of it is told to a sender: a datagram that is refused is dropped and counted.

export interface BeatFacts {
  readonly blame: 'sender' | 'nobody' | 'here';
  readonly normal: boolean;
  readonly what: string;
}

export type BeatCode =
  | 'too-long'
  | 'malformed'
  | 'out-of-bounds'
  | 'other-ledger'
  | 'stranger'
  | 'not-its-address'
  | 'forged'
  | 'too-many'
  | 'old';

export const BEAT_REFUSALS: Readonly<Record<BeatCode, BeatFacts>> = {
  'too-long': {
    blame: 'sender',
    normal: false,
    what: 'a datagram is longer than a heartbeat may be',
  },
  malformed: { blame: 'sender', normal: false, what: 'a datagram is no heartbeat' },
  'out-of-bounds': {
    blame: 'sender',
    normal: false,
    what: 'a heartbeat has a field of a wrong length or a list that is too long',
  },
  'other-ledger': {
    blame: 'nobody',
    normal: true,
    what: 'a heartbeat speaks of another network',
  },
  stranger: {
    blame: 'nobody',
    normal: true,
    what: 'a heartbeat of a key that is no member here, or not yet',
  },
  'not-its-address': {
    blame: 'sender',
    normal: false,
    what: 'a datagram came from an address that is no member’s own: a guest or a local user',
  },
  forged: { blame: 'sender', normal: false, what: 'a heartbeat is not signed by its subject' },
  'too-many': {
    blame: 'sender',
    normal: false,
    what: 'more datagrams came than are looked at in a second',
  },
  old: {
    blame: 'nobody',
    normal: true,
    what: 'a heartbeat that is not newer than the last one of its subject',
  },
};
