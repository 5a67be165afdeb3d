// Help, from the catalogue alone: the page of kith, of a group of commands, of one command.

import { commandsUnder, findCommand, optionsOf, spoken, usageLine } from './args.ts';
import { CATALOGUE, GROUPS } from './catalogue.ts';
import { type Command, OPTIONS_OF_ALL, type Option } from './command.ts';
import { EXITS, EXITS_OF_ALL, type Exit } from './exit.ts';
import type { Printer } from './print.ts';
import type { Style } from './style.ts';
import { columnsOf, wrapped } from './table.ts';

const WIDTH_MAX = 100;
const WIDTH_DEFAULT = 80;

interface Page {
  readonly style: Style;
  readonly width: number;
}

/** Prints the help of these words; a complaint where they lead nowhere. */
export function printHelp(path: readonly string[], print: Printer): Exit {
  const page = { style: print.style, width: Math.min(print.columns ?? WIDTH_DEFAULT, WIDTH_MAX) };
  if (path.length === 0) return show(print, CATALOGUE, () => overview(page));
  const found = findCommand(path);
  if (found.kind === 'found') {
    return show(print, [found.command], () => commandPage(found.command, page));
  }
  const [first = ''] = path;
  if (path.length === 1 && found.known.length === 1) {
    return show(print, commandsUnder(first), () => groupPage(first, page));
  }
  print.complain(found.complaint);
  return found.complaint.exit;
}

function show(print: Printer, commands: readonly Command[], human: () => string[]): Exit {
  print.result({ commands: commands.map(commandDocument) }, human);
  return 'ok';
}

function commandDocument(command: Command): object {
  return {
    command: spoken(command),
    summary: command.summary,
    about: command.about ?? [],
    usage: usageLine(command),
    arguments: command.arguments ?? [],
    options: optionsOf(command),
    exits: exitsOf(command).map((exit) => EXITS[exit]),
    examples: command.examples ?? [],
  };
}

export function exitsOf(command: Command): Exit[] {
  const names = Object.keys(EXITS) as Exit[];
  return names.filter((name) => EXITS_OF_ALL.includes(name) || command.exits?.includes(name));
}

function overview(page: Page): string[] {
  const { style } = page;
  const first = Math.max(...CATALOGUE.map(({ path }) => path.join(' ').length));
  const groups = GROUPS.flatMap((group) => {
    const commands = CATALOGUE.filter((command) => command.group === group);
    if (commands.length === 0) return [];
    const rows = commands.map(({ path, summary }) => [path.join(' '), summary]);
    return ['', style.bold(group), ...columnsOf(rows, { indent: 2, first, width: page.width })];
  });
  return [
    'kith: the machines you own, as one private cluster',
    '',
    '  kith COMMAND [ARGUMENTS] [OPTIONS]',
    ...groups,
    '',
    style.bold('Options of every command'),
    ...optionRows(OPTIONS_OF_ALL, page),
    '',
    style.bold('Exit codes'),
    ...exitRows(Object.keys(EXITS) as Exit[], page),
    '',
    '`kith help COMMAND` tells more about a command.',
  ];
}

function groupPage(first: string, page: Page): string[] {
  const commands = commandsUnder(first);
  const rows = commands.map((command) => [usageOf(command), command.summary] as const);
  return [
    `kith ${first}`,
    '',
    ...columnsOf(rows, { indent: 2, width: page.width }),
    '',
    `\`kith help ${first} ${commands[0]?.path[1]}\` tells more about one.`,
  ];
}

/** Without its options. */
function usageOf(command: Command): string {
  return usageLine({ ...command, options: [] });
}

function commandPage(command: Command, page: Page): string[] {
  const { style, width } = page;
  const given = (command.arguments ?? []).map(
    ({ name, help }) => [name.toUpperCase(), help] as const,
  );
  return [
    ...wrapped(`${spoken(command)}: ${command.summary}`, width),
    '',
    ...wrapped(usageLine(command), width, 2, 6),
    ...(command.about ?? []).flatMap((text) => ['', ...wrapped(text, width)]),
    ...section('Arguments', columnsOf(given, { indent: 2, width }), style),
    ...section('Options', optionRows(optionsOf(command), page), style),
    ...section('Exit codes', exitRows(exitsOf(command), page), style),
    ...section('Examples', exampleRows(command), style),
  ];
}

function section(title: string, rows: readonly string[], style: Style): string[] {
  return rows.length === 0 ? [] : ['', style.bold(title), ...rows];
}

function optionRows(options: readonly Option[], { width }: Page): string[] {
  const rows = options.map(
    ({ name, short, value, help }) =>
      [
        `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
        help,
      ] as const,
  );
  return columnsOf(rows, { indent: 2, width });
}

function exitRows(exits: readonly Exit[], { width }: Page): string[] {
  const rows = exits.map(
    (exit) => [String(EXITS[exit].code).padStart(3), EXITS[exit].what] as const,
  );
  return columnsOf(rows, { indent: 2, width });
}

function exampleRows(command: Command): string[] {
  return (command.examples ?? []).flatMap(({ line, what }) => [`  ${line}`, `      ${what}`]);
}
