// What each screen remembers while others are shown.

import type { Place } from './list.ts';
import type { Form } from './fields.ts';
import { END, START } from './list.ts';

/** What F3 shows of the ledger. */
export type LedgerPart = 'log' | 'members' | 'configuration' | 'conflicts';

export interface Slices {
  readonly help: { readonly back: number; readonly from: string | null };
  readonly links: { readonly place: Place };
  readonly ledger: {
    readonly part: LedgerPart;
    readonly places: Readonly<Record<LedgerPart, Place>>;
    readonly filter: string;
    /** While the filter is being typed. */
    readonly typing: Form | null;
  };
  readonly work: { readonly place: Place };
  readonly place: { readonly place: Place };
  readonly logs: { readonly back: number; readonly worriesOnly: boolean };
  readonly network: { readonly place: Place; readonly isOpen: boolean };
  readonly commands: { readonly place: Place };
  readonly approvals: { readonly place: Place };
  readonly commit: { readonly place: Place; readonly isExact: boolean; readonly back: number };
  readonly first: { readonly place: Place };
}

export const SLICES: Slices = {
  help: { back: 0, from: null },
  links: { place: START },
  ledger: {
    part: 'log',
    places: { log: END, members: START, configuration: START, conflicts: START },
    filter: '',
    typing: null,
  },
  work: { place: START },
  place: { place: START },
  logs: { back: 0, worriesOnly: false },
  network: { place: START, isOpen: false },
  commands: { place: START },
  approvals: { place: START },
  commit: { place: START, isExact: false, back: 0 },
  first: { place: START },
};
