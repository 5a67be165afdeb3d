// F3: the ledger, record by record, with what each does and why one does not count.

import { line } from '../draw.ts';
import type { Screen } from '../screen.ts';

export const LEDGER: Screen = {
  name: 'ledger',
  title: 'Records',
  wants: ['log', 'members'],
  bindings: [],
  view: () => [line('nothing here yet')],
};
