// The host's shell with real processes and a real journal: requests and their answers, what a crash
// leaves, what is found again, what is refused.

import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readReceipt } from '../../work/receipt.ts';
import type { Spec } from '../../work/spec.ts';
import { nodePlatform } from '../../src/platform.ts';
import { nowMs } from '../../src/os/clock.ts';
import { ownerPapers } from '../../src/work/papers.ts';
import { actor, penOf } from '../kit/actors.ts';
import { faultyDisk } from '../kit/faulty-disk.ts';
import { type ProcessDriver, processDriver } from '../kit/process-driver.ts';
import {
  type TestHost,
  asking,
  attic,
  barn,
  folder,
  host,
  job,
  network,
  newId,
  stove,
} from '../kit/work-hosts.ts';
import { specOf } from './specs.ts';

let place: ReturnType<typeof folder>;
let driver: ProcessDriver;
let net: ReturnType<typeof network>;
const hosts: TestHost[] = [];

beforeEach(() => {
  place = folder();
  driver = processDriver(`${place.path}/processes`);
  net = network();
});
afterEach(async () => {
  for (const one of hosts.splice(0)) {
    for (const { id, generation } of one.hosting.rows()) {
      const lease = one.hosting.leaseOf(id);
      if (lease !== null) await driver.destroy({ ...lease, generation });
    }
    await one.hosting.close();
  }
  place.remove();
});

const open = async (more: Parameters<typeof host>[3] = {}): Promise<TestHost> => {
  const opened = await host(`${place.path}/work`, driver, net.state, more);
  hosts.push(opened);
  return opened;
};
const ready = async (): Promise<TestHost> => {
  const opened = await open();
  await opened.hosting.recovered;
  return opened;
};
const running = (command = 'sleep 60', more: object = {}): Spec =>
  specOf({ id: newId(), name: 'job', job: { image: 'sh', command: [command] }, ...more });
const stateOf = ({ hosting }: TestHost, { id }: Spec): string | undefined =>
  hosting.rows().find((row) => row.id === id)?.state;
/** The whole log of it, which has to have ended. */
const saidBy = async (on: TestHost, { id = '' }: Spec): Promise<string> => {
  let text = '';
  for (let seq = 0; ; ) {
    const page = await on.logs.read({ id, generation: 1 }, { seq, bytesMax: 4_096, waitMs: 0 });
    text += Buffer.from(page?.bytes ?? []).toString();
    if (page === null || page.ended || page.next === seq) return text;
    seq = page.next;
  }
};
const started = async (on: TestHost, spec: Spec): Promise<void> => {
  expect(await on.say(asking(spec, { say: 'reserve' }))).toMatchObject({ say: 'reserved' });
  expect(await on.say(asking(spec, { say: 'go' }))).toMatchObject({ say: 'going' });
};

describe('a piece of work', () => {
  test('is reserved, started, heard, and ends with a receipt that its owner is brought', async () => {
    const on = await ready();
    const spec = running('echo hello; exit 3');
    await started(on, spec);
    await expect.poll(() => stateOf(on, spec)).toBe('failed');
    await expect.poll(() => on.brought.length).toBe(1);
    const read = readReceipt(on.brought[0]!, nodePlatform);
    expect(read).toMatchObject({
      ok: true,
      value: { id: spec.id, host: barn.key, owner: attic.key, exit: 3, ended: 'failed' },
    });
    expect(read.ok && Object.keys(read.value.outputs)).toEqual(['/out/result']);
    expect(await saidBy(on, spec)).toContain('hello');
    await expect.poll(() => on.hosting.leaseOf(spec.id!)).toBe(null);
    expect(driver.starts()).toEqual([`${spec.id}-1`]);
  });

  test('is stopped by its owner, and by nobody who may not', async () => {
    const on = await ready();
    const spec = running();
    await started(on, spec);
    await expect.poll(() => stateOf(on, spec)).toBe('running');
    const stop = asking(spec, { say: 'stop', from: stove.key });
    expect(await on.say(stop, stove)).toMatchObject({ say: 'refused', code: 'no-cap' });
    expect(await on.say(asking(spec, { say: 'stop' }))).toMatchObject({ say: 'done' });
    await expect.poll(() => stateOf(on, spec)).toBe('done');
  });
});

test('between two runs here what the next one goes on with is left, and goes with the last', async () => {
  const plain = driver;
  const calls: string[] = [];
  const told = (what: string): ProcessDriver['destroy'] => {
    return async (tag) => {
      calls.push(what);
      await plain.destroy(tag);
    };
  };
  driver = { ...plain, rest: told('rest'), destroy: told('destroy') };
  const on = await ready();
  const spec = running('exit 3', { lifecycle: { restart: 'onFailure', maxRestarts: 1 } });
  await started(on, spec);
  await expect.poll(() => on.hosting.leaseOf(spec.id!)).toBe(null);
  expect(plain.starts()).toHaveLength(2);
  expect(calls).toEqual(['rest', 'destroy']);
});

