// The admitter after the tags: introductions, the person's word, the proposal and its acceptance,
// the one record, and the ledger page by page. The keys in the body are those that the ceremony has
// found, whoever drafted it. Spec: docs/pairing.md, "The admission". States: machine.ts.

import { assert } from '../proto/assert.ts';
import { verdict } from '../proto/ed25519.ts';
import {
  type AdmitterAnswer,
  type AdmitterIn,
  type AdmitterLive,
  type AdmitterOut,
  type AdmitterSealed,
  type AdmitterStep,
  endAdmitter as end,
} from './admitter-state.ts';
import { rawKey } from './confirm.ts';
import {
  MEMBERS_MAX,
  PAGES_MAX,
  PAGE_BYTES_MAX,
  RECORD_BYTES_MAX,
  SEALED_BYTES_MAX,
} from './limits.ts';
import { enter } from './machine.ts';
import { type Member, encodeInner } from './messages.ts';
import type { PairingPlatform } from './platform.ts';
import { admits, farewell, isBodyOf } from './run.ts';
import { type Unsealed, over, say } from './side.ts';

export function onSealed(
  platform: PairingPlatform,
  state: AdmitterSealed,
  inner: Unsealed,
): AdmitterStep {
  if (state.at === 'meeting' && inner.kind === 'introduction') {
    const { key, name, wireguard } = state.hellos.newcomer;
    const { ceremony } = state.channel;
    const candidate = { key, name, wireguard, ceremony, introduction: inner.introduction };
    const to = { ...state, at: 'reading', candidate } as const;
    return {
      state: enter('admitter', 'meeting', 'introduction', to),
      out: [{ kind: 'ask', ask: { what: 'confirm', candidate } }],
    };
  }
  if (state.at === 'proposing' && inner.kind === 'acceptance') {
    const { message, body, ...rest } = state;
    const acceptance = inner.signature;
    if (!verdict(platform, rawKey(state.hellos.newcomer.key), message, acceptance)) {
      return end(platform, state, 'forged-acceptance');
    }
    return {
      state: enter('admitter', 'proposing', 'acceptance', { ...rest, at: 'admitting' } as const),
      out: [{ kind: 'ask', ask: { what: 'admit', body, acceptance } }],
    };
  }
  if (state.at === 'delivering' && inner.kind === 'next') {
    const { page, isWhole } = state;
    if (inner.number !== page || isWhole) return end(platform, state, 'wrong-page');
    return {
      state: enter('admitter', 'delivering', 'next', { ...state, at: 'paging' } as const),
      out: [{ kind: 'ask', ask: { what: 'page', number: page } }],
    };
  }
  if (state.at === 'delivering' && inner.kind === 'joined' && state.isWhole) {
    const to = { at: 'seen', typed: state.typed, code: null } as const;
    return over(enter('admitter', 'delivering', 'joined', to), [{ kind: 'close' }]);
  }
  return end(platform, state, 'out-of-order');
}

export function onAnswer(
  platform: PairingPlatform,
  state: AdmitterLive,
  answer: AdmitterAnswer,
): AdmitterStep {
  if (state.at === 'reading' && answer.kind === 'confirmed') {
    const { candidate } = state;
    return {
      state: enter('admitter', 'reading', 'confirmed', { ...state, at: 'drafting' } as const),
      out: [{ kind: 'ask', ask: { what: 'draft', candidate } }],
    };
  }
  if (state.at === 'reading' && answer.kind === 'declined') {
    const to = { at: 'declined', typed: state.typed, code: 'declined' } as const;
    const words = farewell(state.channel, 'declined', platform);
    return over(enter('admitter', 'reading', 'declined', to), words);
  }
  if (state.at === 'drafting' && answer.kind === 'drafted')
    return onDrafted(platform, state, answer);
  if (state.at === 'drafting' && answer.kind === 'known') return deliver(platform, state, answer);
  if (state.at === 'admitting' && answer.kind === 'admitted') {
    return deliver(platform, state, answer);
  }
  if (state.at === 'finishing' && answer.kind === 'admitted') {
    const to = { at: 'unseen', typed: state.typed, code: 'hung-up' } as const;
    return over(enter('admitter', 'finishing', 'admitted', to), [WRITTEN]);
  }
  if (answer.kind === 'refused') return onRefused(platform, state);
  if (state.at === 'paging' && answer.kind === 'page') return onPage(platform, state, answer);
  assert(false, `an admitter at ${state.at} asked for no ${answer.kind}`);
}

