// The commands that look, from outside: what they print for people and for scripts, and how they
// end when nobody listens.

import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type State, stateDigest } from '../../ledger/state.ts';
import { nodePlatform } from '../../src/platform.ts';
import { Scribe, actor, acts } from '../kit/actors.ts';
import { dataFolder, house, kith, ROOT, scratch } from './ledgers.ts';

const folder = scratch('reading');
const { scribe, anna, bert, lamp, stove, bertsAdmission } = house();
const dir = dataFolder(join(folder, 'home'), scribe.records);
const nowhere = join(folder, 'nowhere');

async function said(...words: string[]): Promise<string> {
  const ran = await kith([...words, '--dir', dir]);
  expect([ran.code, ran.err]).toEqual([0, '']);
  return ran.out;
}

async function document(...words: string[]): Promise<Record<string, never>> {
  return JSON.parse(await said(...words, '--json')) as Record<string, never>;
}

beforeAll(async () => {
  expect((await kith(['version'])).code).toBe(0);
});

describe('kith, and kith status', () => {
  test('without a ledger say how to come by one', async () => {
    const ran = await kith([], { env: { KITH_DIR: nowhere } });
    expect([ran.code, ran.err]).toEqual([0, '']);
    expect(ran.out).toContain(`There is no ledger in ${nowhere} yet.`);
    expect(ran.out).toContain('kith init NAME');
    const json = await kith(['--json'], { env: { KITH_DIR: nowhere } });
    expect(JSON.parse(json.out)).toEqual({
      ...{ folder: nowhere, ledger: null, daemon: null },
      here: { node: null, operator: null },
    });
    expect(existsSync(nowhere)).toBe(false);
  });

  test('show the ledger of this machine, and change nothing', async () => {
    const text = await said('status');
    expect(text).toMatch(/^home\n/);
    expect(text).toContain('2 operators, 1 node, 1 removed');
    expect(text).toContain('bert: set heating.mode to "on"');
    expect(text).toContain('1 conflict: see `kith ledger state`');
    expect(await said()).toBe(text);
    expect(await document('status')).toMatchObject({
      network: 'home',
      ledger: scribe.ledger,
      here: { node: null, operator: null },
      records: scribe.records.length,
      members: { operator: 2, node: 1, ticket: 0 },
      removed: 1,
      conflicts: 1,
      staged: 0,
      synced: null,
      last: { id: scribe.records.at(-1)?.id },
    });
    expect(readdirSync(dir)).toEqual(['nodes.jsonl']);
  });
});

describe('the health of a ledger', () => {
  test('is told: rot, and a copy that may not be written on', async () => {
    const own = join(folder, 'own');
    const file = join(dir, 'nodes.jsonl');
    expect((await kith(['ledger', 'import', file, '--dir', own])).code).toBe(0);
    const status = async (): Promise<Record<string, unknown>> =>
      JSON.parse((await kith(['status', '--dir', own, '--json'])).out) as Record<string, unknown>;
    expect(await status()).toMatchObject({ heldBack: null, damage: 0 });
    appendFileSync(join(own, 'nodes.jsonl'), 'rot\n');
    rmSync(join(own, 'marker.json'));
    const ill = await status();
    expect(ill).toMatchObject({ damage: 1, heldBack: expect.stringContaining('marker') });
    const { out } = await kith(['status', '--dir', own]);
    expect(out).toMatch(/attention +this machine may not write: .*`kith ledger accept-head`/);
    expect(out).toMatch(/attention +1 damaged line in the file: /);
  });
});

