// The ledger has changed: who is a member, with which key and name, on the interface, in the heart,
// in the names and in the links, in the order that a removal wants. Spec: docs/mesh.md, "Removal".

import type { Key } from '../../proto/ids.ts';
import type { RosterRow } from '../derive.ts';
import { isOut } from '../peer/members.ts';
import { factsOf, hearAnew } from './facts-of.ts';
import type { Ground } from './ground.ts';
import { removalsIn, tellMeshAddresses } from './hearing.ts';
import { writeNames } from './names.ts';
import { rotationWithout } from './rotating.ts';
import { keysOf } from './rotation.ts';

/** Called for every intake of records; costs little where nothing of the mesh has changed. */
export async function applyLedger(ground: Ground): Promise<void> {
  const { wishing, applying, rows: before } = ground;
  const { byKey: after } = wishing.roster();
  const isSame =
    before.size === after.size && [...after].every(([key, row]) => before.get(key) === row);
  ground.rows = after;
  if (!isSame) {
    changeLinks(ground, before);
    await applying.apply();
    namesAnew(ground);
    ground.heart?.rosterChanged();
    tellMeshAddresses(ground);
  }
  // Said only where it is so: the interface is rid of whoever was removed.
  if (applying.actual() !== null) {
    ground.heart?.carriedOut(removalsIn(ground).map(({ id }) => id));
  }
  ground.heart?.beatNow();
}

/** Who is there to be linked to, and what is new of each. */
function changeLinks(ground: Ground, before: ReadonlyMap<Key, RosterRow>): void {
  const { wishing, links, kept, parts, places, rtts, server } = ground;
  const others = wishing.others();
  const { byKey: after } = wishing.roster();
  server?.drop((key) => isOut(parts.home.replica, key));
  const keys = others.map(({ key }) => key);
  links.members(keys, (node) => factsOf(ground, after.get(node) as RosterRow));
  for (const row of others) {
    const was = before.get(row.key);
    if (was !== undefined && was !== row) links.facts(row.key, factsOf(ground, row));
  }
  keysOf(ground, others, before);
  places.resolve(others, (node) => hearAnew(ground, node));
  kept.only(keys);
  for (const key of before.keys()) {
    if (after.has(key)) continue;
    rotationWithout(ground, key);
    rtts.delete(key);
  }
}

/** The names of all members, this node too. */
function namesAnew(ground: Ground): void {
  const { device, wishing, alarms } = ground;
  try {
    const refused = writeNames(device.name, wishing.roster().rows);
    if (refused.length === 0) alarms.end('names');
    else alarms.raise('names', `not in the hosts file: ${refused.join(', ')}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    alarms.raise('names', `names are not written, addresses work: ${why}`);
  }
}