const WRITTEN: AdmitterOut = { kind: 'tell', tell: { what: 'written' } };

function onDrafted(
  platform: PairingPlatform,
  state: AdmitterIn<'drafting'>,
  { body, message, members }: Extract<AdmitterAnswer, { kind: 'drafted' }>,
): AdmitterStep {
  if (!isBodyOf(body, state.hellos, state.channel.ceremony)) {
    return end(platform, state, 'wrong-body');
  }
  const { candidate: _, ...rest } = state;
  const to = { ...rest, at: 'proposing', body, message } as const;
  const proposal = { kind: 'proposal', body, members: fitting(body, members) } as const;
  return say(platform, enter('admitter', 'drafting', 'drafted', to), proposal);
}

function onRefused(platform: PairingPlatform, state: AdmitterLive): AdmitterStep {
  const to = { at: 'failed', typed: state.typed, code: 'not-admitted' } as const;
  if (state.at === 'finishing') return over(enter('admitter', state.at, 'refused', to), []);
  assert(state.at === 'drafting' || state.at === 'admitting', 'only an admission is refused');
  const words = farewell(state.channel, 'not-admitted', platform);
  return over(enter('admitter', state.at, 'refused', to), words);
}

/** Hands the record over: the one just written, or the one that a run before this one wrote. */
function deliver(
  platform: PairingPlatform,
  state: AdmitterIn<'drafting' | 'admitting'>,
  { record, members }: Extract<AdmitterAnswer, { kind: 'known' | 'admitted' }>,
): AdmitterStep {
  const isOurs = admits(record, state.self.network, state.hellos.newcomer.key);
  assert(record.length <= RECORD_BYTES_MAX, 'a record is a line of a ledger');
  const { self, typed, timers, hellos, channel } = state;
  const to = { at: 'delivering', self, typed, timers, hellos, channel } as const;
  const delivery = { ...to, page: 0, isWhole: false };
  const result = { kind: 'result', record, members: fitting(record, members) } as const;
  if (state.at === 'drafting') {
    // It comes from the ledger that we were given, by whomever.
    if (!isOurs) return end(platform, state, 'wrong-record');
    return say(platform, enter('admitter', 'drafting', 'known', delivery), result);
  }
  assert(isOurs, 'what was signed is what was asked for');
  return say(platform, enter('admitter', 'admitting', 'admitted', delivery), result, [WRITTEN]);
}

/** As many members as one message holds beside a record, or the body of one. */
function fitting(record: string, members: readonly Member[]): Member[] {
  const some = members.slice(0, MEMBERS_MAX);
  const sizeOf = (): number => encodeInner({ kind: 'result', record, members: some }).length;
  while (some.length > 0 && sizeOf() > RESULT_BYTES_MAX) some.pop();
  return some;
}

// What the seal and the frame put around an inner message is less.
const RESULT_BYTES_MAX = SEALED_BYTES_MAX - 32;

function onPage(
  platform: PairingPlatform,
  state: AdmitterIn<'paging'>,
  { lines, last }: Extract<AdmitterAnswer, { kind: 'page' }>,
): AdmitterStep {
  const { page: number } = state;
  assert(lines.length <= PAGE_BYTES_MAX && number < PAGES_MAX, 'pages are bounded');
  const to = { ...state, at: 'delivering', page: number + 1, isWhole: last } as const;
  const page = { kind: 'page', number, lines, last } as const;
  return say(platform, enter('admitter', 'paging', 'page', to), page);
}
