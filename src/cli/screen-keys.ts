// The tables of keys in docs/tui.md, out of the tables that the keys are read from.

import { GLOBAL_KEYS, keyText } from '../../tui/keys.ts';
import { type Binding, meaningOf } from '../../tui/screen.ts';
import { SCREENS } from '../../tui/screens.ts';
import { CATALOGUE } from './catalogue.ts';

const BLOCK = /<!-- keys -->\n[\s\S]*?<!-- end -->/;

/** The page with its tables of keys written again. */
export function withKeys(text: string): string {
  return text.replace(BLOCK, `<!-- keys -->\n${tables().join('\n')}<!-- end -->`);
}

function tables(): string[] {
  const everywhere = GLOBAL_KEYS.map(({ key, letter, what }) => [
    `${key.toUpperCase()} or ${letter}`,
    what,
  ]);
  return [
    tableOf('Everywhere', everywhere),
    ...Object.values(SCREENS)
      .filter(({ bindings }) => bindings.length > 0)
      .map(({ title, bindings }) => tableOf(title, bindings.map(rowOf))),
  ];
}

function rowOf(binding: Binding): string[] {
  const said = meaningOf(binding, CATALOGUE, (command) => `\`${command}\``);
  return [keyText(binding.key), said === '' ? binding.label : `${binding.label}: ${said}`];
}

function tableOf(title: string, rows: readonly (readonly string[])[]): string {
  const lines = rows.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
  return `**${title}**\n\n| key | |\n|---|---|\n${lines}`;
}
