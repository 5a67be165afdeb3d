// The window: the time in which the new machine shows a code and answers. It holds the runs: a few
// side by side until a tag comes, and one slot for the run whose tag was right. Every tag is
// counted on disk before anybody looks at it; after three the code is burnt, whoever sent them.
// Spec: docs/pairing.md, "The window". States: machine.ts.

import { assert } from '../proto/assert.ts';
import type { Secret } from '../proto/secret.ts';
import { CODE_RANDOM_BYTES, makeCode } from './code.ts';
import { ATTEMPTS_MAX, PLEDGES_MAX, RUNS_MAX, WINDOW_MS } from './limits.ts';
import { enter, isDead } from './machine.ts';
import {
  type NewcomerInput,
  type NewcomerStep,
  endNewcomer,
  isLive,
  isPromised,
} from './newcomer-state.ts';
import { openNewcomer, stepNewcomer } from './newcomer.ts';
import type { PairingPlatform } from './platform.ts';
import type { PairingCode } from './refusals.ts';
import { FAILURE } from './run.ts';
import type {
  Run,
  WindowInput,
  WindowLive,
  WindowOut,
  WindowSelf,
  WindowState,
  WindowStep,
} from './window-state.ts';

/** Opens the window. With every attempt used, before a restart, it is burnt until a key press. */
export function openWindow(self: WindowSelf, random: Uint8Array): WindowStep {
  assert(random.length === CODE_RANDOM_BYTES, 'a code is made from eight random bytes');
  const gen = 1;
  const out: WindowOut[] = [{ kind: 'arm', run: null, timer: 'expire', gen, afterMs: WINDOW_MS }];
  if (self.used >= ATTEMPTS_MAX) {
    return { state: { at: 'burnt', self, gen }, out: [...out, { kind: 'tell', tell: BURNT }] };
  }
  const prs = makeCode(random);
  return { state: { at: 'open', self, gen, prs, runs: [] }, out: [...out, shown(self, prs)] };
}

const BURNT = { what: 'burnt' } as const;

function shown({ used }: WindowSelf, prs: Secret): WindowOut {
  return { kind: 'tell', tell: { what: 'code', prs, left: ATTEMPTS_MAX - used } };
}

export function stepWindow(
  platform: PairingPlatform,
  state: WindowState,
  input: WindowInput,
): WindowStep {
  if (!isOpen(state)) return { state, out: input.kind === 'connect' ? turnAway(input.run) : [] };
  return burning(platform, moved(platform, state, input));
}

/** The code burns once its last attempt was judged, or can not be any more. */
function burning(platform: PairingPlatform, step: WindowStep): WindowStep {
  const { state, out } = step;
  if (state.at !== 'open' || state.self.used < ATTEMPTS_MAX) return step;
  if (state.runs.some((run) => run.state.at === 'counting')) return step;
  const ended = state.runs.flatMap((run) => endRun(platform, run, 'spent'));
  const to = { at: 'burnt', self: state.self, gen: state.gen } as const;
  return {
    state: enter('window', 'open', 'burnt', to),
    out: [...out, ...ended, { kind: 'tell', tell: BURNT }],
  };
}

function moved(platform: PairingPlatform, state: WindowLive, input: WindowInput): WindowStep {
  switch (input.kind) {
    case 'connect':
      return onConnect(platform, state, input);
    case 'run':
      return onRun(platform, state, input.run, input.input);
    case 'timer':
      return input.gen === state.gen ? onExpired(platform, state) : { state, out: [] };
    case 'renew':
      return onRenew(platform, state, input.random);
    case 'found': {
      const out = endAll(platform, state, 'cancelled');
      const { self } = state;
      return { state: enter('window', state.at, 'found', { at: 'joined', self } as const), out };
    }
    case 'cancel': {
      const out = endAll(platform, state, 'cancelled');
      const to = { at: 'cancelled', self: state.self } as const;
      return { state: enter('window', state.at, 'cancelled', to), out };
    }
  }
}

function isOpen(state: WindowState): state is WindowLive {
  return !isDead('window', state.at);
}

function turnAway(run: number): WindowOut[] {
  return [
    { kind: 'send', run, frame: FAILURE },
    { kind: 'close', run },
  ];
}

