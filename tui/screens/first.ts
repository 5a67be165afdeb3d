// The first run: this machine belongs to nothing, and founds a network or joins one.

import { line } from '../draw.ts';
import type { Screen } from '../screen.ts';

export const FIRST: Screen = {
  name: 'first',
  title: 'Welcome',
  wants: [],
  bindings: [],
  view: () => [line('nothing here yet')],
};