describe('a request', () => {
  test('that is asked again gets the same answer, and starts nothing twice', async () => {
    const on = await ready();
    const spec = running();
    const reserve = asking(spec, { say: 'reserve' });
    const answers = await Promise.all([on.say(reserve), on.say(reserve), on.say(reserve)]);
    expect(answers.map((answer) => answer?.say)).toEqual(['reserved', 'reserved', 'reserved']);
    const go = asking(spec, { say: 'go' });
    await Promise.all([on.say(go), on.say(go)]);
    await expect.poll(() => stateOf(on, spec)).toBe('running');
    expect(await on.say(go)).toMatchObject({ say: 'going', state: 'running' });
    expect(driver.starts()).toHaveLength(1);
  });

  test('of another than who signed it, or that was changed, is no request', async () => {
    const on = await ready();
    const spec = running();
    const reserve = asking(spec, { say: 'reserve' });
    expect(await on.say(reserve, attic, stove)).toBe(null);
    const signed = ownerPapers(penOf(attic)).sign(reserve);
    const changed = { ...signed, document: { ...(signed.document as object), generation: 2 } };
    expect(await on.hosting.ask(changed, attic.key)).toBe(null);
    expect(on.hosting.rows()).toEqual([]);
  });

  test('for another node, or of another day, is refused', async () => {
    const on = await ready();
    const spec = running();
    const wrong = asking(spec, { say: 'reserve', to: stove.key });
    const own = ownerPapers(penOf(attic));
    const answer = await on.hosting.ask(own.sign(wrong), attic.key);
    expect(answer?.document).toMatchObject({ say: 'refused', code: 'not-addressed' });
    const old = asking(spec, { say: 'reserve', at: nowMs() - 3_600_000 });
    expect(await on.say(old)).toMatchObject({ say: 'refused', code: 'stale-request' });
    expect(on.hosting.refusals()).toEqual({ 'not-addressed': 1, 'stale-request': 1 });
  });

  test('of a member without the right is refused, and one that lost it before `go`, too', async () => {
    const on = await ready();
    const spec = running();
    const foreign = asking(spec, { say: 'reserve', from: stove.key });
    expect(await on.say(foreign, stove)).toMatchObject({ say: 'refused', code: 'no-cap' });
    expect(await on.say(asking(spec, { say: 'reserve' }))).toMatchObject({ say: 'reserved' });
    net.scribe.remove(attic, actor('root'));
    expect(await on.say(asking(spec, { say: 'go' }))).toMatchObject({
      ...{ say: 'refused', code: 'not-authorised' },
    });
    await expect.poll(() => driver.starts()).toEqual([]);
  });

  test('beyond the limits of its grant is refused with the numbers', async () => {
    net = network([job({ limits: { concurrent: 1, mem_mib: 9_000 } })]);
    const on = await ready();
    const [one, two] = [running(), running()];
    expect(await on.say(asking(one, { say: 'reserve' }))).toMatchObject({ say: 'reserved' });
    expect(await on.say(asking(two, { say: 'reserve' }))).toMatchObject({
      ...{ say: 'refused', code: 'too-much', needs: 2, has: 1 },
    });
    const large = running('true', { resources: { memMiB: 10_240 } });
    expect(await on.say(asking(large, { say: 'reserve' }))).toMatchObject({
      ...{ say: 'refused', code: 'too-much', needs: 10_240, has: 9_000 },
    });
  });

  test('is refused while the host drains, and what runs goes on', async () => {
    const on = await ready();
    const spec = running();
    await started(on, spec);
    await expect.poll(() => stateOf(on, spec)).toBe('running');
    on.hosting.drain('draining');
    expect(await on.say(asking(running(), { say: 'reserve' }))).toMatchObject({ code: 'draining' });
    expect(on.hosting.offer().taking).toBe('draining');
    on.hosting.drain('no');
    expect(await on.say(asking(running(), { say: 'reserve' }))).toMatchObject({ say: 'reserved' });
    expect(stateOf(on, spec)).toBe('running');
  });
});

test('a full disk refuses new work, keeps what was promised, and heals', async () => {
  const disk = faultyDisk();
  const on = await open({ disk });
  await on.hosting.recovered;
  const [kept, late] = [running(), running()];
  await started(on, kept);
  await expect.poll(() => stateOf(on, kept)).toBe('running');
  const free = on.hosting.offer().memMib;
  disk.capacityBytes = 0;
  expect(await on.say(asking(late, { say: 'reserve' }))).toMatchObject({
    ...{ say: 'refused', code: 'no-disk' },
  });
  expect(on.hosting.offer().memMib).toBe(free);
  expect(stateOf(on, kept)).toBe('running');
  expect(on.events).toContainEqual(
    expect.objectContaining({ event: 'failed', what: 'the journal of work' }),
  );
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  await expect
    .poll(async () => (await on.say(asking(late, { say: 'reserve' })))?.say)
    .toBe('reserved');
  // What a crash would find now is all of it.
  const after = await open({ disk });
  await after.hosting.recovered;
  expect(after.hosting.rows().map(({ id }) => id)).toEqual([kept.id, late.id]);
  expect(driver.starts()).toHaveLength(1);
});

