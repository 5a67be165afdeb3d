// `kith logs` against the local API with pages that are right and pages that are not: what comes
// out, and what ends it.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { generateKeyPairSync, sign } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toBase64url } from '../../proto/bytes.ts';
import type { Digest, Key } from '../../proto/ids.ts';
import { type Api, type Behind, serveApi } from '../../src/daemon/api.ts';
import type { LogPart } from '../../src/daemon/hosting-routes.ts';
import { followOutput } from '../../src/cli/work-output.ts';
import { nodePlatform } from '../../src/platform.ts';
import type { SignedDocument } from '../../work/documents.ts';
import { type FrameKind, type Mark, firstMark, framed } from '../../work/frames.ts';
import { receiptJson, receiptMessage, receiptOf } from '../../work/receipt.ts';
import { kithInside } from './inside.ts';
import { kith, scratch } from './ledgers.ts';

const folder = join(scratch('logs'), 'here');
const ID = '01JE2QG5J1V9X1Q0Z5C7S9Y3KD';
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const host = String(publicKey.export({ format: 'jwk' }).x) as Key;

/** Pages of one frame each, as a host gives them. */
function pagesOf(said: readonly [FrameKind, string][], from = firstMark(nodePlatform)): LogPart[] {
  let mark: Mark = from;
  return said.map(([kind, text]) => {
    const frame = { kind, ts: 1_700_000_000_000, bytes: Buffer.from(text) };
    const { seq, hash } = mark;
    const { bytes, after } = framed(mark, frame, nodePlatform);
    mark = after;
    return {
      ...{ host, id: ID, generation: 1, seq, hash: toBase64url(hash) as Digest },
      ...{ frames: toBase64url(bytes), next: seq + 1, ended: kind === 'end' },
    };
  });
}

/** What the chain of the last page ends with. */
function hashAfter(part: LogPart): Digest {
  const from = { seq: part.seq, hash: Buffer.from(part.hash, 'base64url') };
  const frame = { kind: 'end' as const, ts: 1_700_000_000_000, bytes: new Uint8Array() };
  return toBase64url(framed(from, frame, nodePlatform).after.hash) as Digest;
}

function receiptWith(logsHash: Digest): SignedDocument {
  const receipt = receiptOf(
    {
      ...{ v: 1, id: ID, generation: 1, kind: 'job', name: 'films', digest: logsHash },
      ...{ host, owner: host, image: 'films:4', inputs: [], granted: {}, startedAt: null },
      ...{ endedAt: 1_700_000_001_000, exit: 0, ended: 'done', failure: null, logsHash },
      outputs: {},
    },
    nodePlatform,
  );
  const signature = sign(null, receiptMessage(receipt), privateKey).toString('base64url');
  return { document: receiptJson(receipt), signature };
}

let api: Api;
let pages: LogPart[];
let receipts: SignedDocument[];

beforeEach(async () => {
  mkdirSync(folder, { recursive: true });
  pages = pagesOf([
    ['out', 'one\n'],
    ['kith', 'a word\n'],
    ['out', 'two\n'],
    ['end', ''],
  ]);
  receipts = [receiptWith(hashAfter(pages[3] as LogPart))];
  const behind = {
    state: () => 'running',
    async workLog({ from }: { from: number }) {
      const page = pages.find(({ seq }) => seq >= from);
      const last = pages.at(-1) as LogPart;
      return page ?? { ...last, seq: last.next, hash: hashAfter(last), frames: '' };
    },
    workReceipts: async () => ({ id: ID, receipts, names: {} }),
  } as unknown as Behind;
  api = await serveApi(join(folder, 'kith.sock'), behind, {
    listen: () => () => undefined,
  } as never);
});
afterEach(() => api.close(0));

const logs = (...words: string[]): ReturnType<typeof kithInside> =>
  kithInside(['logs', ID, ...words, '--json', '--dir', folder]);
