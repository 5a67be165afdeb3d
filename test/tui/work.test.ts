// F4: what runs where and how sure that is, its log, and its end.

import { expect, test } from 'vitest';
import { toBase64url } from '../../proto/bytes.ts';
import type { Key } from '../../proto/ids.ts';
import type { HostingFacts, OwnedFacts, WorksFacts } from '../../tui/facts.ts';
import type { Model } from '../../tui/model.ts';
import { LARGE, NOON_MS, after, begun, expectFrame, keys, told } from './frames.ts';

const keyOf = (letter: string): Key => letter.repeat(43) as Key;
const [ATTIC, BARN, CELLAR, LAMP] = ['a', 'b', 'c', 'l'].map(keyOf) as [Key, Key, Key, Key];
const NAMES = { [ATTIC]: 'attic', [BARN]: 'barn', [CELLAR]: 'cellar', [LAMP]: 'lamp' };
const MINUTE_MS = 60_000;

function owned(name: string, change: Partial<OwnedFacts> = {}): OwnedFacts {
  return {
    ...{ id: `01JE2HZ6Q3M8Y5T0V7XW${name.toUpperCase().padEnd(6, '0').slice(0, 6)}`, name },
    ...{ kind: 'job', generation: 1, wish: 'run', phase: 'following', host: BARN },
    ...{ state: 'running', standing: 'alive', silentMs: null, unknown: null, ended: null },
    ...{ why: null, asked: [], past: [], receipts: 0, endedAt: null },
    ...{ placedAt: NOON_MS - 5 * MINUTE_MS, ...change },
  };
}

const FILMS = owned('films', {
  ...{ generation: 2, receipts: 1, past: [{ host: CELLAR, generation: 1 }] },
  asked: [
    {
      ...{ host: LAMP, generation: 1, code: 'host-no-room' },
      why: 'needs 16 GiB of memory, 5.2 free',
    },
  ],
});
const OLD = owned('old', {
  ...{ phase: 'ended', ended: 'failed', why: 'exit 3', state: 'failed', receipts: 1 },
  ...{ placedAt: NOON_MS - 90 * MINUTE_MS, endedAt: NOON_MS - 80 * MINUTE_MS },
});
const WORKS: WorksFacts = {
  owned: [
    OLD,
    FILMS,
    owned('mail', {
      ...{ kind: 'vm', host: CELLAR, standing: 'unreachable', silentMs: 7 * MINUTE_MS },
      placedAt: NOON_MS - 2 * MINUTE_MS,
    }),
    owned('waits', {
      ...{ phase: 'planning', host: null, state: null, standing: null },
      placedAt: NOON_MS - 10_000,
    }),
  ],
  at: [
    {
      ...{ id: FILMS.id, generation: 2, name: 'films', kind: 'job', owner: ATTIC, host: BARN },
      state: 'running',
    },
    {
      ...{ id: '01JE2HZ6Q3M8Y5T0V7XWOTHERS', generation: 1, name: 'music', kind: 'job' },
      ...{ owner: LAMP, host: BARN, state: 'running' },
    },
  ],
  silent: [{ key: CELLAR, why: 'it is down' }],
  names: NAMES,
};
const HOSTING: HostingFacts = {
  ...{ phase: 'open', why: null, held: 0, running: 0, moving: 0, completed: 12, failed: 1 },
  drivers: [],
};

function at(works: WorksFacts | null, size?: Model['size']): Model {
  const facts = works === null ? [] : [told('works', works), told('hosting', HOSTING)];
  const model = begun(size === undefined ? {} : { size });
  return after(model, ...keys('f4'), ...facts).model;
}

test('all work, what runs first; none; and without a daemon', () => {
  expectFrame('work', at(WORKS));
  expectFrame('work-large', after(at(WORKS, LARGE), ...keys('e')).model);
  const none = { owned: [], at: [], silent: [], names: {} };
  expectFrame('work-empty', at(none));
  const off = { ...HOSTING, phase: 'off' as const, why: 'no engine for containers is installed' };
  expectFrame('work-off', after(at(none), told('hosting', off)).model);
  expectFrame(
    'work-failed',
    after(at(null), {
      ...{ in: 'untold', want: 'works', code: 'no-daemon', what: 'no daemon runs here' },
      hint: 'start it: `kith up`',
    }).model,
  );
});

