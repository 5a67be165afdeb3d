// The table of states: what it is, and that the machines do what it says in each of its cells. The
// cells are generated from the table; the states are those of real runs.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AdmitterInput, AdmitterState } from '../../pairing/admitter-state.ts';
import { stepAdmitter } from '../../pairing/admitter.ts';
import { sealed } from '../../pairing/confirm.ts';
import { TRANSITIONS, isDead, next } from '../../pairing/machine.ts';
import { type Inner, encodeFrame, encodeInner } from '../../pairing/messages.ts';
import type { NewcomerInput, NewcomerState } from '../../pairing/newcomer-state.ts';
import { stepNewcomer } from '../../pairing/newcomer.ts';
import type { RunInput, TimerName, Timers } from '../../pairing/run.ts';
import { fromBase64url } from '../../proto/bytes.ts';
import { reveal } from '../../proto/secret.ts';
import { pairingPlatform as platform } from '../../src/pairing-platform.ts';
import { STATES, everyState } from './cells.ts';
import { FRAMES, INNERS, near } from './samples.ts';

const reached = everyState();
type AnyState = AdmitterState | NewcomerState;
interface AnyStep {
  readonly state: AnyState;
  readonly out: readonly { readonly kind: string }[];
}
type Role = 'admitter' | 'newcomer';

function stateOf(role: Role, at: string): AnyState {
  return reached[role].get(at) as AnyState;
}

function step(role: Role, state: AnyState, input: RunInput): AnyStep {
  return role === 'admitter'
    ? stepAdmitter(platform, state as AdmitterState, input)
    : stepNewcomer(platform, state as NewcomerState, input);
}

const LIVE = (['admitter', 'newcomer'] as const).flatMap((role) =>
  STATES[role].filter((at) => !isDead(role, at)).map((at) => [role, at] as const),
);

describe('the table', () => {
  test('leads from its first state to every other, and every dead state is listed', () => {
    for (const [machine, first] of [
      ['admitter', 'greeting'],
      ['newcomer', 'greeting'],
      ['window', 'open'],
    ] as const) {
      const rows: Record<string, Record<string, string>> = TRANSITIONS[machine];
      const found = new Set([first as string]);
      for (const at of found) for (const to of Object.values(rows[at] ?? {})) found.add(to);
      expect([...found].toSorted()).toEqual(Object.keys(rows).toSorted());
    }
    const dead = (machine: keyof typeof TRANSITIONS): string[] =>
      Object.keys(TRANSITIONS[machine]).filter((at) => isDead(machine, at));
    expect(dead('admitter')).toEqual(['seen', 'unseen', 'declined', 'failed']);
    expect(dead('newcomer')).toEqual(['joined', 'unsure', 'failed']);
    expect(dead('window')).toEqual(['joined', 'expired', 'given-up', 'cancelled']);
  });

  test('lets no run end as failed once an admission may exist', () => {
    for (const at of ['finishing', 'delivering', 'paging'] as const) {
      expect(next('admitter', at, 'end')).not.toBe('failed');
    }
    for (const at of ['promised', 'fetching', 'taking', 'verifying'] as const) {
      expect(next('newcomer', at, 'end')).not.toBe('failed');
    }
  });

  test.each(['admitter', 'newcomer'] as const)('every state of the %s was reached', (role) => {
    const live = STATES[role].filter((at) => !isDead(role, at));
    expect([...reached[role].keys()]).toEqual(expect.arrayContaining(live));
  });
});

// What ends a run from outside: each cell is the `end` of its row, and `finishing` and `settling`,
// which have none, stay as they are.
const ENDS: readonly (readonly [string, RunInput])[] = [
  ['a closed connection', { kind: 'closed' }],
  ['our own word', { kind: 'end', code: 'cancelled' }],
  ['bytes that are no message', { kind: 'message', bytes: new Uint8Array([1, 2, 3]) }],
  ['the word of the other side', { kind: 'message', bytes: encodeFrame({ kind: 'failure' }) }],
];

describe.each(LIVE)('%s at %s', (role, at) => {
  const after = next(role, at, 'end') ?? at;
  test.each(ENDS)(`%s leads to ${after}`, (_, input) => {
    const before = stateOf(role, at);
    const done = step(role, before, input);
    expect(done.state.at).toBe(after);
    if (after === at) expect(done).toEqual({ state: before, out: [] });
    else expect(done.out.some(({ kind }) => kind === 'close')).toBe(true);
  });

  test('a stale timer is a no-op, and one of its own is not', () => {
    const before = stateOf(role, at);
    const timers = ('timers' in before ? before.timers : {}) as Timers;
    for (const timer of ['deadline', 'still', 'silence'] as const) {
      const gen = timers[timer];
      for (const stale of [gen - 1, gen + 1]) {
        const input = { kind: 'timer', timer, gen: stale } as const;
        expect(step(role, before, input)).toEqual({ state: before, out: [] });
      }
    }
    const timer: TimerName = timers.silence === 0 ? 'deadline' : 'silence';
    const done = step(role, before, { kind: 'timer', timer, gen: timers[timer] });
    expect(done.state.at).toBe(after);
  });

  // Every message in every state: the one that the row expects moves on, any other ends the run.
  test.each(FRAMES.map((frame) => [frame.kind, frame] as const))(
    'a %s in the clear that nobody waits for ends the run',
    (kind, frame) => {
      const before = stateOf(role, at);
      const done = step(role, before, { kind: 'message', bytes: encodeFrame(frame) });
      const isTag = role === 'newcomer' && at === 'tagging' && kind === 'tag';
      const isHello =
        role === 'newcomer' &&
        at === 'greeting' &&
        frame.kind === 'hello' &&
        frame.hello.role === 'admitter';
      const isOther = at === 'greeting' && role === 'admitter' && frame.kind === 'hello';
      if (isTag) expect(done.state.at).toBe('counting');
      else if (isHello) expect(done.state.at).toBe('claiming');
      else if (isOther && frame.hello.role === 'newcomer') {
        // Its WireGuard key speaks for itself in this very network.
        expect(['signing', 'failed']).toContain(done.state.at);
      } else expect(done.state.at).toBe(after);
    },
  );
});

