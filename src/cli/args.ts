// From words to a command: which row of the catalogue is meant, and what was given to it. Every
// mistake is answered with what is known instead. `--` ends the options; an option may stand before
// the command's own words.

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { assert } from '../../proto/assert.ts';
import { CATALOGUE, WITHOUT_WORDS } from './catalogue.ts';
import { type Argument, type Call, type Command, OPTIONS_OF_ALL, type Option } from './command.ts';
import { type Complaint, wrongUse } from './complaint.ts';
import { nearest } from '../../proto/nearest.ts';

export type Parsed =
  | { readonly kind: 'run'; readonly call: Call }
  /** Help of a command or of a group of them; [] is that of kith. */
  | { readonly kind: 'help'; readonly path: readonly string[] }
  | { readonly kind: 'version' }
  | { readonly kind: 'wrong'; readonly complaint: Complaint };

/** Whether JSON is wanted, also where the rest of the words makes no sense. */
export function wantsJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end === -1 ? words.length : end).includes('--json');
}

export function parse(words: readonly string[], defaultFolder: string): Parsed {
  const tokens = tokensOf(words);
  if (tokens.some((token) => token.kind === 'option' && token.name === 'version')) {
    return { kind: 'version' };
  }
  const given = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  const help = tokens.some((token) => token.kind === 'option' && token.name === 'help');
  const found = findCommand(given.length === 0 && !help ? WITHOUT_WORDS : given);
  if (help) {
    if (found.kind === 'wrong' && found.known.length === 0 && given.length > 0) return found;
    return { kind: 'help', path: found.kind === 'found' ? found.command.path : found.known };
  }
  if (found.kind === 'wrong') return found;
  const { command } = found;
  const rest = given.slice(command.path.length);
  const complaint = wrongOption(command, tokens) ?? wrongCount(command, rest);
  if (complaint !== null) return { kind: 'wrong', complaint };
  return { kind: 'run', call: callOf(command, tokens, rest, defaultFolder) };
}

type Token =
  | { readonly kind: 'positional'; readonly value: string }
  | {
      readonly kind: 'option';
      readonly name: string;
      readonly raw: string;
      readonly value?: string;
      /** Written as --name=value. */
      readonly inline: boolean;
    };

// Any option with a value takes one whatever the command is: its name means the same in all of them
// (a test says so), and the command is not known before its words are.
const VALUED: ReadonlySet<string> = new Set(
  [...OPTIONS_OF_ALL, ...CATALOGUE.flatMap((command) => command.options ?? [])]
    .filter((option) => option.value !== undefined)
    .map((option) => option.name),
);

/** Switches that have a letter, too. */
const SWITCHES: Readonly<Record<string, { type: 'boolean'; short: string }>> = Object.fromEntries(
  CATALOGUE.flatMap((command) => command.options ?? []).flatMap(({ name, short }) =>
    short === undefined ? [] : [[name, { type: 'boolean', short }]],
  ),
);

// One id or key in 64 begins with a dash. Options of a single letter have no value, so a longer
// word with one dash is no option: it is marked, as no word from outside can be.
const MARK = '\u0000';

