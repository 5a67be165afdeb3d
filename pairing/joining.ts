// The new machine after the tags: introductions, the proposal, the pledge that is durable before
// the acceptance leaves, and the ledger page by page. It believes nothing but a record that the
// ledger it was given leads to. Spec: docs/pairing.md, "The admission". States: machine.ts.

import { assert } from '../proto/assert.ts';
import { PAGES_MAX } from './limits.ts';
import { enter } from './machine.ts';
import type { Inner } from './messages.ts';
import {
  type NewcomerAnswer,
  type NewcomerIn,
  type NewcomerLive,
  type NewcomerSealed,
  type NewcomerStep,
  endNewcomer as end,
} from './newcomer-state.ts';
import type { PairingPlatform } from './platform.ts';
import { admits, farewell, isBodyOf } from './run.ts';
import { type Unsealed, over, say } from './side.ts';

export function onSealed(
  platform: PairingPlatform,
  state: NewcomerSealed,
  inner: Unsealed,
): NewcomerStep {
  if (state.at === 'meeting' && inner.kind === 'welcome') {
    const { welcome } = inner;
    return {
      state: enter('newcomer', 'meeting', 'welcome', { ...state, at: 'waiting' } as const),
      out: [{ kind: 'tell', tell: { what: 'welcome', welcome } }],
    };
  }
  if (state.at === 'waiting' && inner.kind === 'proposal') {
    return onProposal(platform, state, inner);
  }
  if ((state.at === 'waiting' || state.at === 'promised') && inner.kind === 'result') {
    return onResult(platform, state, inner);
  }
  if (state.at === 'fetching' && inner.kind === 'page') {
    const { number, lines, last } = inner;
    if (number !== state.page) return end(platform, state, 'wrong-page');
    const to = { ...state, at: 'taking', isLast: last } as const;
    return {
      state: enter('newcomer', 'fetching', 'page', to),
      out: [{ kind: 'ask', ask: { what: 'take', lines, last } }],
    };
  }
  return end(platform, state, 'out-of-order');
}

function onProposal(
  platform: PairingPlatform,
  state: NewcomerIn<'waiting'>,
  { body, members }: Extract<Inner, { kind: 'proposal' }>,
): NewcomerStep {
  const { hellos, channel } = state;
  if (!isBodyOf(body, hellos, channel.ceremony)) return end(platform, state, 'wrong-body');
  const { network, key: admitter } = hellos.admitter;
  return {
    state: enter('newcomer', 'waiting', 'proposal', {
      ...state,
      at: 'accepting',
      members,
    } as const),
    out: [{ kind: 'ask', ask: { what: 'accept', network, admitter, body } }],
  };
}

function onResult(
  platform: PairingPlatform,
  state: NewcomerIn<'waiting' | 'promised'>,
  { record, members }: Extract<Inner, { kind: 'result' }>,
): NewcomerStep {
  const { self, timers, hellos, channel } = state;
  const { network } = hellos.admitter;
  if (!admits(record, network, self.key)) return end(platform, state, 'wrong-record');
  const delivery = { record, members, page: 0, isLast: false };
  const to = { at: 'fetching', self, timers, hellos, channel, ...delivery } as const;
  return say(platform, enter('newcomer', state.at, 'result', to), { kind: 'next', number: 0 });
}

export function onJoinAnswer(
  platform: PairingPlatform,
  state: NewcomerLive,
  answer: NewcomerAnswer,
): NewcomerStep {
  if (state.at === 'accepting' && answer.kind === 'accepted') {
    const { signature } = answer;
    const { network, key: admitter } = state.hellos.admitter;
    const { members, ...rest } = state;
    const pledge = { network, admitter, ceremony: state.channel.ceremony, members };
    const to = { ...rest, at: 'pledging', signature } as const;
    return {
      state: enter('newcomer', 'accepting', 'accepted', to),
      out: [{ kind: 'pledge', pledge }],
    };
  }
  if (state.at === 'pledging' && answer.kind === 'stored') {
    const { self, timers, hellos, channel, signature } = state;
    const to = { at: 'promised', self, timers, hellos, channel } as const;
    return say(
      platform,
      enter('newcomer', 'pledging', 'pledged', to),
      { kind: 'acceptance', signature },
      [{ kind: 'tell', tell: { what: 'promised' } }],
    );
  }
  if (state.at === 'taking' && answer.kind === 'taken') return onTaken(platform, state);
  if (state.at === 'verifying' && answer.kind === 'believed') {
    const { out } = say(platform, state, { kind: 'joined' }, [{ kind: 'close' } as const]);
    const to = { at: 'joined', code: null } as const;
    return over(enter('newcomer', 'verifying', 'believed', to), out);
  }
  if (state.at === 'settling' && answer.kind === 'believed') {
    const to = { at: 'joined', code: null } as const;
    return over(enter('newcomer', 'settling', 'believed', to), []);
  }
  if (answer.kind === 'refused') return onRefused(platform, state);
  assert(false, `a newcomer at ${state.at} asked for no ${answer.kind}`);
}

function onTaken(platform: PairingPlatform, state: NewcomerIn<'taking'>): NewcomerStep {
  const { record, members, hellos } = state;
  if (state.isLast) {
    const { network } = hellos.admitter;
    return {
      state: enter('newcomer', 'taking', 'whole', { ...state, at: 'verifying' } as const),
      out: [{ kind: 'ask', ask: { what: 'verify', network, record, members } }],
    };
  }
  const number = state.page + 1;
  if (number >= PAGES_MAX) return end(platform, state, 'wrong-page');
  const to = { ...state, at: 'fetching', page: number } as const;
  return say(platform, enter('newcomer', 'taking', 'taken', to), { kind: 'next', number });
}

function onRefused(platform: PairingPlatform, state: NewcomerLive): NewcomerStep {
  if (state.at === 'accepting') {
    const to = { at: 'failed', code: 'not-accepted' } as const;
    const words = farewell(state.channel, to.code, platform);
    return over(enter('newcomer', 'accepting', 'refused', to), words);
  }
  const to = { at: 'unsure', code: 'not-believed' } as const;
  if (state.at === 'settling') return over(enter('newcomer', 'settling', 'refused', to), []);
  assert(state.at === 'taking' || state.at === 'verifying', 'only bodies and ledgers are refused');
  const words = farewell(state.channel, to.code, platform);
  return over(enter('newcomer', state.at, 'refused', to), words);
}
