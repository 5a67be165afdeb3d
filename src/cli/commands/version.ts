// `kith version`: which kith this is, which rules it folds by (replicas compare roots only between
// equal ones), and the Node under it.

import { readFileSync } from 'node:fs';
import { RULES_VERSION } from '../../../ledger/limits.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import type { Printer } from '../print.ts';

export async function run(_call: Call, print: Printer): Promise<Exit> {
  return printVersion(print);
}

export function printVersion(print: Printer): Exit {
  const kith = ownVersion();
  const node = process.versions.node;
  print.result(
    { kith, rules: RULES_VERSION, node },
    () => `kith ${kith}, ledger rules ${RULES_VERSION}, Node ${node}`,
  );
  return 'ok';
}

export function ownVersion(): string {
  // From dist/src/cli/commands/ and from src/cli/commands/ alike, the first one upwards is ours.
  for (const up of ['../../package.json', '../../../package.json', '../../../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8'));
      if (name === 'kith') return version;
    } catch {
      // Not here.
    }
  }
  return 'unknown';
}
