// The operator's commands as a person runs them: two machines, two operators, a ticket, a removal
// and a recovery, and never a secret where it can be read by others. Through the real ./kith where
// it is about the process (what is printed, asked, killed), inside this one where it is about the
// ledger.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { base58 } from '@scure/base';
import { describe, expect, test } from 'vitest';
import { hide } from '../../proto/secret.ts';
import { keyPairOf } from '../../src/keys/keypair.ts';
import { scratch as inMemory } from '../acts/desk.ts';
import { kithInside } from './inside.ts';
import { ROOT, type Ran, kith, scratch, start } from './ledgers.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- documents of many shapes, each looked at
type Document = any;

interface Machine {
  readonly folder: string;
  /** Runs a command here; it must end well. */
  readonly run: (...words: string[]) => Promise<Ran>;
  readonly json: (...words: string[]) => Promise<Document>;
  /** Runs a command that must not end well, and gives its complaint. */
  readonly refused: (...words: string[]) => Promise<Document>;
}

type Way = (words: readonly string[]) => Promise<Ran>;

function machine(folder: string, way: Way): Machine {
  const at = (words: readonly string[]): string[] => [...words, '--dir', folder];
  const run = async (...words: string[]): Promise<Ran> => {
    const ran = await way(at(words));
    expect(ran, words.join(' ')).toMatchObject({ code: 0 });
    return ran;
  };
  return {
    folder,
    run,
    json: async (...words) => JSON.parse((await run(...words, '--json')).out),
    async refused(...words) {
      const ran = await way(at([...words, '--json']));
      expect(ran.code, words.join(' ')).not.toBe(0);
      return { exit: ran.code, ...JSON.parse(ran.out).error };
    },
  };
}

const root = inMemory();
const onDisk = scratch('killed');
const fresh = (name: string, way: Way = kithInside): Machine => machine(join(root, name), way);

async function founded(name: string, way?: Way): Promise<Machine> {
  const made = fresh(name, way);
  const sheet = `${made.folder}.sheet`;
  const names = ['--operator', 'ada', '--node', 'lamp'];
  await made.run('init', 'home', '--no-passphrase', '--sheet', sheet, ...names);
  return made;
}

const ledgerOf = ({ folder }: Machine): string => join(folder, 'nodes.jsonl');

/** A second machine that holds a copy of the first one's ledger. */
async function copyOf(first: Machine, name: string): Promise<Machine> {
  const second = fresh(name);
  await second.run('ledger', 'import', ledgerOf(first));
  return second;
}

async function merge(one: Machine, other: Machine): Promise<void> {
  await other.run('ledger', 'import', ledgerOf(one));
  await one.run('ledger', 'import', ledgerOf(other));
}

async function agree(one: Machine, other: Machine): Promise<Document> {
  const [here, there] = await Promise.all([
    one.json('ledger', 'state'),
    other.json('ledger', 'state'),
  ]);
  expect(there.stateRoot).toBe(here.stateRoot);
  expect(there.frontierRoot).toBe(here.frontierRoot);
  return here;
}

function modesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith('index'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => (statSync(file).mode & 0o077) !== 0);
}

