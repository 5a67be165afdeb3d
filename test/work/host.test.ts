// The leases of one host, stage by stage: what is said and done, and that nothing is before its
// entry is safe.

import { describe, expect, test } from 'vitest';
import type { FailCode } from '../../work/failures.ts';
import type { Effect } from '../../work/host-state.ts';
import { shownState } from '../../work/stages.ts';
import { ID, OneHost, job } from './one-host.ts';

function kinds(effects: readonly Effect[]): string[] {
  return effects.flatMap((effect) => {
    if (effect.do === 'drive') return [effect.act];
    return effect.do === 'changed' ? [] : [effect.do];
  });
}

describe('a lease', () => {
  test('goes from a reservation to its receipt, and its room is free again', () => {
    const one = OneHost.ready();
    const spec = job();
    expect(one.ask(one.reserve(spec))).toEqual({ say: 'reserved', goMs: 30_000 });
    expect(one.ask(one.request('go', spec))).toEqual({ say: 'going', state: 'preparing' });
    one.begin();
    expect(one.stage()).toBe('running');
    expect(one.acts()).toEqual(['prepare', 'start', 'verify']);
    one.end(0);
    expect(kinds(one.take())).toContain('receipt');
    expect(shownState(one.lease()!)).toBe('done');
    expect(one.lease()?.life).toMatchObject({ granted: { memMiB: 8 }, ending: { exit: 0 } });
    one.clear();
    expect(one.acts()).toEqual(['destroy']);
    expect(one.host).toMatchObject({ completed: 1, failed: 0 });
    expect(one.host.leases.size).toBe(0);
    expect(one.ask(one.request('go', spec))).toEqual({ say: 'going', state: 'done' });
  });

  test('does nothing before its entry is safe', () => {
    const one = OneHost.ready();
    const spec = job();
    one.isQuick = false;
    const step = (act: () => void): string[][] => {
      act();
      const before = kinds(one.take());
      one.sync();
      return [before, kinds(one.take())];
    };
    expect(step(() => one.ask(one.reserve(spec)))).toEqual([['store'], ['answer']]);
    expect(step(() => one.ask(one.request('go', spec)))).toEqual([
      ['store'],
      ['prepare', 'answer'],
    ]);
    expect(step(() => one.give({ is: 'prepared', of: one.of() }))).toEqual([['store'], ['start']]);
    one.give({ is: 'started', of: one.of(), startedAtMs: 0, image: '' });
    one.give({ is: 'verified', of: one.of(), granted: {} });
    one.sync();
    one.take();
    expect(step(() => one.end(0))).toEqual([['store'], ['receipt']]);
    expect(step(() => one.give({ is: 'receipted', of: one.of() }))).toEqual([
      ['store'],
      ['destroy'],
    ]);
  });

  test('a repeated request is answered behind the entry of the first', () => {
    const one = OneHost.ready();
    one.isQuick = false;
    const request = one.reserve(job());
    one.ask(request);
    one.ask(request);
    expect(kinds(one.take())).toEqual(['store']);
    one.sync();
    expect(kinds(one.take())).toEqual(['answer', 'answer']);
  });

  test('a start that was overtaken by a stop on its way to the disk is not made', () => {
    const one = OneHost.ready();
    const spec = job();
    one.ask(one.reserve(spec));
    one.ask(one.request('go', spec));
    one.isQuick = false;
    one.take();
    one.give({ is: 'prepared', of: one.of() });
    one.ask(one.request('stop', spec));
    one.sync();
    one.sync();
    expect(one.acts()).toEqual([]);
    expect(one.stage()).toBe('closing');
  });

  test('lapses without a go, and is not reserved again by the same generation', () => {
    const one = OneHost.ready();
    const spec = job();
    one.ask(one.reserve(spec));
    one.pass(29);
    expect(one.stage()).toBe('reserved');
    one.pass(1);
    expect(one.stage()).toBeUndefined();
    expect(one.ask(one.request('go', spec))).toMatchObject({ code: 'unknown-work' });
    expect(one.ask(one.reserve(spec))).toMatchObject({ code: 'unknown-work' });
    expect(one.ask(one.reserve(spec, { generation: 2 }))).toMatchObject({ say: 'reserved' });
  });

  test('a late go finds it lapsed, even before anybody looked', () => {
    const one = OneHost.ready();
    const spec = job();
    one.ask(one.reserve(spec));
    one.monoMs += 31_000;
    expect(one.ask(one.request('go', spec))).toMatchObject({ code: 'unknown-work' });
  });

  test('is cancelled while it is reserved, and stopped afterwards', () => {
    const one = OneHost.ready();
    const spec = job();
    one.ask(one.reserve(spec));
    expect(one.ask(one.request('cancel', spec))).toEqual({ say: 'done' });
    expect(one.ask(one.request('cancel', spec))).toEqual({ say: 'done' });
    const two = OneHost.ready();
    two.run(spec);
    expect(two.ask(two.request('cancel', spec))).toMatchObject({ code: 'policy' });
  });
});

