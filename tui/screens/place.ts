// F5: new work as a form, with where it would go and why.

import { line } from '../draw.ts';
import type { Screen } from '../screen.ts';

export const PLACE: Screen = {
  name: 'place',
  title: 'Place',
  wants: ['nodes', 'members', 'images'],
  bindings: [],
  view: () => [line('nothing here yet')],
};
