import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bootMs } from '../../../src/os/clock.ts';
import { isRunning } from '../../../src/os/machine.ts';
import { guardUntil } from '../../../src/work/guard.ts';
import { createMachineDriver } from '../../../src/work/vms/driver.ts';
import { nameOf, readNote, writeNote } from '../../../src/work/vms/note.ts';
import { processIn } from '../../../src/work/vms/process.ts';
import { atSocket } from '../../../src/work/vms/socket-path.ts';
import { compileChild } from '../../kit/child.ts';
import {
  type Images,
  endMachines,
  initramfs,
  kernelFile,
  memoryLog,
  machinesFolder,
  noGuests,
  noNet,
  orderFor,
  orderOf,
  personAt,
} from '../../kit/guests.ts';

/** Several guests without KVM, on a machine that others share: for a test that hangs. */
const BUSY_MS = 400_000;

const MISSING = noGuests();

describe('machines whose daemon was killed', () => {
  let base = '';
  let folder = '';
  let images: Images = {};
  let compiled: ReturnType<typeof compileChild>;

  beforeAll(() => {
    if (MISSING !== null) return;
    base = machinesFolder();
    folder = path.join(base, 'vms');
    images = { kernel: kernelFile() as string, initrd: initramfs(base) };
    compiled = compileChild('test/work/vms/machine-child.ts');
  });
  beforeEach(({ skip }) => {
    if (MISSING !== null) skip(MISSING);
  });
  afterAll(() => {
    if (MISSING !== null) return;
    compiled.remove();
    endMachines(base);
  });

  /** Lines of the child until it is ready. */
  async function daemon(orders: readonly ReturnType<typeof orderOf>[]): Promise<{
    readonly child: ChildProcess;
    readonly said: Record<string, unknown>[];
  }> {
    const task = {
      ...{ folder, images, own: 'kithtest', mesh: null },
      orders: orders.map(({ tag, spec }) => ({ tag, spec })),
    };
    const child = spawn(process.execPath, [compiled.script, JSON.stringify(task)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const said: Record<string, unknown>[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const value = JSON.parse(line) as Record<string, unknown>;
      if (value['ready'] === true) break;
      said.push(value);
    }
    return { child, said };
  }

  test(
    'run on untouched, and are found again with all that they said',
    async () => {
      const lifecycle = { onHostLoss: 'replace' };
      const orders = [orderOf(images), orderOf(images), orderOf(images, { lifecycle })];
      const { child, said } = await daemon(orders);
      const pids = orders.map(({ tag }) => said.find(({ id }) => id === tag.id)?.['pid'] as number);
      expect(said).toHaveLength(3);
      child.kill('SIGKILL');
      await once(child, 'close');
      // One is ended by its guard, while nobody is there to see it.
      const guarded = path.join(base, 'runs', nameOf((orders[2] as (typeof orders)[0]).tag));
      guardUntil(guarded, bootMs(), (why) => expect.fail(why), 1);
      await expect.poll(() => isRunning(pids[2] as number), { timeout: 30_000 }).toBe(false);
      expect(pids.map(isRunning)).toEqual([true, true, false]);
      // Notes of what never ran, or of nobody, are not in the way.
      fs.mkdirSync(path.join(folder, 'torn.1'));
      fs.writeFileSync(path.join(folder, 'torn.1', 'machine.json'), '{"tag":');

      const driver = createMachineDriver({ folder, net: noNet });
      const logs = orders.map(() => memoryLog());
      const again = orders.map(({ tag, spec }, i) => {
        return orderFor(tag, spec, images, logs[i] as ReturnType<typeof memoryLog>);
      });
      const found = await driver.recover(
        ({ id }) => again.find(({ tag }) => tag.id === id) ?? null,
      );
      const of = (i: number): (typeof found)[number] =>
        found.find(({ tag }) => tag.id === orders[i]?.tag.id) as (typeof found)[number];
      expect(found).toHaveLength(3);
      expect(of(0).tag).toEqual(orders[0]?.tag);
      expect(await of(2).ended).toMatchObject({ exit: null, signal: null, oom: false });

      const notes = orders.map(({ tag }) => readNote(path.join(folder, nameOf(tag))));
      expect(notes[0]?.started?.process?.pid).toBe(pids[0]);
      const person = await personAt(of(0));
      expect(await person.does('echo still here')).toBe('still here');
      expect(await of(0).verify()).toMatchObject({ ok: true });
      await expect.poll(() => logs[0]?.text()).toContain('guest is ready');

      // A number that is another's by now, or was another's, is nobody of ours.
      const note = notes[1];
      const started = note?.started;
      if (!note || !started?.process) throw new Error('no note');
      const own = path.join(folder, nameOf(note.tag));
      expect(processIn(own, { ...started.process, pid: process.pid })).toBeNull();
      expect(processIn(own, { ...started.process, started: '1' })).toBeNull();
      expect(processIn(own, { ...started.process, boot: 'another' })).toBeNull();
      // A daemon that was killed before it wrote the number down.
      writeNote(own, { ...note, started: { ...started, process: null } });
      expect(processIn(own, null)).toMatchObject({ pid: pids[1] });

      // One that ends while no daemon runs stays to be asked how.
      await driver.close();
      await typedInto(path.join(own, 'console'), 'poweroff -f\n');
      await expect
        .poll(() => fs.readFileSync(path.join(own, 'console.log'), 'utf8'))
        .toMatch(/down/i);
      const third = createMachineDriver({ folder, net: noNet });
      const last = await third.recover(({ id }) => again.find(({ tag }) => tag.id === id) ?? null);
      const ended = last.find(({ tag }) => tag.id === note.tag.id);
      expect(await ended?.ended).toMatchObject({ exit: 0 });
      for (const { tag } of orders) await third.destroy(tag);
      expect(pids.filter(isRunning)).toEqual([]);
      await third.close();
    },
    BUSY_MS,
  );
});

/** Types into the console of a machine that nobody else has open. */
async function typedInto(socket: string, typed: string): Promise<void> {
  const own = atSocket(socket, (short) => connect(short));
  await once(own, 'connect');
  own.write(typed);
  await new Promise((resolve) => setTimeout(resolve, 300));
  own.destroy();
}
