// F11: new machines as they appear, and the code that lets one in.

import { line } from '../draw.ts';
import type { Screen } from '../screen.ts';

export const APPROVALS: Screen = {
  name: 'approvals',
  title: 'Approvals',
  wants: ['candidates', 'members'],
  bindings: [],
  view: () => [line('nothing here yet')],
};
