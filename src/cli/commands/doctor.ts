// `kith doctor`: looks at everything that kith needs of this machine, and says what to do. With
// --offer it speaks only of missing packages, and installs them if a person says yes.

import { type Check, type Health } from '../../doctor/check.ts';
import { examine } from '../../doctor/examine.ts';
import { installWords, missingParts, thisSystem } from '../../doctor/packages.ts';
import { lookAtHost } from '../../os/mesh-host.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { offerInstall } from '../offer.ts';
import type { Printer } from '../print.ts';
import type { Style } from '../style.ts';
import { columnsOf } from '../table.ts';
import { counted } from '../../../proto/when.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  if (call.flag('offer')) {
    await offerInstall(missingParts(await lookAtHost()), thisSystem(), print);
    return 'ok';
  }
  const { system, checks, missing } = await examine(call.folder);
  const problems = checks.filter(({ health }) => health === 'problem').length;
  const warnings = checks.filter(({ health }) => health === 'warning').length;
  const install = installWords(missing, system)?.join(' ') ?? null;
  print.result({ checks, problems, warnings, install }, () => [
    ...page(checks, print),
    '',
    `${counted(problems, 'problem')}, ${counted(warnings, 'warning')}`,
  ]);
  return problems === 0 ? 'ok' : 'failed';
}

function page(checks: readonly Check[], { style, columns }: Printer): string[] {
  const rows = checks.flatMap(({ title, health, said, todo }) => {
    const row = [marked(health, style), title, said];
    return todo === null ? [row] : [row, ['', '', `${style.bold('do:')} ${todo}`]];
  });
  return columnsOf(rows, columns === null ? {} : { width: columns });
}

function marked(health: Health, style: Style): string {
  switch (health) {
    case 'ok':
      return style.green('ok');
    case 'warning':
      return style.yellow('warning');
    case 'problem':
      return style.red('problem');
  }
}
