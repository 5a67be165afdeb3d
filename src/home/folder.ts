// The data folder: where everything of one machine lies, by name. Spec: docs/architecture.md, "On
// disk".

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** $KITH_DIR, else ~/.kith. */
export function defaultFolder(env: NodeJS.ProcessEnv = process.env): string {
  const named = env['KITH_DIR'];
  return resolve(named === undefined || named === '' ? join(homedir(), '.kith') : named);
}

/** The operator key of this machine and its signing journal. */
export function operatorFolder(folder: string): string {
  return join(folder, 'operator');
}

export function stagedFile(folder: string): string {
  return join(folder, 'staged.json');
}

/** The local API of the daemon. */
export function socketFile(folder: string): string {
  return join(folder, 'kith.sock');
}
