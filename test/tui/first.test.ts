// The first run as inputs and frames: founding with its sheet, joining with its card, and that the
// secrets of both are gone from the model when they are of no more use.

import { expect, test } from 'vitest';
import type { Input } from '../../tui/effects.ts';
import type { Model } from '../../tui/model.ts';
import type { StatusFacts } from '../../tui/facts.ts';
import { LARGE, NOON_MS, after, begun, expectFrame, keys, letters, told } from './frames.ts';

const NOTHING = { folder: '/var/lib/kith', ledger: null } as const;
const FOUNDED = { ...NOTHING, ledger: 'wyoMt4cl', network: 'home' } as const;
const SECRET = '8JGBK-PC6GK-8ECCA-25SW6-CKR2ZB';
const SHEET = [
  ...['='.repeat(72), 'KITH RECOVERY SHEET', '='.repeat(72), '', 'Network     home'],
  ...['Ledger      wyoMt4cl-tHyL_4rHBBXt_epnHyiPZow8NqjIraonM4', 'Operators   anna'],
  ...['Printed     2026-12-01', '', `SECRET      ${SECRET}`, '', '='.repeat(72), ''],
  ...Array.from({ length: 20 }, (_, at) => `  what it is for, line ${at + 1}`),
];
const CODE = 'AV9-XK3-X3S';
const WINDOW = {
  ...{ event: 'window', code: CODE, address: '192.0.2.17:7448' },
  ...{ addresses: ['192.0.2.17:7448', '[2001:db8::17]:7448'], attempts: 3, seconds: 600 },
  ...{ name: 'attic', key: 'k', fingerprint: 'ZZCA-JQT3-N96H-P20H' },
};

const NO_DAEMON: Input = {
  ...{ in: 'untold', want: 'status', code: 'no-daemon' },
  ...{ what: 'no daemon runs here', hint: 'start one: kith up' },
};

function welcomed(size?: Model['size'], ascii = false): Model {
  const model = begun({ ...(size === undefined ? {} : { size }), ascii });
  return after(model, NO_DAEMON, told('home', NOTHING)).model;
}

const said = (run: number, ...documents: unknown[]): Input => ({ in: 'said', run, documents });
const ended = (run: number, complaint: Complaint = null): Input => ({
  ...{ in: 'ended', run, end: { exit: complaint === null ? 0 : 1, complaint } },
});
type Complaint = Extract<Input, { in: 'ended' }>['end']['complaint'];

test('a machine that belongs to nothing is asked what it is to be', () => {
  expectFrame('first', welcomed());
  expectFrame('first-large', welcomed(LARGE));
  // There is nothing else to look at; help is.
  expect(after(welcomed(), ...keys('f8', 'f11', 'N')).model.screen).toBe('first');
  expect(after(welcomed(), ...keys('f1')).model.screen).toBe('help');
  expect(after(welcomed(), ...keys('f1', 'f8')).model.screen).toBe('first');
  const belongs = after(welcomed(), told('home', FOUNDED));
  expect(belongs.model.screen).toBe('network');
});

test('the form of a network says what is wrong with it, and warns', () => {
  const form = after(welcomed(), ...keys('enter')).model;
  expectFrame('first-found', form);
  const named = after(form, ...letters('My Net'), ...keys('enter'));
  expect(named.out.filter((one) => one.do === 'run')).toEqual([]);
  expectFrame('first-found-wrong', named.model);
  const open = after(form, ...letters('home'), ...keys('tab', 'tab', 'tab', ' ')).model;
  expectFrame('first-found-open', open);
  const { out } = after(open, ...keys('enter'));
  expect(out).toContainEqual({
    ...{ do: 'run', run: 1, purpose: 'found' },
    words: ['init', 'home', '--operator=anna', '--node=attic', '--no-passphrase'],
  });
});

function founding(size?: Model['size']): Model {
  return after(welcomed(size), ...keys('enter'), ...letters('home'), ...keys('enter')).model;
}

