// F4: the work of all nodes, its logs, and its end.

import { line } from '../draw.ts';
import type { Screen } from '../screen.ts';

export const WORK: Screen = {
  name: 'work',
  title: 'Work',
  wants: ['works', 'members'],
  bindings: [],
  view: () => [line('nothing here yet')],
};
