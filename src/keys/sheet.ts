// The recovery sheet: what `kith init` and `kith recover` print once, for paper. It says what it is
// for to somebody who finds it in a drawer years later. 72 columns, so that any printer takes it.

import { recoveryText } from '../../ledger/paper.ts';
import type { RecordId } from '../../proto/ids.ts';
import type { Secret } from '../../proto/secret.ts';

const COLUMNS = 72;
const INDENT = 12;
const RULE = '='.repeat(COLUMNS);

export interface Sheet {
  readonly network: string;
  readonly ledger: RecordId;
  readonly secret: Secret;
  /** The operators that this sheet can replace. */
  readonly roots: readonly string[];
  /** YYYY-MM-DD: for the person, to tell an old sheet from a new one. */
  readonly date: string;
}

export function recoverySheet({ network, ledger, secret, roots, date }: Sheet): string {
  const lines = [
    RULE,
    'KITH RECOVERY SHEET',
    RULE,
    '',
    ...field('Network', [network]),
    ...field('Ledger', [ledger]),
    ...field('Operators', roots),
    ...field('Printed', [date]),
    '',
    ...field('SECRET', [recoveryText(secret)]),
    '',
    RULE,
    ...TEXT,
    RULE,
  ];
  return `${lines.join('\n')}\n`;
}

function field(label: string, values: readonly string[]): string[] {
  const rows: string[] = [];
  let row = '';
  for (const value of values) {
    const longer = row === '' ? value : `${row}, ${value}`;
    if (row !== '' && INDENT + longer.length > COLUMNS) rows.push(`${row},`);
    row = row !== '' && INDENT + longer.length > COLUMNS ? value : longer;
  }
  rows.push(row);
  return rows.map((text, i) => (i === 0 ? label : '').padEnd(INDENT) + text);
}

const TEXT: readonly string[] = [
  '',
  'What this is for',
  '  The network above belongs to whoever holds the keys of its',
  '  operators. If those keys are lost, stolen or in dispute, the secret',
  '  on this sheet replaces all of them by new ones. Nothing else can.',
  '',
  'How to use it',
  '  On a machine that holds a copy of the ledger, run',
  '',
  '      kith recover',
  '',
  '  and type the secret when asked. Capitals, dashes and spaces do not',
  '  matter, O counts as 0, I and L count as 1, and a typo is noticed.',
  '  The machine becomes the new operator; every other machine follows',
  '  as soon as it hears of it. Machines and their work stay as they are.',
  '',
  'It works once',
  '  A recovery prints a new sheet, and from then on this one opens',
  '  nothing: destroy it then.',
  '',
  'How to keep it',
  '  On paper, where you keep a passport, and best a second copy in',
  '  another building. Not as a photo, not in a mail, not on a computer:',
  '  whoever reads it can take the network over. If somebody may have',
  '  read it, run `kith recover` yourself, before they do.',
  '',
];