describe('kith init', () => {
  test('founds a network; the JSON holds no secret, and the sheet is printed beside it', async () => {
    const made = fresh('init', kith);
    const ran = await made.run('init', 'home', '--no-passphrase', '--json');
    const document = JSON.parse(ran.out);
    expect(document).toMatchObject({ network: 'home', resumed: false, folder: made.folder });
    const secret = /^SECRET +(\S+)$/m.exec(ran.err)?.[1] ?? '';
    expect(secret).toMatch(/^[0-9A-Z-]{30,}$/);
    const key = JSON.parse(readFileSync(join(made.folder, 'operator/key.json'), 'utf8'));
    for (const hidden of [secret, key.plain.seed]) expect(ran.out).not.toContain(hidden);
    expect(document.operator.address).toBe(key.address);
    const { here } = await made.json('status');
    expect(here.node).toMatchObject({ key: document.node.key, standing: 'active' });
    expect(here.operator).toMatchObject({ name: key.name, sealed: false, root: true });
    expect(modesIn(made.folder)).toEqual([]);
    expect(statSync(made.folder).mode & 0o777).toBe(0o700);
    expect(await made.refused('init', 'home', '--no-passphrase')).toMatchObject({
      exit: 1,
      code: 'has-ledger',
    });
  });

  test('seals the key with a passphrase from a file, and takes a wallet as its owner knows it', async () => {
    const seed = randomBytes(32);
    const publicKey = Buffer.from(keyPairOf(hide(new Uint8Array(seed))).publicKey, 'base64url');
    const wallet = join(root, 'wallet.json');
    writeFileSync(wallet, JSON.stringify([...seed, ...publicKey]), { mode: 0o600 });
    const phrase = join(root, 'phrase');
    writeFileSync(phrase, 'correct horse battery staple\n', { mode: 0o600 });
    const made = fresh('wallet', kith);
    const keyed = ['--passphrase-file', phrase];
    const ran = await made.run('init', 'home', '--import-wallet', wallet, ...keyed);
    expect(ran.out).toContain(`address ${base58.encode(publicKey)}`);
    expect(ran.out).toMatch(/^SECRET {6}\S+$/m);
    const file = readFileSync(join(made.folder, 'operator/key.json'), 'utf8');
    expect(file).not.toContain(seed.toString('base64url'));
    await made.run('set', 'k', '1');
    expect(await made.refused('commit')).toMatchObject({ code: 'no-terminal' });
    await made.run('commit', ...keyed);
    expect((await made.json('ledger', 'state')).config).toMatchObject([{ key: 'k', value: 1 }]);
  });

  test('asks for nothing that is wrong quietly', async () => {
    const made = fresh('wrong', kith);
    expect(await made.refused('init', 'Not A Name')).toMatchObject({ exit: 2 });
    expect(await made.refused('init', 'home')).toMatchObject({ code: 'no-terminal' });
    expect(await made.refused('commit')).toMatchObject({ code: 'no-ledger' });
    expect(existsSync(ledgerOf(made))).toBe(false);
    await made.run('init', 'home', '--no-passphrase', '--sheet', join(root, 'wrong.sheet'));
  });
});

describe('two machines with an operator each', () => {
  test('write apart, merge by files both ways, and agree', async () => {
    const one = await founded('one');
    const two = await copyOf(one, 'two');
    expect(await two.refused('set', 'k', '1')).toMatchObject({ code: 'no-operator-key' });
    const key = await two.json('operator', 'key', '--name', 'bob', '--no-passphrase');
    expect(key).toMatchObject({ made: true, admittedAs: null });
    expect(await two.refused('set', 'k', '1')).toMatchObject({ code: 'not-a-member' });
    // The very words that the second machine has shown.
    await one.run(...key.admitWith.split(' ').slice(1));
    await one.run('commit');
    await two.run('ledger', 'import', ledgerOf(one));
    expect(await two.json('operator', 'key')).toMatchObject({ admittedAs: 'bob' });

    await Promise.all([
      one.run('set', 'lights.mode', 'on', '--commit'),
      two.run('set', 'lights.mode', 'off', '--commit'),
    ]);
    await two.run('grant', 'lamp', 'script.run', '--commit');
    await merge(one, two);
    const state = await agree(one, two);
    expect(state.config).toMatchObject([{ key: 'lights.mode', value: 'on' }]);
    expect(state.conflicts).toMatchObject([{ kind: 'config', subject: 'lights.mode' }]);

    // The junior cannot remove the senior; the senior removes the junior, and keeps what it did.
    expect(await two.refused('remove', 'ada')).toMatchObject({ code: 'not-junior' });
    const staged = await one.json('remove', 'bob');
    expect(staged.changes).toMatchObject([{ kind: 'removed', member: { name: 'bob' } }]);
    const shown = await one.json('staged');
    expect(shown.staged[0].record).toMatchObject({ kind: 'member.remove', body: { seq: 2 } });
    const { written } = await one.json('commit');
    expect(written.map((record: Document) => record.id).length).toBe(1);
    await two.run('set', 'lights.mode', 'dim', '--commit');
    const late = await kithInside([
      'ledger',
      'import',
      ledgerOf(two),
      '--dir',
      one.folder,
      '--json',
    ]);
    expect(late.out).toContain('beyond-cut');
    await two.run('ledger', 'import', ledgerOf(one));
    await agree(one, two);
    expect(await two.refused('set', 'lights.mode', 'red')).toMatchObject({ code: 'removed' });
    const operators = (await one.json('operator', 'list')).operators;
    expect(operators.map((each: Document) => each.standing)).toEqual(['active', 'removed']);
  });

  test('a cut placed earlier shows what falls, and wants a recent sync or a word', async () => {
    const one = await founded('cut');
    const two = await copyOf(one, 'cut-two');
    const { admitWith } = await two.json('operator', 'key', '--name', 'bob', '--no-passphrase');
    await one.run(...admitWith.split(' ').slice(1), '--commit');
    await two.run('ledger', 'import', ledgerOf(one));
    await two.run('ticket', 'new', '--name', 'spare', '--out', join(root, 'spare'));
    await one.run('ledger', 'import', ledgerOf(two));
    expect(await one.refused('remove', 'bob', '--at', '0')).toMatchObject({ code: 'not-synced' });
    const shown = await one.json('remove', 'bob', '--at', '0', '--anyway');
    expect(shown.voids).toMatchObject([{ seq: 1 }]);
    expect(shown.changes.map((change: Document) => change.kind).toSorted()).toEqual([
      'falls',
      'removed',
    ]);
    await one.run('unstage', 'all');
    expect(await one.refused('commit')).toMatchObject({ code: 'nothing-staged' });
  });
});

