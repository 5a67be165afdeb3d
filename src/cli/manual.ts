// docs/commands.md, from the catalogue: `npm run docs` writes it, test/cli/manual.test.ts compares.

import { optionsOf, spoken, usageLine } from './args.ts';
import { CATALOGUE, GROUPS } from './catalogue.ts';
import { type Command, OPTIONS_OF_ALL } from './command.ts';
import { EXITS, type Exit } from './exit.ts';
import { exitsOf } from './help.ts';
import { wrapped } from './table.ts';

const WIDTH = 100;

/** The whole document. */
export function manual(): string {
  return `${[...head(), ...GROUPS.flatMap(groupPart)].join('\n')}\n`;
}

function head(): string[] {
  return [
    '# Commands',
    '',
    ...wrapped(
      'This page is written by `npm run docs` from the catalogue of commands ' +
        '(src/cli/catalogue.ts), as is the help: `kith help`, `kith help COMMAND`, ' +
        '`kith COMMAND --help`.',
      WIDTH,
    ),
    '',
    ...wrapped(
      'Every command takes `--dir FOLDER` (the data folder; else `$KITH_DIR`, else `~/.kith`) ' +
        'and `--json`. Results go to stdout, everything else to stderr. With `--json` a command ' +
        'prints one JSON document, or one a line where there are many; a complaint is then a ' +
        'document, too: `{"error":{"code","what","hint"}}`, with the codes of ' +
        '[errors.md](errors.md). Without it a complaint is two lines on stderr, `error:` and ' +
        '`hint:`. Colours are shown on a terminal only, and not where `NO_COLOR` is set. ' +
        "`KITH_DEBUG=1` adds the stack to a fault of kith's own.",
      WIDTH,
    ),
    '',
    '## Exit codes',
    '',
    '| code | meaning |',
    '| --- | --- |',
    ...Object.values(EXITS).map(({ code, what }) => `| ${code} | ${what} |`),
  ];
}

function groupPart(group: (typeof GROUPS)[number]): string[] {
  const commands = CATALOGUE.filter((command) => command.group === group);
  return commands.length === 0 ? [] : ['', `## ${group}`, ...commands.flatMap(commandPart)];
}

function commandPart(command: Command): string[] {
  return [
    '',
    `### ${spoken(command)}`,
    '',
    ...wrapped(`${capital(command.summary)}.`, WIDTH),
    '',
    '```',
    ...wrapped(usageLine(command), WIDTH, 0, 4),
    '```',
    ...(command.about ?? []).flatMap((text) => ['', ...wrapped(text, WIDTH)]),
    ...words(command),
    ...furtherExits(command),
    ...examples(command),
  ];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function words(command: Command): string[] {
  const rows = [
    ...(command.arguments ?? []).map(({ name, help }) => [name.toUpperCase(), help] as const),
    ...optionsOf(command)
      .filter((option) => !OPTIONS_OF_ALL.includes(option))
      .map(
        ({ name, short, value, help }) =>
          [`${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`, help] as const,
      ),
  ];
  if (rows.length === 0) return [];
  return ['', '| word | |', '| --- | --- |', ...rows.map(([a, b]) => `| \`${a}\` | ${b} |`)];
}

function furtherExits(command: Command): string[] {
  const exits: readonly Exit[] = command.exits ?? [];
  const told = exitsOf(command).filter((exit) => exits.includes(exit));
  if (told.length === 0) return [];
  const list = told.map((exit) => `${EXITS[exit].code} (${EXITS[exit].what})`);
  return ['', ...wrapped(`Also ends with ${list.join(', ')}.`, WIDTH)];
}

function examples({ examples: list = [] }: Command): string[] {
  if (list.length === 0) return [];
  const width = Math.max(...list.map(({ line }) => line.length));
  return ['', '```', ...list.map(({ line, what }) => `${line.padEnd(width)}  # ${what}`), '```'];
}
