// What a run on the machine that belongs is made of: its states and what they hold, its inputs,
// what it asks of the shell, and how it ends. The steps are in admitter.ts and admission.ts. Spec:
// docs/pairing.md, "The admitter".

import type { Digest, Key, RecordId } from '../proto/ids.ts';
import type { Secret } from '../proto/secret.ts';
import type { Channel, Hellos } from './confirm.ts';
import type { Setting, Share } from './cpace.ts';
import type { Introduction, Welcome } from './introduce.ts';
import { enter, isDead } from './machine.ts';
import { type AdmitterHello, type Claim, type Member, NONCE_BYTES } from './messages.ts';
import type { PairingPlatform } from './platform.ts';
import type { PairingCode } from './refusals.ts';
import { type RunInput, type RunOut, type Timers, farewell } from './run.ts';
import { over } from './side.ts';

/** A nonce and a scalar: fresh for every run. */
export const ADMITTER_RANDOM_BYTES: number = NONCE_BYTES + 32;

/** A code as it was typed, with the tags that were sent for it: carry it from run to run. */
export interface TypedCode {
  readonly prs: Secret;
  readonly tags: number;
}
export interface AdmitterSelf {
  /** The operator's key: the one that signs the admission. */
  readonly key: Key;
  readonly name: string;
  readonly network: RecordId;
  readonly frontier: Digest;
  readonly welcome: Welcome;
}
/** Who is on the other end, as far as the ceremony proves it, and what it says of itself. */
export interface Candidate {
  readonly key: Key;
  readonly name: string;
  readonly wireguard: Claim;
  readonly ceremony: Digest;
  readonly introduction: Introduction;
}

export type AdmitterQuestion =
  /** Sign these bytes with the operator's key, as they are. */
  | { readonly what: 'sign'; readonly message: Uint8Array }
  /** Show the person who it is: `confirmed` or `declined`. */
  | { readonly what: 'confirm'; readonly candidate: Candidate }
  /** Build the body of the admission: `drafted`, `known` (it is a member) or `refused`. */
  | { readonly what: 'draft'; readonly candidate: Candidate }
  /** Sign the admission, store it: `admitted` or `refused`. Once, whatever becomes of the run. */
  | { readonly what: 'admit'; readonly body: string; readonly acceptance: Uint8Array }
  /** The lines of the ledger from page 0 on: `page`. */
  | { readonly what: 'page'; readonly number: number };
export type AdmitterNews =
  | { readonly what: 'met'; readonly key: Key; readonly name: string }
  | { readonly what: 'written' }
  | { readonly what: 'ended'; readonly at: AdmitterDead['at']; readonly code: PairingCode | null };
export type AdmitterOut =
  | RunOut
  | { readonly kind: 'ask'; readonly ask: AdmitterQuestion }
  | { readonly kind: 'tell'; readonly tell: AdmitterNews };

export type AdmitterAnswer =
  | { readonly kind: 'signed'; readonly signature: Uint8Array }
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'declined' }
  /** `message`: what the new machine has to sign to accept this body. */
  | {
      readonly kind: 'drafted';
      readonly body: string;
      readonly message: Uint8Array;
      readonly members: Member[];
    }
  | { readonly kind: 'known' | 'admitted'; readonly record: string; readonly members: Member[] }
  | { readonly kind: 'refused' }
  | { readonly kind: 'page'; readonly lines: Uint8Array; readonly last: boolean };
export type AdmitterInput = RunInput | AdmitterAnswer;

export interface AdmitterBase {
  readonly self: AdmitterSelf;
  readonly typed: TypedCode;
  readonly timers: Timers;
}
interface Met extends AdmitterBase {
  readonly hellos: Hellos;
}
interface Sharing extends Met {
  readonly scalar: Secret;
  readonly setting: Setting;
  readonly share: Share;
}
interface Bonded extends Met {
  readonly channel: Channel;
}
interface Proposed extends Bonded {
  readonly body: string;
  readonly message: Uint8Array;
}
interface Delivery extends Bonded {
  /** The page that comes next, and whether the last one has been sent. */
  readonly page: number;
  readonly isWhole: boolean;
}
export interface AdmitterDead {
  readonly at: 'seen' | 'unseen' | 'declined' | 'failed';
  readonly typed: TypedCode;
  /** Why it ended; null where it came to its good end. */
  readonly code: PairingCode | null;
}
// One member of the union for each name, so that a state is found by its name alone.
type Stage<At extends string, Held> = At extends string ? Held & { readonly at: At } : never;
export type AdmitterSealed =
  | Stage<'meeting' | 'admitting' | 'finishing', Bonded>
  | Stage<'reading' | 'drafting', Bonded & { readonly candidate: Candidate }>
  | Stage<'proposing', Proposed>
  | Stage<'delivering' | 'paging', Delivery>;
export type AdmitterState =
  | Stage<'greeting', AdmitterBase & { readonly mine: AdmitterHello; readonly scalar: Secret }>
  | Stage<'signing', Met & { readonly scalar: Secret }>
  | Stage<'sharing', Sharing>
  | Stage<'confirming', Bonded>
  | AdmitterSealed
  | AdmitterDead;
export type AdmitterLive = Exclude<AdmitterState, AdmitterDead>;
export type AdmitterIn<At extends AdmitterState['at']> = Extract<AdmitterState, { at: At }>;

export interface AdmitterStep {
  readonly state: AdmitterState;
  readonly out: readonly AdmitterOut[];
}

export function isLive(state: AdmitterState): state is AdmitterLive {
  return !isDead('admitter', state.at);
}

/** True once the tags were right. */
export function isSealed(state: AdmitterLive): state is AdmitterSealed {
  return 'channel' in state && state.at !== 'confirming';
}

export function channelIn(state: AdmitterLive): Channel | null {
  return isSealed(state) ? state.channel : null;
}

/** Ends a run, for a reason that did not come out of the table of its state. */
export function endAdmitter(
  platform: PairingPlatform,
  state: AdmitterLive,
  code: PairingCode,
): AdmitterStep {
  const { typed } = state;
  const out = farewell(channelIn(state), code, platform);
  switch (state.at) {
    case 'finishing':
      return { state, out: [] };
    case 'admitting': {
      // The record may be written in this moment: wait for the word on it.
      const to = { ...state, at: 'finishing' } as const;
      return { state: enter('admitter', 'admitting', 'end', to), out };
    }
    case 'delivering':
    case 'paging': {
      const to = { at: 'unseen', typed, code } as const;
      return over(enter('admitter', state.at, 'end', to), out);
    }
    default: {
      const to = { at: 'failed', typed, code } as const;
      return over(enter('admitter', state.at, 'end', to), out);
    }
  }
}
