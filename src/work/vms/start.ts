// A prepared machine is started: its control group, its network, its ports, its process, in this
// order, and all of it taken back where one of them cannot be. What is about to be started is
// written down before it is, so that a daemon which ends meanwhile finds it. Spec:
// docs/machines.md, "Started".

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Result, ok, refuse } from '../../../proto/result.ts';
import { GUEST_MTU, guestDevice } from '../../../wg/guests.ts';
import type { FailCode } from '../../../work/failures.ts';
import { VM_OVERHEAD_MIB, VM_TRANSLATED_MIB } from '../../../work/limits.ts';
import { type Accel, type Forward, type Net, cpusOf } from '../../../work/qemu.ts';
import { nowMs } from '../../os/clock.ts';
import { nodePlatform } from '../../platform.ts';
import { doorsOf, makeCgroup, removeCgroup } from '../cgroup.ts';
import type { Tag } from '../../../work/lease.ts';
import type { Order, Running, Tell } from '../driver.ts';
import { leaveMark } from '../guard.ts';
import { FILES, uefiFiles } from './disks.ts';
import type { Machines } from './driver.ts';
import { groupsFor } from './kvm.ts';
import { COMPLAINTS, type Described, type Files, launch } from './launch.ts';
import { PORT_TRIES, START_MS, THREADS_MAX, USER_FIRST } from './limits.ts';
import { type Note, type Started, nameOf, readNote, writeNote } from './note.ts';
import { processIn, processOf, signalTo } from './process.ts';
import { forwardsOf } from './ports.ts';
import { type RunningMachine, complaintsIn, runMachine } from './running.ts';

type Ready = Note & { readonly started: Started };

export async function started(
  own: Machines,
  order: Order,
  tell: Tell,
): Promise<Result<Running, FailCode>> {
  const { tag } = order;
  const folder = join(own.folder, nameOf(tag));
  const note = readNote(folder);
  if (note === null) return refuse('start-failed', 'it was not prepared');
  if (processIn(folder, null) !== null) return refuse('start-failed', 'it runs already');
  const accel = own.proof?.accel ?? null;
  if (accel === null) return refuse('no-engine', own.proof?.why ?? '');
  tell('starting it');
  const net = await joined(own, note);
  if (!net.ok) return net;
  for (let tries = PORT_TRIES; ; tries--) {
    const forwards = await forwardsOf(order.spec);
    const ready: Ready = { ...note, started: startOf(order, accel, forwards) };
    const machine = await tried(own, order, folder, ready);
    if (machine.ok) {
      own.running.set(nameOf(tag), machine.value);
      return machine;
    }
    // A port that was free a moment ago may be another's.
    if (tries > 1 && /forwarding rule/.test(machine.detail)) continue;
    await left(own, note, folder);
    return machine;
  }
}

function startOf({ tag, spec }: Order, accel: Accel, forwards: readonly Forward[]): Started {
  const { memMiB, cpuMilli } = spec.resources;
  return {
    ...{ accel, user: userOf(tag), startedAtMs: nowMs(), forwards, memMiB, cpuMilli },
    ...{ balloon: spec.vm?.balloon ?? true, process: null },
  };
}

/** The user that a machine runs as: no other machine is of the same. */
export function userOf({ id, generation }: Pick<Tag, 'id' | 'generation'>): number {
  return USER_FIRST + guestDevice(id, generation, nodePlatform).slot;
}

async function joined(own: Machines, { tag, net }: Note): Promise<Result<unknown, FailCode>> {
  const { id, generation } = tag;
  const user = userOf(tag);
  switch (net.mode) {
    case 'none':
      return ok(undefined);
    case 'egress':
      return own.parts.net.confine(user);
    case 'mesh': {
      const attached = await own.parts.net.attachTap({ id, generation, ports: net.ports }, user);
      if (!attached.ok || attached.value.address === net.address) return attached;
      await own.parts.net.detach(tag);
      return refuse('start-failed', 'the mesh has changed since it was prepared');
    }
  }
}

async function left(own: Machines, { tag }: Note, folder: string): Promise<void> {
  await own.parts.net.detach(tag);
  await own.parts.net.release(userOf(tag));
  removeCgroup(nameOf(tag));
  const note = readNote(folder);
  if (note !== null) writeNote(folder, { ...note, started: null });
}

