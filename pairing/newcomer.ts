// One run of the ceremony on the new machine, which shows the code and answers. Until the other's
// tag was found right it says nothing by which a guess could be tested, and that tag is looked at
// only after it was counted on disk. Here: from the connection to the tags.
// Spec: docs/pairing.md, "The newcomer". States: machine.ts.

import { assert } from '../proto/assert.ts';
import { hide, reveal } from '../proto/secret.ts';
import {
  channelOf,
  helloMessage,
  hellosOf,
  judgeTag,
  ownsKey,
  settingOf,
  tagOf,
} from './confirm.ts';
import { type Share, shareOf } from './cpace.ts';
import { onJoinAnswer, onSealed } from './joining.ts';
import { RUN_MS } from './limits.ts';
import { enter } from './machine.ts';
import {
  type Claim,
  type Hello,
  type NewcomerHello,
  NONCE_BYTES,
  SUITE,
  VERSION,
  encodeFrame,
} from './messages.ts';
import {
  NEWCOMER_RANDOM_BYTES,
  type NewcomerAnswer,
  type NewcomerIn,
  type NewcomerInput,
  type NewcomerLive,
  type NewcomerOut,
  type NewcomerSealed,
  type NewcomerSelf,
  type NewcomerState,
  type NewcomerStep,
  channelIn,
  endNewcomer as end,
  isLive,
  isSealed,
} from './newcomer-state.ts';
import type { PairingPlatform } from './platform.ts';
import { NO_TIMERS, armed, bytesMax, farewell, unfit } from './run.ts';
import {
  type Clear,
  type Side,
  isFromOutside,
  over,
  say,
  sealing,
  stepFromOutside,
} from './side.ts';

/** The most bytes that the next message may have: a longer one ends the run unread. */
export function newcomerBytesMax(state: NewcomerState): number {
  return isLive(state) ? bytesMax(channelIn(state)) : 0;
}

/** Begins a run over a new connection: the other side speaks first. */
export function openNewcomer(self: NewcomerSelf, random: Uint8Array): NewcomerStep {
  assert(random.length === NEWCOMER_RANDOM_BYTES, 'a run begins with 64 random bytes');
  const { timers, out } = armed(NO_TIMERS, 'deadline', RUN_MS);
  const nonce = new Uint8Array(random.subarray(0, NONCE_BYTES));
  const scalar = hide(new Uint8Array(random.subarray(NONCE_BYTES)));
  return { state: { at: 'greeting', self, timers, nonce, scalar }, out: [out] };
}

export function stepNewcomer(
  platform: PairingPlatform,
  state: NewcomerState,
  input: NewcomerInput,
): NewcomerStep {
  if (!isLive(state)) return { state, out: [] };
  if (isFromOutside(input)) return stepFromOutside(SIDE, platform, state, input);
  return onAnswer(platform, state, input);
}

const SIDE: Side<NewcomerLive, NewcomerSealed, NewcomerState, NewcomerOut> = {
  isLeft: ({ at }) => at === 'settling',
  isSealed,
  onClear,
  onSealed,
  end,
};

function onClear(platform: PairingPlatform, state: NewcomerLive, frame: Clear): NewcomerStep {
  const { kind } = frame;
  if (state.at === 'greeting' && kind === 'hello') return onHello(platform, state, frame.hello);
  if (state.at === 'sharing' && kind === 'share') return onShare(platform, state, frame);
  if (state.at === 'tagging' && kind === 'tag') {
    // Well formed, so it could tell its sender something: it counts, good or bad.
    const to = { ...state, at: 'counting', tag: frame.tag } as const;
    return { state: enter('newcomer', 'tagging', 'tag', to), out: [{ kind: 'count' }] };
  }
  return end(platform, state, 'out-of-order');
}

