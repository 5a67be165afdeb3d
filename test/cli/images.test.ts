// The commands about images, logs and receipts against a daemon without a mesh. Images between
// members: test/peer/images.test.ts; logs of work that runs: test/scenarios/running.test.ts.

import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { toBase64url } from '../../proto/bytes.ts';
import type { Digest, Key } from '../../proto/ids.ts';
import { frameLine } from '../../src/cli/log-lines.ts';
import { nodePlatform } from '../../src/platform.ts';
import { type FrameKind, firstMark, framed } from '../../work/frames.ts';
import { receiptJson, receiptMessage, receiptOf } from '../../work/receipt.ts';
import { founded, up } from '../daemon/daemons.ts';
import { kithInside } from './inside.ts';
import { type Ran, kith, scratch } from './ledgers.ts';

const folder = scratch('images');
const attic = join(folder, 'attic');
const nowhere = join(folder, 'nowhere');
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const at = (...words: string[]): Promise<Ran> => kithInside([...words, '--dir', attic]);
const json = async (...words: string[]): Promise<Record<string, unknown>> =>
  JSON.parse((await at(...words, '--json')).out) as Record<string, unknown>;
const said = ({ code, err }: Ran): [number | null, string] => [code, err.split('\n')[0] as string];

const ALONE = 'image-of-nobody';

beforeAll(async () => {
  expect((await kith(['version'])).code).toBe(0);
  await founded(attic, 'attic');
}, 60_000);

describe('without a daemon', () => {
  test('images are added and listed; what needs one says so', async () => {
    const added = await json('image', 'add', file('alone', ALONE), '--name', 'alone');
    expect(added).toMatchObject({ form: 'raw', sizeBytes: ALONE.length, names: ['alone'] });
    expect((await at('image', 'list')).out).toContain(`${String(added['id'])}  alone`);
    for (const words of [
      ['image', 'rm', 'alone'],
      ['image', 'fetch', String(added['id'])],
      ['logs', 'films'],
      ['receipt', 'verify', 'films'],
    ]) {
      expect(said(await at(...words))).toEqual([1, expect.stringMatching(/no daemon runs/)]);
    }
    const none = await kithInside(['image', 'list', '--dir', nowhere]);
    expect(said(none)).toEqual([1, expect.stringMatching(/^error: .*ledger/)]);
  });
});

describe('with a daemon', () => {
  beforeAll(() => up(attic).then(() => undefined), 60_000);

  test('an image is added, by id and name, and taken away with its last name', async () => {
    const added = await json('image', 'add', file('films', 'films 4'), '--name', 'films:4');
    const id = String(added['id']);
    const hash = createHash('sha256').update('films 4').digest();
    expect(id).toBe(createHash('sha256').update(hash).digest('base64url'));
    // What was added without a daemon is here, too.
    expect((await at('image', 'list')).out).toMatch(/alone {2}.*15 B {2}raw {2}here$/m);
    const again = await json('image', 'add', join(folder, 'films'), '--name', 'films:latest');
    expect(again).toMatchObject({ id, names: ['films:4', 'films:latest'] });
    const { out } = await at('image', 'fetch', 'films:4');
    expect(out).toContain(`${id}: 7 B, raw, is here`);
    expect(await json('image', 'rm', 'films:4')).toMatchObject({ id, image: false });
    expect(existsSync(join(attic, 'work/images/held', id))).toBe(true);
    expect(await json('image', 'rm', 'films:latest')).toMatchObject({ id, image: true });
    expect(existsSync(join(attic, 'work/images/held', id))).toBe(false);
    expect(said(await at('image', 'rm', id))).toEqual([1, expect.stringMatching(/no image here/)]);
  });

  test('a name that is taken stays what it is, and nothing is left of the other', async () => {
    const before = await json('image', 'list');
    const ran = await at('image', 'add', file('other', 'another'), '--name', 'alone');
    expect(said(ran)).toEqual([1, expect.stringMatching(/another image has that name/)]);
    expect(await json('image', 'list')).toEqual(before);
    const same = await json('image', 'add', join(folder, 'alone'), '--name', 'alone');
    expect(same).toMatchObject({ names: ['alone'] });
  });

  test.each<[string, () => string, RegExp]>([
    ['is not there', () => join(folder, 'no'), /no plain file/],
    ['is a folder', () => folder, /no plain file/],
    ['is empty', () => file('empty', ''), /is empty/],
  ])('a file that %s is refused', async (_what, path, why) => {
    expect(said(await at('image', 'add', path()))).toEqual([1, expect.stringMatching(why)]);
  });

  test('what nobody holds is not fetched, and no such work has a log', async () => {
    const fetched = await at('image', 'fetch', `${'A'.repeat(42)}A`);
    expect(said(fetched)).toEqual([1, expect.stringMatching(/no member that answers holds/)]);
    expect(said(await at('logs', 'films', '-f'))).toEqual([
      ...[1, expect.stringMatching(/no such work is known here/)],
    ]);
    expect(said(await at('logs', 'films', '--from', 'x'))[0]).toBe(2);
    expect(said(await at('receipt', 'verify', 'films'))[0]).toBe(1);
  });
});

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const stranger = String(publicKey.export({ format: 'jwk' }).x) as Key;

