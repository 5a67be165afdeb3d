// Every state of the ceremony and every step between two of them, as one table: of the admitter, of
// one run on the new machine, and of the window that holds its runs. A state with an empty row is
// dead. What a table lacks cannot happen: the code that moves is typed by it (`enter`), and a
// message that no row expects ends the run. Spec: docs/pairing.md, "States", drawn from here.
//
// `end` is whatever ends a run from outside: a message that is malformed, forged or out of order,
// the other side's word that it is over, a closed connection, a time-out, our own person's word.

type Rows<At extends string> = { readonly [From in At]: { readonly [event: string]: At } };

export type AdmitterAt =
  | 'greeting'
  | 'signing'
  | 'sharing'
  | 'confirming'
  | 'meeting'
  | 'reading'
  | 'drafting'
  | 'proposing'
  | 'admitting'
  | 'finishing'
  | 'delivering'
  | 'paging'
  | 'seen'
  | 'unseen'
  | 'declined'
  | 'failed';

export type NewcomerAt =
  | 'greeting'
  | 'claiming'
  | 'signing'
  | 'sharing'
  | 'tagging'
  | 'counting'
  | 'meeting'
  | 'waiting'
  | 'accepting'
  | 'pledging'
  | 'promised'
  | 'fetching'
  | 'taking'
  | 'verifying'
  | 'settling'
  | 'joined'
  | 'unsure'
  | 'failed';

export type WindowAt =
  | 'open'
  | 'held'
  | 'closing'
  | 'burnt'
  | 'joined'
  | 'expired'
  | 'given-up'
  | 'cancelled';

export const TRANSITIONS = {
  admitter: {
    greeting: { hello: 'signing', end: 'failed' },
    signing: { signed: 'sharing', end: 'failed' },
    sharing: { share: 'confirming', end: 'failed' },
    confirming: { tag: 'meeting', end: 'failed' },
    meeting: { introduction: 'reading', still: 'meeting', end: 'failed' },
    reading: { confirmed: 'drafting', declined: 'declined', still: 'reading', end: 'failed' },
    drafting: {
      drafted: 'proposing',
      known: 'delivering',
      refused: 'failed',
      still: 'drafting',
      end: 'failed',
    },
    proposing: { acceptance: 'admitting', still: 'proposing', end: 'failed' },
    // From here on a record may come to be: a run that ends waits for the word on it.
    admitting: {
      admitted: 'delivering',
      refused: 'failed',
      still: 'admitting',
      end: 'finishing',
    },
    finishing: { admitted: 'unseen', refused: 'failed' },
    delivering: { next: 'paging', joined: 'seen', still: 'delivering', end: 'unseen' },
    paging: { page: 'delivering', still: 'paging', end: 'unseen' },
    seen: {},
    unseen: {},
    declined: {},
    failed: {},
  },
  newcomer: {
    greeting: { hello: 'claiming', end: 'failed' },
    claiming: { claimed: 'signing', end: 'failed' },
    signing: { signed: 'sharing', end: 'failed' },
    sharing: { share: 'tagging', end: 'failed' },
    tagging: { tag: 'counting', end: 'failed' },
    counting: { right: 'meeting', wrong: 'failed', end: 'failed' },
    meeting: { welcome: 'waiting', still: 'meeting', end: 'failed' },
    waiting: { proposal: 'accepting', result: 'fetching', still: 'waiting', end: 'failed' },
    accepting: { accepted: 'pledging', refused: 'failed', still: 'accepting', end: 'failed' },
    pledging: { pledged: 'promised', still: 'pledging', end: 'failed' },
    // The acceptance is out: only a record can tell now what became of it.
    promised: { result: 'fetching', still: 'promised', end: 'unsure' },
    fetching: { page: 'taking', still: 'fetching', end: 'unsure' },
    taking: {
      taken: 'fetching',
      whole: 'verifying',
      refused: 'unsure',
      still: 'taking',
      end: 'unsure',
    },
    verifying: {
      believed: 'joined',
      refused: 'unsure',
      still: 'verifying',
      end: 'settling',
    },
    settling: { believed: 'joined', refused: 'unsure' },
    joined: {},
    unsure: {},
    failed: {},
  },
  window: {
    open: {
      held: 'held',
      burnt: 'burnt',
      renewed: 'open',
      expired: 'expired',
      found: 'joined',
      cancelled: 'cancelled',
    },
    // A valid tag has taken the one slot.
    held: {
      lost: 'open',
      joined: 'joined',
      found: 'joined',
      expired: 'expired',
      late: 'closing',
      cancelled: 'cancelled',
    },
    // The time is over, and an admission is on its way.
    closing: { lost: 'expired', joined: 'joined', found: 'joined', cancelled: 'cancelled' },
    burnt: { renewed: 'open', expired: 'given-up', found: 'joined', cancelled: 'cancelled' },
    joined: {},
    expired: {},
    'given-up': {},
    cancelled: {},
  },
} as const;

export type Machine = 'admitter' | 'newcomer' | 'window';
type Table = typeof TRANSITIONS;
export type EventOf<M extends Machine, From extends keyof Table[M]> = keyof Table[M][From];
type To<M extends Machine, From extends keyof Table[M], Event> = Event extends keyof Table[M][From]
  ? Table[M][From][Event]
  : never;

// The whole table, with every target a state of its own machine: the compiler checks it here.
const rows = TRANSITIONS satisfies {
  admitter: Rows<AdmitterAt>;
  newcomer: Rows<NewcomerAt>;
  window: Rows<WindowAt>;
};

/** The state after an event, or null where the table does not know it there. */
export function next(machine: Machine, at: string, event: string): string | null {
  const row = (rows[machine] as Rows<string>)[at];
  return row !== undefined && Object.hasOwn(row, event) ? (row[event] as string) : null;
}

export function isDead(machine: Machine, at: string): boolean {
  return Object.keys((rows[machine] as Rows<string>)[at] ?? {}).length === 0;
}

/** Hands `to` on. It compiles only where the table leads from `from` by `event` to that state. */
export function enter<
  M extends Machine,
  From extends keyof Table[M] & string,
  Event extends EventOf<M, From> & string,
  S extends { readonly at: To<M, From, Event> },
>(_machine: M, _from: From, _event: Event, to: S): S {
  return to;
}