function onHello(
  platform: PairingPlatform,
  state: NewcomerIn<'greeting'>,
  admitter: Hello,
): NewcomerStep {
  const { self } = state;
  const code = unfit(admitter, 'admitter', self.key);
  if (code !== null) return end(platform, state, code);
  assert(admitter.role === 'admitter', 'a hello that fits is of the role asked for');
  const { network } = admitter;
  if (self.network !== null && self.network !== network) {
    return end(platform, state, 'other-network');
  }
  const to = { ...state, at: 'claiming', admitter } as const;
  return {
    state: enter('newcomer', 'greeting', 'hello', to),
    out: [{ kind: 'ask', ask: { what: 'claim', network } }],
  };
}

function onAnswer(
  platform: PairingPlatform,
  state: NewcomerLive,
  answer: NewcomerAnswer,
): NewcomerStep {
  if (state.at === 'claiming' && answer.kind === 'claimed') {
    return onClaimed(platform, state, answer.claim);
  }
  if (state.at === 'signing' && answer.kind === 'signed') {
    const { self, timers, hellos, scalar } = state;
    const to = { at: 'sharing', self, timers, hellos, scalar, ad: answer.signature } as const;
    const frame = encodeFrame({ kind: 'hello', hello: hellos.newcomer });
    return { state: enter('newcomer', 'signing', 'signed', to), out: [{ kind: 'send', frame }] };
  }
  if (state.at === 'counting' && answer.kind === 'stored') return onCounted(platform, state);
  return onJoinAnswer(platform, state, answer);
}

function onClaimed(
  platform: PairingPlatform,
  state: NewcomerIn<'claiming'>,
  wireguard: Claim,
): NewcomerStep {
  const { self, timers, nonce, scalar, admitter } = state;
  const { key, name } = self;
  const suites = [SUITE];
  const role = 'newcomer';
  const own: NewcomerHello = { role, version: VERSION, suites, key, nonce, name, wireguard };
  const hellos = hellosOf(admitter, own, platform);
  const to = { at: 'signing', self, timers, hellos, scalar } as const;
  return {
    state: enter('newcomer', 'claiming', 'claimed', to),
    out: [{ kind: 'ask', ask: { what: 'sign', message: helloMessage('newcomer', hellos) } }],
  };
}

function onShare(
  platform: PairingPlatform,
  state: NewcomerIn<'sharing'>,
  theirs: Share,
): NewcomerStep {
  const { self, timers, hellos, scalar, ad } = state;
  if (!ownsKey('admitter', hellos, theirs.ad, platform)) {
    return end(platform, state, 'forged-hello');
  }
  const setting = settingOf(self.prs, hellos, platform);
  const y = shareOf(reveal(scalar), setting, platform);
  assert(y !== null, 'the generator of a code is a strong point');
  const shares = { admitter: theirs, newcomer: { y, ad } };
  const channel = channelOf('newcomer', scalar, setting, shares, platform);
  if (channel === null) return end(platform, state, 'bad-share');
  const to = { at: 'tagging', self, timers, hellos, channel } as const;
  return {
    state: enter('newcomer', 'sharing', 'share', to),
    out: [{ kind: 'send', frame: encodeFrame({ kind: 'share', y, ad }) }],
  };
}

/** The attempt is on disk: now, and not before, the tag is looked at. */
function onCounted(platform: PairingPlatform, state: NewcomerIn<'counting'>): NewcomerStep {
  const { self, hellos, channel, tag } = state;
  if (judgeTag(channel, tag, platform) !== 'right') {
    const to = { at: 'failed', code: 'wrong-code' } as const;
    return over(enter('newcomer', 'counting', 'wrong', to), farewell(null, to.code, platform));
  }
  const { timers, out } = sealing(state.timers);
  const to = { at: 'meeting', self, timers, hellos, channel } as const;
  const { introduction } = self;
  const step = say(
    platform,
    enter('newcomer', 'counting', 'right', to),
    { kind: 'introduction', introduction },
    out,
  );
  const frame = encodeFrame({ kind: 'tag', tag: tagOf('newcomer', channel, platform) });
  const { key, name, network } = hellos.admitter;
  const met = { kind: 'tell', tell: { what: 'met', key, name, network } } as const;
  return { state: step.state, out: [{ kind: 'send', frame }, ...step.out, met] };
}