test('a right is given, bounded, taken action by action, and the rest of its record stays', async () => {
  const made = await founded('rights');
  const limits = ['--limit', 'cpu_milli=4000', '--resource', 'lab', '--expires', '2099-01-01'];
  await made.run('grant', 'lamp', 'place.job', ...limits, '--commit');
  const grants = async (): Promise<Document[]> => {
    const { members } = await made.json('ledger', 'state');
    return members.find((member: Document) => member.shown === 'lamp').grants;
  };
  const [given] = (await grants()).flatMap(({ grants: each }) => each).filter((one) => one.limits);
  expect(given).toMatchObject({ resource: 'lab', limits: { cpu_milli: 4000 } });
  await made.run('revoke', 'lamp', 'place.vm', '--commit');
  const left = (await grants()).flatMap(({ grants: each }) =>
    each.map((one: Document) => one.action),
  );
  expect(left).toHaveLength(8);
  expect(left).not.toContain('place.vm');
  const wrong = await Promise.all([
    made.refused('grant', 'lamp', 'place.jbo'),
    made.refused('grant', 'lamp', 'place.job', '--limit', 'cores=4'),
    made.refused('grant', 'lamp', 'member.admit'),
    made.refused('grant', 'nobody', 'place.job'),
    made.refused('revoke', 'lamp', 'node.drain'),
    made.refused('set', 'Not.A.Key', '1'),
    made.refused('set', 'k', '--unset'),
  ]);
  expect(wrong.map(({ code }) => code)).toEqual([
    'wrong-use',
    'wrong-use',
    'operators-only',
    'no-such-member',
    'no-such-grant',
    'wrong-use',
    'no-such-setting',
  ]);
  expect(wrong[0].hint).toContain('place.job');
});

test('a ticket admits a second machine, once, and never stands in JSON', async () => {
  const one = await founded('ticket', kith);
  expect(await one.refused('ticket', 'new')).toMatchObject({ exit: 2 });
  const out = join(root, 'ticket.txt');
  const ran = await one.run('ticket', 'new', '--name', 'spare', '--out', out, '--json');
  const ticket = readFileSync(out, 'utf8').trim();
  expect(ticket).toMatch(/^kith-ticket-/);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  expect(ran.out + ran.err).not.toContain(ticket.slice(12, 40));
  const printed = (await one.run('ticket', 'new')).out.trim();
  expect(printed).toMatch(/^kith-ticket-\S+$/);

  const two = await copyOf(one, 'ticket-two');
  const redeem = ['ticket', 'redeem', '--ticket-file', out] as const;
  const { node } = await two.json(...redeem, '--name', 'stove');
  expect(await two.refused(...redeem)).toMatchObject({ code: 'ticket-used' });
  await merge(one, two);
  const { members } = await agree(one, two);
  expect(members.find((member: Document) => member.key === node).shown).toBe('stove');
  expect((await one.json('ticket', 'list')).tickets).toMatchObject([
    { name: 'spare', standing: 'used', admitted: node },
    { standing: 'open' },
  ]);
});

