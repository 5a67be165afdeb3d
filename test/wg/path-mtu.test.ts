// The size of packets on a path: over networks that carry some sizes and not others, that change,
// that lie, and that do not answer.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  MTU_AGAIN_MS_MAX,
  MTU_CHECK_MS,
  MTU_FIRST,
  MTU_MOST,
  MTU_SETTLE_MS,
  MTU_SIZES,
} from '../../wg/limits.ts';
import {
  newPathMtu,
  outerBytes,
  type Path,
  type PathMtu,
  type PathMtuInput,
  type PathMtuOut,
  stepPathMtu,
} from '../../wg/path-mtu.ts';

const FOUR: Path = { endpoint: '192.0.2.1:7447', turn: '1' };
const SIX: Path = { endpoint: '[2001:db8::1]:7447', turn: '1' };

interface World {
  /** Of IP packets outside that pass in one piece; 0: no echo is answered at all. */
  readonly whole: number;
  /** Of packets inside that come back, whatever it took outside. */
  readonly inside: number;
}

/** One side with a network around it, where answers come at once. */
function side(): {
  state: () => PathMtu;
  asked: readonly PathMtuOut[];
  give: (input: PathMtuInput, world: World | null) => void;
  at: (ms: number) => void;
} {
  let state = newPathMtu();
  let nowMs = 0;
  const asked: PathMtuOut[] = [];
  const give = (input: PathMtuInput, world: World | null): void => {
    const step = stepPathMtu(state, input, nowMs);
    state = step.state;
    for (const out of step.out) {
      asked.push(out);
      if (out.kind === 'route') expect(out.mtu).toBe(state.mtu);
      if (out.kind === 'route' || world === null) continue;
      const passed = out.bytes <= (out.kind === 'inside' ? world.inside : world.whole);
      give({ kind: 'answer', asked: out.asked, passed }, world);
    }
  };
  return { state: () => state, asked, give, at: (ms) => (nowMs = ms) };
}

function measured(path: Path, world: World): number {
  const one = side();
  one.give({ kind: 'path', path }, world);
  one.at(MTU_SETTLE_MS);
  one.give({ kind: 'tick' }, world);
  return one.state().mtu;
}

describe('a path', () => {
  const ALL: World = { whole: 1_500, inside: 9_000 };

  test.each([
    [FOUR, 1_500, 1_420],
    [FOUR, 1_492, 1_420],
    [FOUR, 1_460, 1_392],
    [FOUR, 1_450, 1_376],
    [FOUR, 1_400, 1_328],
    [FOUR, 1_300, 1_280],
    [FOUR, 0, 1_280],
    [SIX, 1_500, 1_420],
    [SIX, 1_492, 1_408],
    [SIX, 1_400, 1_312],
    [SIX, 1_391, 1_280],
  ])('to %o of %i bytes carries %i', (path, whole, mtu) => {
    expect(measured(path, { ...ALL, whole })).toBe(mtu);
  });

  test('whose large packets do not come back inside stays as it is, and is tried later', () => {
    const world = { ...ALL, inside: MTU_FIRST };
    const one = side();
    one.give({ kind: 'path', path: FOUR }, world);
    let last = 0;
    let tries = 0;
    for (let ms = 0; ms <= 10 * MTU_AGAIN_MS_MAX; ms += 5_000) {
      one.at(ms);
      const before = one.asked.length;
      one.give({ kind: 'tick' }, world);
      expect(one.state().mtu).toBe(MTU_FIRST);
      if (one.asked.length === before) continue;
      tries++;
      expect(ms - last).toBeLessThanOrEqual(MTU_AGAIN_MS_MAX + 5_000);
      last = ms;
    }
    // 1, 2, 4 ... 60 minutes, and then each hour.
    expect(tries).toBeGreaterThan(10);
    expect(tries).toBeLessThan(20);
  });

  test('that stops carrying what it has carried is lowered, and left alone for an hour', () => {
    const one = side();
    one.give({ kind: 'path', path: FOUR }, ALL);
    one.at(MTU_SETTLE_MS);
    one.give({ kind: 'tick' }, ALL);
    one.at(MTU_SETTLE_MS + MTU_CHECK_MS);
    one.give({ kind: 'tick' }, ALL);
    expect(one.state().mtu).toBe(MTU_MOST);
    const brokenMs = MTU_SETTLE_MS + 2 * MTU_CHECK_MS;
    one.at(brokenMs);
    one.give({ kind: 'tick' }, { ...ALL, inside: 1_300 });
    expect(one.state().mtu).toBe(MTU_FIRST);
    one.at(brokenMs + MTU_AGAIN_MS_MAX - 1);
    one.give({ kind: 'tick' }, ALL);
    expect(one.state().mtu).toBe(MTU_FIRST);
    one.at(brokenMs + MTU_AGAIN_MS_MAX);
    one.give({ kind: 'tick' }, ALL);
    expect(one.state().mtu).toBe(MTU_MOST);
  });
});

