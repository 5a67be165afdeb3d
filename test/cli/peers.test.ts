// `kith ledger serve` and `kith ledger sync` from outside: two real processes, real TLS, loopback.

import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listenAddress, peerUrl } from '../../src/cli/address.ts';
import { complaintAbout } from '../../src/cli/commands/ledger-sync.ts';
import type { Outcome } from '../../ledger/sync-state.ts';
import type { Digest, RecordId } from '../../proto/ids.ts';
import { kith, type Ran, scratch, start } from './ledgers.ts';

const folder = scratch('peers');
const [attic, cellar, elsewhere] = ['attic', 'cellar', 'elsewhere'].map((name) =>
  join(folder, name),
) as [string, string, string];
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

async function done(...words: string[]): Promise<string> {
  const ran = await kith(words);
  expect([words.join(' '), ran.code, ran.err.includes('error:')]).toEqual([
    words.join(' '),
    0,
    false,
  ]);
  return ran.out;
}

interface Serving {
  readonly url: string;
  stop(signal?: NodeJS.Signals): Promise<Ran>;
}

async function serve(dir: string, ...words: string[]): Promise<Serving> {
  const { child, ended } = start(['ledger', 'serve', '--dir', dir, '--json', ...words]);
  running.add(child);
  const line = await new Promise<string>((found, fail) => {
    let text = '';
    child.stdout?.on('data', (more: string) => {
      text += more;
      if (text.includes('\n')) found(text);
    });
    void ended.then(({ err, out }) => fail(new Error(`${out}${err}`)));
  });
  const { event, url } = JSON.parse(line.split('\n')[0] as string) as Record<string, string>;
  expect(event).toBe('listening');
  return {
    url: url as string,
    async stop(signal = 'SIGINT') {
      child.kill(signal);
      const ran = await ended;
      running.delete(child);
      return ran;
    },
  };
}

async function sync(dir: string, url: string): Promise<Record<string, unknown>> {
  return JSON.parse(await done('ledger', 'sync', url, '--dir', dir, '--json')) as never;
}

async function stateRoot(dir: string): Promise<string> {
  const state = JSON.parse(await done('ledger', 'state', '--dir', dir, '--json')) as {
    stateRoot: string;
  };
  return state.stateRoot;
}

beforeAll(async () => {
  expect((await kith(['version'])).code).toBe(0);
  const made = await kith([
    'init',
    'home',
    '--dir',
    attic,
    '--no-passphrase',
    '--operator',
    'anna',
  ]);
  expect(made.code).toBe(0);
  const strange = await kith(['init', 'office', '--dir', elsewhere, '--no-passphrase']);
  expect(strange.code).toBe(0);
  const ticket = join(folder, 'cellar.ticket');
  await done('ticket', 'new', '--name', 'paper', '--out', ticket, '--dir', attic);
  await done('ledger', 'import', join(attic, 'nodes.jsonl'), '--dir', cellar);
  await done('ticket', 'redeem', '--ticket-file', ticket, '--name', 'cellar', '--dir', cellar);
});

describe('two members', () => {
  test('come to the same truth, in both directions, whoever dials', async () => {
    const serving = await serve(cellar);
    // The attic learns from the cellar's certificate that the cellar has joined.
    const first = await sync(attic, serving.url);
    expect(first).toMatchObject({ outcome: 'agree', agree: true, name: 'cellar', differing: [] });
    await done('set', 'heating.mode', 'away', '--dir', attic);
    await done('commit', '--yes', '--dir', attic);
    const second = await sync(attic, serving.url);
    expect(second).toMatchObject({ agree: true, received: 0, sent: 1, rounds: 1 });
    const human = await done('ledger', 'sync', serving.url, '--dir', attic);
    expect(human).toMatch(/^cellar \(https:.*\): both hold the same\n/);
    const { out, err, code } = await serving.stop();
    expect([code, err]).toEqual([0, '']);
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string });
    expect(events.map(({ event }) => event)).toEqual(['listening', 'received', 'stopped']);
    expect(await stateRoot(cellar)).toBe(await stateRoot(attic));
    const status = JSON.parse(await done('status', '--dir', attic, '--json')) as object;
    expect(status).toMatchObject({ synced: { peer: second['peer'] }, members: { node: 2 } });
  });

  test('bring back what a member has lost, and what it has written since', async () => {
    const copy = join(folder, 'attic-copy');
    await done('ledger', 'import', join(attic, 'nodes.jsonl'), '--dir', copy);
    await done('set', 'heating.mode', 'on', '--dir', attic);
    await done('commit', '--yes', '--dir', attic);
    const serving = await serve(attic);
    expect(await sync(cellar, serving.url)).toMatchObject({ agree: true, received: 1, sent: 0 });
    await serving.stop();
    expect(await stateRoot(cellar)).toBe(await stateRoot(attic));
    const late = await kith(['ledger', 'sync', serving.url, '--dir', copy]);
    expect(late).toMatchObject({ code: 1, out: '' });
    expect(late.err).toMatch(
      /^error: the ledger here does not know this machine.*\nhint: .*redeem/,
    );
  });
});

