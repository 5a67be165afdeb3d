// F3: the ledger in words, its members and settings, and what a person has to settle.

import { describe, expect, test } from 'vitest';
import type { Key } from '../../proto/ids.ts';
import type { RecordFacts, StateFacts } from '../../tui/facts.ts';
import type { Model } from '../../tui/model.ts';
import { LARGE, NOON_MS, after, begun, expectFrame, keys, letters, told } from './frames.ts';

const keyOf = (letter: string): Key => letter.repeat(43) as Key;

function record(at: number, change: Partial<RecordFacts> = {}): RecordFacts {
  return {
    ...{ id: `${at}`.padStart(43, 'r'), author: keyOf('a'), name: 'anna', seq: at + 1 },
    ...{ kind: 'config.commit', ts: NOON_MS + at * 60_000, farOff: false },
    ...{ what: `set heating.step to ${at}`, void: false, ...change },
  };
}

const LOG: readonly RecordFacts[] = [
  record(0, { kind: 'genesis', what: 'founded the network films; root: anna' }),
  record(1, {
    kind: 'node.admit',
    what: 'admitted node barn with work.place; work.host; mesh.join',
  }),
  record(2, {
    ...{ name: 'barbara', author: keyOf('b'), void: true, code: 'not-allowed' },
    ...{
      what: 'removed anna, and nothing that it wrote counts',
      why: 'its author had no right to it',
    },
  }),
  record(3, { ts: 1_000, farOff: true }),
  ...Array.from({ length: 30 }, (_, at) => record(at + 4)),
];

const STATE: StateFacts = {
  ...{ ledger: 'L'.repeat(43), network: 'films', records: 34, stateRoot: 's', frontierRoot: 'f' },
  members: [
    {
      ...{ key: keyOf('a'), class: 'operator', rank: [0], root: true, by: 'r0', name: 'anna' },
      ...{ shown: 'anna', labels: [], endpoints: [], grants: [] },
    },
    {
      ...{ key: keyOf('n'), class: 'node', rank: [0, 1], root: false, by: 'r1', name: 'barn' },
      ...{ shown: 'barn', labels: ['gpu'], endpoints: [] },
      grants: [
        { from: 'r1', grants: [{ action: 'work.place' }, { action: 'work.host', depth: 1 }] },
      ],
    },
    {
      ...{ key: keyOf('b'), class: 'operator', rank: [0, 2], root: false, by: 'r2', frozen: 4 },
      ...{ name: 'barbara', shown: 'barbara', labels: [], endpoints: [], grants: [] },
    },
  ],
  config: [{ key: 'heating.mode', value: 'on' }, { key: 'heating.step' }],
  conflicts: [{ kind: 'name', subject: 'barn', between: [keyOf('n'), keyOf('m')] }],
  frozen: [{ author: keyOf('b'), seq: 4 }],
};

function full(size?: Model['size']): Model {
  return after(
    begun(size === undefined ? {} : { size }),
    told('home', { folder: '/k', ledger: 'L'.repeat(43), network: 'films', staged: 0 }),
    ...keys('f3'),
    told('log', LOG),
    told('members', STATE),
  ).model;
}

describe('the log', () => {
  test('begins at the newest, and goes back to the genesis', () => {
    expectFrame('ledger-small', full());
    expectFrame('ledger-first', after(full(), ...keys('home', 'down', 'down')).model);
    expectFrame('ledger-large', full(LARGE));
  });

  test('is filtered while one types, also with letters that are keys', () => {
    const { model } = after(full(), ...keys('/'), ...letters('removed Q'), ...keys('backspace'));
    expect(model.screen).toBe('ledger');
    expectFrame('ledger-filter', model);
    const found = after(model, ...keys('backspace', 'enter')).model;
    expect(after(found, ...keys('enter')).out).toMatchObject([
      { do: 'run', words: ['ledger', 'show', LOG[2]?.id], purpose: 'output' },
    ]);
    expectFrame('ledger-small', after(found, ...keys('escape')).model);
  });

  test('is read, or says why it cannot be', () => {
    const { model } = after(begun(), ...keys('f3'));
    expectFrame('ledger-reading', model);
    const failed = after(model, {
      ...{ in: 'untold', want: 'log', code: 'no-ledger', what: 'there is no ledger here' },
      hint: 'found one or join one',
    });
    expectFrame('ledger-none', failed.model);
  });
});

describe('what the records add up to', () => {
  test('members, settings and conflicts', () => {
    expectFrame('ledger-members', after(full(), ...keys('m', 'down')).model);
    expectFrame('ledger-settings', after(full(), ...keys('c')).model);
    expectFrame('ledger-conflicts', after(full(), ...keys('f', 'end')).model);
  });

  test('a removal is staged after its effects were named', () => {
    const { model } = after(full(), ...keys('m', 'down', 'x'));
    expectFrame('ledger-remove', model);
    expect(after(model, ...keys('y')).out).toMatchObject([{ words: ['remove', 'barn'] }]);
  });
});
