// What the command line itself tells a person who got something wrong, and what it makes of the
// errors of the system. One table each, in docs/errors.md.

import type { Exit } from './exit.ts';

export interface Refusal {
  readonly what: string;
  readonly hint: string;
  /** What the command ends with; absent: failed. */
  readonly exit?: Exit;
}

export type CliCode =
  | 'wrong-use'
  | 'no-such-member'
  | 'no-such-record'
  | 'ambiguous-id'
  | 'two-ledgers'
  | 'no-such-ledger'
  | 'holds-another'
  | 'no-node-here'
  | 'peer-unreachable'
  | 'peer-other-ledger'
  | 'peer-faulty'
  | 'apart'
  | 'other-rules'
  | 'state-mismatch'
  | 'no-pong'
  | 'no-plain-file'
  | 'no-node-fits'
  | 'no-console'
  | 'work-failed'
  | 'work-unplaced'
  | 'work-image-missing'
  | 'upgrade-held'
  | 'upgrade-output'
  | 'upgrade-ended'
  | 'upgrade-late'
  | 'no-receipt'
  | 'receipt-stranger'
  | 'log-unreadable'
  | 'log-broken'
  | 'log-other-hash'
  | 'output-other'
  | 'answer-malformed'
  | 'no-screen'
  | 'bug';

export const CLI_REFUSALS: Readonly<Record<CliCode, Refusal>> = {
  'no-screen': {
    what: 'the screens need a terminal to be drawn on, and this is none',
    hint: 'run it at a console or over SSH with `ssh -t`; without one, see `kith status` and `kith help`',
  },
  'wrong-use': {
    what: 'a command or an option is unknown, missing or one too many',
    hint: 'see `kith help COMMAND`',
    exit: 'usage',
  },
  'no-such-member': {
    what: 'nobody in this ledger is called that',
    hint: '`kith ledger state` lists the members; a key or the start of one will do, too',
  },
  'no-such-record': {
    what: 'no record here has that id',
    hint: '`kith ledger log` lists the ids',
  },
  'ambiguous-id': { what: 'more than one record begins so', hint: 'give more of the id' },
  'two-ledgers': {
    what: 'the file holds the beginnings of more than one ledger',
    hint: 'say which one is meant with --ledger ID or --root KEY',
    exit: 'usage',
  },
  'no-such-ledger': {
    what: 'the ledger does not begin in this file',
    hint: 'it needs the genesis record, in any line; the ids of those it holds stand in brackets',
    exit: 'usage',
  },
  'holds-another': {
    what: 'this folder holds another ledger',
    hint: 'use another folder with --dir, or leave --ledger and --root out',
  },
  'no-node-here': {
    what: 'the ledger here does not know this machine as one of its nodes',
    hint: '`kith ticket new` on a member makes a ticket, `kith ticket redeem` here admits it',
  },
  'peer-unreachable': {
    what: 'the peer did not answer to the end',
    hint:
      'is `kith ledger serve` running there? A node that the peer does not know is turned away ' +
      'without a word: sync with the member that admitted it first',
    exit: 'unreachable',
  },
  'no-pong': {
    what: 'the machine did not answer over the mesh',
    hint: '`kith peers` says what is wrong with the link, `kith relink` tries it anew',
    exit: 'unreachable',
  },
  'peer-other-ledger': {
    what: 'the peer holds another ledger',
    hint: 'check the address, or name the folder of that ledger with --dir',
  },
  'peer-faulty': {
    what: 'the peer sent what no honest peer sends',
    hint: 'verify the ledger on that machine with `kith ledger verify`; nothing bad was taken in',
  },
  apart: {
    what: 'the two ledgers still differ',
    hint: 'the authors that differ are listed; what stands beside each says what to look at',
    exit: 'apart',
  },
  'other-rules': {
    what: 'the peer folds by another version of the rules, so no root can be compared',
    hint: 'install the same kith on both machines',
    exit: 'apart',
  },
  'state-mismatch': {
    what: 'the same records and another state: one of the two computes wrongly',
    hint: 'please report it; sync with a third member to see which of the two is wrong',
    exit: 'apart',
  },
  'no-plain-file': { what: 'it is no plain file', hint: 'name a file that can be read twice' },
  'no-console': {
    what: 'it has no console at this moment',
    hint: 'a machine has one while it runs, a job has none: `kith work` shows which is which',
  },
  'no-node-fits': {
    what: 'no node can take this work',
    hint: 'each line says what is missing there: ask for less, or make room on one of them',
    exit: 'no-node',
  },
  'work-failed': {
    what: 'the work did not come to a good end',
    hint: '`kith logs ID` shows what it printed, `kith receipt show ID` what its host has signed',
    exit: 'work-failed',
  },
  'work-unplaced': {
    what: 'no node took the work',
    hint: 'each line above says why not there; `kith place SPEC --dry-run` shows all nodes',
    exit: 'no-node',
  },
  'work-image-missing': {
    what: 'it is not said what is to run',
    hint: 'name an image, or with `kith vm` a --kernel',
    exit: 'usage',
  },
  'upgrade-held': {
    what: 'the daemon cannot be replaced at this moment, and goes on as before',
    hint: '`kith upgrade --check` names what holds it up; most of it passes by itself',
    exit: 'not-now',
  },
  'upgrade-output': {
    what: 'what the daemon logs goes where no other process can write',
    hint:
      'something else starts it, then: `kith upgrade --no-start` stops it at the right moment ' +
      'and waits for the next one',
  },
  'upgrade-ended': {
    what: 'the new daemon has ended by itself',
    hint:
      'what it logged says why; the work goes on meanwhile. `kith up` of the earlier version ' +
      'takes it up again',
  },
  'upgrade-late': {
    what: 'no new daemon has taken up the work in time',
    hint:
      'the work goes on meanwhile: start one with `kith up`, of the earlier version if this one ' +
      'does not do; `kith upgrade --check` shows how far it is',
  },
  'no-receipt': {
    what: 'there is no receipt of that',
    hint: 'name a file that `kith receipt show ID --json` has written, or work placed from here',
  },
  'receipt-stranger': {
    what: 'the receipt is signed by a host that this ledger does not know as a node',
    hint: 'sync with the network that it is of, and verify it there; its signature says no more',
    exit: 'refused',
  },
  'log-unreadable': {
    what: 'the file is no log as `kith logs ID --json` writes it',
    hint: 'the detail names the line; save the log anew',
    exit: 'refused',
  },
  'log-broken': {
    what: 'what the host sends is not the log that it began with',
    hint: 'the host is at fault, or somebody on the way: believe nothing behind this place',
    exit: 'refused',
  },
  'log-other-hash': {
    what: 'the log is not the one that the receipt was signed for',
    hint: 'it lacks its end, was changed, or is of another generation',
    exit: 'refused',
  },
  'output-other': {
    what: 'an output is missing, or not what the receipt says',
    hint: 'the detail names it; fetch it from the host again',
    exit: 'refused',
  },
  'answer-malformed': {
    what: 'the program that asks in place of a terminal gave no answer that fits the question',
    hint: 'it and kith must be of one version; without it kith asks at the terminal',
  },
  bug: {
    what: 'this is a fault of kith itself',
    hint: 'please report it, with what KITH_DEBUG=1 prints',
    exit: 'bug',
  },
};

