// What each screen remembers while others are shown.

import type { Place } from './list.ts';
import { START } from './list.ts';

export interface Slices {
  readonly help: { readonly back: number; readonly from: string | null };
  readonly links: { readonly place: Place };
  readonly ledger: { readonly place: Place };
  readonly work: { readonly place: Place };
  readonly place: { readonly place: Place };
  readonly logs: { readonly back: number; readonly worriesOnly: boolean };
  readonly network: { readonly place: Place; readonly isOpen: boolean };
  readonly commands: { readonly place: Place };
  readonly approvals: { readonly place: Place };
  readonly commit: { readonly place: Place };
  readonly first: { readonly place: Place };
}

export const SLICES: Slices = {
  help: { back: 0, from: null },
  links: { place: START },
  ledger: { place: START },
  work: { place: START },
  place: { place: START },
  logs: { back: 0, worriesOnly: false },
  network: { place: START, isOpen: false },
  commands: { place: START },
  approvals: { place: START },
  commit: { place: START },
  first: { place: START },
};
