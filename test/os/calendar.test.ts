// The calendar of a folder: clocks that were reset, that jumped, that ran ahead.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Key } from '../../proto/ids.ts';
import { keyDisk } from '../../src/keys/disk.ts';
import { type Calendar, openCalendar } from '../../src/os/calendar.ts';
import { CALENDAR_AHEAD_MS } from '../../src/os/limits.ts';
import { temporaryFolder } from '../keys/host.ts';

const YEAR = 365 * 86_400_000;
const NOON = 1_790_000_000_000;
const [ANNA, BERT, CARL] = ['anna', 'bert', 'carl'] as unknown as [Key, Key, Key];

/** A machine whose clocks a test turns. */
function machine(systemMs: number): {
  readonly folder: string;
  system: number;
  pass(ms: number): void;
  /** A start of the program: what is on disk is all that is known. */
  start(): Calendar;
} {
  const clocks = { system: systemMs, monotonic: 5_000 };
  const folder = temporaryFolder();
  return {
    folder,
    get system() {
      return clocks.system;
    },
    set system(ms: number) {
      clocks.system = ms;
    },
    pass(ms) {
      clocks.system += ms;
      clocks.monotonic += ms;
    },
    start: () =>
      openCalendar(folder, keyDisk, {
        nowMs: () => clocks.system,
        monotonicMs: () => clocks.monotonic,
      }),
  };
}

describe('the calendar', () => {
  test('is the clock of the system while that is sound', () => {
    const here = machine(NOON);
    const calendar = here.start();
    here.pass(1_000);
    expect([calendar.nowMs(), calendar.behindMs()]).toEqual([NOON + 1_000, 0]);
  });

  test('goes on from the last time that was kept, in a start in 1970', () => {
    const here = machine(NOON);
    here.start().save();
    here.system = 12;
    const calendar = here.start();
    expect(calendar.nowMs()).toBe(NOON);
    here.pass(60_000);
    expect([calendar.nowMs(), calendar.behindMs()]).toEqual([NOON + 60_000, NOON - 12]);
    // And the system is right again when somebody has told it the time.
    here.system = NOON + YEAR;
    expect([calendar.nowMs(), calendar.behindMs()]).toEqual([NOON + YEAR, 0]);
  });

  test('does not follow a jump of a year back', () => {
    const here = machine(NOON);
    const calendar = here.start();
    calendar.nowMs();
    here.system -= YEAR;
    here.pass(500);
    expect(calendar.nowMs()).toBe(NOON + 500);
  });

  test('that ran ahead is set back by two peers, and not by one', () => {
    const here = machine(NOON + 10 * YEAR);
    here.start().save();
    here.system = NOON;
    const calendar = here.start();
    expect(calendar.nowMs()).toBe(NOON + 10 * YEAR);
    calendar.heard(ANNA, NOON + 3);
    calendar.heard(ANNA, NOON + 4);
    expect(calendar.nowMs()).toBe(NOON + 10 * YEAR);
    calendar.heard(BERT, NOON + 7);
    expect(calendar.nowMs()).toBe(NOON + 4);
    calendar.save();
    expect(here.start().nowMs()).toBe(NOON + 4);
  });

  test('is never below what the system says, whatever peers say', () => {
    const here = machine(NOON);
    const calendar = here.start();
    for (const peer of [ANNA, BERT, CARL]) calendar.heard(peer, 0);
    expect(calendar.nowMs()).toBe(NOON);
    for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY, 9e15]) {
      for (const peer of [ANNA, BERT, CARL]) calendar.heard(peer, wrong);
    }
    expect(calendar.nowMs()).toBe(NOON);
  });

  test('is left alone by peers who are within an hour', () => {
    const here = machine(NOON);
    here.start().save();
    here.system = 12;
    const calendar = here.start();
    for (const peer of [ANNA, BERT]) calendar.heard(peer, NOON - CALENDAR_AHEAD_MS);
    expect(calendar.nowMs()).toBe(NOON);
  });

  test.each(['', '{}', '{"at":-1}\n', '{"at":99999999999999999}\n', '{"at":8640000000000001}\n'])(
    'begins anew where its file holds %j',
    (text) => {
      const here = machine(NOON);
      writeFileSync(join(here.folder, 'calendar.json'), text, { mode: 0o600 });
      expect(here.start().nowMs()).toBe(NOON);
    },
  );

  test('never goes back, whatever the clock of the system does', () => {
    const turn = fc.record({
      passMs: fc.integer({ min: 0, max: 1_000_000 }),
      systemMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
      restarts: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 20 }), (turns) => {
        const here = machine(NOON);
        let calendar = here.start();
        let last = 0;
        for (const { passMs, systemMs, restarts } of turns) {
          here.system = systemMs;
          here.pass(passMs);
          if (restarts) calendar = here.start();
          expect(calendar.nowMs()).toBeGreaterThanOrEqual(Math.max(last, here.system));
          last = calendar.nowMs();
          calendar.save();
        }
      }),
      { seed: 7, numRuns: 50 },
    );
  });
});
