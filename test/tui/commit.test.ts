// F12: nothing is signed unseen. What is staged, what it would change and make void, and the bytes.

import { describe, expect, test } from 'vitest';
import { textOfLines } from '../../tui/draw.ts';
import type { StagedFacts } from '../../tui/facts.ts';
import type { Model } from '../../tui/model.ts';
import { view } from '../../tui/view.ts';
import { LARGE, after, begun, expectFrame, keys, told } from './frames.ts';

const RECORD = {
  ...{ auth: [], author: 'A'.repeat(43), body: { key: 'heating.mode', value: 'on' } },
  ...{ kind: 'config.commit', ledger: 'L'.repeat(43), prev: 'P'.repeat(43), refs: [], seq: 3 },
  ...{ ts: 1_796_098_578_204, v: 1 },
};

const STAGED: StagedFacts = {
  staged: [
    { number: 1, deed: 'set heating.mode to "on"', id: 'I'.repeat(43), record: RECORD },
    {
      number: 2,
      deed: 'removed barn, and counts its records up to 41',
      id: 'J'.repeat(43),
      record: {},
    },
    {
      ...{ number: 3, deed: 'granted lamp work.place' },
      refused: { code: 'no-right', what: 'you may not hand that on', hint: 'ask who holds it' },
    },
  ],
  voids: [],
  says: [
    'heating.mode is "on"',
    'node/barn is removed: what it wrote up to record 41 stands, and nothing after it',
    'node/shed is no member any more: its admission falls',
    '3 records of shed would be void: 1 (abc12345), 2 (def12345), 3 (ghi12345)',
  ],
};

function at(staged: StagedFacts, size?: Model['size']): Model {
  return after(
    begun(size === undefined ? {} : { size }),
    told('home', { folder: '/k', ledger: 'L'.repeat(43), network: 'films', staged: 3 }),
    ...keys('f12'),
    told('staged', staged),
  ).model;
}

describe('what is staged', () => {
  test('is shown in plain words, with all that would fall', () => {
    expectFrame('commit-small', at(STAGED));
    expectFrame('commit-large', at(STAGED, LARGE));
  });

  test('is shown as the bytes that are signed', () => {
    const { model } = after(at(STAGED), ...keys('e'));
    expectFrame('commit-exact', model);
    // Nothing of the record is left out of its one line.
    const { model: wide } = after(at(STAGED, { columns: 900, rows: 50 }), ...keys('e'));
    const text = textOfLines(view(wide));
    expect(text).toContain(JSON.stringify(RECORD));
  });

  test('is signed by the command, whose questions are asked here', () => {
    const { model, out } = after(at(STAGED), ...keys('enter'));
    expect(out).toContainEqual({ do: 'run', run: 1, words: ['commit'], purpose: 'commit' });
    const asked = after(model, {
      ...{ in: 'asked', run: 1 },
      question: { ask: 'secret', id: 1, question: 'Passphrase of anna: ', again: false },
    });
    expect(asked.out).toEqual([{ do: 'hide', on: true }]);
    const typed = after(asked.model, { in: 'secret', length: 9 });
    expectFrame('commit-passphrase', typed.model);
    const given = after(typed.model, ...keys('enter'));
    expect(given.out).toMatchObject([
      { do: 'answer', run: 1, given: { secret: 'typed' } },
      { do: 'hide', on: false },
    ]);
    const document = {
      written: [{ id: 'I'.repeat(43), seq: 3, kind: 'config.commit' }],
      finished: [],
    };
    const { model: signed } = after(
      given.model,
      { in: 'said', run: 1, documents: [document] },
      { in: 'ended', run: 1, end: { exit: 0, complaint: null } },
      told('staged', { staged: [], voids: [], says: [] }),
    );
    expectFrame('commit-signed', signed);
  });

  test('that is thrown away is named first', () => {
    const { model } = after(at(STAGED), ...keys('down', 'd'));
    expectFrame('commit-throw-away', model);
    expect(after(model, ...keys('y')).out).toMatchObject([{ words: ['unstage', '2'] }]);
  });

  test('and nothing is, is said, with where things are staged', () => {
    expectFrame('commit-empty', at({ staged: [], voids: [], says: [] }));
  });

  test('a passphrase that does not open the key leaves all as it was', () => {
    const { model } = after(at(STAGED), ...keys('enter'), {
      ...{ in: 'ended', run: 1 },
      end: {
        exit: 1,
        complaint: {
          code: 'wrong-passphrase',
          what: 'that does not open the key',
          hint: 'try again',
        },
      },
    });
    expectFrame('commit-refused', model);
  });
});
