// Whom and what a person means, by as little as they type.

import { expect, test } from 'vitest';
import { findMember } from '../../ledger/find-member.ts';
import { findPlace } from '../../ledger/find-place.ts';
import { stateOf } from '../../ledger/replica.ts';
import { fingerprint } from '../../proto/fingerprint.ts';
import { nodePlatform } from '../../src/platform.ts';
import { Scribe, acts, actor, settle } from '../kit/actors.ts';

const [root, ada, adam, lamp] = [actor('root'), actor('ada'), actor('adam'), actor('lamp')];
const s = new Scribe();
const a = s.operator(ada, root);
s.operator(adam, root);
s.node({ ...lamp, name: 'ada' }, root);
const records = [1, 2, 3].map((n) => s.by(ada, acts.commit('k', n), { auth: [a] }));
s.remove(adam, root);
s.operator({ ...actor('adam again'), name: 'adam' }, root);
const { replica } = settle(s.records);
const state = stateOf(replica);
const find = (text: string): string => {
  const found = findMember(state, text, nodePlatform);
  return found.ok ? found.value.key : `${found.code} ${found.detail}`;
};

test('a member is found by name, by class and name, by key, by fingerprint and by their starts', () => {
  expect(find('root')).toBe(root.key);
  expect(find('ro')).toBe(root.key);
  expect(find('operator/ada')).toBe(ada.key);
  expect(find('node/ada')).toBe(lamp.key);
  expect(find(ada.key)).toBe(ada.key);
  expect(find(ada.key.slice(0, 8))).toBe(ada.key);
  const print = fingerprint(ada.key, nodePlatform);
  expect(find(print)).toBe(ada.key);
  expect(find(print.toLowerCase().replaceAll('-', ''))).toBe(ada.key);
  expect(find(print.slice(0, 9))).toBe(ada.key);
});

test('a name that two have is refused with both, and one that nobody has with itself', () => {
  expect(find('ada')).toBe('ambiguous-member operator/ada, node/ada');
  expect(find('zoe')).toBe('no-such-member zoe');
  expect(find('')).toMatch(/^no-such-member/);
  expect(find('node/root')).toMatch(/^no-such-member/);
});

test('a member who was removed is meant only where nobody else can be', () => {
  expect(find('adam')).toBe(actor('adam again').key);
  expect(find(adam.key)).toBe(adam.key);
});

test('a record is found by its number, its id or the start of that', () => {
  const [one, two, three] = records;
  const place = (text: string) => findPlace(replica, ada.key, text);
  expect(place('0')).toMatchObject({ value: { seq: 0, id: '' } });
  expect(place('2')).toMatchObject({ value: { seq: 2, id: two?.id } });
  expect(place(one?.id as string)).toMatchObject({ value: { seq: 1 } });
  expect(place(String(three?.id).slice(0, 10))).toMatchObject({ value: { seq: 3 } });
  for (const wrong of ['4', 'zzzzzz', 'ab', records[0]?.prev as string, '-1', '1e0']) {
    expect(place(wrong === '' ? 'x' : wrong)).toMatchObject({ code: 'no-such-place' });
  }
});
