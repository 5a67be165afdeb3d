// The owner's shell over a disk that can refuse and hosts that are functions: what is said to a
// host is on the disk before, and a new daemon goes on where the file says.

import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { Digest, Key } from '../../proto/ids.ts';
import type { DaemonEvent } from '../../src/daemon/events.ts';
import { realDisk } from '../../src/store/disk.ts';
import { StoreFault } from '../../src/store/faults.ts';
import { type OwnedFile, openOwnedFile } from '../../src/work/owned-file.ts';
import type { OwnerPapers, StopRequest } from '../../src/work/owner-papers.ts';
import { type Owning, startOwning } from '../../src/work/owning.ts';
import type { Answer, Receipt, Request, SignedDocument } from '../../work/documents.ts';
import { actor } from '../kit/actors.ts';
import { specOf } from './specs.ts';

const [SELF, ATTIC, BARN] = ['self', 'attic', 'barn'].map((name) => actor(name).key) as [
  Key,
  Key,
  Key,
];
const ID = '01JE2HZ6Q3M8Y5T0V7XW9KB4CD';
const SPEC = { ...specOf({ id: ID, name: 'hello', job: { image: 'busybox' } }), id: ID };

/** Papers without signatures: what they say is what was meant. */
const PAPERS: OwnerPapers = {
  digestOf: (spec) => JSON.stringify(spec).length.toString().padEnd(43, 'd') as Digest,
  sign: (request) => paper(request),
  readAnswer: (_request, signed) => signed.document as unknown as Answer,
  readMine: (signed) => signed.document as unknown as Request,
  readStop: (signed) => signed.document as unknown as StopRequest,
  verdict: (request, said) => paper({ ...request, say: said ?? 'refused' }),
  readReceipt: (signed) => signed.document as unknown as Receipt,
};

function paper(document: object): SignedDocument {
  return { document: document as never, signature: `of ${JSON.stringify(document).length}` };
}

const FOLDERS: string[] = [];
const OPEN: Owning[] = [];
afterEach(async () => {
  for (const one of OPEN.splice(0)) await one.close();
  for (const one of FOLDERS.splice(0)) rmSync(one, { recursive: true, force: true });
});

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kith-owned-'));
  FOLDERS.push(folder);
  return folder;
}

interface Bench {
  readonly owning: Owning;
  readonly file: OwnedFile;
  /** Everything that was said to hosts, and what of the work was on the disk by then. */
  readonly said: { readonly request: Request; readonly disk: string }[];
  readonly events: DaemonEvent[];
}

type Hosts = (request: Request) => Partial<Answer> | null;

async function bench(
  folder: string,
  hosts: Hosts,
  change: (file: OwnedFile) => OwnedFile = (file) => file,
): Promise<Bench> {
  const file = await openOwnedFile(realDisk, folder);
  const said: Bench['said'] = [];
  const events: DaemonEvent[] = [];
  const owning = startOwning({
    ...{ self: SELF, file: change(file), papers: PAPERS, tell: (event) => events.push(event) },
    reach: {
      async ask(_to, signed) {
        const request = signed.document as unknown as Request;
        said.push({
          request,
          disk: readFileSync(join(folder, 'work/owned/journal.jsonl'), 'utf8'),
        });
        const answer = hosts(request);
        if (answer === null) throw new Error('nobody answers');
        return paper({ ...request, from: request.to, to: SELF, ...answer });
      },
      status: async () => null,
      receipt: async () => null,
      list: async () => [],
    },
    plan: () => ({ order: [], why: 'nobody is there' }),
    now: () => ({ monoMs: performance.now(), wallMs: 1_800_000_000_000 }),
  });
  OPEN.push(owning);
  return { owning, file, said, events };
}

const WILLING: Hosts = ({ say }) =>
  say === 'reserve' ? { say: 'reserved', goMs: 30_000 } : { say: 'going', state: 'preparing' };

test('what is said to a host is on the disk before', async () => {
  const { owning, said } = await bench(scratch(), WILLING);
  await owning.place(SPEC, [ATTIC, BARN]);
  await vi.waitFor(() => expect(owning.view(owning.find(ID)).phase).toBe('following'));
  expect(said.map(({ request: { say, to } }) => [say, to])).toEqual([
    ['reserve', ATTIC],
    ['go', ATTIC],
  ]);
  expect(said[0]?.disk).toContain('"at":"reserving"');
  expect(said[1]?.disk).toContain('"at":"going"');
});

