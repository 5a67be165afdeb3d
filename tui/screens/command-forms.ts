// The form of a command, made from its row of the catalogue, and the words that it comes to. So a
// command that is added to the catalogue is on the screens, too.

import { type CommandRow, typedText } from '../commands.ts';
import { type Field, type Form, formOf, switchField, textField, valueIn } from '../fields.ts';

/** How a command of the catalogue is had on the screens. */
export type Offer =
  /** Its form, and its output in a window. */
  | { readonly as: 'form' }
  /** It needs the terminal for itself until it ends. */
  | { readonly as: 'lent' }
  /** What it does begins with its effects, and a yes. */
  | { readonly as: 'confirmed'; readonly effect: string }
  | { readonly as: 'nothing'; readonly why: string };

/** Those that are not simply a form. */
const OFFERS: Readonly<Record<string, Offer>> = {
  ui: { as: 'nothing', why: 'it is what you are looking at' },
  help: { as: 'nothing', why: 'F1 is the help of the screens; each form has that of its command' },
  up: { as: 'nothing', why: 'it is offered by a key wherever there is no daemon' },
  console: { as: 'lent' },
  'ledger serve': { as: 'lent' },
  down: {
    as: 'confirmed',
    effect:
      'The daemon ends: this machine leaves the mesh until it is started again. Work goes on.',
  },
  leave: {
    as: 'confirmed',
    effect: 'The ledger and the key of this machine are removed here. Nobody else is told.',
  },
  kill: { as: 'confirmed', effect: 'The work ends at once, without a chance to save anything.' },
  stop: { as: 'confirmed', effect: 'The work is asked to end, and ended if it does not.' },
  'image rm': {
    as: 'confirmed',
    effect: 'With its last name the image is removed from this machine.',
  },
  'ledger accept-head': {
    as: 'confirmed',
    effect: 'If another copy of this folder has written more, its records and new ones will fork.',
  },
  'rotate-key': {
    as: 'confirmed',
    effect: 'Peers that are off now find this machine a little later.',
  },
};

const FORM: Offer = { as: 'form' };

export function offerOf({ path }: CommandRow): Offer {
  return OFFERS[path.join(' ')] ?? FORM;
}

/** What the screens say themselves; and nothing is signed but by F12. */
const SAID_BY_US: readonly string[] = ['dir', 'json', 'help', 'commit'];
/**
 * Secrets are no fields: the command asks for the code, and a ticket comes by its file or is asked.
 */
const SECRETS: readonly string[] = ['admit code', 'join ticket', 'ticket redeem ticket'];

function isSecret(path: readonly string[], name: string): boolean {
  return SECRETS.includes([...path, name].join(' '));
}

export function formFor({ path, arguments: args, options }: CommandRow): Form {
  const fields: Field[] = [
    ...args
      .filter(({ name }) => !isSecret(path, name))
      .map(({ name, help, required, repeated }) => {
        const label = `${name.toUpperCase()}${required ? ' *' : ''}`;
        return textField(
          name,
          label,
          '',
          repeated === true ? `${help}; several with spaces` : help,
        );
      }),
    ...options
      .filter(({ name }) => !SAID_BY_US.includes(name) && !isSecret(path, name))
      .map(({ name, value, help, repeated }) =>
        value === undefined
          ? switchField(`--${name}`, `--${name}`, false, help)
          : textField(
              `--${name}`,
              `--${name}`,
              '',
              repeated === true ? `${value}: ${help}; several with spaces` : `${value}: ${help}`,
            ),
      ),
  ];
  return formOf(fields);
}

/** The words that a form comes to; or what is missing. */
export function wordsFor(
  { path, arguments: args, options }: CommandRow,
  form: Form,
): { readonly words: readonly string[] } | { readonly wrong: string } {
  const missing = args.find(({ name, required }) => required && valueIn(form, name).trim() === '');
  if (missing !== undefined && !isSecret(path, missing.name)) {
    return { wrong: `${missing.name.toUpperCase()} is needed: ${missing.help}` };
  }
  const given = options.flatMap(({ name, value, repeated }) => {
    const typed = valueIn(form, `--${name}`).trim();
    if (typed === '') return [];
    if (value === undefined) return [`--${name}`];
    return (repeated === true ? wordsIn(typed) : [typed]).map((one) => `--${name}=${one}`);
  });
  const rest = args.flatMap(({ name, repeated }) => {
    const typed = valueIn(form, name).trim();
    if (typed === '') return [];
    return repeated === true ? wordsIn(typed) : [typed];
  });
  return { words: [...path, ...given, ...(rest.length === 0 ? [] : ['--', ...rest])] };
}

/** As far as it goes: what would be typed at a prompt. */
export function typedFor(row: CommandRow, form: Form): string {
  const made = wordsFor(row, form);
  return 'words' in made ? typedText(made.words) : typedText([...row.path, '...']);
}

/** As a shell splits them: at spaces, but not between quotes. */
function wordsIn(text: string): string[] {
  const found = text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g);
  return [...found].map(([, double, single, bare]) => double ?? single ?? bare ?? '');
}
