// F2: the links of this node, and why each is what it is.

import { line } from '../draw.ts';
import type { Screen } from '../screen.ts';

export const LINKS: Screen = {
  name: 'links',
  title: 'Links',
  wants: ['peers', 'nodes', 'members'],
  bindings: [],
  view: () => [line('nothing here yet')],
};
