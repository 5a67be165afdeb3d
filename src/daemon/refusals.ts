// What the daemon and its clients tell a person, each with a code. Errors cross the local API as a
// code and a detail; the sentence is the reader's. The table: docs/errors.md.

export interface DaemonFacts {
  readonly what: string;
  readonly hint: string;
}

export type DaemonCode =
  | 'no-daemon'
  | 'daemon-running'
  | 'daemon-gone'
  | 'daemon-silent'
  | 'daemon-opening'
  | 'daemon-stopping'
  | 'daemon-alone'
  | 'daemon-other'
  | 'bad-request'
  | 'no-such-route'
  | 'too-large'
  | 'too-many'
  | 'not-reached'
  | 'not-waiting'
  | 'daemon-untrue'
  | 'socket-path'
  | 'no-mesh'
  | 'no-such-peer'
  | 'rotation-under-way'
  | 'no-such-work'
  | 'ambiguous-work'
  | 'work-refused'
  | 'work-other'
  | 'work-too-much'
  | 'no-work-here'
  | 'work-owner';

export const DAEMON_REFUSALS: Readonly<Record<DaemonCode, DaemonFacts>> = {
  'no-daemon': {
    what: 'no daemon runs for this folder',
    hint: '`kith up` starts one',
  },
  'daemon-running': {
    what: 'a daemon runs for this folder already',
    hint: '`kith status` shows it, `kith down` stops it',
  },
  'daemon-gone': {
    what: 'the daemon stopped before it had answered',
    hint: 'run the command again: what was signed is finished then, and nothing is written twice',
  },
  'daemon-silent': {
    what: 'the daemon does not answer',
    hint: 'look at what it logs; stop it by its process id if it stays silent',
  },
  'daemon-opening': {
    what: 'the daemon is still reading the ledger',
    hint: 'wait a little; `kith status` shows how far it is',
  },
  'daemon-stopping': {
    what: 'the daemon is stopping',
    hint: 'run the command again when it has stopped',
  },
  'daemon-alone': {
    what: 'this needs the ledger for itself, and the daemon has it',
    hint: 'stop the daemon with `kith down`, run this again, then `kith up`',
  },
  'daemon-other': {
    what: 'the daemon does not understand this kith, or this kith not it',
    hint: 'it may be of another version: `kith down`, then `kith up`',
  },
  'bad-request': {
    what: 'the request breaks the schema of its route',
    hint: 'see docs/daemon.md',
  },
  'no-such-route': {
    what: 'the local API has no such route',
    hint: 'see docs/daemon.md',
  },
  'too-large': {
    what: 'the request is too long',
    hint: 'send it in parts',
  },
  'too-many': {
    what: 'the daemon serves as many of these at once as it may',
    hint: 'wait for one to end',
  },
  'not-reached': {
    what: 'nobody answers at that address',
    hint: 'check the address, and whether the machine is on',
  },
  'not-waiting': {
    what: 'the new machine does not wait in that lobby any more',
    hint: '`kith candidates` shows who does; is `kith join --via` still running there?',
  },
  'daemon-untrue': {
    what: 'the daemon says what the ledger beside it does not bear out',
    hint:
      'nothing was taken on its word. Stop it with `kith down` and look at who may write to ' +
      'this folder; `kith ledger verify` checks the ledger',
  },
  'socket-path': {
    what: 'the path of the data folder is too long for a socket',
    hint: 'use a folder with a shorter path: --dir',
  },
  'no-mesh': {
    what: 'there is no mesh on this machine just now',
    hint: '`kith status` says why, `kith doctor` what to install',
  },
  'no-such-peer': {
    what: 'this is none of the other machines of the network',
    hint: 'see `kith nodes`',
  },
  'rotation-under-way': {
    what: 'the key of this machine is being changed already',
    hint: 'wait a little; `kith status` shows when it is done',
  },
  'no-such-work': {
    what: 'no such work is known here, or to a member that answers',
    hint: '`kith work --all` lists what can be seen; of other nodes that takes the right work.read',
  },
  'ambiguous-work': {
    what: 'more than one piece of work is meant by that',
    hint: 'say one of the ids in brackets',
  },
  'work-refused': {
    what: 'the node that has the work does not end it',
    hint: 'it takes the right work.stop there, as that node reads the ledger: `kith grant`',
  },
  'work-other': {
    what: 'by that id something else was placed already',
    hint: 'leave `id` out of the spec, or give it a new one',
  },
  'work-too-much': {
    what: 'this node answers for as much work as it may at once',
    hint: 'stop some of it, or place from another node',
  },
  'work-owner': {
    what: 'the spec names another node as its owner',
    hint: 'place it there, or leave `owner` out: then it is this node',
  },
  'no-work-here': {
    what: 'this machine places no work just now',
    hint: 'it must be a node of the network, and no copy of one: see `kith status`',
  },
};

/**
 * What the daemon answered, or why it did not. A code of any table: faults of its store and
 * refusals of its keys come through as they are.
 */
export class DaemonFault extends Error {
  readonly code: string;
  readonly detail: string;

  constructor(code: string, detail = '') {
    super(detail === '' ? code : `${code} (${detail})`);
    this.name = 'DaemonFault';
    this.code = code;
    this.detail = detail;
  }
}