/** A log of three frames, saved as `kith logs --json` does. */
function savedLog(words = 'two'): { lines: string[]; hash: Digest } {
  let mark = firstMark(nodePlatform);
  const [id, host] = ['01JE2QG5J1V9X1Q0Z5C7S9Y3KD', stranger];
  const start = { host, id, generation: 1, seq: 0, hash: toBase64url(mark.hash) };
  const lines: object[] = [start];
  const frames: [FrameKind, string][] = [
    ['out', 'one\n'],
    ['err', `${words}\n`],
    ['end', ''],
  ];
  for (const [kind, text] of frames) {
    const frame = { kind, ts: 1_700_000_000_000, bytes: Buffer.from(text) };
    lines.push(frameLine({ ...frame, seq: mark.seq }));
    mark = framed(mark, frame, nodePlatform).after;
  }
  const hash = toBase64url(mark.hash) as Digest;
  lines.push({ ended: true, hash, receipt: 'agrees' });
  return { hash, lines: lines.map((line) => JSON.stringify(line)) };
}

const log = savedLog();
const OUTPUT = 'what came out';

function signedReceipt(): { document: Record<string, unknown>; signature: string } {
  const digest = createHash('sha256').update(OUTPUT).digest('base64url') as Digest;
  const receipt = receiptOf(
    {
      ...{ v: 1, id: '01JE2QG5J1V9X1Q0Z5C7S9Y3KD', generation: 1, kind: 'job', name: 'films' },
      ...{ digest, host: stranger, owner: stranger, image: 'films:4', inputs: [], granted: {} },
      ...{ startedAt: 1_700_000_000_000, endedAt: 1_700_000_001_000, exit: 0, ended: 'done' },
      ...{ failure: null, logsHash: log.hash, outputs: { '/out/film': digest } },
    },
    nodePlatform,
  );
  const signature = sign(null, receiptMessage(receipt), privateKey).toString('base64url');
  return { document: receiptJson(receipt), signature };
}

describe('a receipt', () => {
  const verify = (signed: unknown, ...words: string[]): Promise<Ran> =>
    kithInside([
      ...['receipt', 'verify', file('receipt', JSON.stringify(signed))],
      ...[...words, '--dir', nowhere],
    ]);
  const saved = (lines: readonly string[]): string => file('log', `${lines.join('\n')}\n`);
  const outputs = join(folder, 'outputs');
  beforeAll(() => {
    mkdirSync(join(outputs, 'out'), { recursive: true });
    writeFileSync(join(outputs, 'out/film'), OUTPUT);
  });

  test('is good with its log and its outputs', async () => {
    const both = ['--logs', saved(log.lines), '--outputs', outputs];
    const ran = await verify(signedReceipt(), ...both, '--json');
    expect([ran.code, JSON.parse(ran.out)]).toMatchObject([
      0,
      { signature: 'good', member: 'unchecked', log: 'good', outputs: 'good', host: stranger },
    ]);
    const { out } = await verify({ id: 'x', receipts: [signedReceipt()] });
    expect(out).toMatch(/^log +not checked: --logs$/m);
  });

  test('with a changed field, or signed by another, is refused', async () => {
    const { document, signature } = signedReceipt();
    const changed = await verify({ document: { ...document, exit: 1 }, signature });
    expect(said(changed)).toEqual([3, expect.stringMatching(/signature is not that/)]);
    const other = sign(null, Buffer.from('x'), generateKeyPairSync('ed25519').privateKey);
    const foreign = await verify({ document, signature: other.toString('base64url') });
    expect(said(foreign)).toEqual([3, expect.stringMatching(/signature is not that/)]);
    const torn = await verify({ document: null, signature });
    expect(said(torn)).toEqual([3, expect.stringMatching(/field of the document/)]);
    expect(said(await verify('nothing'))).toEqual([1, expect.stringMatching(/no receipt of/)]);
  });

  test.each<[string, string[], RegExp]>([
    ['other words', savedLog('too').lines, /not the one that the receipt/],
    ['no end', log.lines.slice(0, 3), /not the one that the receipt/],
    ['no beginning', log.lines.slice(1), /is no log .*line 1\)/],
    ['a frame left out', log.lines.filter((_, i) => i !== 2), /is no log .*line 3\)/],
    ['another start', [log.lines[0]?.replace(/"hash":"./, '"hash":"_') ?? '', '{}'], /line 1\)/],
    ['a torn line', [...log.lines.slice(0, 2), '{"seq":1,'], /is no log .*line 3\)/],
    ['nothing', [], /is no log .*line 1\)/],
  ])('with a log of %s is refused', async (_what, lines, why) => {
    const ran = await verify(signedReceipt(), '--logs', saved(lines));
    expect(said(ran)).toEqual([3, expect.stringMatching(why)]);
  });

  test('with other outputs, or without them, is refused', async () => {
    const empty = join(folder, 'empty-outputs');
    const none = await verify(signedReceipt(), '--outputs', empty);
    expect(said(none)).toEqual([3, expect.stringMatching(/output .*\(\/out\/film is not there\)/)]);
    mkdirSync(join(empty, 'out'), { recursive: true });
    writeFileSync(join(empty, 'out/film'), `${OUTPUT}!`);
    expect(said(await verify(signedReceipt(), '--outputs', empty))[0]).toBe(3);
  });

  test('of a host that the ledger here does not know is refused', async () => {
    const path = file('receipt', JSON.stringify(signedReceipt()));
    const ran = await at('receipt', 'verify', path);
    expect(said(ran)).toEqual([3, expect.stringMatching(/does not know as a node/)]);
    expect(readFileSync(path, 'utf8')).toContain(stranger);
  });
});