test('a new daemon says the same go to the same host, and no other', async () => {
  const folder = scratch();
  const first = await bench(folder, ({ say }) =>
    say === 'reserve' ? { say: 'reserved', goMs: 30_000 } : null,
  );
  await first.owning.place(SPEC, [ATTIC, BARN]);
  await vi.waitFor(() =>
    expect(first.owning.view(first.owning.find(ID)).unknown).toBe('nobody answers'),
  );
  await first.owning.close();
  // What was being written when the power went was never acted on.
  appendFileSync(join(folder, 'work/owned/journal.jsonl'), '{"half a li');
  const second = await bench(folder, WILLING);
  await vi.waitFor(() => expect(second.said.length).toBeGreaterThan(0), 3_000);
  expect(second.said[0]?.request).toMatchObject({ say: 'go', to: ATTIC, generation: 1 });
  await vi.waitFor(() =>
    expect(second.owning.view(second.owning.find('hello')).phase).toBe('following'),
  );
});

test('a disk that is full refuses new work to its caller, and nothing is said', async () => {
  const full = (file: OwnedFile): OwnedFile => ({
    ...file,
    keep: async () => {
      throw new StoreFault('disk-full');
    },
  });
  const { owning, said } = await bench(scratch(), WILLING, full);
  await expect(owning.place(SPEC, [ATTIC])).rejects.toThrow(StoreFault);
  expect(owning.works()).toEqual([]);
  expect(said).toEqual([]);
});

test('a disk that fills up later stops all talk until it has room; that is told once', async () => {
  let isFull = false;
  const filling = (file: OwnedFile): OwnedFile => ({
    ...file,
    async keep(owned) {
      if (isFull) throw new StoreFault('disk-full');
      await file.keep(owned);
    },
  });
  const { owning, said, events } = await bench(
    scratch(),
    (request) => {
      isFull = request.say === 'reserve';
      return WILLING(request);
    },
    filling,
  );
  await owning.place(SPEC, [ATTIC]);
  await vi.waitFor(() => expect(events).toHaveLength(1));
  expect(events[0]).toMatchObject({ event: 'failed', what: 'keeping what is owned' });
  await new Promise((resolve) => void setTimeout(resolve, 2_500));
  expect(said.map(({ request }) => request.say)).toEqual(['reserve']);
  expect(events).toHaveLength(1);
  isFull = false;
  await vi.waitFor(() => expect(said.map(({ request }) => request.say)).toContain('go'), 5_000);
});

test('a line that is damaged is told, and the rest is known', async () => {
  const folder = scratch();
  const first = await bench(folder, () => null);
  await first.owning.place(SPEC, [ATTIC]);
  await first.owning.close();
  const journal = join(folder, 'work/owned/journal.jsonl');
  writeFileSync(journal, `${readFileSync(journal, 'utf8')}no line of ours\n`);
  const { owning, events } = await bench(folder, () => null);
  expect(events).toEqual([expect.objectContaining({ event: 'alarm' })]);
  expect(owning.works()).toHaveLength(1);
});

test('the same id is the same work, or is refused', async () => {
  const { owning, said } = await bench(scratch(), WILLING);
  const first = await owning.place(SPEC, [ATTIC]);
  const again = await owning.place(SPEC, [BARN]);
  expect([again.id, again.placedAt]).toEqual([first.id, first.placedAt]);
  const other = { ...SPEC, name: 'something-longer' };
  await expect(owning.place(other, [BARN])).rejects.toThrow(/work-other/);
  expect(said.every(({ request }) => request.to === ATTIC)).toBe(true);
});

test('found by its id, the start of it, or its name; two are told apart', async () => {
  const { owning } = await bench(scratch(), () => null);
  const later = { ...SPEC, id: '01JE2HZ6Q3M8Y5T0V7XW9KB4CE', name: 'other' };
  await owning.place(SPEC, [ATTIC]);
  await owning.place(later, [ATTIC]);
  expect(owning.find('hello').owned.id).toBe(ID);
  expect(owning.find('01je2hz6q3m8y5t0v7xw9kb4ce').owned.id).toBe(later.id);
  expect(() => owning.find('01JE2')).toThrow(/ambiguous-work/);
  expect(() => owning.find('films')).toThrow(/no-such-work/);
});

test('a host that asks is answered, and a receipt that is brought is kept', async () => {
  const { owning } = await bench(scratch(), WILLING);
  await owning.place(SPEC, [ATTIC]);
  await vi.waitFor(() => expect(owning.view(owning.find(ID)).phase).toBe('following'));
  const head = { v: 1, id: ID, generation: 1, digest: 'd', from: ATTIC, to: SELF, at: 1 };
  const verdict = await owning.mine(paper({ ...head, say: 'mine' }), ATTIC);
  expect(verdict?.document).toMatchObject({ say: 'keep' });
  const receipt = { id: ID, generation: 1, host: ATTIC, failure: null, ended: 'done' };
  expect(await owning.receipt(paper(receipt), ATTIC)).toBe(true);
  expect(owning.view(owning.find(ID))).toMatchObject({
    phase: 'ended',
    ended: 'done',
    receipts: 1,
  });
});
