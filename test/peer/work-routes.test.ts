// The routes of work between members, asked as a member asks them, in front of a real host: who
// sees what, a log that is waited for, an output in parts, and nothing that a stranger's bytes do.
// Real TLS is in test/scenarios/running.test.ts.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import type { Key } from '../../proto/ids.ts';
import { kith } from '../../proto/wire.js';
import { WORK_ASKS_RATE } from '../../src/peer/limits.ts';
import {
  WORK_ASK_PATH,
  WORK_BRING_PATH,
  WORK_LIST_PATH,
  WORK_LOGS_PATH,
  WORK_OUTPUTS_PATH,
  WORK_RECEIPT_PATH,
  WORK_TYPE_PATH,
  paperIn,
  signedBytes,
  workRoutes,
} from '../../src/peer/work-routes.ts';
import { foldersIn } from '../../src/work/folders.ts';
import type { Owning } from '../../src/work/owning.ts';
import { ownerPapers } from '../../src/work/papers.ts';
import type { WorkRow } from '../../src/work/rows.ts';
import { workDesk } from '../../src/work/serving.ts';
import { nowMs } from '../../src/os/clock.ts';
import { realDisk } from '../../src/store/disk.ts';
import type { Spec } from '../../work/spec.ts';
import { readReceipt } from '../../work/receipt.ts';
import { nodePlatform } from '../../src/platform.ts';
import { penOf } from '../kit/actors.ts';
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
import { specOf } from '../work/specs.ts';

let place: ReturnType<typeof folder>;
let on: TestHost;
let driver: ProcessDriver;
let ask: (path: string, body: Uint8Array, from: Key) => Promise<Uint8Array | null>;
const owned: string[] = [];
const typed: string[] = [];

beforeEach(async () => {
  place = folder();
  driver = processDriver(`${place.path}/processes`);
  const net = network([job()]);
  const base = `${place.path}/work`;
  on = await host(base, driver, net.state);
  await on.hosting.recovered;
  owned.length = 0;
  typed.length = 0;
  const owning = {
    mine: async () => null,
    receipt: async (_: unknown, from: Key) => owned.push(from) > 0,
  } as unknown as Owning;
  const routes = workRoutes(
    workDesk({
      ...{ hosting: on.hosting, owning, receipts: on.receipts, logs: on.logs },
      folders: foldersIn(realDisk, base),
      typing: {
        async type(key, running, bytes) {
          typed.push(`${key} ${Buffer.from(bytes).toString()}`);
          return running !== null;
        },
        close: () => undefined,
      },
      ground: () => ({ state: net.state(), self: barn.key, nowMs: nowMs() }),
    }),
  );
  ask = async (path, body, from) =>
    (await routes.find((route) => route.path === path)?.answer(body, from)) ?? null;
});
afterEach(async () => {
  for (const { id } of on.hosting.rows()) {
    const lease = on.hosting.leaseOf(id);
    if (lease !== null) await driver.destroy(lease);
  }
  await on.hosting.close();
  place.remove();
});

const running = (command: string): Spec =>
  specOf({ id: newId(), name: 'job', job: { image: 'sh', command: [command] } });
const pen = ownerPapers(penOf(attic));
async function started(command: string): Promise<Spec> {
  const spec = running(command);
  for (const say of ['reserve', 'go'] as const) {
    const signed = pen.sign(asking(spec, { say }));
    const answer = paperIn((await ask(WORK_ASK_PATH, signedBytes(signed), attic.key))!);
    expect(answer).toMatchObject({ document: { re: expect.any(String) as string } });
  }
  return spec;
}
const at = (spec: Spec, generation = 1): kith.WorkAt => ({ id: spec.id ?? '', generation });
const rows = async (from: Key): Promise<WorkRow[]> => {
  const body = kith.WorkAt.encode({ id: '', generation: 0 }).finish();
  return paperIn((await ask(WORK_LIST_PATH, body, from))!) as WorkRow[];
};
const page = async (spec: Spec, fromSeq: number, waitMs: number, from: Key) => {
  const body = kith.WorkLogRequest.encode({ work: at(spec), fromSeq, waitMs }).finish();
  return kith.WorkLogPage.decode((await ask(WORK_LOGS_PATH, body, from))!);
};

