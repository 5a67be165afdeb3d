// What both sides of a ceremony do alike: how a run hears what comes from outside, speaks under
// seal, gives its signs of life, and tells that it is over. What a message means, and to which
// state it leads, each side says itself: admitter.ts, newcomer.ts. Spec: docs/pairing.md.

import { assert } from '../proto/assert.ts';
import { type Channel, sealed } from './confirm.ts';
import { SILENCE_MS, STILL_MS } from './limits.ts';
import type { Inner } from './messages.ts';
import type { PairingPlatform } from './platform.ts';
import type { PairingCode } from './refusals.ts';
import {
  type Heard,
  type RunInput,
  type RunOut,
  type Timers,
  armed,
  disarmed,
  heard,
} from './run.ts';

export interface Step<State, Out> {
  readonly state: State;
  readonly out: readonly Out[];
}

export type Clear = Extract<Heard, { kind: 'clear' }>['frame'];
export type Unsealed = Exclude<Extract<Heard, { kind: 'sealed' }>['inner'], { kind: 'still' }>;

/** What a side says of its own runs. */
export interface Side<
  Live extends { readonly timers: Timers },
  Sealed extends Live & { readonly channel: Channel },
  State,
  Out,
> {
  /** The connection is given up already; only the word of our own disk counts. */
  readonly isLeft: (state: Live) => boolean;
  /** True once the tags were right. */
  readonly isSealed: (state: Live) => state is Sealed;
  readonly onClear: (platform: PairingPlatform, state: Live, frame: Clear) => Step<State, Out>;
  readonly onSealed: (
    platform: PairingPlatform,
    state: Sealed,
    inner: Unsealed,
  ) => Step<State, Out>;
  readonly end: (platform: PairingPlatform, state: Live, code: PairingCode) => Step<State, Out>;
}

/** True of what no question of this run has asked for. */
export function isFromOutside(input: { readonly kind: string }): input is RunInput {
  const { kind } = input;
  return kind === 'message' || kind === 'closed' || kind === 'timer' || kind === 'end';
}

export function stepFromOutside<
  Live extends { readonly timers: Timers },
  Sealed extends Live & { readonly channel: Channel },
  State,
  Out,
>(
  side: Side<Live, Sealed, State, Out>,
  platform: PairingPlatform,
  state: Live,
  input: RunInput,
): Step<State | Live, Out | RunOut> {
  if (side.isLeft(state)) return { state, out: [] };
  switch (input.kind) {
    case 'closed':
      return side.end(platform, state, 'hung-up');
    case 'end':
      return side.end(platform, state, input.code);
    case 'timer': {
      const { timer, gen } = input;
      if (state.timers[timer] !== gen) return { state, out: [] };
      if (timer === 'deadline') return side.end(platform, state, 'timed-out');
      if (timer === 'silence') return side.end(platform, state, 'silent');
      assert(side.isSealed(state), 'signs of life are given under seal');
      const { timers, out } = armed(state.timers, 'still', STILL_MS);
      return say(platform, { ...state, timers }, { kind: 'still' }, [out]);
    }
    case 'message': {
      const channel = side.isSealed(state) ? state.channel : null;
      const message = heard(channel, input.bytes, platform);
      if (message.kind === 'end') return side.end(platform, state, message.code);
      if (message.kind === 'clear') return side.onClear(platform, state, message.frame);
      assert(side.isSealed(state), 'boxes are opened after the tags');
      const { timers, out } = armed(state.timers, 'silence', SILENCE_MS);
      const listening = { ...state, channel: message.channel, timers };
      const { inner } = message;
      if (inner.kind === 'still') return { state: listening, out: [out] };
      const step = side.onSealed(platform, listening, inner);
      return { state: step.state, out: [out, ...step.out] };
    }
  }
}

/** From the tags on each side waits for signs of life, and gives them; the deadline was theirs. */
export function sealing(timers: Timers): { readonly timers: Timers; readonly out: RunOut[] } {
  const silence = armed(disarmed(timers, 'deadline'), 'silence', SILENCE_MS);
  const still = armed(silence.timers, 'still', STILL_MS);
  return { timers: still.timers, out: [silence.out, still.out] };
}

/** Sends an inner message; what else goes out comes after it. */
export function say<State extends { readonly channel: Channel }, Out = never>(
  platform: PairingPlatform,
  state: State,
  inner: Inner,
  out: readonly Out[] = [],
): Step<State, Out | RunOut> {
  const { channel, frame } = sealed(state.channel, inner, platform);
  return { state: { ...state, channel }, out: [{ kind: 'send', frame }, ...out] };
}

type Dead = { readonly at: string; readonly code: PairingCode | null };
type Ended<Of extends Dead> = { readonly what: 'ended' } & Pick<Of, 'at' | 'code'>;

export function over<Of extends Dead, Out>(
  state: Of,
  out: readonly Out[],
): Step<Of, Out | { readonly kind: 'tell'; readonly tell: Ended<Of> }> {
  const { at, code } = state;
  return { state, out: [...out, { kind: 'tell', tell: { what: 'ended', at, code } }] };
}
