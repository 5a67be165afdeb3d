// F11 as inputs and frames: who announces itself, the code with its answer to every key, and the
// admission from its first step to its last word.

import { expect, test } from 'vitest';
import { makeCode, readCode, showCode } from '../../pairing/code.ts';
import type { Key } from '../../proto/ids.ts';
import type { Hardware } from '../../proto/hardware.ts';
import type { Question } from '../../proto/questions.ts';
import type { Input } from '../../tui/effects.ts';
import { textOfLines } from '../../tui/draw.ts';
import { view } from '../../tui/view.ts';
import type { CandidatesFacts, HomeFacts, RosterFacts, StatusFacts } from '../../tui/facts.ts';
import type { Model, Outside } from '../../tui/model.ts';
import { LARGE, NOON_MS, after, begun, expectFrame, keys, letters, told } from './frames.ts';

const CODE = showCode(makeCode(Uint8Array.from([10, 27, 9, 29, 19, 3, 29, 3])));
const BOX = 'box-key' as Key;

const CANDIDATES: CandidatesFacts = {
  candidates: [
    {
      ...{ name: 'attic', addresses: ['192.0.2.17:7448', '[fe80::17]:7448'], role: 'peer' },
      ...{ fingerprint: 'ZZCA-JQT3-N96H-P20H', source: '192.0.2.17', lobby: null },
    },
    {
      ...{ name: 'a-machine-with-a-rather-long-name', addresses: ['192.0.2.18:7448'] },
      ...{
        fingerprint: '4BR0-TSQK-4GVM-SM0T',
        role: 'observer',
        source: '192.0.2.18',
        lobby: null,
      },
    },
    {
      ...{ name: 'barn', addresses: [], fingerprint: 'QQV0-ZHAH-CVPH-SZQG', role: 'guest' },
      ...{ source: '203.0.113.9', lobby: { key: BOX, name: 'box' } },
    },
  ],
  lobbies: 1,
  silent: [{ url: '198.51.100.4:7447', why: 'no answer' }],
};
const NOBODY: CandidatesFacts = { candidates: [], lobbies: 0, silent: [] };

const ROSTER: RosterFacts = {
  nodes: ['vm', 'box', 'cellar'].map((name, at) => ({
    ...{ name, key: `${name}-key` as Key, fingerprint: 'AAAA-BBBB-CCCC-DDDD', labels: [] },
    ...{ endpoints: [], standing: 'active', here: at === 0, admitted: 'anna', grants: [] },
  })),
};

const RUNNING = told('status', {
  ...{ state: 'running', mesh: { state: 'up', links: { up: 1, of: 1 }, alarms: [] } },
} as unknown as StatusFacts);
const HOME = told('home', { folder: '/var/lib/kith', ledger: 'wyoM', network: 'home' });

/** As the shell reads a code. */
const outside: Partial<Outside> = {
  readCode(typed) {
    const reading = readCode(typed);
    const missing = reading.kind === 'partial' ? reading.missing : 0;
    return { kind: reading.kind, shown: 'shown' in reading ? reading.shown : '', missing };
  },
};

function opened(size?: Model['size'], ascii = false): Model {
  const model = begun({ ...(size === undefined ? {} : { size }), ascii, outside });
  return after(model, RUNNING, HOME, told('roster', ROSTER), ...keys('f11')).model;
}

function seen(size?: Model['size'], ascii = false): Model {
  const first = told('candidates', {
    ...CANDIDATES,
    candidates: CANDIDATES.candidates.slice(0, 1),
  });
  const later: Input = { in: 'tick', nowMs: NOON_MS + 75_000 };
  return after(opened(size, ascii), first, later, told('candidates', CANDIDATES)).model;
}

const admitted = { ...{ do: 'run', purpose: 'admit', run: 1 } } as const;
type Operator = NonNullable<HomeFacts['here']>['operator'];
type Complaint = Extract<Input, { in: 'ended' }>['end']['complaint'];
const ended = (complaint: Complaint = null, run = 1): Input => ({
  ...{ in: 'ended', run, end: { exit: complaint === null ? 0 : 1, complaint } },
});
const stepped = (text: string): Input => ({
  ...{ in: 'asked', run: 1, question: { tell: 'step', step: 'some', text } },
});
const LINE: Question<'line'> = { ask: 'line', id: 2, question: 'Code on the new machine: ' };