const MESSAGES: Readonly<Record<string, string>> = {
  'admitter meeting': 'introduction',
  'admitter proposing': 'acceptance',
  'admitter delivering': 'next',
  'newcomer meeting': 'welcome',
  'newcomer waiting': 'proposal',
  'newcomer promised': 'result',
  'newcomer fetching': 'page',
};
const SEALED = LIVE.filter(([role, at]) => {
  const state = stateOf(role, at);
  return 'channel' in state && !['confirming', 'tagging', 'counting'].includes(at);
});

describe.each(SEALED)('%s at %s, under seal', (role, at) => {
  const after = next(role, at, 'end') ?? at;

  test.each(INNERS.map((inner) => [inner.kind, inner] as const))('hears a %s', (kind, inner) => {
    const before = stateOf(role, at);
    const done = step(role, before, { kind: 'message', bytes: fromOther(role, before, inner) });
    const moves = MESSAGES[`${role} ${at}`] === kind || (at === 'waiting' && kind === 'result');
    if (kind === 'still') {
      expect(done.state.at).toBe(at);
    } else if (!moves) expect(done.state.at).toBe(after);
    else {
      // The content of the sample may be wrong for this run; never does it move elsewhere.
      const to = next(role, at, kind);
      expect([to, after]).toContain(done.state.at);
    }
  });

  test('a sign of life is given when its time has come, and asked for again', () => {
    const before = stateOf(role, at) as Extract<AdmitterState, { at: 'reading' }>;
    const done = step(role, before, { kind: 'timer', timer: 'still', gen: before.timers.still });
    if (after === at) expect(done.out).toEqual([]);
    else expect(done.out.map(({ kind }) => kind)).toEqual(['send', 'arm']);
    expect(done.state.at).toBe(at);
  });

  test('the same box twice ends it: each has its number', () => {
    const before = stateOf(role, at);
    const bytes = fromOther(role, before, { kind: 'still' });
    const once = step(role, before, { kind: 'message', bytes });
    const twice = step(role, once.state, { kind: 'message', bytes });
    expect(twice.state.at).toBe(after);
  });
});

/** What the other side of this very run would send next. */
function fromOther(role: Role, state: AnyState, inner: Inner): Uint8Array {
  if (!('channel' in state)) throw new Error('no channel');
  const { channel } = state;
  const other = role === 'admitter' ? 'newcomer' : 'admitter';
  return sealed({ ...channel, role: other, sent: channel.opened }, inner, platform).frame;
}

test('whatever bytes come, in the clear or under seal: no throw, and a step of the table', () => {
  const frames = FRAMES.map(encodeFrame);
  const inners = near(INNERS.map(encodeInner));
  let moved = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...LIVE),
      near(frames),
      inners,
      fc.boolean(),
      (cell, a, b, isBox) => {
        const [role, at] = cell;
        const before = stateOf(role, at);
        const hasSeal = SEALED.some(([r, s]) => r === role && s === at);
        const bytes = isBox && hasSeal ? boxed(role, before, b) : a;
        const { state, out } = step(role, before, { kind: 'message', bytes });
        const row = (TRANSITIONS[role] as Record<string, Record<string, string>>)[at] ?? {};
        expect([at, ...Object.values(row)]).toContain(state.at);
        expect(out.length).toBeLessThan(8);
        if (state.at !== at) moved++;
      },
    ),
    { numRuns: 3_000 },
  );
  expect(moved).toBeGreaterThan(1_000);
});

/** Any bytes under the seal of the other side of this very run. */
function boxed(role: Role, state: AnyState, text: Uint8Array): Uint8Array {
  if (!('channel' in state)) throw new Error('no channel');
  const { keys, ceremony, opened } = state.channel;
  const key = reveal(keys.seal[role === 'admitter' ? 'newcomer' : 'admitter']);
  const nonce = new Uint8Array(12);
  nonce[11] = opened;
  const box = platform.seal(key, nonce, fromBase64url(ceremony) as Uint8Array, text);
  return encodeFrame({ kind: 'sealed', box });
}

describe('our own shell', () => {
  const answers: readonly (AdmitterInput & NewcomerInput)[] = [{ kind: 'refused' }];
  test.each(LIVE)('the %s at %s takes no answer that it did not ask for', (role, at) => {
    const row = (TRANSITIONS[role] as Record<string, Record<string, string>>)[at] ?? {};
    for (const answer of answers) {
      const act = (): AnyStep =>
        role === 'admitter'
          ? stepAdmitter(platform, stateOf(role, at) as AdmitterState, answer)
          : stepNewcomer(platform, stateOf(role, at) as NewcomerState, answer);
      if ('refused' in row) expect(act().state.at).toBe(row['refused']);
      else expect(act).toThrow('broken rule');
    }
  });

  test.each(['admitter', 'newcomer'] as const)('a %s that is over stays as it is', (role) => {
    for (const at of STATES[role].filter((one) => isDead(role, one))) {
      const state = { at, code: null, typed: null } as unknown as AnyState;
      for (const [, input] of ENDS) expect(step(role, state, input)).toEqual({ state, out: [] });
    }
  });
});
