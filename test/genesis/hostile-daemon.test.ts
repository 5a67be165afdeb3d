// A daemon that was broken into, between the real `kith admit` and a new machine: it stands in the
// place of the real one, carries as it likes, and says of the ledger what it likes. The command
// never reports an admission that the ledger does not hold, and never signs another key.

import { renameSync } from 'node:fs';
import { type IncomingMessage, type Server, createServer, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sentenceOf } from '../../src/cli/sentences.ts';
import { ROUTES, type TakenLines } from '../../src/daemon/routes.ts';
import { scratch } from '../cli/ledgers.ts';
import { type Up, founded, up } from '../daemon/daemons.ts';
import { admitting } from './machines.ts';
import { type Meddle, TRICKS, carryWith, honest } from './meddling.ts';
import { type Newcomer, admissionsIn, newcomer } from './newcomers.ts';

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** What the daemon does in place of what it should; the rest goes on to the real one. */
interface Lies {
  readonly carry?: Meddle;
  /** It carries to this port instead. */
  readonly elsewhere?: () => number;
  readonly answer?: (
    path: string,
    body: string,
    ask: (body: string) => Promise<Answer>,
  ) => Promise<Answer | 'break'> | null;
}

const folder = scratch('hostile-daemon');
const attic = join(folder, 'attic');
const keys = new Set<string>();
let real: Up;
let fake: Server;
let lies: Lies = {};

beforeAll(async () => {
  await founded(attic, 'attic');
  for (const key of admissionsIn(attic).keys()) keys.add(key);
  real = await up(attic);
  renameSync(join(attic, 'kith.sock'), join(attic, 'real.sock'));
  fake = await standIn();
}, 120_000);
afterAll(async () => {
  fake.closeAllConnections();
  fake.close();
  real.child.kill('SIGKILL');
  await real.ended;
});

async function standIn(): Promise<Server> {
  const server = createServer((asked, reply) => {
    void (async () => {
      const body = await textOf(asked);
      const path = asked.url ?? '';
      const ask = (its: string): Promise<Answer> => askReal(asked, its);
      const answer = await (lies.answer?.(path, body, ask) ?? ask(body));
      if (answer === 'break') return void asked.socket.destroy();
      reply.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.text);
    })().catch(() => asked.socket.destroy());
  });
  server.on('upgrade', ({ url = '' }, near) => {
    const to = new URL(url, 'http://kith').searchParams.get('to') ?? '';
    const port = lies.elsewhere?.() ?? Number(to.split(':')[1]);
    const far = connect(port, '127.0.0.1', () => {
      near.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n');
      near.write('upgrade: kith-carry\r\n\r\n');
      carryWith(near, far, lies.carry ?? honest);
    });
  });
  await new Promise<void>((listening) => void server.listen(join(attic, 'kith.sock'), listening));
  return server;
}

async function textOf(message: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of message.setEncoding('utf8') as AsyncIterable<string>) text += part;
  return text;
}

function askReal({ method, url, headers }: IncomingMessage, body: string): Promise<Answer> {
  const length = { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const made = request({
      ...{ socketPath: join(attic, 'real.sock'), method, path: url, agent: false },
      headers: { ...headers, ...length },
    });
    made.once('error', reject).once('response', (reply) => {
      textOf(reply).then((text) => resolve({ status: reply.statusCode ?? 0, text }), reject);
    });
    made.end(body);
  });
}

type Say = (lines: readonly string[], ask: (body: string) => Promise<Answer>) => unknown;

const NOTHING: TakenLines = { accepted: [], already: [], parked: 0, refused: [] };
const BREAK = Symbol('break');

/** Something that it says when it is given lines to hold. */
function saying(say: Say): Lies {
  return {
    answer(path, body, ask) {
      if (path !== ROUTES.records.path) return null;
      const { lines } = JSON.parse(body) as { lines: string[] };
      return Promise.resolve(say(lines, ask)).then((said) => {
        if (said === BREAK) return 'break';
        return { status: 200, text: typeof said === 'string' ? said : JSON.stringify(said) };
      });
    },
  };
}