describe('any life of a path', () => {
  const paths = fc.constantFrom<(Path | null)[]>(null, FOUR, SIX, { ...FOUR, turn: '2' });
  const inputs = fc.oneof(
    { weight: 1, arbitrary: paths.map((path) => ({ kind: 'path', path }) as const) },
    { weight: 8, arbitrary: fc.constant({ kind: 'tick' } as const) },
    {
      weight: 16,
      // How many questions ago it was asked.
      arbitrary: fc.record({
        kind: fc.constant('answer' as const),
        ago: fc.constantFrom(0, 0, 0, 0, 0, 1, 2),
        passed: fc.constantFrom(true, true, true, false),
      }),
    },
  );
  const lives = fc.array(fc.tuple(inputs, fc.nat(400_000)), { maxLength: 60, size: 'max' });

  test('never carries more than was proven on that very path, and begins anew with each', () => {
    let raised = 0;
    fc.assert(
      fc.property(lives, (life) => {
        let state = newPathMtu();
        let nowMs = 0;
        let open: Exclude<PathMtuOut, { kind: 'route' }> | null = null;
        let whole = 0;
        for (const [input, passMs] of life) {
          nowMs += passMs;
          const before = state;
          const given: PathMtuInput =
            input.kind === 'answer'
              ? { kind: 'answer', asked: state.asked - input.ago, passed: input.passed }
              : input;
          const isAnswer = given.kind === 'answer' && given.asked === open?.asked;
          if (isAnswer && given.passed && open?.kind === 'outside') {
            whole = Math.max(whole, open.bytes);
          }
          const isFailedEcho = isAnswer && !given.passed && open?.kind === 'inside';
          const step = stepPathMtu(state, given, nowMs);
          state = step.state;
          // A second answer to one question says nothing.
          if (isAnswer) open = null;
          for (const out of step.out) if (out.kind !== 'route') open = out;
          const isNew =
            given.kind === 'path' &&
            (given.path?.endpoint !== before.path?.endpoint ||
              given.path?.turn !== before.path?.turn);
          if (isNew) {
            whole = 0;
            open = null;
          }
          expect([MTU_FIRST, ...MTU_SIZES]).toContain(state.mtu);
          if (isNew || isFailedEcho || state.path === null) expect(state.mtu).toBe(MTU_FIRST);
          if (state.mtu === MTU_FIRST) continue;
          raised++;
          expect(outerBytes(state.mtu, state.path?.endpoint ?? '')).toBeLessThanOrEqual(whole);
        }
      }),
      { seed: 20_261_130, numRuns: 400 },
    );
    expect(raised).toBeGreaterThan(100);
  });

  test('never asks two things at once, and always something of a path that stays', () => {
    fc.assert(
      fc.property(lives, (life) => {
        let state = newPathMtu();
        for (const [input] of life) {
          const given: PathMtuInput =
            input.kind === 'answer'
              ? { kind: 'answer', asked: state.asked - input.ago, passed: input.passed }
              : input;
          const { state: next, out } = stepPathMtu(state, given, 0);
          expect(out.filter(({ kind }) => kind !== 'route').length).toBeLessThanOrEqual(1);
          state = next;
        }
        const after = stepPathMtu(state, { kind: 'tick' }, 2 * MTU_AGAIN_MS_MAX);
        const isAsking = state.stage.at !== 'waiting' || after.out.length > 0;
        expect(isAsking).toBe(state.path !== null);
      }),
      { seed: 20_261_130, numRuns: 400 },
    );
  });
});
