// What a person can get wrong about joining and admitting, beyond what the ceremony says of a run
// (pairing/refusals.ts): one table.

export type GenesisCode =
  | 'genesis-damaged'
  | 'already-joined'
  | 'removed-here'
  | 'not-an-address'
  | 'code-mistyped'
  | 'code-needed'
  | 'yes-needed'
  | 'no-answer'
  | 'pledged-elsewhere'
  | 'not-seen'
  | 'not-a-node'
  | 'no-such-candidate'
  | 'ambiguous-candidate'
  | 'lobby-unreachable'
  | 'lobby-none'
  | 'lobby-full'
  | 'lobby-lost'
  | 'ipv4-full'
  | 'code-burnt'
  | 'code-expired'
  | 'ceremony-died'
  | 'door-silent'
  | 'door-other-ledger'
  | 'door-faulty'
  | 'ticket-no-door'
  | 'ticket-unanswered'
  | 'ticket-twice'
  | 'ticket-untold'
  | 'nothing-to-leave'
  | 'daemon-runs'
  | 'join-runs';

export const GENESIS_REFUSALS: Readonly<Record<GenesisCode, { what: string; hint: string }>> = {
  'genesis-damaged': {
    what: 'genesis.json was changed or is no such file, so the tries of a code are not known',
    hint: 'move it away and start again: the next code has three tries of its own',
  },
  'already-joined': {
    what: 'this machine is a member of a network already',
    hint: 'run `kith leave` here first, if it is to join another',
  },
  'removed-here': {
    what: 'this machine was removed from its network, and a removed key does not come back',
    hint: 'run `kith leave` here, then `kith join` with a new key',
  },
  'not-an-address': {
    what: 'this is no address of a new machine',
    hint: 'say HOST:PORT as its console shows it, or what `kith candidates` lists',
  },
  'code-mistyped': {
    what: 'the code is mistyped: its last symbol does not fit the others',
    hint: 'type it again as the new machine shows it; no try is used and nothing was sent',
  },
  'code-needed': {
    what: 'there is nobody to ask for the code',
    hint: 'write it to the standard input, or say it as the second word',
  },
  'yes-needed': {
    what: 'there is nobody to ask whether this is the right machine',
    hint: 'run it in a terminal, or say --yes with the --preset that it may have at most',
  },
  'no-answer': {
    what: 'no new machine answers at that address',
    hint: 'is `kith join` running there? Its console shows the address',
  },
  'pledged-elsewhere': {
    what: 'the new machine has accepted an admission that is not known here',
    hint:
      'sync with whoever admitted it (`kith ledger sync`) and try again; ' +
      'if that admission came to nothing, run `kith leave` on the new machine first',
  },
  'not-seen': {
    what: 'the admission is written, and the new machine was not seen to take it',
    hint: 'run the same again with the code that it shows: that finishes this admission',
  },
  'not-a-node': {
    what: 'only a node can be replaced',
    hint: '`kith nodes` lists them',
  },
  'no-such-candidate': {
    what: 'no new machine of that name is announced on this network, or waits in a lobby',
    hint: '`kith candidates` lists them; the address on its console will do, too',
  },
  'ambiguous-candidate': {
    what: 'several new machines are announced by that name',
    hint: 'name the fingerprint or the address that the console of the right one shows',
  },
  'lobby-unreachable': {
    what: 'the member of --via does not answer',
    hint: 'is `kith up --lobby` running there, at the port of its door? It is tried again',
  },
  'lobby-none': {
    what: 'what answers at --via is no lobby',
    hint: 'the member has to run `kith up --lobby`; --via takes the port of its door',
  },
  'lobby-full': {
    what: 'the lobby is full',
    hint: 'it is tried again; those who wait there the longest go first',
  },
  'lobby-lost': {
    what: 'the lobby has gone away',
    hint: 'it is dialled again for as long as the code lives',
  },
  'ipv4-full': {
    what: 'every IPv4 address of the range is taken, as far as it was looked at',
    hint: 'name one with --ipv4, or leave it out: the machine is reached by its name all the same',
  },
  'code-burnt': {
    what: 'three wrong codes were sent, and nobody made a new one',
    hint: 'run `kith join` again and press a key; the sources of the wrong codes are listed above',
  },
  'code-expired': {
    what: 'the time of the code ran out',
    hint: 'run `kith join` again for a new one',
  },
  'ceremony-died': {
    what: 'the process of the ceremony was ended from outside',
    hint: 'run the command again: whatever was written is finished, and nothing twice',
  },
  'door-silent': {
    what: 'nobody answers there, or closes the door: whoever it does not know gets no word',
    hint: 'is `kith up` running there? A member that has not heard of the ticket yet will later',
  },
  'door-other-ledger': {
    what: 'a node of another ledger answers there',
    hint: 'name the door of a member with --from HOST:PORT',
  },
  'door-faulty': {
    what: 'what answers there is no door of kith, or one of another version',
    hint: 'name the door of a member with --from HOST:PORT; nothing of it was taken in',
  },
  'ticket-no-door': {
    what: 'the ticket names no address of a member',
    hint: 'say where one is, with --from HOST:PORT: `kith status` there shows its door',
  },
  'ticket-unanswered': {
    what: 'no member was found at the addresses that were tried; the ticket is not used',
    hint: 'run it again later, or name the door of a member with --from HOST:PORT',
  },
  'ticket-twice': {
    what: 'another machine has redeemed this ticket, too: then neither belongs, and all are told',
    hint: 'find out who has it; `kith leave` here, and join by another ticket: `kith ticket new`',
  },
  'ticket-untold': {
    what: 'the ticket is redeemed here, and no member has taken that in yet',
    hint: 'run the same again, or `kith up`: both finish it as soon as a member answers',
  },
  'nothing-to-leave': {
    what: 'this folder holds nothing of a machine',
    hint: 'name the folder with --dir',
  },
  'daemon-runs': {
    what: 'the daemon of this folder is running',
    hint: 'stop it first: `kith down`',
  },
  'join-runs': {
    what: '`kith join` is running in this folder',
    hint: 'finish it where it runs, or end it there with Ctrl-C',
  },
};
