// What a machine needs before it can start: its images, an overlay, a seed, a place on the mesh.
// Nothing of it runs yet, and all of it can be made again. Spec: docs/machines.md, "Prepared".

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Result, ok, refuse } from '../../../proto/result.ts';
import { guestDevice } from '../../../wg/guests.ts';
import type { FailCode } from '../../../work/failures.ts';
import type { SeedNet } from '../../../work/seed.ts';
import type { Spec } from '../../../work/spec.ts';
import { nodePlatform } from '../../platform.ts';
import type { Order, Tell } from '../driver.ts';
import {
  FILES,
  bootFile,
  checkDisk,
  fetched,
  makeOverlay,
  makeSeed,
  makeVars,
  uefiFiles,
} from './disks.ts';
import type { Machines } from './driver.ts';
import { type Base, type PreparedNet, nameOf, readNote, writeNote } from './note.ts';

export async function prepared(
  own: Machines,
  order: Order,
  tell: Tell,
  signal: AbortSignal,
): Promise<Result<void, FailCode>> {
  const { tag, spec } = order;
  const vm = spec.vm ?? NOTHING;
  const impossible = whyNot(order);
  if (impossible !== null) return impossible;
  const folder = join(own.folder, nameOf(tag));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // One that runs is not touched.
  if ((readNote(folder)?.started ?? null) !== null) return ok(undefined);
  const files = await bootFiles(order, folder, tell, signal);
  if (!files.ok) return files;
  tell('making its disks');
  const { base, kernel, initrd, imageId } = files.value;
  const { diskMiB } = spec.resources;
  const hasDisk = base !== null || diskMiB > 0;
  if (hasDisk) {
    const made = await makeOverlay(folder, base, diskMiB, signal);
    if (!made.ok) return made;
  }
  const net = netOf(own, order);
  if (!net.ok) return net;
  const hasSeed = vm.image !== undefined || vm.userData !== undefined;
  if (hasSeed) {
    const seed = makeSeed(folder, {
      ...{ instance: nameOf(tag), hostName: spec.name, userData: vm.userData ?? [] },
      net: net.value.seed,
    });
    if (!seed.ok) return seed;
  }
  if (vm.firmware === 'uefi') makeVars(folder, (uefiFiles() as { vars: string }).vars);
  const disk = hasDisk ? { base } : null;
  const { place } = net.value;
  writeNote(folder, { tag, imageId, disk, kernel, initrd, hasSeed, net: place, started: null });
  return ok(undefined);
}

const NOTHING: NonNullable<Spec['vm']> = { firmware: 'bios', balloon: true };

/** What no machine of this driver can have. */
function whyNot({ spec, cards }: Order): Result<never, FailCode> | null {
  if (cards.length > 0) return refuse('engine-refused', 'a machine gets no card of its host');
  if (spec.vm?.firmware === 'uefi' && uefiFiles() === null) {
    return refuse('no-engine', 'there is no UEFI firmware (OVMF) on this host');
  }
  return null;
}

interface BootFiles {
  readonly base: Base | null;
  readonly kernel: string | null;
  readonly initrd: string | null;
  readonly imageId: string;
}

async function bootFiles(
  order: Order,
  folder: string,
  tell: Tell,
  signal: AbortSignal,
): Promise<Result<BootFiles, FailCode>> {
  const { vm = NOTHING, resources } = order.spec;
  let base: Base | null = null;
  let imageId = '';
  const boot: Record<'kernel' | 'initrd', string | null> = { kernel: null, initrd: null };
  if (vm.image !== undefined) {
    const found = await fetched(order, vm.image, tell, signal);
    if (!found.ok) return found;
    const checked = checkDisk(found.value.file, resources.diskMiB);
    if (!checked.ok) return checked;
    base = checked.value;
    imageId = found.value.id;
  }
  for (const part of ['kernel', 'initrd'] as const) {
    const name = vm[part];
    if (name === undefined) continue;
    const found = await fetched(order, name, tell, signal);
    if (!found.ok) return found;
    const file = bootFile(found.value.file, folder, FILES[part]);
    if (!file.ok) return file;
    boot[part] = file.value;
    imageId ||= found.value.id;
  }
  return ok({ base, ...boot, imageId });
}

interface NetPlan {
  readonly place: PreparedNet;
  readonly seed: SeedNet | null;
}

function netOf(own: Machines, { tag, spec: { network } }: Order): Result<NetPlan, FailCode> {
  const { id, generation } = tag;
  const { mode, publish } = network;
  const ports = publish.map(({ port, protocol }) => ({ port, protocol }));
  if (mode !== 'mesh') {
    const { device, mac } = guestDevice(id, generation, nodePlatform);
    return ok({ place: { mode, device, mac, address: null, ports }, seed: null });
  }
  const plan = own.parts.net.plan({ id, generation, ports });
  if (!plan.ok) return plan;
  const { device, mac, address } = plan.value;
  return ok({ place: { mode, device, mac, address, ports }, seed: plan.value });
}