test('new machines are listed as they appear', () => {
  expectFrame('approvals-asking', opened());
  expectFrame('approvals-empty', after(opened(), told('candidates', NOBODY)).model);
  const failed: Input = {
    ...{ in: 'untold', want: 'candidates', code: 'failed' },
    ...{ what: 'the ledger here is damaged', hint: 'kith ledger verify' },
  };
  expectFrame('approvals-failed', after(opened(), failed).model);
  expectFrame('approvals', after(seen(), ...keys('down')).model);
  expectFrame('approvals-large', seen(LARGE));
  expectFrame('approvals-ascii', seen(undefined, true));
  // What cannot be looked for any more stays, with why.
  expectFrame('approvals-old', after(seen(), failed).model);
  const gone: Input = { in: 'untold', want: 'status', code: 'no-daemon', what: '', hint: '' };
  const alone = after(opened(), gone, told('candidates', { ...NOBODY, lobbies: null })).model;
  expectFrame('approvals-no-daemon', alone);
  expect(after(alone, ...keys('s')).out).toContainEqual({
    ...{ do: 'run', run: 1, words: ['up'], purpose: 'daemon' },
  });
});

test('a machine that can admit nobody says so before anybody types a code', () => {
  const home = { folder: '/var/lib/kith', ledger: 'wyoM', network: 'home' };
  const own = { name: 'anna', fingerprint: 'AAAA', standing: 'active' } as const;
  const of = (operator: Operator): Model =>
    after(seen(), told('home', { ...home, here: { node: own, operator } })).model;
  expectFrame('approvals-powerless', of(null));
  expect(textOfLines(view(of({ ...own, standing: 'stranger' })))).toContain('is not in the ledger');
  expect(view(of(own))).toEqual(view(seen()));
});

test('every key of a code is answered', () => {
  const form = after(seen(), ...keys('enter')).model;
  expectFrame('approvals-code', form);
  const typed = (text: string): Model => after(form, ...letters(text)).model;
  expectFrame('approvals-code-part', typed('av9x'));
  expectFrame('approvals-code-foreign', typed('av9-u'));
  expectFrame('approvals-code-whole', typed(CODE));
  const wrong = `${CODE.slice(0, -1)}${CODE.endsWith('7') ? '8' : '7'}`;
  expectFrame('approvals-code-mistyped', typed(wrong));
  expectFrame('approvals-code-long', typed(`${CODE}7`));
  const taken = after(typed(wrong), ...keys('backspace')).model.slices.approvals.admitting?.code;
  expect([taken?.shown, taken?.missing]).toEqual([CODE.slice(0, -1), 1]);
  // Neither a part of a code nor one that does not fit is sent.
  for (const text of ['', 'av9', wrong]) {
    expect(after(typed(text), ...keys('enter')).out).toEqual([]);
  }
  expect(JSON.stringify(after(typed(CODE), ...keys('escape')).model)).not.toContain(CODE);
});

test('by an address, with a name, rights and a place of another', () => {
  const form = after(opened(LARGE), ...keys('b')).model;
  expectFrame('approvals-address', form);
  const none = after(form, ...keys('tab'), ...letters(CODE), ...keys('enter'));
  expect([none.out, none.model.slices.approvals.admitting?.fault]).toEqual([
    ...[[], 'say where it is: HOST:PORT, as its console shows it'],
  ]);
  const filled = after(
    ...[none.model, ...keys('S-tab'), ...letters('192.0.2.17:7448'), ...keys('tab', 'tab')],
    ...[...letters('lamp'), ...keys('tab', 'right', 'right', 'tab', 'right', 'right')],
  ).model;
  expectFrame('approvals-address-filled', filled);
  const { out } = after(filled, ...keys('enter'));
  // The code is no word of the command.
  expect(out).toEqual([
    {
      ...admitted,
      words: [
        ...['admit', '--as=lamp', '--preset=observer', '--replaces=cellar'],
        ...['--', '192.0.2.17:7448'],
      ],
    },
  ]);
});

const HARDWARE: Hardware = {
  ...{ model: 'A board', system: 'Linux 6.12', cpu: 'A processor', cores: 4, memoryMib: 8_192 },
  ...{ diskMib: 102_400, gpus: [] },
};
const ADMISSION: Question<'admission'> = {
  ...{ ask: 'admission', id: 3, name: 'attic', fingerprint: 'ZZCA-JQT3-N96H-P20H' },
  ...{ preset: 'peer', presets: ['peer', 'observer', 'guest'], role: 'peer', replaces: null },
  hardware: HARDWARE,
  lines: [
    ...['', '  name         attic', '  fingerprint  ZZCA-JQT3-N96H-P20H'],
    ...['               compare it with the one on its console', '  machine      A board'],
    ...['  system       Linux 6.12', '  processor    A processor, 4 cores'],
    ...['  memory       8.0 GiB; 100.0 GiB of disk free', '  graphics     A card'],
    ...['  asks to be   peer'],
    '  gets         peer: places work on others, reads and stops work, pushes images, reads metrics',
    '',
  ],
};

function running(size?: Model['size']): Model {
  return after(seen(size), ...keys('a'), ...letters(CODE), ...keys('enter')).model;
}

