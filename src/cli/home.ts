// How a command gets at the ledger of the data folder: opened with a bar where that takes a while,
// closed whatever happens, and a plain word where there is none.

import { stateOf } from '../../ledger/replica.ts';
import { findDaemon } from '../daemon/client.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import { openDesk } from '../home/desk.ts';
import { type HomeLedger, openHome } from '../home/ledger.ts';
import { makeRoom } from '../store/ballast.ts';
import { realDisk } from '../store/disk.ts';
import { StoreFault } from '../store/faults.ts';
import { type NameOf, namesIn } from './names.ts';
import { type Bar, barOn } from './progress.ts';

export interface Access {
  readonly write: boolean;
  /** Needs the files for itself: a daemon will not do instead. */
  readonly alone?: boolean;
  /** Takes authority away: goes through on a full disk, with the room of the ballast. */
  readonly urgent?: boolean;
}

/** The ledger of a folder while `use` runs, or null where the folder holds none. */
export async function tryHome<Value>(
  folder: string,
  access: Access,
  use: (home: HomeLedger) => Promise<Value>,
): Promise<Value | null> {
  const home = await opened(folder, access);
  if (home === null) return null;
  try {
    return await use(home);
  } finally {
    await home.close();
  }
}

async function opened(folder: string, access: Access): Promise<HomeLedger | null> {
  const bar = barOn(process.stderr, 'reading the ledger');
  return openedWith(folder, access, bar.update).finally(bar.clear);
}

async function openedWith(
  folder: string,
  { write, alone = false, urgent = false }: Access,
  progress: Bar['update'],
): Promise<HomeLedger | null> {
  if (urgent) await makeRoom(realDisk, folder);
  if (!write) return openHome(folder, { write, progress });
  if (!alone) return openDesk(folder, { progress });
  if ((await findDaemon(folder)) !== null) throw new DaemonFault('daemon-alone');
  return openHome(folder, { write, progress });
}

/** The same for a ceremony, which looks at its ledger until it ends, and closes it then. */
export async function homeToRead(folder: string): Promise<HomeLedger> {
  const home = await opened(folder, { write: false });
  if (home === null) throw new StoreFault('no-ledger', folder);
  return home;
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

export function namesAt({ replica }: Pick<HomeLedger, 'replica'>): NameOf {
  return namesIn(stateOf(replica), replica.papers);
}
