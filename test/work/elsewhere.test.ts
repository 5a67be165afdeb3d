// Work of another node, found and ended from a third: the desks that are shipped, of a real host
// and a real owner, before one ledger. What is signed is signed; only the way between them is a
// call.

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Decoded } from '../../ledger/record.ts';
import { toBase64url } from '../../proto/bytes.ts';
import type { Digest, Key } from '../../proto/ids.ts';
import type { DaemonEvent } from '../../src/daemon/events.ts';
import { bootMs, nowMs } from '../../src/os/clock.ts';
import type { WorkDesk } from '../../src/peer/work-routes.ts';
import { realDisk } from '../../src/store/disk.ts';
import { type Finder, createFinder } from '../../src/work/elsewhere.ts';
import { foldersIn } from '../../src/work/folders.ts';
import { readFound } from '../../src/work/found.ts';
import type { Hosting } from '../../src/work/hosting.ts';
import { openOwnedFile } from '../../src/work/owned-file.ts';
import { type Owning, startOwning } from '../../src/work/owning.ts';
import { ownerPapers } from '../../src/work/papers.ts';
import type { WorkRow } from '../../src/work/rows.ts';
import { workDesk } from '../../src/work/serving.ts';
import type { Request } from '../../work/documents.ts';
import { acts, actor, penOf } from '../kit/actors.ts';
import { type ProcessDriver, processDriver } from '../kit/process-driver.ts';
import {
  type TestHost,
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
let on: TestHost;
let owning: Owning;
let events: DaemonEvent[];
let desks: Map<Key, WorkDesk>;
/** Whom nobody reaches. */
let away: Set<Key>;
let finder: Finder;

const STUMM = { typing: { type: async () => false, close: () => undefined } };
const NO_HOST = {
  rows: () => [],
  ask: async () => null,
  state: () => ({ leases: new Map(), past: new Map() }),
} as unknown as Hosting;
const NO_OWNER = { owns: () => false, fitting: () => [] } as unknown as Owning;
const rowsOfBarn = (): readonly WorkRow[] => on.hosting.rows();

function deskOf(key: Key): WorkDesk {
  const desk = desks.get(key);
  if (desk === undefined || away.has(key)) throw new Error('nobody answers');
  return desk;
}

beforeEach(async () => {
  place = folder();
  driver = processDriver(`${place.path}/processes`);
  net = network([job()]);
  on = await host(`${place.path}/barn/work`, driver, net.state);
  await on.hosting.recovered;
  events = [];
  away = new Set();
  const atticPapers = ownerPapers(penOf(attic));
  owning = startOwning({
    ...{ self: attic.key, file: await openOwnedFile(realDisk, `${place.path}/attic`) },
    ...{ papers: atticPapers, tell: (event) => events.push(event) },
    reach: {
      ask: async (to, signed) => {
        const answer = await deskOf(to).ask(signed, attic.key);
        if (answer === null) throw new Error('no answer');
        return answer;
      },
      status: async (_to, id) => rowsOfBarn().find((row) => row.id === id)?.state ?? null,
      receipt: async (to, id, generation) => deskOf(to).receipt({ id, generation }, attic.key),
      list: async () => [],
    },
    plan: () => ({ order: [], why: 'nobody' }),
    now: () => ({ monoMs: bootMs(), wallMs: nowMs() }),
  });
  const desk = (self: Key, hosting: Hosting, owner: Owning, at: string): WorkDesk =>
    workDesk({
      ...{ hosting, owning: owner, receipts: on.receipts, logs: on.logs, ...STUMM },
      folders: foldersIn(realDisk, `${place.path}/${at}/work`),
      ground: () => ({ state: net.state(), self, nowMs: nowMs() }),
    });
  desks = new Map([
    [barn.key, desk(barn.key, on.hosting, NO_OWNER, 'barn')],
    [attic.key, desk(attic.key, NO_HOST, owning, 'attic')],
  ]);
  finder = createFinder({
    ...{ self: stove.key, papers: ownerPapers(penOf(stove)), wallMs: nowMs },
    members: () => [barn.key, attic.key],
    reaching: {
      async find(to, named) {
        const read = readFound(JSON.parse(deskOf(to).find(named, stove.key)));
        if (read === null) throw new Error('no such answer');
        return read;
      },
      async ask(to, signed) {
        const answer = await deskOf(to).ask(signed, stove.key);
        if (answer === null) throw new Error('no answer');
        return answer;
      },
      receipt: async (to, id, generation) => deskOf(to).receipt({ id, generation }, stove.key),
    },
  });
});

afterEach(async () => {
  await owning.close();
  for (const { id } of on.hosting.rows()) {
    const lease = on.hosting.leaseOf(id);
    if (lease !== null) await driver.destroy(lease);
  }
  await on.hosting.close();
  place.remove();
});

const root = actor('root');
function grantStop(): Decoded {
  const grant = { action: 'work.stop', resource: '', depth: 0 } as const;
  return net.scribe.by(root, acts.grant(stove, [grant]));
}

async function placed(name: string): Promise<string> {
  const id = newId();
  const spec = { ...specOf({ id, name, job: { image: 'sh', command: ['sleep 1000'] } }), id };
  await owning.place(spec, [barn.key]);
  await expect.poll(() => rowsOfBarn().find((row) => row.id === id)?.state).toBe('running');
  await expect.poll(() => owning.view(owning.find(id)).phase).toBe('following');
  return id;
}
const stateOf = (id: string): string | undefined =>
  rowsOfBarn().find((one) => one.id === id)?.state;

test('it is found by its name, as its owner and its host say it', async () => {
  const id = await placed('films');
  await placed('pictures');
  for (const named of [id, id.toLowerCase(), 'films']) {
    expect(await finder.find(named)).toMatchObject({
      ...{ id, name: 'films', owner: attic.key, silent: [] },
      owned: { work: { host: barn.key, phase: 'following' }, spec: { name: 'films' } },
      at: [{ host: barn.key, state: 'running', generation: 1 }],
    });
  }
  expect(await finder.placeOf('films')).toEqual({ host: barn.key, id, generation: 1 });
  await expect(finder.find('nothing')).rejects.toThrow(/no-such-work/);
  await expect(finder.find(id.slice(0, 20))).rejects.toThrow(/ambiguous-work/);
  // Its owner is away: its host tells whose it is.
  away.add(attic.key);
  expect(await finder.find('films')).toMatchObject({
    ...{ id, owner: attic.key, owned: null, at: [{ state: 'running' }] },
    silent: [{ key: attic.key, why: 'nobody answers' }],
  });
});

test('who has no right to read does not find it, whatever it knows', async () => {
  const id = await placed('films');
  const stranger = actor('stranger').key;
  for (const key of [barn.key, attic.key]) {
    expect(JSON.parse(deskOf(key).find(id, stranger))).toEqual({ owned: [], at: [] });
  }
});

test('without the right it is refused by owner and host; with it the owner ends it', async () => {
  const id = await placed('films');
  await expect(finder.stop('films', false)).rejects.toThrow(
    /work-refused .*films .*no-cap: it has no right work\.stop here/,
  );
  expect([owning.view(owning.find(id)).wish, stateOf(id)]).toEqual(['run', 'running']);
  grantStop();
  expect(await finder.stop('films', false)).toEqual({
    ...{ id, name: 'films', by: attic.key, as: 'owner' },
  });
  expect(owning.view(owning.find(id)).wish).toBe('stop');
  expect(events).toContainEqual({ event: 'owned', id, host: stove.key, what: 'stop' });
  await expect.poll(() => stateOf(id)).toBe('done');
  await expect.poll(() => owning.view(owning.find(id)).ended).toBe('done');
  // And once more, of what has ended: it is said again, and nothing happens.
  expect(await finder.stop(id, true)).toMatchObject({ as: 'owner' });
  const { receipts } = await finder.receipts('films');
  expect(receipts.map(({ document }) => document)).toMatchObject([{ id, host: barn.key }]);
});

test('a right that was revoked is none from that moment on', async () => {
  const id = await placed('films');
  net.scribe.by(root, acts.revoke(stove, 0), { refs: [grantStop()] });
  await expect(finder.stop('films', true)).rejects.toThrow(/work-refused .*no-cap/);
  away.add(attic.key);
  await expect(finder.stop('films', true)).rejects.toThrow(/work-refused .*no-cap/);
  expect(stateOf(id)).toBe('running');
});

test('while its owner is away its host ends it, and is not reached where that is away, too', async () => {
  const id = await placed('films');
  grantStop();
  away.add(attic.key);
  expect(await finder.stop('films', true)).toEqual({
    ...{ id, name: 'films', by: barn.key, as: 'host' },
  });
  await expect.poll(() => stateOf(id)).toBe('done');
  away.add(barn.key);
  await expect(finder.stop('films', true)).rejects.toThrow(/no-such-work/);
});

test('the owner looks at what is signed: whom it is for, how old it is, of what and by whom', async () => {
  const id = await placed('films');
  grantStop();
  const { digest } = owning.find(id).owned;
  const base = { v: 1 as const, id, generation: 1, digest, from: stove.key, to: attic.key };
  const papers = ownerPapers(penOf(stove));
  const told = async (more: Partial<Request>, from = stove.key): Promise<unknown> => {
    const request = { ...base, at: nowMs(), say: 'stop', kill: false, ...more } as Request;
    const signed = await deskOf(attic.key).ask(papers.sign(request), from);
    return signed?.document;
  };
  const other = toBase64url(new Uint8Array(32)) as Digest;
  expect(await told({ digest: other })).toMatchObject({ code: 'digest-mismatch' });
  expect(await told({ at: nowMs() - 600_000 })).toMatchObject({ code: 'stale-request' });
  expect(await told({ to: barn.key })).toMatchObject({ code: 'not-addressed' });
  // Signed by another than the one who brings it, or in the name of another.
  expect(await told({}, barn.key)).toBe(undefined);
  expect(await told({ from: barn.key }, barn.key)).toBe(undefined);
  expect(owning.view(owning.find(id)).wish).toBe('run');
  // Of whatever generation it has heard.
  expect(await told({ generation: 7 })).toMatchObject({ say: 'done' });
});

test.each<[string, unknown]>([
  ['no table', null],
  ['no lists', { owned: {}, at: [] }],
  ['a row without a name', { owned: [], at: [{ id: '01JE2HZ6Q3M8Y5T0V7XW9KB4CD' }] }],
  ['work without its spec', { owned: [{ work: {} }], at: [] }],
  ['too much of it', { owned: Array.from({ length: 40 }, () => ({})), at: [] }],
])('nothing is read of a member that says %s', (_, said) => {
  expect(readFound(said)).toBe(null);
});