/** By the name that the system gives an error. */
export const SYSTEM_REFUSALS: Readonly<Record<string, Refusal>> = {
  ENOENT: { what: 'there is no such file or folder', hint: 'check the path' },
  EACCES: { what: 'this user may not open it', hint: 'check who owns it, and its mode' },
  EPERM: { what: 'this user may not do that', hint: 'check who owns it, and its mode' },
  EEXIST: { what: 'something of that name is there already', hint: 'use another name' },
  EISDIR: { what: 'it is a folder, and a file is needed', hint: 'name the file itself' },
  ENOTDIR: { what: 'a part of the path is a file', hint: 'check the path' },
  ENOSPC: { what: 'the disk is full', hint: 'make room and try again' },
  EDQUOT: { what: 'the disk quota is used up', hint: 'make room and try again' },
  EROFS: { what: 'the file system is mounted read-only', hint: 'use a folder that can be written' },
  EIO: { what: 'the disk failed', hint: 'look at the system log for disk errors' },
  ELOOP: { what: 'the symbolic links of the path go round', hint: 'check the path' },
  ENAMETOOLONG: { what: 'the path is too long', hint: 'use a shorter one' },
  EMFILE: { what: 'too many files are open', hint: 'raise the limit with `ulimit -n`' },
  EADDRINUSE: { what: 'another program listens there', hint: 'use another port, or 0 for any' },
  EADDRNOTAVAIL: { what: 'this machine has no such address', hint: 'use one of its own' },
  ENOTFOUND: { what: 'no such host is known', hint: 'check the name' },
};