describe('a stranger', () => {
  test('is told what to do on its own side, and gets a closed connection', async () => {
    const serving = await serve(attic);
    const [human, json] = [
      await kith(['ledger', 'sync', serving.url, '--dir', elsewhere]),
      await kith(['ledger', 'sync', serving.url, '--dir', elsewhere, '--json']),
    ];
    expect(human).toMatchObject({ code: 4, out: '' });
    expect(human.err).toMatch(
      /^error: the peer did not answer [^\n]+no member[^\n]+\nhint: [^\n]+\n$/,
    );
    expect(json).toMatchObject({ code: 4, err: '' });
    expect(JSON.parse(json.out)).toMatchObject({
      outcome: 'broken',
      agree: false,
      error: { code: 'peer-unreachable', hint: expect.any(String) },
    });
    expect((await serving.stop('SIGTERM')).code).toBe(0);
  });
});

describe('what cannot be reached or served', () => {
  test('is told in two lines, with its own exit code', async () => {
    const serving = await serve(attic);
    const { port } = new URL(serving.url);
    const cases: [string[], number, RegExp][] = [
      [['sync', 'https://127.0.0.1:1', '--dir', cellar], 4, /ECONNREFUSED/],
      [['sync', 'http://127.0.0.1:1', '--dir', cellar], 2, /no address of a peer/],
      [['sync', 'lamp', '--dir', cellar], 2, /no address of a peer/],
      [['sync', serving.url, '--dir', join(folder, 'nowhere')], 1, /no ledger in this folder/],
      [['serve', '--listen', 'lamp:1', '--dir', cellar], 2, /--listen is no address/],
      [['serve', '--listen', `127.0.0.1:${port}`, '--dir', cellar], 1, /another program listens/],
      [['serve', '--dir', attic], 1, /another process has this ledger open/],
      [['sync', serving.url, '--dir', attic], 1, /another process has this ledger open/],
    ];
    for (const [words, wanted, said] of cases) {
      const { code, out, err } = await kith(['ledger', ...words]);
      expect([words.join(' '), code, out]).toEqual([words.join(' '), wanted, '']);
      expect(err).toMatch(/^error: [^\n]+\nhint: [^\n]+\n$/);
      expect(err).toMatch(said);
    }
    await serving.stop();
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
  });
});

describe('addresses', () => {
  test.each([
    ['127.0.0.1:7447', 'https://127.0.0.1:7447'],
    ['https://127.0.0.1:7447/', 'https://127.0.0.1:7447'],
    ['https://[::1]:7447', 'https://[::1]:7447'],
    ['lamp.example:1', 'https://lamp.example:1'],
  ])('%s is %s', (text, url) => {
    expect(peerUrl(text)).toBe(url);
  });

  test.each([
    '',
    'lamp',
    'lamp:0',
    'lamp:65536',
    'a:1:2',
    'http://a:1',
    'https://a:1/x',
    'u@a:1',
    '[a]:1',
  ])('%j is no peer', (text) => {
    expect(peerUrl(text)).toMatchObject({ exit: 'usage' });
  });

  test.each(['0.0.0.0:0', '[::]:65535', 'localhost:7447'])('%s can be listened at', (text) => {
    expect(listenAddress(text)).toMatchObject({ port: expect.any(Number) });
  });

  test.each(['lamp.example:1', '127.0.0.1', ':1', '::1:1'])('%s cannot', (text) => {
    expect(listenAddress(text)).toMatchObject({ exit: 'usage' });
  });
});

describe('the end of a sync', () => {
  const authors = { count: 1, first: [] };
  const ours = 'A' as Digest;
  const ends: [Outcome, string | null][] = [
    [{ kind: 'agree' }, null],
    [{ kind: 'differs', why: 'nothing moves', authors }, 'apart'],
    [{ kind: 'other-rules', theirs: 2, authors }, 'apart'],
    [{ kind: 'state-mismatch', ours, theirs: ours }, 'apart'],
    [{ kind: 'other-ledger', ledger: 'A' as RecordId }, 'failed'],
    [{ kind: 'faulty-peer', why: 'x' }, 'failed'],
    [{ kind: 'broken', why: 'x' }, 'unreachable'],
  ];
  test.each(ends)('%j', (outcome, exit) => {
    expect(complaintAbout(outcome)?.exit ?? null).toBe(exit);
  });
});