/** Never full for good: an idle connection makes room, one at a time for each source. */
function onConnect(
  platform: PairingPlatform,
  state: WindowLive,
  { run: id, source, random }: Extract<WindowInput, { kind: 'connect' }>,
): WindowStep {
  if (state.at !== 'open') return { state, out: turnAway(id) };
  const { runs } = state;
  const same = runs.find((run) => run.source === source);
  const leaving = same ?? (runs.length < RUNS_MAX ? null : idlest(runs));
  if (leaving === undefined || leaving?.state.at === 'counting') {
    return { state, out: turnAway(id) };
  }
  const out = leaving === null ? [] : endRun(platform, leaving, 'crowded');
  const { key, name, introduction, pledges, network } = state.self;
  const whole = { ...introduction, pledges };
  const self = { key, name, prs: state.prs, network, introduction: whole };
  const opened = openNewcomer(self, random);
  const fresh: Run = { id, source, heard: latest(runs) + 1, state: opened.state };
  const others = runs.filter((run) => run !== leaving);
  return { state: { ...state, runs: [...others, fresh] }, out: [...out, ...outOf(fresh, opened)] };
}

/** The run that was heard of longest ago, of those that can go. */
function idlest(runs: readonly Run[]): Run | undefined {
  const idle = runs.filter((run) => run.state.at !== 'counting');
  return idle.toSorted((a, b) => a.heard - b.heard)[0];
}

function latest(runs: readonly Run[]): number {
  return runs.reduce((most, { heard }) => Math.max(most, heard), 0);
}

function onRun(
  platform: PairingPlatform,
  state: WindowLive,
  id: number,
  input: NewcomerInput,
): WindowStep {
  const runs = runsOf(state);
  const run = runs.find((one) => one.id === id);
  // It was ended while this was on its way.
  if (run === undefined) return { state, out: [] };
  const step = stepNewcomer(platform, run.state, input);
  const heard = input.kind === 'message' ? latest(runs) + 1 : run.heard;
  const after: Run = { ...run, heard, state: step.state };
  const next = withRun(state, after);
  const out = outOf(run, step);
  if (run.state.at === 'tagging' && after.state.at === 'counting') {
    return onTag(platform, next, after, out);
  }
  if (run.state.at === 'counting' && after.state.at === 'meeting') {
    return onHeld(platform, next, after, out);
  }
  return isLive(after.state) ? onMoved(next, run, after, out) : onOver(next, run, after, out);
}

/** A tag has come: one attempt is gone, and on disk before it is looked at. */
function onTag(
  platform: PairingPlatform,
  state: WindowLive,
  run: Run,
  out: readonly WindowOut[],
): WindowStep {
  const { self } = state;
  if (self.used >= ATTEMPTS_MAX) {
    const ended = endRun(platform, run, 'spent');
    return { state: withoutRun(state, run.id), out: [...out, ...ended] };
  }
  const used = self.used + 1;
  const store: WindowOut = { kind: 'store', run: run.id, what: { kind: 'attempts', used } };
  return { state: { ...state, self: { ...self, used } }, out: [...out, store] };
}

/** A right tag takes the slot: nobody else is listened to. */
function onHeld(
  platform: PairingPlatform,
  state: WindowLive,
  holder: Run,
  out: readonly WindowOut[],
): WindowStep {
  assert(state.at === 'open', 'the slot is free while tags are looked at');
  const others = state.runs.filter((run) => run.id !== holder.id);
  const ended = others.flatMap((run) => endRun(platform, run, 'busy'));
  const { self, gen, prs } = state;
  const to = { at: 'held', self, gen, prs, holder } as const;
  return { state: enter('window', 'open', 'held', to), out: [...out, ...ended] };
}

/**
 * The pledge is remembered with the network, so that no other one is joined before it is settled.
 */
function onMoved(
  state: WindowLive,
  before: Run,
  after: Run,
  out: readonly WindowOut[],
): WindowStep {
  if (before.state.at !== 'pledging' || after.state.at !== 'promised') return { state, out };
  const { network, key: admitter } = after.state.hellos.admitter;
  const pledge = { admitter, ceremony: after.state.channel.ceremony };
  const pledges = [...state.self.pledges, pledge].slice(-PLEDGES_MAX);
  return { state: { ...state, self: { ...state.self, network, pledges } }, out };
}

