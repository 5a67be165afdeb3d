// Why something that a peer says about addresses, or asks of a relay, is not taken.

export type SightingCode =
  | 'sighting-malformed'
  | 'sighting-stranger'
  | 'sighting-own'
  | 'sighting-reserved';

export const SIGHTING_REFUSALS: Readonly<Record<SightingCode, { readonly what: string }>> = {
  'sighting-malformed': {
    what: 'A statement of where a member appears was damaged, or not signed by its observer.',
  },
  'sighting-stranger': { what: 'A statement of where a member appears, by or about no member.' },
  'sighting-own': { what: 'A member says where it sees itself. Only others can know that.' },
  'sighting-reserved': {
    what: 'A statement names an address that means nothing here: a private one without a beacon heard, a loopback, or one of the mesh itself.',
  },
};

export type LeaseCode = 'relay-full' | 'relay-too-many' | 'relay-stranger';

export const LEASE_REFUSALS: Readonly<Record<LeaseCode, { readonly what: string }>> = {
  'relay-full': { what: 'All ports of the relay are leased.' },
  'relay-too-many': { what: 'The caller has as many pairs at this relay as one member may.' },
  'relay-stranger': { what: 'A relay was asked for between two that are not both members.' },
};
