// F9 and parity: there is one catalogue of commands. Help, docs/commands.md
// (test/repo/docs.test.ts, test/cli/manual.test.ts) and the screens are made of it; the local API
// has a catalogue of its own (test/daemon/life.test.ts). Here: whatever is in the catalogue is on
// the screens, and nothing else.

import { describe, expect, test } from 'vitest';
import { optionsOf, parse } from '../../src/cli/args.ts';
import { CATALOGUE } from '../../src/cli/catalogue.ts';
import type { CommandRow } from '../../tui/commands.ts';
import { type Form, formOf } from '../../tui/fields.ts';
import type { Model } from '../../tui/model.ts';
import { formFor, offerOf, wordsFor } from '../../tui/screens/command-forms.ts';
import { SCREENS } from '../../tui/screens.ts';
import { LARGE, after, begun, expectFrame, keys, letters } from './frames.ts';

const ROWS: readonly CommandRow[] = CATALOGUE.map((command) => ({
  ...{ path: command.path, group: command.group, summary: command.summary },
  ...{ about: command.about ?? [], arguments: command.arguments ?? [] },
  options: optionsOf(command),
}));

function at(size?: Model['size'], catalogue = ROWS): Model {
  const model = begun({ ...(size === undefined ? {} : { size }), outside: { catalogue } });
  return after(model, ...keys('f9')).model;
}

/** A form with something in every field: what a command makes of all its words. */
function filled(row: CommandRow): Form {
  const { fields } = formFor(row);
  return formOf(
    fields.map((field) =>
      field.kind === 'text'
        ? { ...field, value: 'x' }
        : field.kind === 'switch'
          ? { ...field, on: true }
          : field,
    ),
  );
}

/** What the screens lack of a catalogue, in words. */
function lacking(rows: readonly CommandRow[]): string[] {
  const known = new Set(rows.map(({ path }) => path.join(' ')));
  const bound = Object.values(SCREENS).flatMap(({ title, bindings }) =>
    bindings.flatMap(({ key, command }) =>
      command === undefined ? [] : [{ title, key, command }],
    ),
  );
  return [
    ...bound
      .filter(({ command }) => !known.has(command.join(' ')))
      .map(
        ({ title, key, command }) => `${title}, ${key}: no command is called ${command.join(' ')}`,
      ),
    ...rows.flatMap((row) => {
      const offer = offerOf(row);
      if (offer.as === 'nothing')
        return offer.why === '' ? [`${row.path.join(' ')}: no reason`] : [];
      const made = wordsFor(row, filled(row));
      if (!('words' in made)) return [`${row.path.join(' ')}: ${made.wrong}`];
      const parsed = parse(made.words, '/k');
      return parsed.kind === 'wrong' ? [`${made.words.join(' ')}: ${parsed.complaint.what}`] : [];
    }),
  ];
}

describe('parity', () => {
  test('every command of the catalogue is on the screens, and every key names one of it', () => {
    expect(ROWS.length).toBeGreaterThan(50);
    expect(lacking(ROWS)).toEqual([]);
  });

  test('a key without a command, or a form that no command takes, is noticed', () => {
    expect(lacking(ROWS.filter(({ path }) => path.join(' ') !== 'commit'))).toEqual([
      'Commit, enter: no command is called commit',
    ]);
    const [first] = ROWS.filter(({ path }) => path.join(' ') === 'ping');
    const changed = { ...(first as CommandRow), options: [{ name: 'loud', help: 'louder' }] };
    const rows = ROWS.map((row) => (row === first ? changed : row));
    expect(lacking(rows)).toEqual([expect.stringContaining('ping --loud')]);
  });

  test('no secret is a word of a command', () => {
    const names = ROWS.flatMap((row) => formFor(row).fields.map(({ name }) => name));
    for (const secret of ['code', '--ticket', '--passphrase']) expect(names).not.toContain(secret);
  });
});

describe('the commands', () => {
  test('are listed, found by typing, and filled in', () => {
    expectFrame('commands-large', at(LARGE));
    const { model } = after(at(), ...letters('gran'));
    expectFrame('commands-found', model);
    const form = after(model, ...keys('enter')).model;
    expectFrame('commands-form', form);
    expectFrame('commands-missing', after(form, ...keys('enter')).model);
  });

  test('run with the words that are shown', () => {
    const filling = after(at(), ...letters('grant'), ...keys('enter')).model;
    const { model, out } = after(
      filling,
      ...letters('lamp'),
      ...keys('tab'),
      ...letters('work.place'),
      ...keys('enter'),
    );
    expect(out).toEqual([
      {
        ...{ do: 'run', run: 1, purpose: 'output' },
        words: ['grant', '--', 'lamp', 'work.place'],
      },
    ]);
    const { model: shown } = after(
      model,
      {
        in: 'said',
        run: 1,
        documents: [{ staged: [{ number: 1, deed: 'granted lamp work.place' }] }],
      },
      { in: 'ended', run: 1, end: { exit: 0, complaint: null } },
    );
    expectFrame('commands-output', shown);
    expect(after(shown, ...keys('escape')).model.dialog).toBeNull();
  });

  test('that end something name what ends', () => {
    const { model } = after(at(), ...letters('down'), ...keys('enter'), ...keys('enter'));
    expectFrame('commands-down', model);
    expect(after(model, ...keys('y')).out).toMatchObject([{ do: 'run', words: ['down'] }]);
  });

  test('lend the terminal to those that need it', () => {
    const { out } = after(
      at(),
      ...letters('console'),
      ...keys('enter'),
      ...letters('films'),
      ...keys('enter'),
    );
    expect(out).toContainEqual({ do: 'lend', words: ['console', '--', 'films'] });
  });
});