function onOver(state: WindowLive, before: Run, after: Run, out: readonly WindowOut[]): WindowStep {
  assert(!isLive(after.state), 'a run that is over');
  const { self, gen } = state;
  const { source } = after;
  const code = 'code' in after.state ? after.state.code : null;
  const left = ATTEMPTS_MAX - self.used;
  const isTry = before.state.at === 'counting' && code === 'wrong-code';
  const tried: WindowOut[] = isTry ? [{ kind: 'tell', tell: { what: 'tried', source, left } }] : [];
  const said = [...out, ...tried];
  if (state.at === 'open') return { state: withoutRun(state, after.id), out: said };
  if (state.at === 'burnt') return { state, out: said };
  if (after.state.at === 'joined') {
    const to = { at: 'joined', self } as const;
    return { state: enter('window', state.at, 'joined', to), out: said };
  }
  if (state.at === 'closing') {
    const to = { at: 'expired', self } as const;
    return { state: enter('window', 'closing', 'lost', to), out: [...said, EXPIRED] };
  }
  const to = { at: 'open', self, gen, prs: state.prs, runs: [] } as const;
  return { state: enter('window', 'held', 'lost', to), out: said };
}

const EXPIRED: WindowOut = { kind: 'tell', tell: { what: 'expired' } };

function onExpired(platform: PairingPlatform, state: WindowLive): WindowStep {
  const { self, gen } = state;
  if (state.at === 'closing') return { state, out: [] };
  if (state.at === 'held' && isPromised(state.holder.state)) {
    // An admission may be written already: to hear of it is better than to end on time.
    const to = { at: 'closing', self, gen, holder: state.holder } as const;
    return { state: enter('window', 'held', 'late', to), out: [] };
  }
  const out = [...endAll(platform, state, 'expired'), EXPIRED];
  if (state.at === 'burnt') {
    const to = { at: 'given-up', self } as const;
    return { state: enter('window', 'burnt', 'expired', to), out };
  }
  return { state: enter('window', state.at, 'expired', { at: 'expired', self } as const), out };
}

/** A person makes a new code, with a new budget: that is why somebody has to press a key. */
function onRenew(platform: PairingPlatform, state: WindowLive, random: Uint8Array): WindowStep {
  if (state.at !== 'open' && state.at !== 'burnt') return { state, out: [] };
  const ended = endAll(platform, state, 'renewed');
  const self = { ...state.self, used: 0 };
  const opened = openWindow(self, random);
  assert(opened.state.at === 'open', 'a new code has all its attempts');
  const gen = state.gen + 1;
  const to = { ...opened.state, gen } as const;
  const out = opened.out.map((one) => (one.kind === 'arm' ? { ...one, gen } : one));
  const store: WindowOut = { kind: 'store', run: null, what: { kind: 'attempts', used: 0 } };
  return { state: enter('window', state.at, 'renewed', to), out: [...ended, store, ...out] };
}

function runsOf(state: WindowLive): readonly Run[] {
  if (state.at === 'open') return state.runs;
  return state.at === 'burnt' ? [] : [state.holder];
}

function withRun(state: WindowLive, run: Run): WindowLive {
  if (state.at === 'burnt') return state;
  if (state.at !== 'open') return { ...state, holder: run };
  return { ...state, runs: state.runs.map((one) => (one.id === run.id ? run : one)) };
}

function withoutRun(state: WindowLive, id: number): WindowLive {
  if (state.at !== 'open') return state;
  return { ...state, runs: state.runs.filter((run) => run.id !== id) };
}

function endRun(platform: PairingPlatform, run: Run, code: PairingCode): WindowOut[] {
  return isLive(run.state) ? outOf(run, endNewcomer(platform, run.state, code)) : [];
}

function endAll(platform: PairingPlatform, state: WindowLive, code: PairingCode): WindowOut[] {
  return runsOf(state).flatMap((run) => endRun(platform, run, code));
}

/** What a run asks for, as the window asks for it. Counting is the window's own work (onTag). */
function outOf({ id: run, source }: Run, step: NewcomerStep): WindowOut[] {
  return step.out.flatMap((one): WindowOut[] => {
    switch (one.kind) {
      case 'count':
        return [];
      case 'pledge':
        return [{ kind: 'store', run, what: { kind: 'pledge', pledge: one.pledge } }];
      case 'tell':
        return [{ kind: 'tell', tell: { what: 'run', source, news: one.tell } }];
      default:
        return [{ ...one, run }];
    }
  });
}