type Line = Readonly<Record<string, unknown>>;
const linesOf = ({ out }: { out: string }): Line[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

describe('a log', () => {
  test('is read to its end, and agrees with the receipt', async () => {
    const ran = await logs('-f');
    const lines = linesOf(ran);
    expect([ran.code, lines[0], lines.at(-1)]).toMatchObject([
      0,
      { host, id: ID, generation: 1, seq: 0 },
      { ended: true, receipt: 'agrees' },
    ]);
    expect(lines.slice(1, -1).map(({ kind }) => kind)).toEqual(['out', 'kith', 'out', 'end']);
  });

  test('comes out as it was printed, and nothing else on stdout', async () => {
    // The first start may have to build, and says so.
    expect((await kith(['version'])).code).toBe(0);
    const ran = await kith(['logs', ID, '-f', '--dir', folder]);
    const note = 'the log has ended, and agrees with the receipt of its host\n';
    expect([ran.code, ran.out, ran.err]).toEqual([0, 'one\ntwo\n', note]);
    receipts = [receiptWith(firstHash())];
    const other = await kith(['logs', ID, '--dir', folder]);
    expect([other.code, other.err]).toEqual([3, expect.stringMatching(/^error: the log is not/)]);
  });

  test('of which a part is asked for, or kept, ends at the same hash', async () => {
    expect(linesOf(await logs('--from', '2')).at(-1)).toMatchObject({ receipt: 'agrees' });
    pages = pages.slice(1);
    const ran = await logs();
    expect(ran.err).toContain('frames 0 to 0 are not kept any more');
    expect(linesOf(ran).at(-1)).toMatchObject({ ended: true, receipt: 'agrees' });
  });

  test('without a receipt says so, and with another it is refused', async () => {
    receipts = [];
    expect(linesOf(await logs()).at(-1)).toMatchObject({ receipt: 'none' });
    receipts = [receiptWith(firstHash())];
    const ran = await logs();
    expect([ran.code, linesOf(ran).at(-1)]).toMatchObject([3, { receipt: 'differs' }]);
  });

  test.each<[string, () => void]>([
    ['a bent frame', () => bend(1, ({ frames }) => ({ frames: `B${frames.slice(1)}` }))],
    ['another hash at its start', () => bend(0, () => ({ hash: 'B'.repeat(42) + 'A' }) as never)],
    [
      'another chain in its middle',
      () => (pages[2] = pagesOf([['out', 'x']], stray())[0] as never),
    ],
    ['a frame that is kept back', () => bend(1, () => ({ frames: '' }))],
    ['a hole', () => void pages.splice(1, 1)],
  ])('with %s ends there', async (_what, harm) => {
    harm();
    const ran = await logs();
    expect([ran.code, linesOf(ran).at(-1)]).toMatchObject([3, { error: { code: 'log-broken' } }]);
  });
});

describe('what a job prints while it is waited for', () => {
  /** Its output, and what was said about it. */
  async function followed(): Promise<[string, readonly string[]]> {
    let out = '';
    const notes: string[] = [];
    const streams = {
      out: (bytes: Uint8Array) => void (out += Buffer.from(bytes).toString()),
      err: () => undefined,
      note: (text: string) => void notes.push(text),
    };
    await followOutput(folder, ID, streams, new AbortController().signal);
    return [out, notes];
  }

  test('comes out, page after page', async () => {
    expect(await followed()).toEqual(['one\ntwo\n', []]);
  });

  test('with a gap that its host owns up to goes on, and says which frames are left out', async () => {
    pages.splice(1, 1);
    const left = 'frames 1 to 1 of what it printed are not kept any more, and are left out';
    expect(await followed()).toEqual(['one\ntwo\n', [left]]);
  });

  test.each<[string, number, () => void]>([
    ['a bent frame', 1, () => bend(1, ({ frames }) => ({ frames: `B${frames.slice(1)}` }))],
    [
      'another chain in its middle',
      2,
      () => (pages[2] = pagesOf([['out', 'x']], stray())[0] as never),
    ],
    ['a frame that is kept back', 1, () => bend(1, () => ({ frames: '' }))],
    ['a page that is longer than its frames', 1, () => bend(1, () => ({ next: 3 }))],
  ])('with %s is shown no further', async (_what, at, harm) => {
    harm();
    const [out, notes] = await followed();
    expect([out, notes.length, notes[0]]).toEqual([
      ...['one\n', 1, expect.stringContaining(`does not belong to its log (at frame ${at})`)],
    ]);
  });
});

function firstHash(): Digest {
  return toBase64url(firstMark(nodePlatform).hash) as Digest;
}

function stray(): Mark {
  return { seq: 2, hash: new Uint8Array(32).fill(7) };
}

function bend(at: number, change: (page: LogPart) => Partial<LogPart>): void {
  const page = pages[at] as LogPart;
  pages[at] = { ...page, ...change(page) };
}