test('the recovery sheet is left with a yes alone, and is nowhere afterwards', () => {
  const asked = after(founding(), {
    ...{ in: 'asked', run: 1 },
    question: { ask: 'secret', id: 1, question: 'Passphrase for the new key: ', again: true },
  });
  expectFrame('first-found-passphrase', asked.model);
  const shown = after(founding(), said(1, ...SHEET), said(1, { network: 'home' }), ended(1)).model;
  expectFrame('first-sheet', shown);
  const large = after(founding(LARGE), said(1, ...SHEET), ended(1)).model;
  expectFrame('first-sheet-large', large);
  expectFrame('first-sheet-end', after(shown, ...keys('end')).model);
  // Neither a key nor the news that there is a network now takes it away.
  const pressed = after(
    shown,
    told('home', FOUNDED),
    ...keys('f8', 'f10', 'C-c', 'escape', 'Q', 'y'),
  );
  expect([pressed.model.screen, pressed.out.filter(({ do: what }) => what !== 'want')]).toEqual([
    ...['first', []],
  ]);
  const sure = after(pressed.model, ...keys('w')).model;
  expectFrame('first-sheet-sure', sure);
  expect(after(sure, ...keys('n', 'y')).model.slices.first.sheet).not.toBeNull();
  const left = after(sure, ...keys('y'));
  expect(JSON.stringify(left.model)).not.toContain(SECRET);
  expect(left.out).toContainEqual({ do: 'run', run: 2, words: ['up'], purpose: 'daemon' });
  expect(left.out).toContainEqual({ do: 'refresh', wants: ['home'] });
  const there = after(left.model, told('home', FOUNDED)).model;
  expect(there.screen).toBe('network');
  // The daemon goes on when the screens end: nobody is asked.
  expect(after(there, ...keys('f10')).out).toEqual([{ do: 'quit' }]);
});

test('a founding that fails after its sheet shows both, and the form again', () => {
  const complaint = { code: 'disk-full', what: 'the disk is full', hint: 'make room' };
  const failed = after(founding(), said(1, ...SHEET), ended(1, complaint)).model;
  expectFrame('first-sheet-failed', failed);
  const back = after(failed, ...keys('w', 'y'));
  expect(back.out.filter((one) => one.do === 'run')).toEqual([]);
  expectFrame('first-found-failed', back.model);
});

function joining(size?: Model['size'], ascii = false): Model {
  const form = after(welcomed(size, ascii), ...keys('down', 'enter')).model;
  return after(form, ...keys('enter')).model;
}

test('a machine that joins shows its code, who tried, and how long it lasts', () => {
  expectFrame('first-join', after(welcomed(), ...keys('down', 'enter', 'tab', 'tab')).model);
  const begins = after(welcomed(), ...keys('down', 'enter', 'tab', 'right', 'tab')).model;
  const { out } = after(begins, ...letters('box.example:7447'), ...keys('enter'));
  expect(out).toContainEqual({
    ...{ do: 'run', run: 1, purpose: 'join' },
    words: ['join', '--name=attic', '--role=observer', '--via=box.example:7447'],
  });
  expectFrame('first-join-begins', joining());
  const card = [said(1, WINDOW), { in: 'tick', nowMs: NOON_MS + 4_000 } as const];
  expectFrame('first-card', after(joining(), ...card).model);
  const tried = said(
    ...([1, { event: 'lobby', via: 'box.example:7447', state: 'waits' }] as const),
    { event: 'tried', left: 2, source: '192.0.2.40' },
    {
      event: 'failed',
      code: 'pairing-silent',
      at: 'dead',
      what: 'nothing was heard',
      source: '192.0.2.41',
    },
  );
  expectFrame('first-card-tried', after(joining(), ...card, tried).model);
  expectFrame('first-card-large', after(joining(LARGE), ...card, tried).model);
  expectFrame('first-card-ascii', after(joining(undefined, true), ...card, tried).model);
  const met = said(
    ...([1, { event: 'met', operator: { name: 'anna', fingerprint: '5XEC-F44Z' } }] as const),
    { event: 'welcome', network: 'home' },
  );
  expectFrame('first-card-met', after(joining(), ...card, met).model);
});