test('a journal with a flipped byte is told, and what it said is left alone', async () => {
  const before = await ready();
  const spec = running();
  await started(before, spec);
  await expect.poll(() => stateOf(before, spec)).toBe('running');
  await before.hosting.close();
  hosts.length = 0;
  const file = `${place.path}/work/journal.jsonl`;
  const bytes = readFileSync(file);
  const at = bytes.indexOf('"is":"taken"');
  bytes[at + 7] = (bytes[at + 7] as number) ^ 1;
  writeFileSync(file, bytes);
  const after = await ready();
  expect(after.events[0]).toMatchObject({ event: 'alarm', what: /1 line of the journal/ });
  expect(after.events).toContainEqual(
    expect.objectContaining({
      event: 'work',
      id: spec.id,
      what: expect.stringContaining('nothing is reserved for it'),
    }),
  );
  // It runs on, and its owner would be told so by nobody but a person.
  const [found] = await driver.recover(() => null);
  expect(found?.tag.id).toBe(spec.id);
  await found?.kill();
  await driver.destroy({ ...found!.tag });
});

describe('after a crash', () => {
  test('reservations stand before anything else, and nothing is taken until all is found', async () => {
    const before = await ready();
    const spec = running();
    expect(await before.say(asking(spec, { say: 'reserve' }))).toMatchObject({ say: 'reserved' });
    const after = await open();
    expect(after.hosting.offer()).toMatchObject({ taking: 'recovering', held: 1 });
    expect(await after.say(asking(running(), { say: 'reserve' }))).toMatchObject({
      ...{ say: 'refused', code: 'recovering' },
    });
    await after.hosting.recovered;
    expect(after.hosting.offer().taking).toBe('open');
    expect(await after.say(asking(spec, { say: 'go' }))).toMatchObject({ say: 'going' });
    await expect.poll(() => stateOf(after, spec)).toBe('running');
  });

  test('all of fifty that run are found again, and none is started twice', async () => {
    const before = await ready();
    const specs = Array.from({ length: 50 }, () => running('sleep 60', SMALL));
    for (const spec of specs) await started(before, spec);
    for (const spec of specs) await expect.poll(() => stateOf(before, spec)).toBe('running');
    const after = await ready();
    expect(specs.map((spec) => stateOf(after, spec))).toEqual(specs.map(() => 'running'));
    expect(new Set(driver.starts()).size).toBe(50);
    expect(driver.starts()).toHaveLength(50);
    // And they are in its hands: the end of one is seen.
    const [first] = specs as [Spec];
    await after.say(asking(first, { say: 'stop', kill: true }));
    await expect.poll(() => stateOf(after, first)).toBe('done');
  });

  test('what ended while no daemon ran has its receipt, with the rest of its output', async () => {
    const before = await ready();
    const spec = running('echo one; sleep 0.4; echo two');
    await started(before, spec);
    await expect.poll(() => stateOf(before, spec)).toBe('running');
    await before.hosting.close();
    hosts.length = 0;
    await new Promise((resolve) => void setTimeout(resolve, 700));
    const after = await ready();
    await expect.poll(() => after.brought.length).toBe(1);
    expect(stateOf(after, spec)).toBe('done');
    const text = await saidBy(after, spec);
    expect([text.split('one').length, text.split('two').length]).toEqual([2, 2]);
    expect(driver.starts()).toHaveLength(1);
  });

  test('an engine that cannot say what it has keeps the host from taking work', async () => {
    const before = await ready();
    const spec = running();
    await started(before, spec);
    await expect.poll(() => stateOf(before, spec)).toBe('running');
    let isUp = false;
    const { recover } = driver;
    driver = processDriver(`${place.path}/processes`, {
      recover: (orderOf) =>
        isUp ? recover(orderOf) : Promise.reject(new Error('the engine is starting')),
    });
    const after = await open();
    await expect.poll(() => after.events.length).toBeGreaterThan(0);
    expect(after.events[0]).toMatchObject({ event: 'failed', why: /the engine is starting/ });
    expect(after.hosting.offer().taking).toBe('recovering');
    expect(stateOf(after, spec)).toBe('running');
    isUp = true;
    await after.hosting.recovered;
    expect(after.hosting.offer().taking).toBe('open');
    expect(driver.starts()).toHaveLength(1);
  });
});

const SMALL = { resources: { cpuMilli: 100, memMiB: 64, diskMiB: 64 } };

test('a change of what is promised is told at once', async () => {
  const on = await ready();
  let told = 0;
  on.hosting.onChanged(() => (told += 1));
  const free = on.hosting.offer().memMib as number;
  const spec = running();
  await on.say(asking(spec, { say: 'reserve' }));
  expect(told).toBe(1);
  expect(on.hosting.offer().memMib).toBe(free - spec.resources.memMiB);
  expect(on.hosting.digest()).not.toBe(null);
  await on.say(asking(spec, { say: 'cancel' }));
  expect(told).toBe(2);
  expect(on.hosting.offer().memMib).toBe(free);
  expect(on.hosting.digest()).toBe(null);
});
