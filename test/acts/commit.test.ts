// Staging and signing: what is staged waits unharmed, and is written once, whatever dies when.

import { copyFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { stateOf } from '../../ledger/replica.ts';
import { commitStaged } from '../../src/acts/commit.ts';
import { readStaged, stage, unstage, writeStaged } from '../../src/acts/staged.ts';
import { stagedFile } from '../../src/home/folder.ts';
import type { KeyHost } from '../../src/keys/host.ts';
import { hide } from '../../proto/secret.ts';
import { keyPairOf } from '../../src/keys/keypair.ts';
import { acts, actor, write } from '../kit/actors.ts';
import {
  type Desk,
  current,
  fixed,
  founded,
  host,
  mortal,
  nowMs,
  openKey,
  recordsIn,
  survives,
  value,
  withHome,
} from './desk.ts';

async function commit({ folder }: Desk, on: KeyHost = host, die: () => void = () => undefined) {
  return withHome(folder, async (home) => {
    const signer = await openKey(folder, on);
    const takeIn: typeof home.takeIn = async (records, options) => {
      die();
      const intake = await home.takeIn(records, options);
      die();
      return intake;
    };
    return commitStaged(on, folder, { home: { ...home, takeIn }, signer, nowMs });
  });
}

const set = (key: string, to: number) => current(acts.commit(key, to));

describe('a commit', () => {
  test('writes what is staged, in order, and leaves nothing staged', async () => {
    const desk = await founded();
    const { folder, ledger } = desk;
    value(stage(host, folder, ledger, [set('a', 1), fixed(acts.operator(actor('bob'), []))]));
    value(stage(host, folder, ledger, [set('a', 2)]));
    const { written, finished, fault } = value(await commit(desk));
    expect(written.map(({ act, seq }) => [act.kind, seq])).toEqual([
      ['config.commit', 3],
      ['operator.admit', 4],
      ['config.commit', 5],
    ]);
    expect(written[2]?.refs).toEqual([written[0]?.id]);
    expect([finished, fault]).toEqual([[], null]);
    expect(value(readStaged(host, folder, ledger)).intents).toEqual([]);
    expect(await commit(desk)).toMatchObject({ code: 'nothing-staged' });
    await withHome(folder, async ({ replica, store }) => {
      expect(store.heldBack).toBe(null);
      expect(stateOf(replica).config).toMatchObject([{ key: 'a', value: 2 }]);
    });
  });

  test('that dies at any act on a file is finished by the next, and writes nothing twice', async () => {
    const desk = await founded();
    const { folder, ledger } = desk;
    let deaths = 0;
    for (let last = 0; ; last++) {
      const before = recordsIn(folder).length;
      value(stage(host, folder, ledger, [set('a', last), set('a', last)]));
      const mortality = mortal(last);
      const lived = await survives(() => commit(desk, mortality.host, mortality.act));
      if (!lived) {
        deaths++;
        const again = await commit(desk);
        if (!again.ok) expect(again.code).toBe('nothing-staged');
      }
      const added = recordsIn(folder).slice(before);
      const bodies = added.map(({ act }) => act.body);
      expect(bodies, `after ${last} acts`).toEqual([
        { key: 'a', value: last },
        { key: 'a', value: last },
      ]);
      expect(value(readStaged(host, folder, ledger)).intents).toEqual([]);
      if (lived) break;
    }
    expect(deaths).toBeGreaterThan(20);
    await withHome(folder, async ({ replica }) => {
      expect(stateOf(replica).frozen).toEqual([]);
    });
  });

  test('gives an older ledger back what its key has signed, before anything new', async () => {
    const desk = await founded();
    const { folder, ledger } = desk;
    const file = path.join(folder, 'nodes.jsonl');
    const { size } = statSync(file);
    value(stage(host, folder, ledger, [set('a', 1), set('b', 1)]));
    const first = value(await commit(desk)).written;
    // The last lines are lost: the file is as an old backup has it, in place.
    truncateSync(file, size);
    await withHome(folder, async ({ store }) => {
      expect(store.heldBack).toMatch(/missing/);
      await store.acceptHead();
    });
    value(stage(host, folder, ledger, [set('c', 1)]));
    const { finished, written } = value(await commit(desk));
    expect(finished.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
    expect(written.map(({ seq }) => seq)).toEqual([5]);
  });

  test('signs nothing while this machine is held back', async () => {
    const desk = await founded();
    const { folder, ledger } = desk;
    const file = path.join(folder, 'nodes.jsonl');
    copyFileSync(file, `${file}.old`);
    value(stage(host, folder, ledger, [set('a', 1)]));
    value(await commit(desk));
    writeFileSync(file, readFileSync(`${file}.old`));
    value(stage(host, folder, ledger, [set('b', 1)]));
    const journal = () => openKey(folder).then((signer) => value(signer.lastSigned(ledger))?.seq);
    const before = await journal();
    await expect(commit(desk)).rejects.toMatchObject({ code: 'held-back' });
    expect(await journal()).toBe(before);
    expect(value(readStaged(host, folder, ledger)).intents).toHaveLength(1);
  });

  test('signs nothing without a marker either, though its key is not ahead of the ledger', async () => {
    const desk = await founded();
    const { folder, ledger } = desk;
    value(stage(host, folder, ledger, [set('a', 1)]));
    rmSync(path.join(folder, 'marker.json'));
    await expect(commit(desk)).rejects.toMatchObject({ code: 'held-back' });
    const signer = await openKey(folder);
    expect(value(signer.lastSigned(ledger))?.seq).toBe(2);
  });

  test('by a key that was used elsewhere says so, and signs nothing more', async () => {
    const desk = await founded();
    const { folder, ledger, operator } = desk;
    const [genesis, admitted] = recordsIn(folder);
    const { plain } = JSON.parse(readFileSync(path.join(folder, 'operator/key.json'), 'utf8'));
    const seed = hide(new Uint8Array(Buffer.from(plain.seed, 'base64url')));
    const twin = { name: 'ada', key: operator, secret: keyPairOf(seed).privateKey };
    if (genesis === undefined || admitted === undefined) throw new Error('no records');
    const elsewhere = write(twin, ledger, admitted, acts.commit('a', 9));
    value(stage(host, folder, ledger, [set('a', 1), set('a', 2)]));
    value(await commit(desk));
    value(stage(host, folder, ledger, [set('a', 3)]));
    await withHome(folder, async (home) => {
      expect((await home.takeIn([elsewhere])).accepted).toHaveLength(1);
    });
    const stopped = value(await commit(desk));
    expect(stopped).toMatchObject({ written: [], fault: { refused: { code: 'frozen' } } });
    const signer = await openKey(folder);
    expect(value(signer.lastSigned(ledger))?.seq).toBe(4);
  });

  test('signs nothing at all where one of the acts would be void, and names it', async () => {
    const desk = await founded();
    const { folder, ledger } = desk;
    const bad = fixed(
      acts.grant(actor('nobody'), [{ action: 'place.vm', resource: '', depth: 0 }]),
    );
    value(stage(host, folder, ledger, [set('a', 1), bad]));
    const before = recordsIn(folder).length;
    const stopped = value(await commit(desk));
    expect(stopped).toMatchObject({ written: [], fault: { number: 2 } });
    expect(stopped.fault?.refused.code).toBe('unknown-target');
    expect(recordsIn(folder).length).toBe(before);
    value(unstage(host, folder, ledger, 2));
    expect(value(await commit(desk)).written).toHaveLength(1);
  });
});

describe('what is staged', () => {
  test('lies in a file that only its owner reads, and outlives every other act', async () => {
    const { folder, ledger } = await founded();
    value(stage(host, folder, ledger, [set('a', 1)]));
    expect(statSync(stagedFile(folder)).mode & 0o777).toBe(0o600);
    expect(value(readStaged(host, folder, ledger)).intents).toEqual([set('a', 1)]);
  });

  test('is refused where it was changed by hand, and belongs to one ledger', async () => {
    const { folder, ledger } = await founded();
    value(stage(host, folder, ledger, [set('a', 1)]));
    const whole = readFileSync(stagedFile(folder), 'utf8');
    const wrong = [
      whole.slice(0, -4),
      whole.replace('"value":1', '"value":1.5'),
      whole.replace('"value":1', '"value":null'),
      whole.replace('config.commit', 'genesis'),
      whole.replace('"current"', '"sometime"'),
      whole.replace('"refs":[]', '"refs":["x"]'),
      whole.replace('"acts":[', '"acts":[null,'),
      whole.replace('"acts":', '"signing":{"seq":"1"},"acts":'),
      '[]',
      'null',
    ];
    for (const text of wrong) {
      expect(text).not.toBe(whole);
      writeFileSync(stagedFile(folder), text);
      expect(readStaged(host, folder, ledger), text).toMatchObject({ code: 'staged-damaged' });
    }
    const other = (await founded('elsewhere')).ledger;
    writeStaged(host, folder, { ledger, intents: [set('a', 1)], signing: null });
    expect(readStaged(host, folder, other)).toMatchObject({ code: 'staged-elsewhere' });
    expect(value(unstage(host, folder, other, 'all')).intents).toEqual([]);
    expect(value(readStaged(host, folder, other)).intents).toEqual([]);
  });

  test('is thrown away by number or whole', async () => {
    const { folder, ledger } = await founded();
    value(stage(host, folder, ledger, [set('a', 1), set('b', 2), set('c', 3)]));
    expect(value(unstage(host, folder, ledger, 2)).intents).toEqual([set('a', 1), set('c', 3)]);
    expect(unstage(host, folder, ledger, 3)).toMatchObject({ code: 'no-such-draft' });
    expect(value(unstage(host, folder, ledger, 'all')).intents).toEqual([]);
  });
});