describe('an end', () => {
  test.each<[string, Parameters<OneHost['end']>, FailCode | null]>([
    ['exit 0', [0], null],
    ['exit 3', [3], 'exit-code'],
    ['a signal', [null, { signal: 'SIGKILL' }], 'killed'],
    ['memory', [137, { oom: true }], 'out-of-memory'],
    ['a guest that shut down', [null], null],
  ])('by %s', (_what, args, code) => {
    const one = OneHost.ready();
    one.run(job());
    one.end(...args);
    expect(one.lease()?.life.failure?.code ?? null).toBe(code);
    one.clear();
    expect(one.host).toMatchObject(code === null ? { completed: 1 } : { failed: 1 });
  });

  test('a stop waits for its grace, kills, and takes away what does not die', () => {
    const one = OneHost.ready();
    const spec = job({ lifecycle: { stopGraceS: 5 } });
    one.run(spec);
    one.take();
    expect(one.ask(one.request('stop', spec))).toEqual({ say: 'done' });
    expect(one.acts()).toEqual(['stop']);
    one.pass(4);
    expect(one.acts()).toEqual([]);
    one.pass(1);
    expect(one.acts()).toEqual(['kill']);
    one.pass(10);
    expect(one.acts()).toEqual(['kill', 'destroy']);
    one.give({ is: 'destroyed', of: one.of() });
    expect(one.lease()?.life).toMatchObject({ stage: 'closing', outcome: 'done', failure: null });
  });

  test('a kill does not wait', () => {
    const one = OneHost.ready();
    const spec = job();
    one.run(spec);
    one.take();
    one.ask(one.request('kill', spec));
    expect(one.acts()).toEqual(['stop', 'kill']);
  });

  test('somebody else may stop it who has the right, and nobody else', () => {
    const one = OneHost.ready();
    const spec = job();
    one.run(spec);
    const other = { ...one.request('stop', spec), from: one.host.key };
    const no = { may: false, code: 'no-cap', why: 'no work.stop' } as const;
    expect(one.ask(other, { right: no })).toMatchObject({ code: 'no-cap' });
    expect(one.stage()).toBe('running');
    expect(one.ask(other)).toEqual({ say: 'done' });
    expect(one.stage()).toBe('stopping');
  });

  test.each<[string, object, number, FailCode | null]>([
    ['maxRuntime', { limits: { maxRuntimeS: 60 } }, 60, 'took-too-long'],
    ['idle', { limits: { idleS: 40 } }, 40, null],
    ['expiresAt', { lifecycle: { expiresAt: '2027-01-15T08:17:40Z' } }, 60, null],
  ])('after %s', (_what, more, seconds, code) => {
    const one = OneHost.ready();
    one.run(
      job({
        ...more,
        lifecycle: { ...(more as { lifecycle?: object }).lifecycle, restart: 'always' },
      }),
    );
    one.pass(seconds - 1);
    expect(one.stage()).toBe('running');
    one.pass(1);
    expect(one.stage()).toBe('stopping');
    one.end(0);
    // Whatever the policy says, it does not begin anew.
    expect(one.stage()).toBe('closing');
    expect(one.lease()?.life.failure?.code ?? null).toBe(code);
  });

  test('work that uses its processor is not idle, and unknown use is use', () => {
    const one = OneHost.ready();
    one.run(job({ limits: { idleS: 40 } }));
    const usage = { memMiB: null, diskMiB: null };
    for (let i = 0; i < 5; i++) {
      one.pass(20);
      one.give({ is: 'used', of: one.of(), usage, cpuMs: i < 3 ? 1_000 * i : null });
    }
    expect(one.stage()).toBe('running');
    one.give({ is: 'used', of: one.of(), usage, cpuMs: 5_000 });
    one.pass(20);
    one.give({ is: 'used', of: one.of(), usage, cpuMs: 5_001 });
    one.pass(20);
    expect(one.stage()).toBe('stopping');
  });

  test('by its health: three bad checks in a row, or silence', () => {
    const one = OneHost.ready();
    const health = { command: ['check'], everyS: 10, timeoutS: 2, failures: 3 };
    one.run(job({ health, limits: { maxRuntimeS: 1_000 } }));
    one.take();
    const check = (well: boolean | null): void => {
      one.pass(10);
      expect(kinds(one.take())).toContain('check');
      if (well !== null) one.give({ is: 'checked', of: one.of(), well });
      else one.pass(4);
    };
    check(false);
    check(false);
    check(true);
    check(false);
    check(null);
    expect(one.stage()).toBe('running');
    check(false);
    expect(one.stage()).toBe('stopping');
    expect(one.lease()?.life.failure?.code).toBe('unhealthy');
  });
});

