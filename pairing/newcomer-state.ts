// What a run on the new machine is made of: its states and what they hold, its inputs, what it asks
// of the shell, and how it ends. The steps are in newcomer.ts and joining.ts; window.ts holds the
// runs. Spec: docs/pairing.md, "The newcomer".

import type { Digest, Key, RecordId } from '../proto/ids.ts';
import type { Secret } from '../proto/secret.ts';
import type { Channel, Hellos } from './confirm.ts';
import type { Introduction, Welcome } from './introduce.ts';
import { enter, isDead } from './machine.ts';
import { type AdmitterHello, type Claim, type Member, NONCE_BYTES } from './messages.ts';
import type { PairingPlatform } from './platform.ts';
import type { PairingCode } from './refusals.ts';
import { type RunInput, type RunOut, type Timers, farewell } from './run.ts';
import { over } from './side.ts';

/** A nonce and a scalar: fresh for every run. */
export const NEWCOMER_RANDOM_BYTES: number = NONCE_BYTES + 32;

export interface NewcomerSelf {
  readonly key: Key;
  readonly name: string;
  /** The code that this machine shows. */
  readonly prs: Secret;
  /**
   * The network of the pledges, if there are any: no other one is joined before that is settled.
   */
  readonly network: RecordId | null;
  readonly introduction: Introduction;
}

/** An admission that this machine is about to accept: durable before the acceptance leaves. */
export interface Pledged {
  readonly network: RecordId;
  readonly admitter: Key;
  readonly ceremony: Digest;
  /** Whom to ask for the record if it is not seen to come. */
  readonly members: readonly Member[];
}

export type NewcomerQuestion =
  /** This machine's WireGuard key, with its word for it in that network: `claimed`. */
  | { readonly what: 'claim'; readonly network: RecordId }
  /** Sign these bytes with the node's key, as they are. */
  | { readonly what: 'sign'; readonly message: Uint8Array }
  /** Look at the body by the ledger's rules, and sign its acceptance: `accepted` or `refused`. */
  | {
      readonly what: 'accept';
      readonly network: RecordId;
      readonly admitter: Key;
      readonly body: string;
    }
  /** Take the lines to the ledger that is being filled: `taken` or `refused`. */
  | { readonly what: 'take'; readonly lines: Uint8Array; readonly last: boolean }
  /**
   * Does what was taken lead from the genesis `network` to `record`, alive: `believed`, `refused`.
   */
  | {
      readonly what: 'verify';
      readonly network: RecordId;
      readonly record: string;
      readonly members: readonly Member[];
    };
export type NewcomerNews =
  /** The right code was typed there: `key` is the operator's. */
  | {
      readonly what: 'met';
      readonly key: Key;
      readonly name: string;
      readonly network: RecordId;
    }
  | { readonly what: 'welcome'; readonly welcome: Welcome }
  /** The acceptance is out. */
  | { readonly what: 'promised' }
  | {
      readonly what: 'ended';
      readonly at: NewcomerDead['at'];
      readonly code: PairingCode | null;
    };
export type NewcomerOut =
  | RunOut
  | { readonly kind: 'ask'; readonly ask: NewcomerQuestion }
  | { readonly kind: 'tell'; readonly tell: NewcomerNews }
  /** A tag has come: count it, durably, and only then say `stored`. */
  | { readonly kind: 'count' }
  /** Make it durable, then say `stored`. */
  | { readonly kind: 'pledge'; readonly pledge: Pledged };

export type NewcomerAnswer =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  | { readonly kind: 'signed'; readonly signature: Uint8Array }
  | { readonly kind: 'accepted'; readonly signature: Uint8Array }
  | { readonly kind: 'stored' }
  | { readonly kind: 'taken' }
  | { readonly kind: 'believed' }
  | { readonly kind: 'refused' };
export type NewcomerInput = RunInput | NewcomerAnswer;

interface Base {
  readonly self: NewcomerSelf;
  readonly timers: Timers;
}
interface Fresh extends Base {
  readonly nonce: Uint8Array;
  readonly scalar: Secret;
}
interface Met extends Base {
  readonly hellos: Hellos;
}
interface Bonded extends Met {
  readonly channel: Channel;
}
interface Delivery extends Bonded {
  readonly record: string;
  readonly members: readonly Member[];
  /** The page that is awaited or being taken, and whether it is the last. */
  readonly page: number;
  readonly isLast: boolean;
}
export interface NewcomerDead {
  readonly at: 'joined' | 'unsure' | 'failed';
  /** Why it ended; null where it came to its good end. */
  readonly code: PairingCode | null;
}
// One member of the union for each name, so that a state is found by its name alone.
type Stage<At extends string, Held> = At extends string ? Held & { readonly at: At } : never;
export type NewcomerSealed =
  | Stage<'meeting' | 'waiting' | 'promised' | 'settling', Bonded>
  | Stage<'accepting', Bonded & { readonly members: readonly Member[] }>
  | Stage<'pledging', Bonded & { readonly signature: Uint8Array }>
  | Stage<'fetching' | 'taking' | 'verifying', Delivery>;
export type NewcomerState =
  | Stage<'greeting', Fresh>
  | Stage<'claiming', Fresh & { readonly admitter: AdmitterHello }>
  | Stage<'signing', Met & { readonly scalar: Secret }>
  | Stage<'sharing', Met & { readonly scalar: Secret; readonly ad: Uint8Array }>
  | Stage<'tagging', Bonded>
  | Stage<'counting', Bonded & { readonly tag: Uint8Array }>
  | NewcomerSealed
  | NewcomerDead;
export type NewcomerLive = Exclude<NewcomerState, NewcomerDead>;
export type NewcomerIn<At extends NewcomerState['at']> = Extract<NewcomerState, { at: At }>;

export interface NewcomerStep {
  readonly state: NewcomerState;
  readonly out: readonly NewcomerOut[];
}

export function isLive(state: NewcomerState): state is NewcomerLive {
  return !isDead('newcomer', state.at);
}

/** True once the tags were right. */
export function isSealed(state: NewcomerLive): state is NewcomerSealed {
  return 'channel' in state && state.at !== 'tagging' && state.at !== 'counting';
}

export function channelIn(state: NewcomerLive): Channel | null {
  return isSealed(state) ? state.channel : null;
}

/** True once the acceptance has left: whatever ends the run now, an admission may exist. */
export function isPromised(state: NewcomerState): boolean {
  return ['promised', 'fetching', 'taking', 'verifying', 'settling'].includes(state.at);
}

/** Ends a run, for a reason that did not come out of the table of its state. */
export function endNewcomer(
  platform: PairingPlatform,
  state: NewcomerLive,
  code: PairingCode,
): NewcomerStep {
  const out = farewell(channelIn(state), code, platform);
  switch (state.at) {
    case 'settling':
      return { state, out: [] };
    case 'verifying': {
      // All that is needed has come: what the disk says now does not hang on the connection.
      const to = { ...state, at: 'settling' } as const;
      return { state: enter('newcomer', 'verifying', 'end', to), out };
    }
    case 'promised':
    case 'fetching':
    case 'taking': {
      const to = { at: 'unsure', code } as const;
      return over(enter('newcomer', state.at, 'end', to), out);
    }
    default: {
      const to = { at: 'failed', code } as const;
      return over(enter('newcomer', state.at, 'end', to), out);
    }
  }
}
