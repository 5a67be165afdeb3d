// The ledger has changed: who is a member, with which key and name, on the interface, in the heart,
// in the names and in the links, in the order that a removal wants. Spec: docs/mesh.md, "Removal".

import type { Key } from '../../proto/ids.ts';
import type { RosterRow } from '../derive.ts';
import { isOut } from '../peer/members.ts';
import { factsOf } from './facts-of.ts';
import type { Ground } from './ground.ts';
import { removalsIn, tellMeshAddresses } from './hearing.ts';
import { writeNames } from './names.ts';
import { rotationWithout } from './rotating.ts';
import { keysOf } from './rotation.ts';

/** Called for every intake of records; costs little where nothing of the mesh has changed. */
export async function applyLedger(ground: Ground): Promise<void> {
  const { wishing, applying, links, kept, rows: before, parts, places } = ground;
  const others = wishing.others();
  const after = new Map<Key, RosterRow>(others.map((row) => [row.key, row]));
  const isSame =
    before.size === after.size && [...after].every(([key, row]) => before.get(key) === row);
  ground.rows = after;
  if (!isSame) {
    ground.server?.drop((key) => isOut(parts.home.replica, key));
    links.members([...after.keys()], (node) => factsOf(ground, after.get(node) as RosterRow));
    for (const [key, row] of after) {
      const was = before.get(key);
      if (was === undefined || was === row) continue;
      links.facts(key, factsOf(ground, row));
    }
    keysOf(ground, others);
    for (const key of before.keys()) if (!after.has(key)) rotationWithout(ground, key);
    places.resolve(others, (node) => {
      const row = wishing.roster().byKey.get(node);
      if (row !== undefined) links.facts(node, factsOf(ground, row));
    });
    kept.only([...after.keys()]);
    for (const key of ground.rtts.keys()) if (!after.has(key)) ground.rtts.delete(key);
  }
  if (!isSame || before.size === 0) {
    await applying.apply();
    namesAnew(ground);
    ground.heart?.rosterChanged();
    tellMeshAddresses(ground);
  }
  // The interface is rid of them by now.
  ground.heart?.carriedOut(removalsIn(ground).map(({ id }) => id));
  ground.heart?.beatNow();
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
