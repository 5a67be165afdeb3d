// Founding: two records, one sheet, and no half-founded folder whatever dies when.

import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRecovery } from '../../ledger/paper.ts';
import { stateOf } from '../../ledger/replica.ts';
import { type Founding, assertRoom, found } from '../../src/acts/found.ts';
import { operatorFolder } from '../../src/home/folder.ts';
import { foundHome } from '../../src/home/ledger.ts';
import type { KeyHost } from '../../src/keys/host.ts';
import { createOperatorKey, readOperatorKey } from '../../src/keys/operator.ts';
import { recoveryKeyPair } from '../../src/keys/recovery.ts';
import {
  founded,
  host,
  mortal,
  newKey,
  nowMs,
  openKey,
  recordsIn,
  scratch,
  survives,
  value,
  withHome,
} from './desk.ts';

function founding(sheets: string[], network = 'home'): Founding {
  const names = { network, operator: 'ada', node: 'lamp', date: '2026-01-02' };
  return { ...names, nowMs, handOut: (text) => void sheets.push(text) };
}

/** What `kith init` does, from its first file to its last. */
async function init(folder: string, sheets: string[], on: KeyHost = host) {
  await assertRoom(folder, 'home');
  const owned = operatorFolder(folder);
  if (!readOperatorKey(on, owned).ok) {
    value(await createOperatorKey(on, owned, { name: 'ada', seed: null, sealing: null }));
  }
  return found(on, folder, await openKey(folder, on), founding(sheets));
}

const field = (sheet: string, name: string): string =>
  new RegExp(`^${name} +(.+)$`, 'm').exec(sheet)?.[1] ?? '';

async function recoveryOf(sheet: string): Promise<string> {
  return (await recoveryKeyPair(value(readRecovery(field(sheet, 'SECRET'))))).publicKey;
}

test('a network begins with its operator, its first machine and a sheet that can replace both', async () => {
  const { folder, ledger, operator, node, sheet, resumed } = await founded();
  expect(resumed).toBe(false);
  expect(recordsIn(folder).map(({ act, seq }) => [act.kind, seq])).toEqual([
    ['genesis', 1],
    ['node.admit', 2],
  ]);
  await withHome(folder, async ({ replica }) => {
    const { members, recovery, network, conflicts } = stateOf(replica);
    expect(network).toBe('home');
    expect(members.map(({ shown, key, root }) => [shown, key, root])).toEqual([
      ['ada', operator, true],
      ['lamp', node, false],
    ]);
    expect(members[1]?.wg).toBeDefined();
    expect(conflicts).toEqual([]);
    expect(await recoveryOf(sheet)).toBe(recovery);
    expect(field(sheet, 'Ledger')).toBe(ledger);
  });
});

test('whatever act on a file is its last, a second init leaves one whole network with its sheet', async () => {
  let deaths = 0;
  for (let last = 0; ; last += last < 8 ? 1 : 2) {
    const folder = scratch();
    const sheets: string[] = [];
    const lived = await survives(() => init(folder, sheets, mortal(last).host));
    if (!lived) {
      deaths++;
      value(await init(folder, sheets));
    }
    const records = recordsIn(folder);
    expect(
      records.map(({ act }) => act.kind),
      `after ${last}`,
    ).toEqual(['genesis', 'node.admit']);
    const sheet = sheets.find((text) => field(text, 'Ledger') === records[0]?.id);
    expect(sheet, `after ${last}`).toBeDefined();
    if (last % 8 === 0) {
      await withHome(folder, async ({ store, replica }) => {
        expect(store.heldBack).toBe(null);
        expect(await recoveryOf(sheet ?? '')).toBe(stateOf(replica).recovery);
      });
    }
    if (lived) break;
  }
  expect(deaths).toBeGreaterThan(10);
});

describe('a second init', () => {
  test('after one whose sheet could not be printed founds the network, with a new sheet', async () => {
    const folder = scratch();
    const sheets: string[] = [];
    const signer = await newKey(folder);
    const jammed = founding(sheets);
    const handOut = (): void => {
      throw new Error('out of paper');
    };
    await expect(found(host, folder, signer, { ...jammed, handOut })).rejects.toThrow('of paper');
    expect(existsSync(path.join(folder, 'nodes.jsonl'))).toBe(false);
    const { ledger } = value(await found(host, folder, signer, founding(sheets)));
    expect(sheets.map((text) => field(text, 'Ledger'))).toEqual([ledger]);
  });

  test('after one that only made the file starts clean', async () => {
    const folder = scratch();
    writeFileSync(path.join(folder, 'nodes.jsonl'), '');
    await assertRoom(folder, 'home');
    expect(existsSync(path.join(folder, 'nodes.jsonl'))).toBe(false);
  });

  test('between genesis and the first machine goes on with both keys', async () => {
    const folder = scratch();
    const sheets: string[] = [];
    const { folder: other } = await founded();
    const signer = await newKey(folder);
    const draft = recordsIn(other)[0];
    if (draft?.act.kind !== 'genesis') throw new Error('no genesis');
    const { body } = draft.act;
    const roots = [{ key: signer.publicKey, name: 'ada' }];
    const signed = signer.signNext({
      ...{ ledger: '', author: signer.publicKey, seq: 1, prev: '', auth: [], refs: [], ts: 1 },
      act: { kind: 'genesis', body: { ...body, roots } },
    });
    await (await foundHome(folder, value(signed).record)).close();
    await assertRoom(folder, 'home');
    const done = value(await found(host, folder, signer, founding(sheets)));
    expect([done.resumed, sheets]).toEqual([true, []]);
    expect(recordsIn(folder).map(({ act }) => act.kind)).toEqual(['genesis', 'node.admit']);
    await expect(assertRoom(folder, 'home')).rejects.toMatchObject({ code: 'has-ledger' });
  });

  test('is refused over a ledger, however it is called', async () => {
    const { folder } = await founded();
    const before = readFileSync(path.join(folder, 'nodes.jsonl'), 'utf8');
    for (const network of ['home', 'work']) {
      await expect(assertRoom(folder, network)).rejects.toMatchObject({ code: 'has-ledger' });
    }
    expect(readFileSync(path.join(folder, 'nodes.jsonl'), 'utf8')).toBe(before);
  });

  test('never takes the loss of a whole ledger for a beginning', async () => {
    const { folder } = await founded();
    const file = path.join(folder, 'nodes.jsonl');
    const { size } = statSync(file);
    // With own records in the marker, a file without a line is a loss and no beginning.
    truncateSync(file, 40);
    await expect(assertRoom(folder, 'home')).rejects.toMatchObject({ code: 'no-ledger' });
    expect(size).toBeGreaterThan(40);
    expect(statSync(file).size).toBeLessThanOrEqual(40);
  });
});