test('what is chosen stays chosen when others come and go', () => {
  const { model } = after(at(WORKS), ...keys('down', 'down'));
  expectFrame('work-chosen', model);
  const more = { ...WORKS, owned: [...WORKS.owned, owned('newer', { placedAt: NOON_MS })] };
  const later = after(model, told('works', more), ...keys('s')).model;
  expect(later.dialog).toMatchObject({ start: { words: ['stop', FILMS.id] } });
  expectFrame('work-stop', later);
  expect(after(later, ...keys('y')).out).toContainEqual({
    ...{ do: 'run', run: 1, purpose: 'notice', words: ['stop', FILMS.id] },
  });
  expect(after(later, ...keys('n')).out).toEqual([]);
  // It stays when it has ended, so that a person sees how.
  const over = { phase: 'ended', ended: 'done', state: 'done', endedAt: NOON_MS } as const;
  const done = { ...WORKS, owned: [{ ...FILMS, ...over }] };
  expectFrame('work-over', after(model, told('works', done)).model);
});

test('all that is known of one, and its receipts', () => {
  const { model } = after(at(WORKS), ...keys('down', 'down', 'enter'));
  expectFrame('work-details', model);
  expect(after(model, ...keys('escape')).model.slices.work.isOpen).toBe(false);
  const { out } = after(model, ...keys('escape', 'r'));
  expect(out).toMatchObject([{ do: 'run', words: ['receipt', 'show', FILMS.id] }]);
  const ended = after(at(WORKS), ...keys('e', 'end', 'enter')).model;
  expectFrame('work-ended', ended);
  // What has ended is not ended again.
  expect(after(ended, ...keys('escape', 's')).model.dialog).toBeNull();
});

const bytes = (text: string): string => toBase64url(new TextEncoder().encode(text));
const frame = (seq: number, kind: string, text: string): object => ({
  ...{ seq, kind, ts: NOON_MS + seq * 1_000, bytes: bytes(text) },
});

test('a log is followed, scrolled and left; the command that follows it ends then', () => {
  const { model, out } = after(at(WORKS), ...keys('down', 'down', 'l'));
  expect(out).toContainEqual({
    ...{ do: 'run', run: 1, purpose: 'follow', words: ['logs', FILMS.id, '--follow'] },
  });
  expectFrame('work-log-empty', model);
  const documents = [
    frame(0, 'kith', 'started generation 2'),
    frame(1, 'out', 'reading films\nfirst\tsecond'),
    frame(2, 'err', 'no subtitles \u001b[31mred\u001b[0m\n'),
    { ...frame(3, 'lost', ''), bytes: '' },
    ...Array.from({ length: 30 }, (_, n) => frame(4 + n, 'out', `film ${n} of 30\n`)),
  ];
  const more = after(model, { in: 'said', run: 1, documents }).model;
  expectFrame('work-log', more);
  const back = after(more, ...keys('home')).model;
  expectFrame('work-log-back', back);
  expect(after(more, ...keys('escape')).out).toEqual([{ do: 'interrupt', run: 1 }]);
  const over = after(
    more,
    { in: 'said', run: 1, documents: [frame(40, 'end', '')] },
    { in: 'ended', run: 1, end: { exit: 0, complaint: null } },
  ).model;
  expectFrame('work-log-over', over);
  expect(after(over, ...keys('escape')).out).toEqual([]);
  const complaint = { code: 'log-away', what: 'the host is away', hint: 'try again later' };
  expectFrame(
    'work-log-failed',
    after(model, { in: 'ended', run: 1, end: { exit: 1, complaint } }).model,
  );
});

test('the console of a machine has the terminal', () => {
  const { out } = after(at(WORKS), ...keys('down', 'c'));
  expect(out).toEqual([{ do: 'lend', words: ['console', expect.stringContaining('MAIL')] }]);
});