function tokensOf(words: readonly string[]): Token[] {
  const options = Object.fromEntries(
    [...VALUED].map((name) => [name, { type: 'string', multiple: true }] as const),
  );
  const known = { ...options, ...SWITCHES, help: { type: 'boolean', short: 'h' } } as const;
  const { tokens } = parseArgs({
    args: words.map((word) => (/^-[^-]./.test(word) ? MARK + word : word)),
    options: known,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const unmarked = (word: string): string => word.replace(MARK, '');
  return tokens.flatMap((token): Token[] => {
    if (token.kind === 'option-terminator') return [];
    if (token.kind === 'positional') return [{ kind: 'positional', value: unmarked(token.value) }];
    const { name, rawName: raw, value, inlineValue: inline = false } = token;
    const given = value === undefined ? {} : { value: unmarked(value) };
    return [{ kind: 'option', name, raw, inline, ...given }];
  });
}

type Found =
  | { readonly kind: 'found'; readonly command: Command }
  /** `known`: the words that do lead somewhere. */
  | { readonly kind: 'wrong'; readonly complaint: Complaint; readonly known: readonly string[] };

/** The command that the words begin with. */
export function findCommand(words: readonly string[]): Found {
  const fitting = CATALOGUE.filter(({ path }) => path.every((word, i) => words[i] === word));
  // `kith work show` is more than `kith work` with a word behind it.
  const command = fitting.toSorted((a, b) => b.path.length - a.path.length)[0];
  if (command !== undefined) return { kind: 'found', command };
  const [first = '', second] = words;
  const group = commandsUnder(first);
  if (first === '' || group.length === 0)
    return { kind: 'wrong', known: [], complaint: nobody(first) };
  const seconds = group.map(({ path }) => path[1] as string);
  const guess = second === undefined ? null : nearest(second, seconds);
  const what =
    second === undefined
      ? `\`kith ${first}\` needs a further word`
      : `\`kith ${first} ${second}\` is no command`;
  const hint =
    guess === null
      ? `one of: ${seconds.join(', ')}; \`kith help ${first}\` tells more`
      : `did you mean \`kith ${first} ${guess}\`?`;
  return { kind: 'wrong', known: [first], complaint: wrongUse(what, hint) };
}

/** The commands of more than one word that begin with this one. */
export function commandsUnder(first: string): Command[] {
  return CATALOGUE.filter(({ path }) => path.length > 1 && path[0] === first);
}

function nobody(first: string): Complaint {
  const guess = nearest(first, [...new Set(CATALOGUE.map(({ path }) => path[0] as string))]);
  const hint =
    guess === null ? '`kith help` lists the commands' : `did you mean \`kith ${guess}\`?`;
  return wrongUse(`\`kith ${first}\` is no command`, hint);
}

export function optionsOf(command: Command): readonly Option[] {
  return [...(command.options ?? []), ...OPTIONS_OF_ALL];
}

/** No option is that long; the start of an id may be. */
const ID_LIKE_CHARS = 30;
const AFTER_DASHES = 'an id or a key that begins with -- is written after a word of its own: --';

function wrongOption(command: Command, tokens: readonly Token[]): Complaint | null {
  const options = optionsOf(command);
  const seen = new Set<string>();
  const help = `\`${spoken(command)} --help\` lists the options`;
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const option = options.find(({ name }) => name === token.name);
    const isKnown = token.raw.startsWith('--') || token.raw === `-${option?.short}`;
    if (option === undefined || !isKnown) {
      const near = nearest(
        token.name,
        options.map(({ name }) => name),
      );
      const meant = near === null ? help : `did you mean --${near}?`;
      const hint = token.raw.length > ID_LIKE_CHARS ? AFTER_DASHES : meant;
      return wrongUse(`\`${spoken(command)}\` has no option ${token.raw}`, hint);
    }
    if (option.value === undefined && token.value !== undefined) {
      return wrongUse(`${token.raw} takes no value`, `say ${token.raw} alone`);
    }
    if (option.value !== undefined) {
      const wrong = wrongValue(option, token);
      if (wrong !== null) return wrong;
    }
    if (seen.has(option.name) && option.repeated !== true) {
      return wrongUse(`${token.raw} is given twice`, 'give it once');
    }
    seen.add(option.name);
  }
  return null;
}

function wrongValue(
  { name, value: title }: Option,
  { value, inline }: { readonly value?: string; readonly inline: boolean },
): Complaint | null {
  if (value === undefined) return wrongUse(`--${name} needs a value`, `say --${name} ${title}`);
  if (value === '') return wrongUse(`the value of --${name} is empty`, `say --${name} ${title}`);
  // Far more often a forgotten value than one that begins so.
  if (inline || !(value.startsWith('--') || value === '-h')) return null;
  return wrongUse(
    `--${name} needs a value, and ${value} looks like an option`,
    `say --${name} ${title}, or --${name}=${value} if that is meant`,
  );
}

/** `kith ledger verify` */
export function spoken(command: Command): string {
  return ['kith', ...command.path].join(' ');
}

function wrongCount(command: Command, given: readonly string[]): Complaint | null {
  const wanted = command.arguments ?? [];
  const missing = wanted[given.length];
  if (missing?.required === true) {
    return wrongUse(
      `\`${spoken(command)}\` needs ${missing.name.toUpperCase()}: ${missing.help}`,
      `say \`${usageLine(command)}\``,
    );
  }
  if (given.length <= wanted.length || wanted.at(-1)?.repeated === true) return null;
  const extra = given[wanted.length] as string;
  const takes = wanted.length === 0 ? 'takes no further word' : `takes no word after its last`;
  return wrongUse(`\`${spoken(command)}\` ${takes}: ${extra}`, `say \`${usageLine(command)}\``);
}

/** `kith ledger verify [FILE] [--ledger ID]…`: what a line of this command is made of. */
export function usageLine(command: Command): string {
  const words = (command.arguments ?? []).map(argumentShape);
  const options = (command.options ?? []).map(
    ({ name, value }) => `[--${name}${value === undefined ? '' : ` ${value}`}]`,
  );
  return [spoken(command), ...words, ...options].join(' ');
}

function argumentShape({ name, required, repeated }: Argument): string {
  const shape = `${name.toUpperCase()}${repeated === true ? '…' : ''}`;
  return required ? shape : `[${shape}]`;
}

function callOf(
  command: Command,
  tokens: readonly Token[],
  given: readonly string[],
  defaultFolder: string,
): Call {
  const values = new Map<string, string[]>();
  for (const option of optionsOf(command)) values.set(option.name, []);
  for (const token of tokens) {
    if (token.kind === 'option') values.get(token.name)?.push(token.value ?? '');
  }
  const wanted = command.arguments ?? [];
  wanted.forEach(({ name, repeated }, i) => {
    values.set(name, repeated === true ? given.slice(i) : given.slice(i, i + 1));
  });
  const valuesOf = (name: string): readonly string[] => {
    const found = values.get(name);
    assert(found !== undefined, `\`${spoken(command)}\` has ${name} in the catalogue`);
    return found;
  };
  const folder = valuesOf('dir')[0];
  return {
    command,
    folder: folder === undefined ? defaultFolder : resolve(folder),
    folderNamed: folder !== undefined,
    flag: (name) => valuesOf(name).length > 0,
    value: (name) => valuesOf(name)[0],
    needed(name) {
      const [value] = valuesOf(name);
      assert(value !== undefined, `${name} is a required argument`);
      return value;
    },
    values: valuesOf,
  };
}