async function tried(
  own: Machines,
  order: Order,
  folder: string,
  ready: Ready,
): Promise<Result<RunningMachine, FailCode>> {
  const name = nameOf(order.tag);
  const { user, accel, memMiB, cpuMilli } = ready.started;
  const extraMiB = VM_OVERHEAD_MIB + (accel === 'kvm' ? 0 : VM_TRANSLATED_MIB);
  const pids = THREADS_MAX + cpusOf(cpuMilli);
  const cgroup = makeCgroup(name, { cpuMilli, memMiB: memMiB + extraMiB, pids });
  const groups = accel === 'kvm' ? groupsFor(own.parts.kvmDevice) : [];
  if (typeof groups === 'string') return refuse('start-failed', groups);
  rmSync(join(folder, COMPLAINTS), { force: true });
  writeNote(folder, ready);
  leaveMark(order, 'cmdline', `guest=kith-${name}`);
  const child = await launch(
    {
      ...{ folder, identity: { user, groups } },
      doors: cgroup === null ? [] : doorsOf(cgroup),
      needsTun: ready.net.mode === 'mesh',
    },
    describe(order, ready),
    filesOf(order, ready, folder),
  );
  // Without a number it could not even be forked; its error says why.
  const fault = await new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(error.message)).once('spawn', () => resolve(null));
  });
  if (fault !== null || child.pid === undefined) return refuse('start-failed', fault ?? '');
  const process = processOf(child.pid);
  const note: Ready = { ...ready, started: { ...ready.started, process } };
  writeNote(folder, note);
  const machine = runMachine({ folder, note, order, process, child, net: own.parts.net });
  const why = await machine.up(START_MS);
  if (why === null) return ok(machine);
  signalTo(process, 'SIGKILL');
  await machine.ended;
  await machine.letGo();
  const said = complaintsIn(folder);
  return refuse('start-failed', said === '' ? why : `${why}: ${said}`);
}

function describe({ tag, spec }: Order, { disk, net, started: its }: Ready): Described {
  const { memMiB, cpuMilli, accel, balloon } = its;
  const facts = factsOf(tag, net);
  const told = Object.entries(facts).map(([key, value]) => `kith.${key}=${value}`);
  return {
    ...{ name: `kith-${nameOf(tag)}`, uuid: uuidOf(tag), accel, memMiB, balloon },
    ...{ cpus: cpusOf(cpuMilli), net: netOf(net, its.forwards), facts },
    // A kernel without cloud-init reads there where it is.
    cmdline: [spec.vm?.cmdline ?? '', ...(net.mode === 'mesh' ? told : [])].join(' ').trim(),
    baseFormat: disk?.base?.format ?? 'raw',
  };
}

function factsOf({ id }: Tag, { address }: Note['net']): Readonly<Record<string, string>> {
  return { work: id, ...(address === null ? {} : { address }) };
}

function netOf({ mode, device, mac }: Note['net'], forwards: readonly Forward[]): Net {
  switch (mode) {
    case 'none':
      return { mode };
    case 'egress':
      return { mode, mac, forwards };
    case 'mesh':
      return { mode, mac, tap: device, mtu: GUEST_MTU };
  }
}

function filesOf({ spec }: Order, { disk, kernel, initrd, hasSeed }: Note, folder: string): Files {
  const uefi = spec.vm?.firmware === 'uefi' ? uefiFiles() : null;
  return {
    disk:
      disk === null
        ? null
        : { overlay: join(folder, FILES.overlay), base: disk.base?.file ?? null },
    seed: hasSeed ? join(folder, FILES.seed) : null,
    ...{ kernel, initrd },
    uefi: uefi === null ? null : { code: uefi.code, vars: join(folder, FILES.vars) },
  };
}

/** The same for each start of some work: what its guest takes for the machine it is on. */
function uuidOf({ id }: Tag): string {
  const digest = nodePlatform.sha256(new TextEncoder().encode(`kith-vm-v1\n${id}`));
  // Version 8, of our own making, and the variant of RFC 9562.
  digest[6] = ((digest[6] as number) & 0x0f) | 0x80;
  digest[8] = ((digest[8] as number) & 0x3f) | 0x80;
  const hex = Buffer.from(digest.subarray(0, 16)).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
    .concat(hex.slice(20))
    .join('-');
}
