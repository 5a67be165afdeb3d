// A daemon's part in a test: starts guests by the driver, says what they are, and then does nothing
// until it is killed, as hard as one likes. With a mesh, also a way to be asked.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  createGuestNet,
  type Attachment,
  type GuestNet,
  type MeshPlace,
} from '../../../src/work/guest-net.ts';
import { createMachineDriver } from '../../../src/work/vms/driver.ts';
import { readNote, nameOf } from '../../../src/work/vms/note.ts';
import { type GuestOrder, type Images, memoryLog, orderFor, personAt } from '../../kit/guests.ts';
import type { Spec } from '../../../work/spec.ts';
import type { Tag } from '../../../work/lease.ts';

interface Task {
  readonly folder: string;
  readonly images: Images;
  readonly orders: readonly { readonly tag: Tag; readonly spec: Spec }[];
  readonly own: string;
  readonly mesh: MeshPlace | null;
}

const task = JSON.parse(process.argv[2] as string) as Task;
const netHere = (): GuestNet => createGuestNet({ own: task.own, mesh: () => task.mesh });
let net = netHere();
let driver = createMachineDriver({ folder: task.folder, net });
const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
const known = new Map<string, GuestOrder>();

async function main(): Promise<void> {
  await driver.probe();
  await driver.recover(() => null);
  await net.tidy();
  const start = async ({ tag, spec }: Task['orders'][number]): Promise<void> => {
    const own = join(task.folder, '../runs', nameOf(tag), 'own');
    mkdirSync(own, { recursive: true });
    const order = orderFor(tag, spec, task.images, memoryLog(), own);
    known.set(tag.id, order);
    const prepared = await driver.prepare(order, () => undefined, new AbortController().signal);
    const started = prepared.ok ? await driver.start(order, () => undefined) : prepared;
    if (!started.ok) {
      say({ failed: `${started.code} ${started.detail}` });
      return;
    }
    const person = await personAt(started.value);
    await person.until('guest is ready');
    const note = readNote(`${task.folder}/${nameOf(tag)}`);
    say({ id: tag.id, pid: note?.started?.process?.pid, verified: await started.value.verify() });
    ASK.set(tag.id, person.does);
  };
  await Promise.all(task.orders.map(start));
  say({ ready: true });
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) {
    const { id, command } = JSON.parse(line) as { id: string; command: string };
    const container = { id, generation: 1, ports: [] };
    const [word, pid] = command.split(' ');
    if (word === 'attach') {
      const attached = await net.attachContainer(Number(pid), container);
      say({ said: attached.ok ? attached.value.address : attached.detail });
    } else if (word === 'restart') {
      // As a later daemon does: each driver says what it found, in any order, and then is tidied.
      await later(container, command.split(' ')[1] as string);
      say({ said: '' });
    } else if (word === 'detach') {
      await net.detach(container);
      say({ said: '' });
    } else if (command === 'destroy') {
      await driver.destroy((known.get(id) as GuestOrder).tag);
      say({ said: '' });
    } else say({ said: await ASK.get(id)?.(command) });
  }
  await driver.close();
  await net.close();
}

async function later(guest: Attachment, address: string): Promise<void> {
  await net.close();
  net = netHere();
  net.adopt({ guests: [{ ...guest, address }] });
  driver = createMachineDriver({ folder: task.folder, net });
  await driver.recover(() => null);
  await net.tidy();
}

const ASK = new Map<string, (command: string) => Promise<string>>();

await main();
