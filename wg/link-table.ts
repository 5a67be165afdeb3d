// Every state of a link and every step between two of them, as one table. What it lacks cannot
// happen: the code that moves is typed by it (`enter`). Spec: docs/links.md, "The machine of a
// link", whose diagram is drawn from here.

type Rows<At extends string> = { readonly [From in At]: { readonly [event: string]: At } };

export type LinkAt = 'idle' | 'searching' | 'direct' | 'leasing' | 'relayed' | 'probing' | 'down';

export const LINK = {
  // Nothing is known of where the peer is.
  idle: { search: 'searching', lease: 'leasing', leased: 'relayed', shaken: 'direct' },
  // One address after the other, with no path to go back to.
  searching: {
    next: 'searching',
    shaken: 'direct',
    'shaken-by-relay': 'relayed',
    lease: 'leasing',
    leased: 'relayed',
    lost: 'down',
  },
  direct: {
    beat: 'direct',
    roamed: 'direct',
    'roamed-to-relay': 'relayed',
    search: 'searching',
  },
  leasing: {
    lease: 'leasing',
    leased: 'relayed',
    'shaken-by-relay': 'relayed',
    shaken: 'direct',
    search: 'searching',
    lost: 'down',
  },
  relayed: {
    beat: 'relayed',
    leased: 'relayed',
    roamed: 'direct',
    probe: 'probing',
    search: 'searching',
    lease: 'leasing',
    lost: 'down',
  },
  // One address after the other, and back to the relay where none answers.
  probing: { next: 'probing', shaken: 'direct', over: 'relayed' },
  down: {
    lost: 'down',
    search: 'searching',
    lease: 'leasing',
    leased: 'relayed',
    shaken: 'direct',
    'shaken-by-relay': 'relayed',
  },
} as const;

type Table = typeof LINK;
export type To<From extends LinkAt, Event> = Event extends keyof Table[From]
  ? Table[From][Event]
  : never;

// The compiler checks here that every target is a state.
const rows: Rows<LinkAt> = LINK;

export function next(at: LinkAt, event: string): LinkAt | null {
  return Object.hasOwn(rows[at], event) ? (rows[at][event] as LinkAt) : null;
}

/** Hands `to` on. It compiles only where the table leads from `from` by `event` to that state. */
export function enter<
  From extends LinkAt,
  Event extends keyof Table[From] & string,
  S extends { readonly at: To<From, Event> },
>(_from: From, _event: Event, to: S): S {
  return to;
}
