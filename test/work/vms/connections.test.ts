import { once } from 'node:events';
import fs from 'node:fs';
import { type Server, type Socket, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { followConsole } from '../../../src/work/vms/console-log.ts';
import { shareConsole } from '../../../src/work/vms/console.ts';
import { CONSOLE_KEPT_BYTES, VIEWERS_MAX } from '../../../src/work/vms/limits.ts';
import { type Qmp, openQmp } from '../../../src/work/vms/qmp.ts';
import { memoryLog } from '../../kit/guests.ts';

const GREETING = '{"QMP": {"version": {"qemu": {"major": 8, "minor": 0, "micro": 0}}}}\n';

let base = '';
beforeEach(() => {
  base = fs.mkdtempSync(path.join(os.tmpdir(), 'kith-sockets-'));
});
afterEach(() => fs.rmSync(base, { recursive: true, force: true }));

describe('the control connection', () => {
  let server: Server;
  let qmp: Qmp | null = null;
  const sockets: Socket[] = [];
  let heard: unknown[] = [];
  let opened = 0;
  /** What it answers to a line, as it stands. */
  let answer: (line: { id: number; execute: string }, to: Socket) => void;

  beforeEach(async () => {
    [heard, opened] = [[], 0];
    answer = ({ id }, to) => void to.write(`{"return": {}, "id": ${id}}\n`);
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        for (const line of bytes.toString().trim().split('\n')) {
          answer(JSON.parse(line) as { id: number; execute: string }, socket);
        }
      });
      socket.write(GREETING);
    }).listen(path.join(base, 'qmp'));
    await once(server, 'listening');
    qmp = openQmp({
      path: path.join(base, 'qmp'),
      heard: (message) => heard.push(message),
      opened: () => (opened += 1),
      lost: () => true,
    });
    await expect.poll(() => opened).toBe(1);
  });
  afterEach(() => {
    qmp?.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    server.close();
  });

  test('gives each question its own answer, whatever comes between', async () => {
    const held: { id: number }[] = [];
    answer = (line, to) => {
      held.push(line);
      if (held.length < 2) return;
      to.write('nonsense\n{"event": "STOP", "data": {}}\n');
      for (const { id } of held.toReversed()) to.write(`{"return": ${id}, "id": ${id}}\n`);
      to.write('{"return": 0, "id": 12345}\n');
    };
    const both = await Promise.all([qmp?.ask('one'), qmp?.ask('two')]);
    expect(both).toEqual(held.map(({ id }) => id));
    expect(heard).toMatchObject([{ is: 'nonsense' }, { is: 'event', name: 'STOP' }]);
  });

  test('is refused, waits no longer than it should, and is had again', async () => {
    answer = ({ id }, to) => void to.write(`{"error": {"desc": "not now"}, "id": ${id}}\n`);
    await expect(qmp?.ask('this')).rejects.toThrow('not now');
    answer = () => undefined;
    await expect(qmp?.ask('that', {}, 50)).rejects.toThrow('did not answer that within 50 ms');
    const asked = qmp?.ask('more');
    answer = ({ id }, to) => void to.write(`{"return": 1, "id": ${id}}\n`);
    sockets[0]?.destroy();
    await expect(asked).rejects.toThrow('broke');
    await expect(qmp?.ask('meanwhile')).rejects.toThrow('does not answer');
    await expect.poll(() => opened).toBe(2);
    expect(await qmp?.ask('again')).toBe(1);
  });
});

describe('a console', () => {
  test('is shared, bounded in those who look, and waits for none of them', async () => {
    const typed: string[] = [];
    let guest: Socket | null = null;
    const server = createServer((socket) => {
      guest = socket;
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => typed.push(bytes.toString()));
    }).listen(path.join(base, 'console'));
    await once(server, 'listening');
    const shared = shareConsole(path.join(base, 'console'));
    const all = Array.from({ length: VIEWERS_MAX }, () => shared.view());
    expect(all).not.toContain(null);
    expect(shared.view()).toBeNull();
    const [first, second] = all;
    let seen = '';
    first?.on('data', (bytes: Buffer) => (seen += bytes.toString()));
    second?.write('hello');
    await expect.poll(() => typed.join('')).toBe('hello');
    // The others do not read.
    const much = 'x'.repeat(1 << 20);
    (guest as Socket | null)?.write(`${much}end`);
    await expect.poll(() => seen.length).toBe(much.length + 3);
    shared.close();
    server.close();
  });

  test('goes into the log from where the log ends, and off the disk once it is there', async () => {
    const file = path.join(base, 'console.log');
    const text = Buffer.alloc(CONSOLE_KEPT_BYTES + 100_000, 'abcdefghij');
    fs.writeFileSync(file, text.subarray(0, 50_000));
    const log = memoryLog();
    const first = followConsole(file, log);
    await expect.poll(() => log.written('console')).toBe(50_000);
    await first.close();
    fs.appendFileSync(file, text.subarray(50_000));
    const second = followConsole(file, log);
    await second.finish();
    expect(Buffer.from(log.text()).equals(text)).toBe(true);
    expect(fs.statSync(file).size).toBe(text.length);
    expect(fs.statSync(file).blocks * 512).toBeLessThan(1_000_000);
  });
});
