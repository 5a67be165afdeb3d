// What a person can get wrong about an operator's acts, beyond what the ledger (draft-refusals.ts)
// and the keys (keys/refusals.ts) say: one table.

export type ActCode =
  | 'ambiguous-member'
  | 'no-operator-key'
  | 'staged-damaged'
  | 'staged-elsewhere'
  | 'staged-full'
  | 'nothing-staged'
  | 'no-such-draft'
  | 'not-taken'
  | 'not-synced'
  | 'head-unasked'
  | 'nothing-new'
  | 'no-such-place'
  | 'no-such-setting'
  | 'founded-half'
  | 'ticket-other-ledger'
  | 'ticket-unknown'
  | 'ticket-expired'
  | 'ticket-closed'
  | 'ticket-used'
  | 'node-admitted';

export const ACT_REFUSALS: Readonly<Record<ActCode, { what: string; hint: string }>> = {
  'ambiguous-member': {
    what: 'this may mean several members',
    hint: 'name one of them whole, such as operator/ada',
  },
  'no-operator-key': {
    what: 'this machine has no operator key',
    hint: 'make one with `kith operator key`, and have it admitted on a machine that has one',
  },
  'staged-damaged': {
    what: 'the file of staged acts was changed or is no such file',
    hint: 'move staged.json away and stage again; nothing in it has been signed',
  },
  'staged-elsewhere': {
    what: 'the staged acts belong to another ledger',
    hint: 'throw them away with `kith unstage all`, or go back to that ledger',
  },
  'staged-full': {
    what: 'too many acts are staged',
    hint: 'sign them with `kith commit`, or throw some away with `kith unstage`',
  },
  'nothing-staged': {
    what: 'nothing is staged',
    hint: '`kith grant`, `revoke`, `remove`, `set` and `operator add` stage something',
  },
  'no-such-draft': { what: 'there is no staged act of that number', hint: 'see `kith staged`' },
  'not-taken': {
    what: 'the signed record was turned away by the ledger',
    hint: 'see its code in docs/errors.md; nothing has changed',
  },
  'not-synced': {
    what: 'this ledger has not synced with a peer lately, so what falls with it cannot be told',
    hint: 'run `kith ledger sync URL` first, or say --anyway',
  },
  'head-unasked': {
    what: 'no other machine was asked since this ledger was put back, and one may hold more of it',
    hint: 'run `kith ledger sync HOST:PORT` with a member first; where none is left, say --anyway',
  },
  'nothing-new': { what: 'it is so already', hint: 'nothing was staged' },
  'no-such-place': {
    what: 'the member has no such record here',
    hint: 'name a record of it: its number, its id or the start of that; `kith ledger log` has them',
  },
  'no-such-setting': {
    what: 'that key is not set',
    hint: '`kith ledger state` lists the configuration',
  },
  'founded-half': {
    what: 'an interrupted init has begun another network here',
    hint: 'run it again with the name shown, or start in an empty folder',
  },
  'ticket-other-ledger': {
    what: 'the ticket opens another ledger than the one here',
    hint: 'import a copy of the ledger that the ticket belongs to',
  },
  'ticket-unknown': {
    what: 'the copy of the ledger here does not know this ticket',
    hint: 'import a newer copy: it must hold the record that issued the ticket',
  },
  'ticket-expired': {
    what: 'the ticket has expired',
    hint: 'ask an operator for another: `kith ticket new`',
  },
  'ticket-closed': {
    what: 'the ticket was revoked',
    hint: 'ask an operator for another: `kith ticket new`',
  },
  'ticket-used': {
    what: 'the ticket has been used',
    hint: 'a ticket admits one machine; ask an operator for another',
  },
  'node-admitted': {
    what: 'this machine is a member already',
    hint: 'keep the ticket for another machine, or revoke it',
  },
};