describe('kith ledger log', () => {
  test('has one line for each record: when, who, what, and why it does not count', async () => {
    const lines = (await said('ledger', 'log')).trimEnd().split('\n');
    expect(lines.length).toBe(scribe.records.length);
    expect(lines[0]).toMatch(
      /^2027-01-15 08:00:00 .*  anna: founded the network home; root: anna$/,
    );
    expect(lines[2]).toContain('anna: admitted node lamp at 10.7.0.2 with place.job, metrics.read');
    expect(lines[6]).toMatch(
      /told of its labels hotter \[void: its author was removed before this/,
    );
    expect(lines.filter((line) => line.includes('[void')).length).toBe(1);
  });

  test('is one document a line with --json', async () => {
    const lines = (await said('ledger', 'log', '--json')).trimEnd().split('\n');
    const items = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(items.map((item) => item['id'])).toEqual(scribe.records.map(({ id }) => id));
    expect(items[6]).toMatchObject({ void: true, code: 'void-cut', author: stove.key, seq: 2 });
    expect(items[7]).toMatchObject({
      void: false,
      kind: 'member.remove',
      name: 'bert',
      ts: expect.any(Number),
    });
  });

  test('can be narrowed by author, kind and number', async () => {
    const count = async (...words: string[]): Promise<number> =>
      (await said('ledger', 'log', ...words)).split('\n').length - 1;
    const own = scribe.records.filter(({ author }) => author === anna.key).length;
    expect(await count('--author', 'anna')).toBe(own);
    expect(await count('--author', lamp.key.slice(0, 10))).toBe(1);
    expect(await count('--kind', 'node.admit')).toBe(2);
    expect(await count('--kind', 'node.admit', '--author', 'bert')).toBe(1);
    const last = await said('ledger', 'log', '--limit', '2');
    expect(last).toBe((await said('ledger', 'log')).split('\n').slice(-3).join('\n'));
    const ran = await kith(['ledger', 'log', '--dir', dir, '--kind', 'no.such']);
    expect([ran.code, ran.out, ran.err]).toEqual([0, '', 'No record is like that.\n']);
  });

  test.each([
    [['--author', 'nobody'], 1, 'nobody in this ledger is called that (nobody)'],
    [['--limit', '0'], 2, '--limit is no number: 0'],
    [['--limit', '1e3'], 2, '--limit is no number: 1e3'],
    [['--limit', '-5'], 2, '--limit is no number: -5'],
  ])('%j is told off', async (words, code, what) => {
    const ran = await kith(['ledger', 'log', '--dir', dir, ...words]);
    expect(ran).toMatchObject({ code, out: '' });
    expect(ran.err.split('\n')[0]).toBe(`error: ${what}`);
  });

  test('marks a clock in 1970 and one past every calendar, and shows both', async () => {
    const odd = new Scribe('odd', [actor('anna')]);
    odd.by(actor('anna'), acts.commit('a', 1), { ts: 0 });
    odd.by(actor('anna'), acts.commit('a', 2), { ts: Number.MAX_SAFE_INTEGER });
    const where = dataFolder(join(folder, 'odd'), odd.records);
    const { out } = await kith(['ledger', 'log', '--dir', where]);
    expect(out).toContain('1970-01-01 00:00:00 (?)');
    expect(out).toContain('after the year 275760 (?)');
  });
});

describe('kith ledger show', () => {
  test('shows the line, the author, the verdict and what is cited', async () => {
    const removal = scribe.records[7];
    const text = await said('ledger', 'show', removal?.id ?? '');
    expect(text).toContain(removal?.line);
    expect(text).toMatch(/verdict +it counts/);
    expect(text).toMatch(/relies on .*anna: admitted operator bert/);
    expect(text).toMatch(/refers to .*told of its labels hot\n/);
    const shown = await document('ledger', 'show', bertsAdmission.id.slice(0, 6));
    expect(shown).toMatchObject({
      id: bertsAdmission.id,
      name: 'anna',
      kind: 'operator.admit',
      void: false,
      line: bertsAdmission.line,
      body: { key: bert.key },
    });
    expect(shown['citedBy']).toEqual(
      scribe.records.filter(({ auth }) => auth.includes(bertsAdmission.id)).map(({ id }) => id),
    );
    expect(await said('ledger', 'show', scribe.records[6]?.id ?? '')).toContain('void-cut');
  });

  test.each([
    ['A'.repeat(43), 'no-such-record'],
    ['zzzzzz', 'no-such-record'],
    ['../../etc/passwd', 'no-such-record'],
    ['\u001b[2J', 'no-such-record'],
  ])('%j is not found, in two lines', async (id, code) => {
    const ran = await kith(['ledger', 'show', id, '--dir', dir]);
    expect(ran).toMatchObject({ code: 1, out: '' });
    // oxlint-disable-next-line no-control-regex -- it is what must not be there
    expect(ran.err).toMatch(/^error: [^\n\u001b]+\nhint: [^\n]+\n$/);
    const json = await kith(['ledger', 'show', id, '--dir', dir, '--json']);
    expect(JSON.parse(json.out)).toMatchObject({ error: { code } });
  });

  test('names the records that begin so, where there are several', async () => {
    const many = new Scribe('many', [anna]);
    for (let i = 0; i < 200; i++) many.by(anna, acts.commit('a', i));
    const where = dataFolder(join(folder, 'many'), many.records);
    const first = many.records.find(({ id }) =>
      many.records.some((one) => one.id !== id && one.id[0] === id[0]),
    );
    const ran = await kith(['ledger', 'show', first?.id[0] ?? '', '--dir', where, '--json']);
    const { error } = JSON.parse(ran.out) as { error: { code: string; detail: string } };
    expect(error.code).toBe('ambiguous-id');
    expect(error.detail.split(' ').length).toBeGreaterThan(1);
  });
});

describe('kith ledger state', () => {
  test('gives a script members, ranks, grants, addresses, configuration and conflicts', async () => {
    const state = await document('ledger', 'state');
    expect(state).toMatchObject({
      network: 'home',
      ledger: scribe.ledger,
      frozen: [],
      config: [{ key: 'heating.mode' }],
      conflicts: [{ kind: 'config', subject: 'heating.mode' }],
      records: scribe.records.length,
    });
    const members = state['members'] as unknown as Record<string, unknown>[];
    const byKey = new Map(members.map((member) => [member['key'], member]));
    expect(byKey.get(anna.key)).toMatchObject({ class: 'operator', root: true, name: 'anna' });
    expect(byKey.get(lamp.key)).toMatchObject({ class: 'node', ipv4: '10.7.0.2' });
    expect(byKey.get(lamp.key)?.['grants']).toHaveLength(1);
    expect(byKey.get(stove.key)).toMatchObject({ removed: { author: bert.key, seq: 1 } });
  });

  test('is what the state root is over, once what stands beside it is taken away', async () => {
    const { stateRoot, frontierRoot, records, rules, ...state } = await document('ledger', 'state');
    expect([frontierRoot, records, rules].every((beside) => beside !== undefined)).toBe(true);
    expect(stateDigest(state as unknown as State, nodePlatform)).toBe(stateRoot);
  });

  test('gives a person tables', async () => {
    const text = await said('ledger', 'state');
    expect(text).toMatch(/^home: 3 members\n/);
    expect(text).toMatch(/NAME +CLASS +RANK +IPV4 +WIREGUARD/);
    expect(text).toMatch(/lamp +node +\d+ +10\.7\.0\.2 +\S{9} +upstairs; at lamp.example:7447/);
    expect(text).toMatch(/bert +everything \(may be handed on 4 times\); by record/);
    expect(text).toMatch(/stove +node +by bert +counts up to record 1/);
    expect(text).toMatch(/heating\.mode +"away"/);
    expect(text).toMatch(/config +heating\.mode +set side by side by records/);
  });
});

describe('a command that needs a ledger', () => {
  test.each(['log', 'state'])('kith ledger %s says that there is none', async (word) => {
    const [human, json] = await Promise.all([
      kith(['ledger', word, '--dir', nowhere]),
      kith(['ledger', word, '--dir', nowhere, '--json']),
    ]);
    expect(human).toMatchObject({ code: 1, out: '' });
    expect(human.err).toMatch(
      /^error: there is no ledger in this folder \(.*\)\nhint: .*kith init/,
    );
    expect(json).toMatchObject({ code: 1, err: '' });
    expect(JSON.parse(json.out)).toMatchObject({ error: { code: 'no-ledger' } });
    expect(existsSync(nowhere)).toBe(false);
  });
});

describe('what nobody reads', () => {
  test('ends quietly', async () => {
    const script = `"${ROOT}/kith" ledger log --dir "${dir}" | head -1; echo "\${PIPESTATUS[0]}"`;
    const child = spawn('bash', ['-c', script]);
    let [out, err] = ['', ''];
    child.stdout.on('data', (text: Buffer) => (out += text.toString()));
    child.stderr.on('data', (text: Buffer) => (err += text.toString()));
    await new Promise((done) => child.on('close', done));
    expect(err).toBe('');
    expect(out).toMatch(/^2027[^\n]*founded the network home[^\n]*\n(0|141)\n$/);
    const closed = spawn('bash', ['-c', `"${ROOT}/kith" help >&-; echo $?`]);
    let code = '';
    closed.stdout.on('data', (text: Buffer) => (code += text.toString()));
    await new Promise((done) => closed.on('close', done));
    expect(Number(code)).toBeLessThan(142);
  });
});

describe('help', () => {
  test('is there for kith, a group and a command, in words and as JSON', async () => {
    const [all, group, one, same] = await Promise.all([
      said('help'),
      said('help', 'ledger'),
      said('ledger', 'verify', '--help'),
      said('help', 'ledger', 'verify'),
    ]);
    expect(all).toMatch(/ledger verify +checks every line of a ledger file\n/);
    expect(all).toContain('141  nobody reads');
    expect(group).toContain('kith ledger verify [FILE]');
    expect(one).toBe(same);
    expect(one).toContain('3  the file was checked, and something in it is refused');
    const { commands } = await document('help', 'ledger', 'verify');
    expect(commands).toMatchObject([{ command: 'kith ledger verify', options: expect.any(Array) }]);
    const wrong = await kith(['help', 'xyzzy']);
    expect(wrong).toMatchObject({ code: 2, out: '' });
  });
});

describe("a fault of kith's own", () => {
  // Breaks what only the table of exit codes uses.
  const broken = 'String.prototype.padStart=()=>{throw new TypeError("boom")}';
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(broken)}` };

  test('is told in two lines, and with its stack where KITH_DEBUG=1 asks for it', async () => {
    const [plain, loud, json] = await Promise.all([
      kith(['help'], { env }),
      kith(['help'], { env: { ...env, KITH_DEBUG: '1' } }),
      kith(['version', 'x'], { env }),
    ]);
    expect(plain).toMatchObject({ code: 70, out: '' });
    expect(plain.err).toBe(
      'error: this is a fault of kith itself (boom)\n' +
        'hint: please report it, with what KITH_DEBUG=1 prints\n',
    );
    expect(loud.code).toBe(70);
    expect(loud.err).toMatch(/^error: .*\nhint: .*\nTypeError: boom\n +at /);
    expect(json.code).toBe(2);
  });
});