describe('a member', () => {
  test('sees its own work, and all of it with work.read; a stranger to it sees none', async () => {
    const spec = await started('sleep 60');
    expect((await rows(attic.key)).map(({ id }) => id)).toEqual([spec.id]);
    expect((await rows(stove.key)).map(({ id }) => id)).toEqual([spec.id]);
    expect(await rows('x'.repeat(43) as Key)).toEqual([]);
    expect((await page(spec, 0, 0, 'x'.repeat(43) as Key)).known).toBe(false);
    expect((await page(spec, 0, 0, stove.key)).known).toBe(true);
  });

  test('waits for the next frame of a log, and gets it as it comes', async () => {
    const spec = await started('sleep 0.3; echo late; sleep 60');
    await expect.poll(async () => (await rows(attic.key))[0]?.state).toBe('running');
    const first = await page(spec, 0, 20_000, attic.key);
    let text = Buffer.from(first.frames).toString();
    for (let seq = first.next; !text.includes('late'); ) {
      const next = await page(spec, seq, 20_000, attic.key);
      expect(next.next).toBeGreaterThan(seq);
      text += Buffer.from(next.frames).toString();
      seq = next.next;
    }
    expect(text).toContain('late');
  });

  test('types at the console of its own work only, and of the generation that runs', async () => {
    const spec = await started('sleep 60');
    await expect.poll(async () => (await rows(attic.key))[0]?.state).toBe('running');
    const type = async (work: kith.WorkAt, from: Key): Promise<boolean> => {
      const body = kith.WorkTyped.encode({ work, bytes: Buffer.from('ls') }).finish();
      return kith.WorkTypedReply.decode((await ask(WORK_TYPE_PATH, body, from))!).taken;
    };
    expect(await type(at(spec), attic.key)).toBe(true);
    // Who may read all of it may not type, and a word that comes late types nowhere.
    expect(await type(at(spec), stove.key)).toBe(false);
    expect(await type(at(spec, 2), attic.key)).toBe(false);
    expect(typed).toEqual([`${spec.id}-1 ls`]);
  });

  test('gets receipt and outputs of what has ended', async () => {
    const spec = await started('exit 0');
    await expect.poll(() => on.brought.length).toBe(1);
    const body = kith.WorkAt.encode(at(spec)).finish();
    const signed = paperIn((await ask(WORK_RECEIPT_PATH, body, attic.key))!);
    const read = readReceipt(signed as Parameters<typeof readReceipt>[0], nodePlatform);
    expect(read).toMatchObject({ ok: true, value: { id: spec.id, ended: 'done' } });
    const output = async (path: string, offset: number): Promise<kith.WorkOutputPart> => {
      const asked = kith.WorkOutputRequest.encode({ work: at(spec), path, offset }).finish();
      return kith.WorkOutputPart.decode((await ask(WORK_OUTPUTS_PATH, asked, attic.key))!);
    };
    const whole = await output('/out/result', 0);
    expect([whole.last, Buffer.from(whole.bytes).toString()]).toEqual([true, `of ${spec.id}`]);
    expect(Buffer.from((await output('/out/result', 3)).bytes).toString()).toBe(spec.id);
    for (const path of ['../../../journal.jsonl', '/../../../../etc/hostname', '/out', 'no\0'])
      expect([path, (await output(path, 0)).known]).toEqual([path, false]);
  });

  test('brings a receipt to the owner here', async () => {
    const signed = { document: { v: 1 }, signature: 'x' };
    const answer = await ask(WORK_BRING_PATH, signedBytes(signed), stove.key);
    expect(paperIn(answer!)).toEqual({ kept: true });
    expect(owned).toEqual([stove.key]);
  });
});

test('a request in the name of somebody else is none', async () => {
  const signed = pen.sign(asking(running('true'), { say: 'reserve' }));
  const answer = await ask(WORK_ASK_PATH, signedBytes(signed), stove.key);
  expect(answer).toBe(null);
  expect(await rows(attic.key)).toEqual([]);
});

test('whatever the bytes are, there is an answer or none, and never an error', async () => {
  const paths = [WORK_ASK_PATH, WORK_LIST_PATH, WORK_LOGS_PATH, WORK_RECEIPT_PATH].concat([
    WORK_BRING_PATH,
    WORK_OUTPUTS_PATH,
  ]);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.uint8Array({ maxLength: 64 }),
      async (path, body) => {
        const answer = await ask(path, body, attic.key);
        expect(answer === null || answer instanceof Uint8Array).toBe(true);
      },
    ),
    { numRuns: 300, seed: 7 },
  );
});

test('who asks too often is not answered, and others are', async () => {
  const body = kith.WorkAt.encode({ id: '', generation: 0 }).finish();
  let answered = 0;
  for (let n = 0; n < WORK_ASKS_RATE.burst * 2; n++)
    answered += Number((await ask(WORK_LIST_PATH, body, attic.key)) !== null);
  expect(answered).toBeGreaterThanOrEqual(WORK_ASKS_RATE.burst);
  expect(answered).toBeLessThan(WORK_ASKS_RATE.burst * 2);
  expect(await rows(stove.key)).toEqual([]);
});
