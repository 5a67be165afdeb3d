// The catalogue keeps its own rules, so that parsing and help need no exceptions.

import { describe, expect, test } from 'vitest';
import { spoken } from '../../src/cli/args.ts';
import { CATALOGUE, GROUPS, WITHOUT_WORDS } from '../../src/cli/catalogue.ts';
import { type Command, OPTIONS_OF_ALL } from '../../src/cli/command.ts';
import { EXITS, EXITS_OF_ALL } from '../../src/cli/exit.ts';
import { VOIDS } from '../../ledger/refusals.ts';
import { knownCodes, sentenceOf } from '../../src/cli/sentences.ts';

const all = CATALOGUE.map((command) => [spoken(command), command] as const);

describe('the catalogue', () => {
  test('holds every reading and moving command of the contract', () => {
    const said = CATALOGUE.map((command) => command.path.join(' '));
    for (const path of ['verify', 'log', 'show', 'state', 'import', 'sync', 'serve']) {
      expect(said).toContain(`ledger ${path}`);
    }
    expect(said).toContain(WITHOUT_WORDS.join(' '));
    expect(new Set(said).size).toBe(said.length);
  });

  test('a command whose words begin another one takes no words of its own', () => {
    const begins = (a: Command, b: Command): boolean =>
      a !== b && a.path.every((word, i) => b.path[i] === word);
    for (const a of CATALOGUE) {
      if (CATALOGUE.some((b) => begins(a, b))) expect(a.arguments ?? []).toEqual([]);
    }
  });

  test.each(all)('%s is described whole', (_, command) => {
    expect(GROUPS).toContain(command.group);
    expect(command.path.length).toBeLessThanOrEqual(2);
    // A line of `kith help` on a terminal of 80 columns.
    expect(command.summary.length).toBeLessThanOrEqual(56);
    for (const word of command.path) expect(word).toMatch(/^[a-z][a-z-]*$/);
    for (const text of [command.summary, ...optionHelp(command)]) {
      expect(text).toMatch(/^\S.*[^.\s]$/);
    }
    for (const text of command.about ?? []) expect(text).toMatch(/[.:]$/);
    for (const exit of command.exits ?? []) expect(EXITS_OF_ALL).not.toContain(exit);
    for (const { line } of command.examples ?? []) expect(line).toMatch(/^kith /);
  });

  test.each(all)('%s has arguments that can be told apart', (_, command) => {
    const wanted = command.arguments ?? [];
    const optional = wanted.findIndex(({ required }) => !required);
    if (optional !== -1)
      expect(wanted.slice(optional).some(({ required }) => required)).toBe(false);
    expect(wanted.slice(0, -1).some(({ repeated }) => repeated)).toBe(false);
    const names = [...wanted, ...(command.options ?? []), ...OPTIONS_OF_ALL].map(
      ({ name }) => name,
    );
    expect(new Set(names).size).toBe(names.length);
  });

  test('an option takes a value in all commands or in none', () => {
    const valued = new Map<string, boolean>();
    for (const option of [...OPTIONS_OF_ALL, ...CATALOGUE.flatMap((one) => one.options ?? [])]) {
      const takes = option.value !== undefined;
      expect([option.name, valued.get(option.name) ?? takes]).toEqual([option.name, takes]);
      valued.set(option.name, takes);
    }
  });

  test.each(all)('%s has code that loads', async (_, command) => {
    expect(typeof (await command.load()).run).toBe('function');
  });
});

function optionHelp(command: Command): string[] {
  return [...(command.options ?? []), ...(command.arguments ?? [])].map(({ help }) => help);
}

describe('exit codes', () => {
  test.each(all)('%s can end with each code for one reason only', (_, command) => {
    const codes = [...EXITS_OF_ALL, ...(command.exits ?? [])].map((exit) => EXITS[exit].code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toBeLessThan(256);
  });

  test('keep the numbers that scripts know', () => {
    const { ok, failed, usage, refused, interrupted } = EXITS;
    const codes = [ok, failed, usage, refused, interrupted].map(({ code }) => code);
    expect(codes).toEqual([0, 1, 2, 3, 130]);
  });
});

describe('sentences', () => {
  test('each code stands in one table, with what and hint', () => {
    const codes = knownCodes();
    expect(codes.length).toBeGreaterThan(80);
    expect(codes.filter((code, i) => codes.indexOf(code) !== i)).toEqual([]);
    for (const code of codes) {
      const sentence = sentenceOf(code);
      expect(sentence?.what, code).toMatch(/^\S/);
      expect(sentence?.hint, code).toMatch(/^\S/);
    }
  });

  test('no code is the name of something every object has', () => {
    expect(sentenceOf('constructor')).toBe(null);
    expect(sentenceOf('toString')).toBe(null);
    expect(Object.keys(VOIDS).every((code) => sentenceOf(code) !== null)).toBe(true);
  });
});
