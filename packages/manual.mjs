// kith(1), from the catalogue of commands, as docs/commands.md is: printed as troff. A word of the
// catalogue is plain text; here it is kept from being read as a request.

import { optionsOf, spoken, usageLine } from '../dist/src/cli/args.js';
import { CATALOGUE, GROUPS } from '../dist/src/cli/catalogue.js';
import { EXITS } from '../dist/src/cli/exit.js';

/** No escape, no request at the beginning of a line, and dashes that can be copied. */
function plain(text) {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(['.])/, '\\&$1');
}

function commandPart(command) {
  const options = (command.arguments ?? [])
    .map(({ name, help }) => [name.toUpperCase(), help])
    .concat(optionsOf(command).map(({ name, value, help }) => [flagOf(name, value), help]));
  return [
    ...['.SS', `\\fB${plain(spoken(command))}\\fR`, plain(`${command.summary}.`)],
    ...['.PP', plain(usageLine(command))],
    ...(command.about ?? []).flatMap((text) => ['.PP', plain(text)]),
    ...options.flatMap(([word, help]) => ['.TP', `\\fB${plain(word)}\\fR`, plain(help)]),
  ];
}

function flagOf(name, value) {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

const lines = [
  '.TH KITH 1 "" "kith" "kith"',
  ...['.SH NAME', 'kith \\- the machines you own, as one private cluster'],
  ...['.SH SYNOPSIS', '\\fBkith\\fR COMMAND [WORDS]'],
  ...GROUPS.flatMap((group) => [
    `.SH ${plain(group.toUpperCase())}`,
    ...CATALOGUE.filter((command) => command.group === group).flatMap(commandPart),
  ]),
  '.SH EXIT STATUS',
  ...Object.values(EXITS).flatMap(({ code, what }) => ['.TP', `\\fB${code}\\fR`, plain(what)]),
  ...['.SH FILES', '.TP', '/var/lib/kith', 'the ledger and the keys of this machine'],
  ...['.TP', '/usr/share/kith/work.conf', 'what a host of work adds to the unit of the daemon'],
];
process.stdout.write(`${lines.join('\n')}\n`);
