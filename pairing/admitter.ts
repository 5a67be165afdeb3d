// One run of the ceremony on the machine that belongs: it knows the typed code and begins. It runs
// beside the operator's key, in a process that ends with it; whoever carries its messages is not
// trusted. Here: from the connection to the tags. No I/O: every answer of the shell comes back as
// an input. Spec: docs/pairing.md, "The admitter". States: machine.ts.

import { assert } from '../proto/assert.ts';
import { hide, reveal } from '../proto/secret.ts';
import { onAnswer, onSealed } from './admission.ts';
import {
  ADMITTER_RANDOM_BYTES,
  type AdmitterIn,
  type AdmitterInput,
  type AdmitterLive,
  type AdmitterOut,
  type AdmitterSealed,
  type AdmitterSelf,
  type AdmitterState,
  type AdmitterStep,
  type TypedCode,
  channelIn,
  endAdmitter as end,
  isLive,
  isSealed,
} from './admitter-state.ts';
import {
  channelOf,
  helloMessage,
  hellosOf,
  judgeTag,
  ownsKey,
  ownsWireguard,
  settingOf,
  tagOf,
} from './confirm.ts';
import { type Share, shareOf } from './cpace.ts';
import { RUN_MS, TYPED_TAGS_MAX } from './limits.ts';
import { enter } from './machine.ts';
import {
  type AdmitterHello,
  type Hello,
  NONCE_BYTES,
  SUITE,
  VERSION,
  encodeFrame,
} from './messages.ts';
import type { PairingPlatform } from './platform.ts';
import { NO_TIMERS, armed, bytesMax, unfit } from './run.ts';
import { type Clear, type Side, isFromOutside, say, sealing, stepFromOutside } from './side.ts';

/** The most bytes that the next message may have: a longer one ends the run unread. */
export function admitterBytesMax(state: AdmitterState): number {
  return isLive(state) ? bytesMax(channelIn(state)) : 0;
}

/** Begins a run over a new connection. */
export function openAdmitter(
  self: AdmitterSelf,
  typed: TypedCode,
  random: Uint8Array,
): AdmitterStep {
  assert(random.length === ADMITTER_RANDOM_BYTES, 'a run begins with 64 random bytes');
  const { key, name, network, frontier } = self;
  const nonce = new Uint8Array(random.subarray(0, NONCE_BYTES));
  const suites = [SUITE];
  const role = 'admitter';
  const mine: AdmitterHello = {
    role,
    version: VERSION,
    suites,
    key,
    nonce,
    name,
    network,
    frontier,
  };
  const { timers, out } = armed(NO_TIMERS, 'deadline', RUN_MS);
  const scalar = hide(new Uint8Array(random.subarray(NONCE_BYTES)));
  return {
    state: { at: 'greeting', self, typed, timers, mine, scalar },
    out: [{ kind: 'send', frame: encodeFrame({ kind: 'hello', hello: mine }) }, out],
  };
}

export function stepAdmitter(
  platform: PairingPlatform,
  state: AdmitterState,
  input: AdmitterInput,
): AdmitterStep {
  if (!isLive(state)) return { state, out: [] };
  if (isFromOutside(input)) return stepFromOutside(SIDE, platform, state, input);
  return state.at === 'signing' && input.kind === 'signed'
    ? onSigned(platform, state, input.signature)
    : onAnswer(platform, state, input);
}

const SIDE: Side<AdmitterLive, AdmitterSealed, AdmitterState, AdmitterOut> = {
  isLeft: ({ at }) => at === 'finishing',
  isSealed,
  onClear,
  onSealed,
  end,
};

function onClear(platform: PairingPlatform, state: AdmitterLive, frame: Clear): AdmitterStep {
  const { kind } = frame;
  if (state.at === 'greeting' && kind === 'hello') return onHello(platform, state, frame.hello);
  if (state.at === 'sharing' && kind === 'share') return onShare(platform, state, frame);
  if (state.at === 'confirming' && kind === 'tag') return onTag(platform, state, frame.tag);
  return end(platform, state, 'out-of-order');
}

function onHello(
  platform: PairingPlatform,
  state: AdmitterIn<'greeting'>,
  hello: Hello,
): AdmitterStep {
  const { self, typed, timers, mine, scalar } = state;
  const code = unfit(hello, 'newcomer', self.key);
  if (code !== null) return end(platform, state, code);
  assert(hello.role === 'newcomer', 'a hello that fits is of the role asked for');
  const hellos = hellosOf(mine, hello, platform);
  if (!ownsWireguard(hellos, platform)) return end(platform, state, 'forged-hello');
  const to = { at: 'signing', self, typed, timers, hellos, scalar } as const;
  const message = helloMessage('admitter', hellos);
  return {
    state: enter('admitter', 'greeting', 'hello', to),
    out: [{ kind: 'ask', ask: { what: 'sign', message } }],
  };
}

function onSigned(
  platform: PairingPlatform,
  state: AdmitterIn<'signing'>,
  ad: Uint8Array,
): AdmitterStep {
  const { self, typed, timers, hellos, scalar } = state;
  const setting = settingOf(typed.prs, hellos, platform);
  const y = shareOf(reveal(scalar), setting, platform);
  assert(y !== null, 'the generator of a code is a strong point');
  const share = { y, ad };
  const to = { at: 'sharing', self, typed, timers, hellos, scalar, setting, share } as const;
  return {
    state: enter('admitter', 'signing', 'signed', to),
    out: [{ kind: 'send', frame: encodeFrame({ kind: 'share', y, ad }) }],
  };
}

function onShare(
  platform: PairingPlatform,
  state: AdmitterIn<'sharing'>,
  theirs: Share,
): AdmitterStep {
  const { self, timers, hellos, scalar, setting, share } = state;
  if (!ownsKey('newcomer', hellos, theirs.ad, platform)) {
    return end(platform, state, 'forged-hello');
  }
  const shares = { admitter: share, newcomer: theirs };
  const channel = channelOf('admitter', scalar, setting, shares, platform);
  if (channel === null) return end(platform, state, 'bad-share');
  // Whoever is there can test one guess by this tag.
  if (state.typed.tags >= TYPED_TAGS_MAX) return end(platform, state, 'spent');
  const typed = { ...state.typed, tags: state.typed.tags + 1 };
  const to = { at: 'confirming', self, typed, timers, hellos, channel } as const;
  const tag = tagOf('admitter', channel, platform);
  return {
    state: enter('admitter', 'sharing', 'share', to),
    out: [{ kind: 'send', frame: encodeFrame({ kind: 'tag', tag }) }],
  };
}

function onTag(
  platform: PairingPlatform,
  state: AdmitterIn<'confirming'>,
  tag: Uint8Array,
): AdmitterStep {
  const found = judgeTag(state.channel, tag, platform);
  if (found !== 'right') return end(platform, state, found === 'wrong' ? 'wrong-code' : found);
  const { timers, out } = sealing(state.timers);
  const { key, name } = state.hellos.newcomer;
  const to = { ...state, at: 'meeting', timers } as const;
  return say(
    platform,
    enter('admitter', 'confirming', 'tag', to),
    { kind: 'welcome', welcome: state.self.welcome },
    [...out, { kind: 'tell', tell: { what: 'met', key, name } }],
  );
}
