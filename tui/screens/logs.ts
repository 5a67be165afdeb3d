// F6: what the daemon of this machine tells.

import { line } from '../draw.ts';
import type { Screen } from '../screen.ts';

export const LOGS: Screen = {
  name: 'logs',
  title: 'Log of the daemon',
  wants: [],
  bindings: [],
  view: () => [line('nothing here yet')],
};
