// `kith join` and `kith admit` from outside: real processes on loopback, and nothing left of them.

import { readFileSync, readdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { kith, scratch } from '../cli/ledgers.ts';
import {
  admitting,
  ceremonyOf,
  done,
  founded,
  joining,
  processesOf,
  started,
  truthIn,
  wrongFor,
} from './machines.ts';
import { inMemory } from './memory.ts';

// Those that only need somebody who admits share one network, and take turns at its ledger.
let attic: string;
beforeAll(async () => {
  attic = await founded('joining');
}, 120_000);

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).on('error', () => resolve(false));
  });
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
}

describe.concurrent('a machine whose code is typed', () => {
  test('is in, with the whole ledger, and nothing is left of the ceremony', async () => {
    const own = await founded('lamp');
    const folder = join(own, '..', 'lamp');
    const lamp = await joining(folder, '--name', 'lamp');
    expect(lamp.code).toMatch(/^[0-9A-HJKMNP-TV-Z]{3}(-[0-9A-HJKMNP-TV-Z]{3}){2}$/);
    const ceremony = await ceremonyOf(lamp);
    // The scan finds it where it is, and it is nowhere else.
    expect(inMemory(ceremony, lamp.code)).toBe(true);
    expect(inMemory(lamp.pid, lamp.code)).toBe(false);
    const admit = admitting(own, lamp.address, lamp.code.toLowerCase().replaceAll('-', ' '));
    for (const pid of [lamp.pid, ceremony, admit.pid, await ceremonyOf(admit)]) {
      for (const name of ['cmdline', 'environ']) {
        expect(readFileSync(`/proc/${pid}/${name}`, 'latin1')).not.toContain(lamp.code);
      }
    }
    const [admitted, joined] = [await admit.ended, await lamp.ended];
    expect([admitted.code, admitted.err, joined.code, joined.err]).toEqual([0, '', 0, '']);
    const document = JSON.parse(admitted.out) as Record<string, Record<string, unknown>>;
    const last = lamp.events().at(-1) as Record<string, Record<string, unknown>>;
    expect(document).toMatchObject({ seen: true, holders: { holding: 2, of: 2 }, preset: 'peer' });
    expect(last).toMatchObject({ event: 'joined', network: 'home', operator: 'anna' });
    expect(last['node']?.['fingerprint']).toBe(document['node']?.['fingerprint']);
    expect(lamp.events()[0]?.['fingerprint']).toBe(document['node']?.['fingerprint']);
    const [ours, theirs] = [await truthIn(own), await truthIn(folder)];
    expect(theirs).toEqual(ours);
    expect(processesOf(folder)).toEqual([]);
    expect(await isListening(lamp.port)).toBe(false);
    const [symbols, bare] = [lamp.code, lamp.code.replaceAll('-', '')];
    for (const file of [...filesIn(folder), ...filesIn(own)]) {
      const text = readFileSync(file, 'latin1');
      expect([file, text.includes(symbols) || text.includes(bare)]).toEqual([file, false]);
    }
    // Asked again, it is in already.
    const again = await kith(['join', '--dir', folder, '--json']);
    expect([again.code, JSON.parse(again.out)]).toMatchObject([0, { event: 'joined' }]);
  });

  test('keeps to what the operator gives, whatever it asks for', async () => {
    const folder = join(scratch('guest'), 'guest');
    const machine = await joining(folder, '--role', 'observer', '--name', 'printer');
    const admit = admitting(
      attic,
      machine.address,
      machine.code,
      '--preset',
      'guest',
      '--as',
      'ink',
    );
    const { out, code } = await admit.ended;
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ grants: [], preset: 'guest', node: { name: 'ink' } });
    await machine.ended;
  });

  test('by a word of the command is on no list of processes', async () => {
    const machine = await joining(join(scratch('word'), 'word'));
    const words = ['admit', machine.address, machine.code, '--yes', '--json', '--dir', attic];
    const admit = started(words);
    const ceremony = await ceremonyOf(admit);
    for (const pid of [admit.pid, ceremony]) {
      expect(readFileSync(`/proc/${pid}/cmdline`, 'latin1')).not.toContain(machine.code);
    }
    expect((await admit.ended).code).toBe(0);
    expect((await machine.ended).code).toBe(0);
  });

  test('and another beside it, at the same time, are both in', async () => {
    const folders = ['one', 'two'].map((name) => join(scratch(name), name));
    const machines = await Promise.all(
      folders.map((folder, i) => joining(folder, '--name', `twin-${i}`)),
    );
    const admits = machines.map(({ address, code }) => admitting(attic, address, code));
    for (const { ended } of [...admits, ...machines]) {
      const { code, err } = await ended;
      expect([code, err]).toEqual([0, '']);
    }
    const state = await done('ledger', 'state', '--dir', attic, '--json');
    expect(state).toContain('twin-0');
    expect(state).toContain('twin-1');
  });
});

