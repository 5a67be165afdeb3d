// The driver of virtual machines: QEMU, each machine in a process and a folder of its own. A folder
// holds all that is known of its machine, so a later daemon finds it again, running or ended. Spec:
// docs/machines.md.

import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { VM_OVERHEAD_MIB, VM_TRANSLATED_MIB } from '../../../work/limits.ts';
import { nowMs } from '../../os/clock.ts';
import { removeCgroup } from '../cgroup.ts';
import type { Tag } from '../../../work/lease.ts';
import type { Driver, Order, Probe, Running } from '../driver.ts';
import type { GuestNet } from '../guest-net.ts';
import { FILES } from './disks.ts';
import { type Proof, proven } from './kvm.ts';
import { missingTools } from './launch.ts';
import { GONE_MS, START_POLL_MS, USER_FIRST } from './limits.ts';
import { type Note, nameOf, readNote } from './note.ts';
import { prepared } from './prepare.ts';
import { isThat, processIn, signalTo, workersIn } from './process.ts';
import { type RunningMachine, runMachine } from './running.ts';
import { started, userOf } from './start.ts';

export interface MachineDriverParts {
  /** Of this driver alone; made where it is not there. */
  readonly folder: string;
  readonly net: GuestNet;
  /** What says whether KVM is there. */
  readonly kvmDevice?: string;
}

export interface Machines {
  readonly parts: MachineDriverParts;
  readonly folder: string;
  proof: Proof | null;
  readonly running: Map<string, RunningMachine>;
}

export function createMachineDriver(parts: MachineDriverParts): Driver {
  mkdirSync(parts.folder, { recursive: true, mode: 0o700 });
  // As the kernel names the folder that a process works in.
  const folder = realpathSync(parts.folder);
  const own: Machines = { parts, folder, proof: null, running: new Map() };
  return {
    ...{ kind: 'vm', name: 'qemu' },
    probe: () => probe(own),
    estimate({ resources: { memMiB, diskMiB } }) {
      const translated = own.proof?.accel === 'kvm' ? 0 : VM_TRANSLATED_MIB;
      // Its seed, its variables of firmware, and what its disk says of itself.
      return { memMiB: memMiB + VM_OVERHEAD_MIB + translated, diskMiB: diskMiB + DISK_EXTRA_MIB };
    },
    prepare: (order, tell, signal) => prepared(own, order, tell, signal),
    async start(order, tell) {
      if (own.proof === null) await probe(own);
      return started(own, order, tell);
    },
    recover: (orderOf) => recover(own, orderOf),
    destroy: (tag) => destroy(own, tag),
    rest: (tag) => rest(own, tag),
    async close() {
      await Promise.all([...own.running.values()].map((machine) => machine.letGo()));
      own.running.clear();
    },
  };
}

const DISK_EXTRA_MIB = 2;

async function probe(own: Machines): Promise<Probe> {
  const checkedAtMs = nowMs();
  const no = (what: string): Probe => ({ usable: false, what, checkedAtMs });
  if (process.arch !== 'x64') return no('machines run on amd64 only');
  if (process.geteuid?.() !== 0) return no('running machines as users of their own needs root');
  const missing = missingTools();
  if (missing.length > 0) return no(`there is no ${missing.join(', no ')}`);
  try {
    const { folder, parts } = own;
    const identity = { user: USER_FIRST, groups: [] };
    const device = parts.kvmDevice === undefined ? {} : { device: parts.kvmDevice };
    const proof = await proven({ folder, identity, ...device });
    own.proof = proof;
    if (proof.accel === null) return no(proof.why);
    const how = proof.accel === 'kvm' ? 'with KVM' : `without KVM: ${proof.why}`;
    const what = `QEMU ${proof.qemu} ${how}; proven at ${new Date(proof.provedAtMs).toISOString()}`;
    return { usable: true, what, checkedAtMs: proof.provedAtMs };
  } catch (error) {
    return no(error instanceof Error ? error.message : String(error));
  }
}

/** Everything that has a folder here; what runs is taken over, and left as it is. */
async function recover(
  own: Machines,
  orderOf: (tag: Tag) => Order | null,
): Promise<readonly Running[]> {
  const found: RunningMachine[] = [];
  const living: Note[] = [];
  for (const entry of readdirSync(own.folder, { withFileTypes: true })) {
    const folder = join(own.folder, entry.name);
    const note = entry.isDirectory() ? readNote(folder) : null;
    if (note === null || note.started === null || nameOf(note.tag) !== entry.name) continue;
    const known = own.running.get(entry.name);
    const process = await settledIn(folder, note);
    if (process !== null) living.push(note);
    const machine =
      known ??
      runMachine({
        ...{ folder, note: { ...note, started: note.started }, process, child: null },
        ...{ order: orderOf(note.tag), net: own.parts.net },
      });
    own.running.set(entry.name, machine);
    found.push(machine);
  }
  own.parts.net.adopt({
    guests: living.flatMap(({ tag: { id, generation }, net: { address, ports } }) =>
      address === null ? [] : [{ id, generation, address, ports }],
    ),
    users: living.filter(({ net }) => net.mode === 'egress').map(({ tag }) => userOf(tag)),
  });
  return found;
}

/** A start that its daemon did not live to see: it is QEMU soon, or it never will be. */
async function settledIn(folder: string, note: Note): ReturnType<typeof waited> {
  const noted = note.started?.process ?? null;
  const process = processIn(folder, noted);
  return process !== null || noted !== null ? process : waited(folder);
}

async function waited(folder: string): Promise<ReturnType<typeof processIn>> {
  for (let waitedMs = 0; waitedMs < GONE_MS; waitedMs += START_POLL_MS) {
    const process = processIn(folder, null);
    if (process !== null || workersIn(folder).length === 0) return process;
    await pause(START_POLL_MS);
  }
  return null;
}

async function destroy(own: Machines, tag: Tag): Promise<void> {
  await ended(own, tag);
  rmSync(join(own.folder, nameOf(tag)), { recursive: true, force: true });
}

/** What its guest has written stays, and is found by the next `prepare`. */
const KEPT: ReadonlySet<string> = new Set([FILES.overlay, FILES.vars]);

async function rest(own: Machines, tag: Tag): Promise<void> {
  await ended(own, tag);
  const folder = join(own.folder, nameOf(tag));
  const names = existsSync(folder) ? readdirSync(folder) : [];
  // The note goes with the rest: of a machine without one nothing is there to be found.
  for (const name of names.filter((one) => !KEPT.has(one)))
    rmSync(join(folder, name), { recursive: true, force: true });
}

/** Nothing of it runs, and nothing on this machine is meant for it. */
async function ended(own: Machines, tag: Tag): Promise<void> {
  const name = nameOf(tag);
  const folder = join(own.folder, name);
  const noted = readNote(folder)?.started?.process ?? null;
  // Whatever works in the folder is a part of the machine; one that ends has left it already.
  for (let waitedMs = 0; waitedMs < GONE_MS; waitedMs += START_POLL_MS) {
    const left = workersIn(folder);
    if (left.length === 0 && (noted === null || !isThat(noted))) break;
    for (const process of left) signalTo(process, 'SIGKILL');
    await pause(START_POLL_MS);
  }
  await own.running.get(name)?.letGo();
  own.running.delete(name);
  await own.parts.net.detach(tag);
  await own.parts.net.release(userOf(tag));
  removeCgroup(name);
}
