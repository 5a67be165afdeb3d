// The life of one daemon, as a real process: what commands are like beside it, who else may run,
// what becomes of it when it is killed, and what anybody on its socket can do to it.

import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { askDaemon, daemonEvents, findDaemon } from '../../src/daemon/client.ts';
import { bindSocket } from '../../src/daemon/socket.ts';
import { ROUTES, type Status } from '../../src/daemon/routes.ts';
import { withoutMesh } from '../../src/mesh/mesh.ts';
import { operatorFolder, socketFile } from '../../src/home/folder.ts';
import { kith, ROOT, scratch } from '../cli/ledgers.ts';
import { type Up, done, founded, status, up } from './daemons.ts';

const folder = scratch('daemon');
const attic = join(folder, 'attic');
let daemon: Up;

beforeAll(async () => {
  expect((await kith(['version'])).code).toBe(0);
  await founded(attic, 'attic');
  daemon = await up(attic);
});

describe('beside a running daemon', () => {
  test('commands sign in their own process and write through it', async () => {
    const before = await status(attic);
    expect(before.daemon).toMatchObject({ pid: daemon.child.pid, state: 'running' });
    await done('set', 'heating.mode', 'away', '--dir', attic);
    await done('set', 'heating.max', '21', '--dir', attic);
    expect(await done('commit', '--yes', '--dir', attic)).toMatchObject({
      written: [{ kind: 'config.commit' }, { kind: 'config.commit' }],
      finished: [],
    });
    const after = await status(attic);
    expect(after.records).toBe(before.records + 2);
    const facts = await askDaemon(attic, 'ledger', undefined);
    expect(facts).toMatchObject({ records: after.records, stateRoot: after.stateRoot });
    await daemon.until('records', ({ count, from }) => count === 1 && from === null);
  });

  test('the operator key is nowhere in the memory of the daemon', async () => {
    const file = readFileSync(join(operatorFolder(attic), 'key.json'), 'utf8');
    const { seed } = (JSON.parse(file) as { plain: { seed: string } }).plain;
    expect(seed.length).toBeGreaterThan(40);
    const memory = await memoryOf(daemon.child.pid as number);
    // It does hold its own: the search finds what is there.
    expect(memory.includes('nodes.jsonl')).toBe(true);
    expect(memory.includes(seed)).toBe(false);
    expect(memory.includes(Buffer.from(seed, 'base64url'))).toBe(false);
  });

  test('a record that the door refuses is refused with its code, and nothing is stored', async () => {
    const { records } = await status(attic);
    const lines = readFileSync(join(attic, 'nodes.jsonl'), 'utf8').trimEnd().split('\n');
    const [first = '', , last = ''] = lines;
    const forged = last.replace(/"sig":"./, '"sig":"_');
    const taken = await askDaemon(attic, 'records', { lines: [first, forged, 'x'], own: false });
    expect(taken).toEqual({
      accepted: [],
      already: [0, 1],
      parked: 0,
      refused: [{ line: 2, code: 'not-canonical' }],
    });
    expect((await status(attic)).records).toBe(records);
  });

  test('lines are checked ahead only where there is no ledger, and none of them is taken in', async () => {
    const lines = readFileSync(join(attic, 'nodes.jsonl'), 'utf8').trimEnd().split('\n');
    expect(await askDaemon(attic, 'check', { lines })).toEqual({ checked: 0 });
    const empty = join(folder, 'empty');
    const other = await up(empty);
    const signature = /"sig":"(.)/;
    const forged = lines.map((line) =>
      line.replace(signature, (_, first) => `"sig":"${first === 'A' ? 'B' : 'A'}`),
    );
    expect(await askDaemon(empty, 'check', { lines: forged })).toEqual({ checked: 0 });
    expect(await askDaemon(empty, 'check', { lines: [...lines, 'x'] })).toEqual({
      checked: lines.length,
    });
    expect(existsSync(join(empty, 'nodes.jsonl'))).toBe(false);
    const taken = await askDaemon(empty, 'records', { lines, own: false });
    expect(taken).toMatchObject({ parked: 0, refused: [] });
    expect(readFileSync(join(empty, 'nodes.jsonl'), 'utf8')).toBe(`${lines.join('\n')}\n`);
    other.child.kill('SIGTERM');
    await other.ended;
  });

  test('a second daemon is refused, and so is what needs the files for itself', async () => {
    const { pid } = daemon.child;
    const second = await kith(['up', '--dir', attic, '--port', '0', '--no-mesh', '--json']);
    expect(second.code).toBe(1);
    expect(JSON.parse(second.out.trim())).toMatchObject({
      error: { code: 'daemon-running', detail: `process ${pid}` },
    });
    for (const words of [
      ['ledger', 'accept-head'],
      ['ledger', 'serve'],
    ]) {
      const ran = await kith([...words, '--dir', attic]);
      expect([ran.code, ran.out]).toEqual([1, '']);
      expect(ran.err).toMatch(
        /^error: this needs the ledger for itself.*\nhint: .*kith down.*\n$/m,
      );
    }
    expect((await status(attic)).daemon).toMatchObject({ pid });
  });

  test('a screen hears what happens, as it happens', async () => {
    const aborted = new AbortController();
    const heard: string[] = [];
    const listening = (async () => {
      for await (const event of daemonEvents(attic, { signal: aborted.signal })) {
        heard.push(event.event);
        if (event.event === 'records') aborted.abort();
      }
    })();
    // The stream is open when the daemon has answered something that was asked after it.
    await askDaemon(attic, 'status', undefined);
    await done('set', 'heating.mode', 'on', '--commit', '--dir', attic);
    await listening;
    expect(heard).toEqual(['records']);
  });
});

describe('the socket', () => {
  test('is its owner’s alone, or also of the group kith', async () => {
    const own = lstatSync(socketFile(attic));
    expect([own.isSocket(), own.uid]).toEqual([true, process.geteuid?.()]);
    const groups = readFileSync('/etc/group', 'utf8');
    if (!/^kith:/m.test(groups)) expect(own.mode & 0o777).toBe(0o600);
    const file = join(folder, 'group');
    writeFileSync(file, `root:x:0:\nkith:x:${process.getegid?.()}:\n`);
    for (const [known, mode] of [
      [file, 0o660],
      [join(folder, 'none'), 0o600],
    ] as const) {
      const server = createServer();
      const path = join(folder, 'shared.sock');
      await bindSocket(server, path, known);
      expect(lstatSync(path).mode & 0o777).toBe(mode);
      await new Promise((closed) => server.close(closed));
      expect(existsSync(path)).toBe(false);
    }
  });

  test('a path that is too long is refused, and a file of another kind is left alone', async () => {
    const server = createServer();
    await expect(bindSocket(server, join(folder, 'x'.repeat(110)))).rejects.toMatchObject({
      code: 'socket-path',
    });
    const path = join(folder, 'plain');
    writeFileSync(path, 'mine');
    await expect(bindSocket(server, path)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect(await findDaemon(join(folder, 'x'.repeat(110)))).toBeNull();
  });

  const json = 'content-type: application/json';
  const post = (path: string, body: string, type = json): string =>
    `POST ${path} HTTP/1.1\r\nhost: x\r\n${type}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`;
  const wrong: [string, string, string][] = [
    ['no JSON', post('/v1/records', '{'), 'bad-request'],
    ['an array', post('/v1/records', '[]'), 'bad-request'],
    ['a field too many', post('/v1/records', '{"lines":["x"],"own":true,"key":1}'), 'bad-request'],
    ['another type', post('/v1/records', '{"lines":"x","own":true}'), 'bad-request'],
    ['a word for a truth', post('/v1/records', '{"lines":["x"],"own":"true"}'), 'bad-request'],
    ['no line', post('/v1/records', '{"lines":[],"own":true}'), 'bad-request'],
    [
      'a long line',
      post('/v1/records', `{"lines":["${'x'.repeat(9_000)}"],"own":true}`),
      'bad-request',
    ],
    ['another medium', post('/v1/records', 'x', 'content-type: text/plain'), 'bad-request'],
    // Refused by what it announces: the body is not waited for.
    [
      'a long body',
      post('/v1/records', '{}').replace(/length: \d+/, 'length: 4300000'),
      'too-large',
    ],
    ['no such route', post('/v2/records', '{}'), 'no-such-route'],
    [
      'no such method',
      'DELETE /v1/status HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      'no-such-route',
    ],
    ['no URL of a peer', post('/v1/sync', '{"url":"http://127.0.0.1:1/"}'), 'bad-request'],
  ];
  test.each(wrong)('%s is refused with a code', async (_name, request, code) => {
    const answer = await say(request);
    expect(answer).toContain(`{"error":{"code":"${code}"`);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  test('garbage, long headers and idle crowds get no answer and do no harm', async () => {
    expect(await say('\u0000\u0001garbage\r\n\r\n')).toBe('');
    expect(await say(`GET /v1/status HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)).toBe('');
    const crowd = Array.from({ length: 100 }, () => connect(socketFile(attic)));
    for (const one of crowd) one.on('error', () => undefined);
    await new Promise((resolve) => void setTimeout(resolve, 200));
    for (const one of crowd) one.destroy();
    await expect
      .poll(() => findDaemon(attic).catch(() => null))
      .toMatchObject({ state: 'running' });
  });

  function say(text: string): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(socketFile(attic));
      let answer = '';
      socket.setEncoding('utf8').on('data', (more: string) => (answer += more));
      socket.on('error', () => undefined).on('close', () => resolve(answer));
      socket.write(text);
    });
  }
});

describe('the end', () => {
  test('after kill -9 the next one takes over, with every record that was answered', async () => {
    const before = await status(attic);
    daemon.child.kill('SIGKILL');
    await daemon.ended;
    expect(existsSync(socketFile(attic))).toBe(true);
    expect((await status(attic)).daemon).toBeNull();
    daemon = await up(attic);
    const after = await status(attic);
    expect(after).toMatchObject({ records: before.records, stateRoot: before.stateRoot });
    expect(after.daemon).toMatchObject({ pid: daemon.child.pid });
    await done('set', 'heating.mode', 'away', '--commit', '--dir', attic);
  });

  test('kith down waits for it, and leaves no socket and no lock', async () => {
    const { pid } = daemon.child;
    expect(await done('down', '--dir', attic)).toEqual({ stopped: true, pid, running: 0 });
    const { code, err } = await daemon.ended;
    expect([code, err]).toEqual([0, '']);
    expect(daemon.events.map(({ event }) => event).slice(-2)).toEqual(['stopping', 'stopped']);
    for (const name of ['kith.sock', 'lock', 'daemon.lock']) {
      expect([name, existsSync(join(attic, name))]).toEqual([name, false]);
    }
    expect(existsSync(join(attic, 'checkpoint.json'))).toBe(true);
    expect(await done('down', '--dir', attic)).toEqual({ stopped: false, pid: null });
  });

  test('it ends all the same where something on the way fails, and says what', async () => {
    const one = await up(attic);
    const clock = join(attic, 'calendar.json');
    rmSync(clock, { force: true });
    mkdirSync(clock);
    expect(await done('down', '--dir', attic)).toMatchObject({ stopped: true });
    expect((await one.ended).code).toBe(0);
    expect(one.events).toContainEqual(
      expect.objectContaining({ event: 'failed', what: 'stopping: the clock' }),
    );
    expect(one.events.at(-1)).toMatchObject({ event: 'stopped' });
    rmSync(clock, { recursive: true });
  });

  test('SIGTERM ends it cleanly, with its door at the same port the next time', async () => {
    const urls: (string | undefined)[] = [];
    for (const words of [['--port', '0'], []]) {
      const one = await up(attic, words);
      urls.push((await status(attic)).daemon?.url);
      one.child.kill('SIGTERM');
      expect((await one.ended).code).toBe(0);
    }
    expect(urls[0]).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(urls[1]).toBe(urls[0]);
  });
});

describe('a daemon that goes away in the middle', () => {
  test('leaves a record that the next run finishes, and nothing is written twice', async () => {
    const { records } = await status(attic);
    const real: Status = {
      ...{ pid: process.pid, version: '', state: 'running', startedAt: 0, ledger: null },
      ...{ node: '' as never, member: true, door: null, lobby: null, peers: [] },
      mesh: withoutMesh(null, 0),
    };
    // It answers who it is, and breaks off when it is given a record.
    const fake = createServer((request, reply) => {
      if (request.url === ROUTES.status.path) reply.end(JSON.stringify(real));
      else request.socket.destroy();
    });
    await bindSocket(fake, socketFile(attic));
    const broken = await kith(['set', 'heating.mode', 'on', '--commit', '--dir', attic]);
    await new Promise((closed) => fake.close(closed));
    expect(broken.code).toBe(1);
    expect(broken.err).toMatch(/error: the daemon stopped before it had answered.*\nhint: run the/);
    expect((await status(attic)).records).toBe(records);
    const again = await done<{ finished: object[]; written: object[] }>(
      ...['commit', '--yes', '--dir', attic],
    );
    expect([again.finished.length, again.written.length]).toEqual([1, 0]);
    expect((await status(attic)).records).toBe(records + 1);
  });

  test('or is no daemon of kith at all: that is said, too', async () => {
    const fake = createServer((_request, reply) => reply.end('<html>'));
    await bindSocket(fake, socketFile(attic));
    const ran = await kith(['status', '--dir', attic]);
    await new Promise((closed) => fake.close(closed));
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/^error: the daemon does not understand this kith/m);
    rmSync(socketFile(attic), { force: true });
  });
});

describe('the documents', () => {
  test('name every route as the catalogue has it', () => {
    const page = readFileSync(join(ROOT, 'docs/daemon.md'), 'utf8');
    for (const [name, { method, path, help }] of Object.entries(ROUTES)) {
      expect(page).toContain(`| ${name} | \`${method} ${path}\` | ${help} |`);
    }
  });
});

/** All that a process can write to, and has: its heap and its stacks. */
async function memoryOf(pid: number): Promise<Buffer> {
  const { open } = await import('node:fs/promises');
  const maps = readFileSync(`/proc/${pid}/maps`, 'utf8').trimEnd().split('\n');
  const file = await open(`/proc/${pid}/mem`, 'r');
  const parts: Buffer[] = [];
  try {
    for (const line of maps) {
      const found = /^([0-9a-f]+)-([0-9a-f]+) rw\S* \S+ \S+ \d+\s*(\[heap\]|\[stack\])?$/.exec(
        line,
      );
      if (found === null) continue;
      const [from, to] = [Number(`0x${found[1]}`), Number(`0x${found[2]}`)];
      const part = Buffer.alloc(to - from);
      try {
        await file.read(part, 0, part.length, from);
        parts.push(part);
      } catch {
        // Mapped and without pages.
      }
    }
  } finally {
    await file.close();
  }
  return Buffer.concat(parts);
}
