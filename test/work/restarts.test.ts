// Work that is started again on its host: when, how often, and never against its owner's wish.

import { describe, expect, test } from 'vitest';
import { OneHost, job } from './one-host.ts';

describe('restarts', () => {
  test.each<[string, number, boolean]>([
    ['never', 1, false],
    ['onFailure', 0, false],
    ['onFailure', 1, true],
    ['always', 0, true],
  ])('%s after exit %i: %s', (restart, exit, isAgain) => {
    const one = OneHost.ready();
    one.run(job({ lifecycle: { restart } }));
    one.end(exit);
    expect(one.stage()).toBe(isAgain ? 'clearing' : 'closing');
    if (!isAgain) return;
    one.clear();
    expect(one.stage()).toBe('waiting');
    one.take();
    one.pass(1);
    expect(one.acts()).toEqual(['prepare']);
    expect(one.of().run).toBe(2);
    one.begin();
    expect(one.stage()).toBe('running');
  });

  test('end with maxRestarts, further and further apart', () => {
    const one = OneHost.ready();
    one.run(job({ lifecycle: { restart: 'onFailure', maxRestarts: 3 } }));
    const waits: number[] = [];
    for (let i = 0; i < 3; i++) {
      one.end(1);
      one.clear();
      let seconds = 0;
      for (; one.stage() === 'waiting'; seconds++) one.pass(1);
      waits.push(seconds);
      one.begin();
    }
    expect(waits).toEqual([1, 2, 4]);
    one.end(1);
    expect(one.lease()?.life).toMatchObject({ stage: 'closing', outcome: 'failed', restarts: 3 });
  });

  test('count towards maxRuntime together', () => {
    const one = OneHost.ready();
    one.run(job({ limits: { maxRuntimeS: 60 }, lifecycle: { restart: 'always' } }));
    one.pass(40);
    one.end(0);
    one.clear();
    one.pass(1);
    one.begin();
    one.pass(19);
    expect(one.stage()).toBe('running');
    one.pass(1);
    expect(one.stage()).toBe('stopping');
  });

  test('begin with a clean bill of health', () => {
    const one = OneHost.ready();
    const health = { command: ['check'], everyS: 10, timeoutS: 2, failures: 2 };
    one.run(job({ health, lifecycle: { restart: 'onFailure' }, limits: { maxRuntimeS: 900 } }));
    const check = (well: boolean): void => {
      one.pass(10);
      one.give({ is: 'checked', of: one.of(), well });
    };
    check(false);
    check(false);
    expect(one.stage()).toBe('stopping');
    one.end(1);
    one.clear();
    one.pass(1);
    one.begin();
    check(false);
    expect(one.stage()).toBe('running');
    check(false);
    expect(one.stage()).toBe('stopping');
  });

  test('do not follow a first start that failed: its owner goes elsewhere', () => {
    const one = OneHost.ready();
    const spec = job({ lifecycle: { restart: 'always' } });
    one.ask(one.reserve(spec));
    one.ask(one.request('go', spec));
    const of = one.of();
    one.give({ is: 'failed', of, act: 'prepare', code: 'image-missing', why: 'no such image' });
    expect(one.lease()?.life).toMatchObject({ stage: 'closing', outcome: 'failed' });
  });

  test('a stop between two runs ends it', () => {
    const one = OneHost.ready();
    const spec = job({ lifecycle: { restart: 'always' } });
    one.run(spec);
    one.end(1);
    one.ask(one.request('stop', spec));
    one.clear();
    expect(one.lease()?.life).toMatchObject({ stage: 'closing', outcome: 'done' });
  });

  test('a word about an earlier run moves nothing', () => {
    const one = OneHost.ready();
    one.run(job({ lifecycle: { restart: 'always' } }));
    const first = one.of();
    one.end(1);
    one.clear();
    one.pass(1);
    one.begin();
    one.give({ is: 'destroyed', of: first });
    const ending = { exit: 0, signal: null, oom: null, endedAtMs: 0 };
    one.give({ is: 'ended', of: first, ending });
    expect(one.stage()).toBe('running');
  });
});