function bodyOf(lines: readonly string[]): string {
  return JSON.stringify({ lines, own: true });
}

async function idsOf(lines: readonly string[]): Promise<string[]> {
  const { decodeText } = await import('../../ledger/record.ts');
  const { nodePlatform } = await import('../../src/platform.ts');
  return lines.map((line) => {
    const record = decodeText(line, nodePlatform);
    return record.ok ? record.value.id : '';
  });
}

const OTHER = [...'B'.repeat(42), 'A'].join('');

interface Case {
  readonly what: string;
  readonly lies: Lies;
  /** How the command ends; null: well, and it is true. */
  readonly code: string | null;
}

const ABOUT_RECORDS: readonly Case[] = [
  {
    what: 'says that it holds the record already',
    lies: saying(() => ({ ...NOTHING, already: [0] })),
    code: 'daemon-untrue',
  },
  {
    what: 'says that it has taken the record',
    lies: saying(async (lines) => ({ ...NOTHING, accepted: await idsOf(lines) })),
    code: 'daemon-untrue',
  },
  {
    what: 'swaps the key in the record, and says that it was taken',
    lies: saying(async (lines, ask) => {
      await ask(bodyOf(lines.map((line) => line.replace(/"key":"[^"]+","name"/, other))));
      return { ...NOTHING, accepted: await idsOf(lines) };
    }),
    code: 'daemon-untrue',
  },
  {
    what: 'swaps the WireGuard key in the record, and says that it is held',
    lies: saying(async (lines, ask) => {
      const wg = `"counter":1,"key":"${OTHER}","sig"`;
      await ask(bodyOf(lines.map((line) => line.replace(/"counter":1,"key":"[^"]+","sig"/, wg))));
      return { ...NOTHING, already: [0] };
    }),
    code: 'daemon-untrue',
  },
  {
    what: 'names a record that nobody holds beside the one that it took',
    lies: saying(async (lines, ask) => {
      const taken = JSON.parse((await ask(bodyOf(lines))).text) as TakenLines;
      return { ...taken, accepted: [...taken.accepted, OTHER] };
    }),
    code: 'daemon-untrue',
  },
  {
    what: 'counts lines that were never sent',
    lies: saying(async (lines, ask) => {
      const taken = JSON.parse((await ask(bodyOf(lines))).text) as TakenLines;
      return { ...taken, already: [7] };
    }),
    code: 'daemon-untrue',
  },
  {
    what: 'says that the record was refused',
    lies: saying(() => ({ ...NOTHING, refused: [{ line: 0, code: 'bad-signature' }] })),
    code: 'not-taken',
  },
  { what: 'drops the record and says nothing', lies: saying(() => NOTHING), code: 'not-taken' },
  {
    what: 'says that the record waits for another',
    lies: saying(() => ({ ...NOTHING, parked: 1 })),
    code: 'not-taken',
  },
  {
    what: 'answers in another form',
    lies: saying(() => ({ ...NOTHING, accepted: 'all of them' })),
    code: 'daemon-other',
  },
  { what: 'answers what is no JSON', lies: saying(() => 'yes'), code: 'daemon-other' },
  { what: 'breaks off', lies: saying(() => BREAK), code: 'daemon-gone' },
  {
    what: 'takes the record and breaks off',
    lies: saying(async (lines, ask) => {
      await ask(bodyOf(lines));
      return BREAK;
    }),
    code: 'daemon-gone',
  },
  {
    what: 'replays the record to the ledger',
    lies: saying(async (lines, ask) => {
      const first = await ask(bodyOf(lines));
      await ask(bodyOf([...lines, ...lines]));
      return first.text;
    }),
    code: null,
  },
  {
    what: 'says of itself what is not true',
    lies: {
      answer: (path, body, ask) =>
        path === ROUTES.status.path
          ? ask(body).then(({ status, text }) => {
              const its = JSON.parse(text) as object;
              const door = { host: '"; drop', port: 99_999 };
              const lie = { ...its, door, node: OTHER, ledger: OTHER, member: false, peers: [] };
              return { status, text: JSON.stringify(lie) };
            })
          : null,
    },
    code: null,
  },
];

const other = `"key":"${OTHER}","name"`;

const CARRIED: readonly string[] = [
  'swaps the key of the newcomer',
  'swaps its WireGuard key',
  'swaps the key of the operator',
  'swaps a byte of the acceptance to admitter',
  'swaps a byte of the record to newcomer',
  'sends the tag to newcomer twice',
  'breaks off before the acceptance to admitter',
  'cuts the proposal to newcomer short',
];

async function machineAt(name: string): Promise<Newcomer> {
  const machine = await newcomer(join(folder, name.replaceAll(/[^a-z]+/g, '-')));
  keys.add(machine.key);
  return machine;
}

interface Told {
  readonly exit: number | null;
  readonly code: string | null;
  readonly hint: string | null;
  readonly seen: boolean;
}

async function admitted({ port, code }: Newcomer): Promise<Told> {
  const ran = await admitting(attic, port, code).ended;
  const document = JSON.parse(ran.out) as { error?: { code: string; hint: string }; seen?: true };
  const { error, seen = false } = document;
  return { exit: ran.code, code: error?.code ?? null, hint: error?.hint ?? null, seen };
}

/** Whatever was said: the ledger holds what was really there, each once. */
function expectTheTruth(told: Told, { key }: Newcomer): void {
  const held = admissionsIn(attic);
  for (const [its, count] of held) expect([its, keys.has(its), count]).toEqual([its, true, 1]);
  if (told.exit === 0 || told.seen) expect(held.get(key)).toBe(1);
  if (told.exit !== 0) expect(told.hint).toBeTruthy();
}

describe('a daemon that', () => {
  test.each(ABOUT_RECORDS.map((one) => [one.what, one] as const))(
    '%s is not believed',
    async (what, one) => {
      const machine = await machineAt(what);
      ({ lies } = one);
      const told = await admitted(machine);
      lies = {};
      expect(told).toMatchObject({ exit: one.code === null ? 0 : 1, code: one.code });
      expectTheTruth(told, machine);
      if (one.code !== null) {
        expect(sentenceOf(one.code)).not.toBe(null);
        // Once it is honest again, the same admission is finished, and no second one is made.
        const again = await admitted(machine);
        expect(again).toMatchObject({ exit: 0, seen: true });
        expectTheTruth(again, machine);
      }
      expect(await machine.ended).toBe('joined');
    },
  );

  test.each(
    TRICKS.filter(({ what }) => CARRIED.includes(what)).map((one) => [one.what, one] as const),
  )('%s is caught', async (what, trick) => {
    const machine = await machineAt(`carried ${what}`);
    lies = { carry: trick.run() };
    const told = await admitted(machine);
    lies = {};
    expect([told.exit, told.seen]).toEqual([1, false]);
    expectTheTruth(told, machine);
    await machine.stop();
  });

  test('carries to another machine that shows a code costs a try, and admits nobody', async () => {
    const [machine, decoy] = [await machineAt('meant'), await machineAt('decoy')];
    lies = { elsewhere: () => decoy.port };
    const told = await admitted(machine);
    lies = {};
    expect(told).toMatchObject({ exit: 1, code: 'pairing-wrong-code' });
    expectTheTruth(told, machine);
    expect(admissionsIn(attic).has(decoy.key)).toBe(false);
    await Promise.all([machine.stop(), decoy.stop()]);
  });
});

test('every trick that is named is in the table', () => {
  const names = TRICKS.map(({ what }) => what);
  expect(CARRIED.filter((what) => !names.includes(what))).toEqual([]);
});
