// The commands of members and rights. Those that change something stage it; `kith commit` signs.

import type { Command, Option } from '../command.ts';

export const PASSPHRASE: Option = {
  name: 'passphrase-file',
  value: 'FILE',
  help: 'read the passphrase of the operator key from this file (mode 600) instead of asking',
};
export const SIGNING: readonly Option[] = [
  PASSPHRASE,
  { name: 'moved', help: 'the key has moved to this place for good, and the old place is gone' },
];
export const COMMIT: readonly Option[] = [
  { name: 'commit', help: 'sign it at once, where nothing else is staged' },
  ...SIGNING,
];
const STAGES = 'It is staged: nothing is signed before `kith commit`.';
const MEMBER = {
  name: 'member',
  required: true,
  help: 'its shown name, key or fingerprint, or the start of one; operator/NAME where two share it',
} as const;

export const RIGHTS: readonly Command[] = [
  {
    path: ['operator', 'add'],
    group: 'Members and rights',
    summary: 'admits the operator key of another machine',
    about: [
      `\`kith operator key\` on the other machine shows the key and this very command. ${STAGES}`,
      'Presets: full (everything you may do, one step below you), admitter (admits and removes ' +
        'nodes and tickets, with the rights of a peer), settings (commits configuration).',
    ],
    arguments: [
      { name: 'name', required: true, help: 'what the operator is called: a-z, 0-9 and dashes' },
      { name: 'key', required: true, help: 'its public key, or its Solana address' },
    ],
    options: [
      { name: 'preset', value: 'PRESET', help: 'its rights (default: full)' },
      { name: 'quota', value: 'N', help: 'how many records it may write in its life' },
      ...COMMIT,
    ],
    examples: [{ line: 'kith operator add ada-laptop KEY', what: 'with the key shown there' }],
    load: () => import('../commands/operator-add.ts'),
  },
  {
    path: ['operator', 'list'],
    group: 'Members and rights',
    summary: 'lists the operators, by seniority, with their rights',
    load: () => import('../commands/operator-list.ts'),
  },
  {
    path: ['grant'],
    group: 'Members and rights',
    summary: 'gives a member one more right',
    about: [`You can give what you hold with a depth above 0. ${STAGES}`],
    arguments: [
      MEMBER,
      { name: 'action', required: true, help: 'what it may do, such as place.job' },
    ],
    options: [
      { name: 'resource', value: 'PREFIX', help: 'on what: a prefix of names (default: anything)' },
      { name: 'limit', value: 'NAME=N', repeated: true, help: 'a limit, such as cpu_milli=4000' },
      { name: 'depth', value: 'N', help: 'how many times it may be handed on (default: 0)' },
      { name: 'expires', value: 'WHEN', help: 'until when: 24h, 7d, or a date such as 2026-05-01' },
      ...COMMIT,
    ],
    examples: [
      { line: 'kith grant lamp place.job --limit cpu_milli=4000', what: 'jobs of four cores' },
    ],
    load: () => import('../commands/grant.ts'),
  },
  {
    path: ['revoke'],
    group: 'Members and rights',
    summary: 'takes a right from a member',
    about: [
      'What the member has done with it until now stands. A record grants as a whole, so where an ' +
        `action is named its record is revoked and what else stood in it is granted again. ${STAGES}`,
    ],
    arguments: [
      MEMBER,
      { name: 'grant', required: true, help: 'an action, or the id of the record that granted' },
    ],
    options: COMMIT,
    examples: [{ line: 'kith revoke lamp place.vm', what: 'everything else stays' }],
    load: () => import('../commands/revoke.ts'),
  },
  {
    path: ['remove'],
    group: 'Members and rights',
    summary: 'removes a member for good',
    about: [
      'What it wrote so far stands, with whom it admitted; all that it writes from now on is void. ' +
        'With --at it is cut earlier, and what falls with that is shown first. A removed key does ' +
        `not come back: the machine returns with a new one. ${STAGES}`,
    ],
    arguments: [MEMBER],
    options: [
      {
        name: 'at',
        value: 'RECORD',
        help: 'its last record that counts: a number or an id (default: the last one held here)',
      },
      { name: 'anyway', help: 'cut earlier although this ledger has not synced lately' },
      ...COMMIT,
    ],
    examples: [{ line: 'kith remove stove', what: 'from now on' }],
    load: () => import('../commands/remove.ts'),
  },
  {
    path: ['set'],
    group: 'Members and rights',
    summary: 'sets a key of the configuration, for every machine',
    about: [
      `Numbers, true, false and JSON are taken as such, anything else as text. ${STAGES} It ` +
        'replaces every value that the key has, and so settles a conflict.',
    ],
    arguments: [
      { name: 'key', required: true, help: 'such as heating.mode' },
      { name: 'value', required: false, help: 'its new value' },
    ],
    options: [{ name: 'unset', help: 'take the key away instead' }, ...COMMIT],
    examples: [
      { line: 'kith set heating.mode away', what: 'a text' },
      { line: 'kith set heating.mode --unset', what: 'gone again' },
    ],
    load: () => import('../commands/set.ts'),
  },
  {
    path: ['staged'],
    group: 'Members and rights',
    summary: 'shows what is staged, and what it would change and void',
    load: () => import('../commands/staged.ts'),
  },
  {
    path: ['unstage'],
    group: 'Members and rights',
    summary: 'throws staged acts away',
    arguments: [{ name: 'number', required: true, help: 'as `kith staged` counts them, or `all`' }],
    load: () => import('../commands/unstage.ts'),
  },
  {
    path: ['commit'],
    group: 'Members and rights',
    summary: 'signs what is staged and stores it, record by record',
    about: [
      'Shows what would change and, at a terminal, asks. Broken off at any moment it can be run ' +
        'again: what was signed is finished, and nothing is written twice.',
    ],
    options: [{ name: 'yes', help: 'do not ask' }, ...SIGNING],
    load: () => import('../commands/commit.ts'),
  },
  {
    path: ['ticket', 'new'],
    group: 'Members and rights',
    summary: 'makes a ticket that admits one machine without a person',
    about: [
      'Whoever holds the ticket can admit one machine, until it expires. It is signed at once and ' +
        'shown once. It is a secret: with --json it needs --out, and never stands in the JSON.',
      'It names where members can be reached: the door of the daemon here, and those it knows; or ' +
        'what --hint says instead. `kith join --ticket-file FILE` on the machine does the rest.',
    ],
    options: [
      { name: 'name', value: 'NAME', help: 'what the ticket is called' },
      { name: 'expires', value: 'WHEN', help: 'until when: 24h (the default), 7d, or a date' },
      { name: 'preset', value: 'PRESET', help: 'peer (the default), observer or guest' },
      { name: 'label', value: 'LABEL', repeated: true, help: 'a label of the machine' },
      { name: 'hint', value: 'HOST:PORT', repeated: true, help: 'where a member can be reached' },
      { name: 'out', value: 'FILE', help: 'write the ticket to this new file (mode 600)' },
      ...SIGNING,
    ],
    examples: [{ line: 'kith ticket new --expires 1h --out lamp.ticket', what: 'for one machine' }],
    load: () => import('../commands/ticket-new.ts'),
  },
  {
    path: ['ticket', 'list'],
    group: 'Members and rights',
    summary: 'lists the tickets and what became of them',
    load: () => import('../commands/ticket-list.ts'),
  },
  {
    path: ['ticket', 'revoke'],
    group: 'Members and rights',
    summary: 'closes a ticket: from then on it admits nobody',
    about: [`A machine that it has admitted stays: remove that by its name. ${STAGES}`],
    arguments: [{ name: 'ticket', required: true, help: 'its name or key, or the start of one' }],
    options: COMMIT,
    load: () => import('../commands/ticket-revoke.ts'),
  },
  {
    path: ['ticket', 'redeem'],
    group: 'Members and rights',
    summary: 'admits this machine with a ticket',
    about: [
      'This machine must hold a copy of the ledger (`kith ledger import`). It is a member as soon ' +
        'as another hears of it by a sync. The ticket is asked for, or read from a file.',
    ],
    options: [
      { name: 'ticket-file', value: 'FILE', help: 'the file that holds the ticket (mode 600)' },
      { name: 'name', value: 'NAME', help: 'what this machine is called (default: its host name)' },
    ],
    examples: [{ line: 'kith ticket redeem --ticket-file lamp.ticket', what: 'on that machine' }],
    load: () => import('../commands/ticket-redeem.ts'),
  },
];
