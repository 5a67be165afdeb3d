// F9: every command of the catalogue as a form, so that nothing can be done by words alone.

import { line } from '../draw.ts';
import type { Screen } from '../screen.ts';

export const COMMANDS: Screen = {
  name: 'commands',
  title: 'Commands',
  wants: [],
  bindings: [],
  view: () => [line('nothing here yet')],
};
