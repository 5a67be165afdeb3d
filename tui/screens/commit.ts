// F12: what is staged, as plain words and as the exact records, and the signature.

import { line } from '../draw.ts';
import type { Screen } from '../screen.ts';

export const COMMIT: Screen = {
  name: 'commit',
  title: 'Commit',
  wants: ['staged', 'members'],
  bindings: [],
  view: () => [line('nothing here yet')],
};