describe.concurrent('a wrong code', () => {
  test('burns after three tries, a restart in between or not, and a key makes another', async () => {
    const folder = join(scratch('burnt'), 'burnt');
    const first = await joining(folder);
    const wrong = wrongFor(first);
    for (const [nth, left] of [2, 1].entries()) {
      const { code, out } = await admitting(attic, first.address, wrong).ended;
      expect([code, JSON.parse(out)]).toMatchObject([1, { error: { code: 'pairing-wrong-code' } }]);
      expect(await first.event('tried', nth)).toMatchObject({ left, source: '127.0.0.1' });
    }
    process.kill(await ceremonyOf(first), 'SIGKILL');
    expect((await first.ended).code).toBe(1);
    const second = await joining(folder);
    expect(second.events()[0]).toMatchObject({ attempts: 1 });
    const ceremony = await ceremonyOf(second);
    expect((await admitting(attic, second.address, wrongFor(second)).ended).code).toBe(1);
    expect(await second.event('burnt')).toMatchObject({ sources: ['127.0.0.1'] });
    while (processesOf(folder).some((line) => line.startsWith(`${ceremony} `))) {
      await new Promise((wait) => setTimeout(wait, 20));
    }
    // What is left waits for a key, knows nothing and listens nowhere.
    expect(inMemory(second.pid, second.code)).toBe(false);
    expect(await isListening(second.port)).toBe(false);
    second.write('\n');
    const next = (await second.event('window', 1)) as Record<string, string>;
    expect(next).toMatchObject({ attempts: 3 });
    expect(next['code']).not.toBe(second.code);
    const admit = admitting(attic, next['address'] as string, next['code'] as string);
    expect([(await admit.ended).code, (await second.ended).code]).toEqual([0, 0]);
  });

  test('without anybody to press a key ends the command with 4', async () => {
    const machine = await joining(join(scratch('alone'), 'alone'));
    machine.child.stdin?.end();
    const wrong = wrongFor(machine);
    for (let i = 0; i < 3; i++) await admitting(attic, machine.address, wrong).ended;
    const { code, out } = await machine.ended;
    expect(code).toBe(4);
    expect(out).toContain('"code":"code-burnt"');
  });

  test('that is only mistyped is told before anything is sent', async () => {
    const machine = await joining(join(scratch('typo'), 'typo'));
    const symbol = machine.code.endsWith('7') ? '8' : '7';
    const typo = `${machine.code.slice(0, -1)}${symbol}`;
    const { code, out } = await admitting(attic, machine.address, typo).ended;
    expect([code, JSON.parse(out)]).toMatchObject([1, { error: { code: 'code-mistyped' } }]);
    const none = await admitting(attic, machine.address, '').ended;
    expect(JSON.parse(none.out)).toMatchObject({ error: { code: 'code-needed' } });
    expect(machine.events()).toHaveLength(1);
    machine.child.kill('SIGTERM');
    expect((await machine.ended).code).toBe(130);
  });
});

describe.concurrent('a window', () => {
  test('ends with its time, with 5', async () => {
    const machine = await joining(join(scratch('late'), 'late'), '--for', '1');
    const { code, out } = await machine.ended;
    expect(code).toBe(5);
    expect(out).toContain('"event":"expired"');
    expect(await isListening(machine.port)).toBe(false);
  });

  test('is not held by idle connections and garbage from many places', async () => {
    const machine = await joining(join(scratch('crowd'), 'crowd'));
    const strangers = Array.from({ length: 24 }, (_, i) =>
      connect({ port: machine.port, host: '127.0.0.1', localAddress: `127.0.0.${i + 2}` }),
    );
    strangers.forEach((socket, i) => {
      socket.on('error', () => undefined);
      if (i % 3 === 1) socket.write(Buffer.alloc(3_000, 0xff));
      if (i % 3 === 2) socket.write(Buffer.from([0, 0, 0, 9, 1, 2, 3]));
    });
    await machine.event('failed');
    const { code } = await admitting(attic, machine.address, machine.code).ended;
    expect(code).toBe(0);
    expect((await machine.ended).code).toBe(0);
    for (const socket of strangers) socket.destroy();
    expect(machine.events().filter(({ event }) => event === 'tried')).toEqual([]);
  });

  test('that nobody opened is told as such', async () => {
    const ran = await admitting(attic, '127.0.0.1:1', '000-000-000').ended;
    expect([ran.code, JSON.parse(ran.out)]).toMatchObject([4, { error: { code: 'no-answer' } }]);
  });

  test('is gone with the command that opened it, however that ended', async () => {
    const machine = await joining(join(scratch('orphan'), 'orphan'));
    machine.child.kill('SIGKILL');
    while (processesOf(machine.folder).length > 0)
      await new Promise((wait) => setTimeout(wait, 20));
    // The kernel takes its sockets a moment after its words.
    while (await isListening(machine.port)) await new Promise((wait) => setTimeout(wait, 20));
  });
});