test('what starts slowly may, and what never comes up is ended by its start limit', () => {
  const health = { command: ['check'], everyS: 10, timeoutS: 2, failures: 2, startS: 60 };
  const begun = (): OneHost => {
    const one = OneHost.ready();
    const lifecycle = { restart: 'always' };
    one.run(job({ health, lifecycle, limits: { maxRuntimeS: 9_000 } }));
    return one;
  };
  const check = (one: OneHost, well: boolean): void => {
    one.pass(10);
    one.give({ is: 'checked', of: one.of(), well });
  };
  const slow = begun();
  for (const well of [false, false, false, true, false]) check(slow, well);
  expect(slow.stage()).toBe('running');
  // From the first good one on they count.
  check(slow, false);
  expect(slow.stage()).toBe('stopping');
  const never = begun();
  for (let at = 0; at < 6; at++) check(never, false);
  expect(never.stage()).toBe('running');
  check(never, false);
  expect(never.lease()?.life.failure).toMatchObject({
    ...{ code: 'unhealthy', why: /^2 checks in a row went wrong, after the 60 s/ },
  });
});

describe('stages that take too long, or fail', () => {
  test('preparing', () => {
    const one = OneHost.ready();
    const spec = job();
    one.ask(one.reserve(spec));
    one.ask(one.request('go', spec));
    one.monoMs += 3_600_000;
    one.give({ is: 'look' });
    expect(one.lease()?.life).toMatchObject({
      ...{ stage: 'closing', outcome: 'failed' },
      failure: { code: 'engine-silent', phase: 'preparing' },
    });
  });

  test('a start: what it may have begun is stopped and killed', () => {
    const one = OneHost.ready();
    const spec = job();
    one.ask(one.reserve(spec));
    one.ask(one.request('go', spec));
    one.give({ is: 'prepared', of: one.of() });
    one.take();
    one.pass(120);
    expect(one.acts()).toEqual(['stop']);
    one.give({ is: 'started', of: one.of(), startedAtMs: 0, image: '' });
    expect(one.acts()).toEqual(['stop']);
    one.pass(10);
    one.give({ is: 'failed', of: one.of(), act: 'start', code: 'engine-silent', why: '' });
    expect(one.stage()).toBe('closing');
  });

  test('limits that do not hold: it is stopped, and not started again', () => {
    const one = OneHost.ready();
    const spec = job({ lifecycle: { restart: 'always' } });
    one.ask(one.reserve(spec));
    one.ask(one.request('go', spec));
    one.give({ is: 'prepared', of: one.of() });
    one.give({ is: 'started', of: one.of(), startedAtMs: 0, image: '' });
    const why = 'memory.max is not set';
    one.give({ is: 'failed', of: one.of(), act: 'verify', code: 'not-granted', why });
    expect(one.stage()).toBe('stopping');
    one.end(null, { signal: 'SIGTERM' });
    expect(one.lease()?.life).toMatchObject({
      ...{ stage: 'closing', outcome: 'failed', failure: { code: 'not-granted', why } },
    });
  });

  test('startBy counts until the start itself, by a clock that nobody sets', () => {
    const spec = job({ limits: { startBy: '2027-01-15T08:16:50Z' } });
    const one = OneHost.ready();
    one.ask(one.reserve(spec));
    one.ask(one.request('go', spec));
    one.pass(10);
    one.give({ is: 'prepared', of: one.of() });
    expect(one.lease()?.life).toMatchObject({ failure: { code: 'start-late' } });
    expect(one.acts()).not.toContain('start');
    one.clear();
    const late = one.reserve(spec, { id: ID.replace(/D$/, 'E') });
    expect(one.ask(late)).toMatchObject({ code: 'past-start-by' });
  });

  test('startBy counts while the start waits for the disk, too', () => {
    const spec = job({ limits: { startBy: '2027-01-15T08:16:50Z' } });
    const one = OneHost.ready();
    one.ask(one.reserve(spec));
    one.ask(one.request('go', spec));
    one.isQuick = false;
    one.pass(9);
    one.give({ is: 'prepared', of: one.of() });
    one.take();
    one.pass(1);
    one.sync();
    expect(one.acts()).toEqual([]);
    expect(one.lease()?.life).toMatchObject({ failure: { code: 'start-late' } });
  });

  test('a receipt and a destroy are asked for again until they are there', () => {
    const one = OneHost.ready();
    one.run(job());
    one.end(0);
    one.take();
    one.pass(300);
    expect(kinds(one.take())).toEqual(['receipt']);
    one.give({ is: 'receipted', of: one.of() });
    one.take();
    one.give({ is: 'failed', of: one.of(), act: 'destroy', code: 'engine-silent', why: 'busy' });
    expect(kinds(one.take())).toEqual(['tell']);
    one.pass(30);
    expect(one.acts()).toEqual(['destroy']);
    expect(one.host.leases.size).toBe(1);
    one.clear();
    expect(one.host.leases.size).toBe(0);
  });
});
