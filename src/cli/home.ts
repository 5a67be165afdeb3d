// How a command gets at the ledger of the data folder: opened with a bar where that takes a while,
// closed whatever happens, and a plain word where there is none.

import { stateOf } from '../../ledger/replica.ts';
import { type HomeLedger, openHome } from '../home/ledger.ts';
import { StoreFault } from '../store/faults.ts';
import { type NameOf, namesIn } from './names.ts';
import { barOn } from './progress.ts';

export interface Access {
  readonly write: boolean;
}

/** The ledger of a folder while `use` runs, or null where the folder holds none. */
export async function tryHome<Value>(
  folder: string,
  { write }: Access,
  use: (home: HomeLedger) => Promise<Value>,
): Promise<Value | null> {
  const bar = barOn(process.stderr, 'reading the ledger');
  const home = await openHome(folder, { write, progress: bar.update }).finally(bar.clear);
  if (home === null) return null;
  try {
    return await use(home);
  } finally {
    await home.close();
  }
}

/** The same for a command that needs a ledger: a complaint where there is none. */
export async function withHome<Value>(
  folder: string,
  access: Access,
  use: (home: HomeLedger) => Promise<Value>,
): Promise<Value> {
  const value = await tryHome(folder, access, use);
  if (value === null) throw new StoreFault('no-ledger', folder);
  return value;
}

export function namesAt({ replica }: HomeLedger): NameOf {
  return namesIn(stateOf(replica), replica.papers);
}
