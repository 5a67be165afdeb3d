// The drivers of this machine, the preferred ones of each kind first. Spec: docs/running.md,
// "Drivers".

import type { Key } from '../../proto/ids.ts';
import type { Driver } from './driver.ts';

/** `state`: the folder of work; `home` names this node on what it starts. */
export function driversHere(_state: string, _home: Key): readonly Driver[] {
  return [];
}