test('a code that is of no use is on no screen and in no model', () => {
  const shown = after(joining(), said(1, WINDOW)).model;
  expect(JSON.stringify(shown)).toContain(CODE);
  const wrong = said(1, { event: 'tried', left: 0, source: '192.0.2.40' });
  const burnt = after(shown, wrong, said(1, { event: 'burnt', sources: ['192.0.2.40'] }), {
    ...{ in: 'asked', run: 1 },
    question: { ask: 'key', id: 1, question: 'press a key for a new code', seconds: 500 },
  });
  expect(JSON.stringify(burnt.model)).not.toContain(CODE);
  expectFrame('first-card-burnt', burnt.model);
  const renewed = after(burnt.model, ...keys('enter'));
  expect(renewed.out).toMatchObject([{ do: 'answer', given: true }]);
  const next = said(1, { ...WINDOW, code: 'B00-000-00B' });
  expect(after(renewed.model, next).model.slices.first.card?.code).toBe('B00-000-00B');
  const expired = after(shown, said(1, { event: 'expired' }), {
    ...ended(1, {
      code: 'code-expired',
      what: 'the time of the code ran out',
      hint: 'run it again',
    }),
  });
  expect(JSON.stringify(expired.model)).not.toContain(CODE);
  expectFrame('first-join-expired', expired.model);
  // Given up: the command is interrupted, and the form is there again.
  const left = after(shown, ...keys('escape'));
  expect(left.out).toEqual([{ do: 'interrupt', run: 1 }]);
  const over = ended(1, { code: 'cancelled', what: 'cancelled', hint: '' });
  const back = after(left.model, over).model;
  expect([back.slices.first.fault, JSON.stringify(back).includes(CODE)]).toEqual([null, false]);
  // Whoever wants to leave is asked.
  expect(after(shown, ...keys('f10')).model.dialog).toEqual({ kind: 'leave' });
});

test('a join that is broken off after the ledger came can be run again', () => {
  const node = { name: null, fingerprint: 'ZZCA', standing: 'stranger' } as const;
  const half = told('home', { ...FOUNDED, here: { node, operator: null } });
  const complaint = {
    code: 'pairing-hung-up',
    what: 'the connection was closed',
    hint: 'try again',
  };
  const failed = after(joining(), said(1, WINDOW), ended(1, complaint), half).model;
  expectFrame('first-join-half', failed);
  expect(after(failed, ...keys('f3')).model.screen).toBe('ledger');
});

test('who is admitted starts its daemon, unless one runs, and goes to the network', () => {
  const joined = {
    ...{ event: 'joined', network: 'home', ledger: 'wyoMt4cl', operator: 'anna', records: 5 },
    node: { name: 'attic', key: 'k', fingerprint: 'ZZCA' },
  };
  const shown = after(joining(), said(1, WINDOW), told('home', FOUNDED)).model;
  // The ledger comes before the admission: the card stays as long as the command does.
  expect(shown.screen).toBe('first');
  const done = after(shown, said(1, joined), ended(1));
  expect(done.out).toContainEqual({ do: 'run', run: 2, words: ['up'], purpose: 'daemon' });
  const there = after(done.model, told('home', FOUNDED)).model;
  expect([there.screen, there.notice?.text]).toEqual([
    'network',
    'this machine is attic of the network home, admitted by anna',
  ]);
  const ticket = after(welcomed(), ...keys('down', 'enter', 'S-tab'), ...letters('lamp.ticket'));
  const without = after(ticket.model, ...keys('enter'));
  expect(without.out).toContainEqual({
    ...{ do: 'run', run: 1, purpose: 'join' },
    words: ['join', '--name=attic', '--ticket-file=lamp.ticket'],
  });
  const tried = { event: 'tried', address: '192.0.2.9:7447', code: 'x', what: 'nobody is there' };
  expectFrame('first-join-ticket', after(without.model, said(1, tried)).model);
  const redeemed = { ...joined, operator: undefined, told: 'box' };
  expect(after(without.model, said(1, redeemed), ended(1)).model.notice?.text).toBe(
    'this machine is attic of the network home, by a ticket',
  );
  const running = told('status', {
    state: 'running',
    mesh: { alarms: [] },
  } as unknown as StatusFacts);
  const beside = after(shown, running, said(1, joined), ended(1));
  expect(beside.out.filter((one) => one.do === 'run')).toEqual([]);
});