test('the sheet makes another machine the root, and then opens nothing', async () => {
  const one = await founded('recover');
  const two = await copyOf(one, 'recover-two');
  const sheet = `${one.folder}.sheet`;
  const words = ['recover', '--sheet-file', sheet, '--no-passphrase', '--name', 'eve'] as const;
  const next = join(root, 'next.sheet');
  const done = await two.json(...words, '--sheet', next);
  expect(done).toMatchObject({ epoch: 1, finished: false, root: { name: 'eve' } });
  expect(readFileSync(next, 'utf8')).toMatch(/^Operators +eve$/m);
  expect(await two.refused(...words)).toMatchObject({ code: 'sheet-used' });
  await merge(one, two);
  const { members } = await agree(one, two);
  expect(members[0]).toMatchObject({ shown: 'eve', root: true });
  expect(await one.refused('set', 'k', '1')).toMatchObject({ code: 'removed' });
  await two.run('set', 'k', '1', '--commit');
  // The new root recovers itself: it needs a new key, and the old one is put aside.
  const third = [
    'recover',
    '--sheet-file',
    next,
    '--no-passphrase',
    '--sheet',
    `${next}.2`,
  ] as const;
  expect(await two.json(...third)).toMatchObject({ epoch: 2, root: { name: 'eve' } });
  const files = readdirSync(join(two.folder, 'operator'));
  expect(files.filter((file) => file.startsWith('retired-'))).toHaveLength(1);
  expect((await two.json('ledger', 'state')).config).toMatchObject([{ key: 'k', value: 1 }]);
});

// A terminal of its own for the process, by util-linux; where it is missing nobody can be asked.
const hasTerminals = spawnSync('script', ['--version']).status === 0;

test.skipIf(!hasTerminals)(
  'at a terminal a commit shows what it would sign, and asks',
  async () => {
    const made = await founded('asked');
    await made.run('set', 'k', '1');
    const answer = (said: string): string => {
      const line = `${join(ROOT, 'kith')} commit --dir ${made.folder}`;
      const { stdout } = spawnSync('script', ['-qec', line, '/dev/null'], {
        input: said,
        encoding: 'utf8',
        timeout: 100_000,
      });
      return stdout;
    };
    expect(answer('n\n')).toMatch(/set k to 1[^]*sign 1 record\?[^]*cancelled/);
    expect((await made.json('ledger', 'state')).config).toEqual([]);
    expect(answer('y\n')).toMatch(/signed \S+, your record 3/);
    expect((await made.json('ledger', 'state')).config).toMatchObject([{ key: 'k', value: 1 }]);
  },
);

test('a commit killed with SIGKILL again and again writes each act once', async () => {
  // On the disk, where a record takes long enough to be killed in.
  const made = machine(join(onDisk, 'home'), kith);
  await made.run('init', 'home', '--no-passphrase', '--sheet', `${made.folder}.sheet`);
  const acts = 24;
  for (let i = 0; i < 2; i++) await made.run('set', 'first', String(i));
  const file = join(made.folder, 'staged.json');
  const staged = JSON.parse(readFileSync(file, 'utf8'));
  const [act] = staged.acts;
  staged.acts = Array.from({ length: acts }, (_, value) => ({
    ...act,
    body: { key: 'count', value },
  }));
  writeFileSync(file, JSON.stringify(staged), { mode: 0o600 });
  const written = (): number[] =>
    readFileSync(ledgerOf(made), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"key":"count"'))
      .map((line) => JSON.parse(line).body.value);
  let kills = 0;
  for (let tries = 0; written().length < acts && tries < 12; tries++) {
    const before = written().length;
    const { child, ended } = start(['commit', '--dir', made.folder]);
    const deadline = Date.now() + 10_000;
    // Somewhere in the middle of the next few records.
    while (written().length < before + 3 && child.exitCode === null && Date.now() < deadline) {
      await new Promise((go) => setTimeout(go, 3));
    }
    await new Promise((go) => setTimeout(go, tries * 2));
    killAll(child.pid as number);
    if ((await ended).signal !== null) kills++;
  }
  await kith(['commit', '--dir', made.folder]);
  expect(written()).toEqual(Array.from({ length: acts }, (_, value) => value));
  expect(kills).toBeGreaterThan(2);
  const { frozen, config } = await made.json('ledger', 'state');
  expect([frozen, config]).toMatchObject([[], [{ key: 'count', value: acts - 1 }]]);
});

/** ./kith is a shell script that execs node: the process that it started is the one that writes. */
function killAll(pid: number): void {
  spawnSync('kill', ['-9', String(pid)]);
}