test('the code answers the question of the command, and a person signs', () => {
  const begins = after(seen(), ...keys('down', 'down', 'a'), ...letters(CODE), ...keys('enter'));
  expect(begins.out).toEqual([
    { ...admitted, words: ['admit', '--', `QQV0-ZHAH-CVPH-SZQG@${BOX}`] },
  ]);
  expectFrame('approvals-begins', begins.model);
  const asked = after(running(), { in: 'asked', run: 1, question: LINE });
  expect(asked.out).toEqual([{ do: 'answer', run: 1, question: LINE, given: CODE }]);
  expect([asked.model.asking, JSON.stringify(asked.model).includes(CODE)]).toEqual([null, false]);
  // A second time a person is asked: the code is gone.
  const again = after(asked.model, { in: 'asked', run: 1, question: { ...LINE, id: 3 } });
  expect(again.model.asking?.question.ask).toBe('line');
  const met = after(
    ...[asked.model, stepped('connecting to 192.0.2.17:7448')],
    stepped('connected; the two machines check the code'),
  ).model;
  expectFrame('approvals-steps', met);
  const who = after(met, { in: 'asked', run: 1, question: ADMISSION });
  expectFrame('approvals-who', who.model);
  const named = after(
    who.model,
    ...keys('C-u'),
    ...letters('lamp'),
    ...keys('tab', 'right', 'enter'),
  );
  expect(named.out).toMatchObject([{ do: 'answer', given: { name: 'lamp', preset: 'observer' } }]);
  const done = after(named.model, stepped('the new machine is asked to accept the admission'), {
    ...{ in: 'said', run: 1 },
    documents: [
      {
        ...{ id: 'r', seen: true, finished: false, holders: { holding: 2, of: 3 }, preset: 'peer' },
        node: { name: 'lamp', fingerprint: 'ZZCA-JQT3-N96H-P20H' },
      },
    ],
  });
  expectFrame('approvals-admitted', after(done.model, ended()).model);
  expect(after(done.model, ended(), ...keys('escape')).model.slices.approvals.stage).toBe('list');
});

test('each way in which it fails says what to do next', () => {
  const wrongCode = {
    code: 'pairing-wrong-code',
    what: 'the code is not the one that the new machine shows, or somebody is in between',
    hint: 'read the code again, aloud; it allows three tries',
  };
  const asked = after(
    running(),
    { in: 'asked', run: 1, question: LINE },
    stepped('connecting'),
  ).model;
  const once = after(asked, ended(wrongCode)).model;
  expectFrame('approvals-wrong', once);
  const retry = after(once, ...keys('enter')).model;
  expect(retry.slices.approvals).toMatchObject({
    stage: 'form',
    admitting: { code: { shown: '' } },
  });
  let last = retry;
  for (const run of [2, 3]) {
    last = after(last, ...letters(CODE), ...keys('enter'), ended(wrongCode, run)).model;
    if (run === 2) last = after(last, ...keys('enter')).model;
  }
  expectFrame('approvals-burnt', last);
  const unseen = {
    code: 'not-seen',
    what: 'it is admitted, and has not said so',
    hint: 'run it again',
  };
  expectFrame('approvals-unseen', after(running(), ended(unseen)).model);
  // A person who gives up is told what became of it, wherever the screen is by then.
  const elsewhere = after(running(), ...keys('f8'), ended(wrongCode)).model;
  expect(elsewhere.notice?.text).toContain('the code is not the one');
  expect(after(running(), ...keys('escape')).out).toEqual([{ do: 'interrupt', run: 1 }]);
});

test('tickets are listed, made and revoked', () => {
  const list = after(opened(), ...keys('t')).model;
  expectFrame('approvals-tickets-empty', after(list, told('tickets', { tickets: [] })).model);
  const tickets = (['open', 'used', 'closed'] as const).map((standing, at) => ({
    ...{ key: `t${at}` as Key, name: `ticket-${at}`, standing, expires: NOON_MS + 86_400_000 },
    admitted: standing === 'used' ? BOX : null,
  }));
  const full = after(list, told('tickets', { tickets })).model;
  expectFrame('approvals-tickets', full);
  const asked = after(full, ...keys('x')).model;
  expectFrame('approvals-ticket-revoke', asked);
  expect(after(asked, ...keys('y')).out).toContainEqual({
    ...{ do: 'run', run: 1, words: ['ticket', 'revoke', 'ticket-0'], purpose: 'notice' },
  });
  // What is used cannot be revoked.
  expect(after(full, ...keys('down', 'x')).model.dialog).toBeNull();
  const form = after(full, ...keys('n')).model;
  expectFrame('approvals-ticket-new', form);
  expect(after(form, ...keys('tab'), ...letters('lamp'), ...keys('enter')).out).toContainEqual({
    ...{ do: 'run', run: 1, purpose: 'notice' },
    words: [
      ...['ticket', 'new', '--out=machine.ticket', '--name=lamp', '--expires=24h'],
      '--preset=peer',
    ],
  });
});
