// What the doctor says of the machine itself, in a line each: its make, its processor, its memory
// and disks, its cards. Nothing here is wrong; a card that does not answer is. Spec: docs/mesh.md,
// "kith doctor".

import { totalmem } from 'node:os';
import { counted } from '../../proto/when.ts';
import { type Cards, NO_CARDS, askCards, nvidia } from '../beat/gpu.ts';
import { type HardwareDetails, hardwareDetails } from '../os/hardware-details.ts';
import { type Finding, ok, warning } from './check.ts';
import { HARDWARE_MS_MAX } from './limits.ts';

const GIB = 2 ** 30;

/** Null where the tools of the system do not answer in time. */
export async function lookAtHardware(): Promise<HardwareDetails | null> {
  let late: NodeJS.Timeout | undefined;
  const timeout = new Promise<null>((resolve) => {
    late = setTimeout(resolve, HARDWARE_MS_MAX, null);
  });
  const found = await Promise.race([hardwareDetails(), timeout]);
  clearTimeout(late);
  return found;
}

export function machineCheck(details: HardwareDetails | null): Finding {
  if (details === null) return unknown();
  const { maker, model, virtual } = details;
  const named = [maker, model].filter((word) => word !== null).join(' ');
  const kind = virtual ? 'a virtual machine' : 'a machine of its own';
  return ok(named === '' ? kind : `${named}, ${kind}`);
}

export function processorCheck(details: HardwareDetails | null): Finding {
  if (details === null) return unknown();
  const { processor, cores, canVirtualize } = details;
  const memory = `${Math.round(totalmem() / GIB)} GiB of memory`;
  const runs = canVirtualize ? 'can run virtual machines' : 'cannot run virtual machines by itself';
  return ok(`${processor ?? 'unnamed'}, ${counted(cores, 'core')}, ${memory}; it ${runs}`);
}

export function disksCheck(details: HardwareDetails | null): Finding {
  if (details === null) return unknown();
  const disks = details.disks.map(({ name, kind, gib }) =>
    [name, kind === null ? '' : ` (${kind})`, `, ${gib} GiB`].join(''),
  );
  return ok(disks.length === 0 ? 'none that the system names' : disks.join('; '));
}

/** By `nvidia-smi`, which work is placed by; and what else the PCI bus names, for a person. */
export function cardsCheck(
  details: HardwareDetails | null,
  { count, cards, trouble }: Cards,
): Finding {
  const asked = cards.map(({ name, vramMib, state }) => {
    const memory = vramMib === null ? 'memory unknown' : `${vramMib} MiB`;
    return `${name === '' ? 'unnamed' : name} (${memory}, ${state})`;
  });
  const others = (details?.cards ?? [])
    .filter(({ vendor }) => !/nvidia/i.test(vendor ?? '') || count === 0)
    .map(({ vendor, model }) => [vendor, model].filter((word) => word !== null).join(' '))
    .filter((name) => name !== '');
  const said = [...asked, ...others].join('; ');
  if (trouble !== null) {
    const todo = 'run `nvidia-smi`, and look at the system log for the driver of the cards';
    return warning(`${said === '' ? 'cards unknown' : said}: ${trouble}`, todo);
  }
  return ok(said === '' ? 'none' : said);
}

export function cardsHere(): Promise<Cards> {
  return askCards(nvidia, NO_CARDS);
}

function unknown(): Finding {
  return ok('not known: the tools of the system did not answer in time');
}
