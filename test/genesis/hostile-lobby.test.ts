// A lobby that does not only carry. The newcomer's window and the operator's run are the real ones,
// in this process; between them stands a lobby that plays every trick of the table, and one that
// speaks to both sides itself. Nothing is gained by any: at most one try of the code, and no
// admission of another key.

import { sign } from 'node:crypto';
import { type Server, type TLSSocket, createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { frontierRoot, stateOf } from '../../ledger/replica.ts';
import type {
  AdmitterAnswer,
  AdmitterDead,
  AdmitterQuestion,
} from '../../pairing/admitter-state.ts';
import { readCode } from '../../pairing/code.ts';
import { PAIRING_REFUSALS, type PairingCode } from '../../pairing/refusals.ts';
import { openDesk } from '../../src/home/desk.ts';
import { operatorFolder } from '../../src/home/folder.ts';
import { keyHost } from '../../src/home/host.ts';
import type { HomeLedger } from '../../src/home/ledger.ts';
import { admissionDesk } from '../../src/genesis/admission.ts';
import { runAdmitter } from '../../src/genesis/admitter.ts';
import { readKept } from '../../src/genesis/kept.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { unlockOperator } from '../../src/keys/unlock.ts';
import { GO, LOBBY_ALPN, STILL, encodeGo } from '../../src/lobby/protocol.ts';
import { nowMs, randomBytes } from '../../src/os/clock.ts';
import { serverTls } from '../../src/peer/tls.ts';
import { fromBase64url } from '../../proto/bytes.ts';
import type { Key } from '../../proto/ids.ts';
import { scratch } from '../cli/ledgers.ts';
import { newIdentity } from '../kit/peers.ts';
import { founded, wrongFor } from './machines.ts';
import { type Meddle, TRICKS, type Trick, carryWith, connection, honest } from './meddling.ts';
import { type Newcomer, admissionsIn, newcomer } from './newcomers.ts';

let home: HomeLedger;
let signer: Signer;
const keys = new Set<string>();
const place = scratch('hostile-newcomers');
const open = new Set<{ close(): unknown }>();

beforeAll(async () => {
  const attic = await founded('hostile-lobby');
  home = (await openDesk(attic)) as HomeLedger;
  const unlocked = await unlockOperator(keyHost(), operatorFolder(attic), {
    source: { kind: 'prompt' },
  });
  if (!unlocked.ok) throw new Error(unlocked.code);
  signer = unlocked.value;
  for (const key of admissions().keys()) keys.add(key);
}, 120_000);
afterAll(async () => {
  for (const one of open) one.close();
  await home.close();
});

interface Lobby {
  readonly port: number;
  /** The newcomer's end of the next connection, once it was told that somebody comes. */
  fetch(): Promise<Duplex>;
}

/** A server that says what a lobby says, and is none. */
async function falseLobby(): Promise<Lobby> {
  const identity = newIdentity();
  const guests: TLSSocket[] = [];
  let met = (): void => undefined;
  const tls = serverTls(identity, [], 10_000, [LOBBY_ALPN]);
  const server: Server = createServer(tls, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => {
      socket.write(Uint8Array.of(STILL));
      guests.push(socket);
      met();
    });
  });
  open.add(server);
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  return {
    port: (server.address() as AddressInfo).port,
    async fetch() {
      while (guests.length === 0) await new Promise<void>((some) => (met = some));
      const socket = guests.shift() as TLSSocket;
      socket.removeAllListeners('data');
      socket.write(encodeGo('attic'));
      await new Promise<void>((ready) => {
        socket.on('data', function onData(bytes: Buffer) {
          const go = bytes.indexOf(GO);
          if (go < 0) return;
          socket.off('data', onData).pause();
          if (go + 1 < bytes.length) socket.unshift(bytes.subarray(go + 1));
          ready();
        });
      });
      return socket;
    },
  };
}

interface Who {
  readonly key: Key;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

const operator = (): Who => ({
  key: signer.publicKey,
  sign: (message) => fromBase64url(signer.signOther(message)) as Uint8Array,
});

/** An operator who types a code and agrees to everything. */
async function admit(stream: Duplex, code: string, who = operator()): Promise<AdmitterDead> {
  const { replica } = home;
  const state = stateOf(replica);
  const prs = readCode(code);
  if (prs.kind !== 'whole') throw new Error('no code');
  const terms = { name: null, preset: 'peer', replaces: null, ipv4: null } as const;
  const desk = admissionDesk({ home, signer, passing: 'root', terms, members: [], nowMs });
  const answer = async (question: AdmitterQuestion): Promise<AdmitterAnswer> => {
    switch (question.what) {
      case 'sign':
        return { kind: 'signed', signature: who.sign(question.message) };
      case 'confirm':
        return { kind: 'confirmed' };
      case 'draft':
        return desk.draft(question.candidate);
      case 'admit':
        return desk.admit(question.body, question.acceptance);
      case 'page':
        return desk.page(question.number);
    }
  };
  return runAdmitter(stream, {
    self: {
      ...{ key: who.key, name: 'anna', network: state.ledger },
      ...{ frontier: frontierRoot(replica), welcome: { network: state.network } },
    },
    typed: { prs: prs.prs, tags: 0 },
    random: randomBytes,
    answer,
    tell: () => undefined,
    signal: new AbortController().signal,
  });
}

/** The same through the lobby, which does what it likes with each message. */
async function admitBy(lobby: Lobby, code: string, meddle: Meddle): Promise<AdmitterDead> {
  const [ours, theirs] = await connection();
  carryWith(theirs, await lobby.fetch(), meddle);
  return admit(ours, code);
}

const admissions = (): Map<string, number> => admissionsIn(home.folder);

let made = 0;

/** A machine that waits in this lobby, and whose key may come into the ledger. */
async function waiting(port: number): Promise<Newcomer> {
  const machine = await newcomer(join(place, `newcomer-${made++}`), port);
  keys.add(machine.key);
  return machine;
}

function triesOf({ events }: Newcomer): number {
  return events.filter(({ what }) => what === 'tried').length;
}

/** Nobody was admitted but machines that were really there, each once. */
function expectOnlyOurs(): void {
  for (const [key, count] of admissions())
    expect([key, keys.has(key), count]).toEqual([key, true, 1]);
}

async function played({ run, slow }: Trick): Promise<void> {
  const lobby = await falseLobby();
  const machine = await waiting(lobby.port);
  const dead = await admitBy(lobby, machine.code, run());
  // Not one of them goes unnoticed, and whoever reads why is told what to do next.
  expect(dead.at).not.toBe('seen');
  if (dead.at === 'failed') expect(PAIRING_REFUSALS[dead.code as PairingCode].hint).toBeTruthy();
  expectOnlyOurs();
  expect(admissions().has(machine.key)).toBe(dead.at === 'unseen');
  expect(triesOf(machine)).toBeLessThanOrEqual(1);
  const kept = readKept(keyHost(), machine.folder);
  expect(kept.ok && kept.value.used).toBeLessThanOrEqual(1);
  if (dead.at !== 'unseen' && slow !== true) return void (await machine.stop());
  // The same code, once the lobby only carries: what was begun is finished, and once. Where the
  // ledger came before the trick was noticed it may be at that still, or in already.
  for (let at = ''; at !== 'seen' && at !== 'joined'; ) {
    const again = admitBy(lobby, machine.code, honest).then((ended) => ended.at);
    at = await Promise.race([again, machine.ended]);
  }
  expect(await machine.ended).toBe('joined');
  expectOnlyOurs();
}

describe('a lobby that', () => {
  const quick = TRICKS.filter(({ slow }) => slow !== true);
  test.each(quick.map((trick) => [trick.what, trick] as const))('%s gains nothing', (_, trick) =>
    played(trick),
  );
});

describe.concurrent('a lobby that', () => {
  const slow = TRICKS.filter((trick) => trick.slow === true);
  test.each(slow.map((trick) => [trick.what, trick] as const))('%s gains nothing', (_, trick) =>
    played(trick),
  );
});

describe('a lobby in the middle', () => {
  /** It is a newcomer to the operator and an operator to the newcomer, with codes of its own. */
  async function between(lobby: Lobby, machine: Newcomer): Promise<AdmitterDead> {
    const evil = newIdentity();
    const who: Who = { key: evil.publicKey, sign: (m) => sign(null, m, evil.privateKey) };
    const decoyLobby = await falseLobby();
    const decoy = await waiting(decoyLobby.port);
    const [ours, theirs] = await connection();
    carryWith(theirs, await decoyLobby.fetch(), honest);
    const socket = await lobby.fetch();
    const guessing = admit(socket, wrongFor(machine), who);
    socket.resume();
    const [dead, guess] = await Promise.all([admit(ours, machine.code), guessing]);
    expect(guess.at).toBe('failed');
    expect(triesOf(decoy)).toBe(1);
    await decoy.stop();
    return dead;
  }

  test('costs one try on each side, and the next run is as good as any', async () => {
    const lobby = await falseLobby();
    const machine = await waiting(lobby.port);
    const before = admissions();
    const dead = await between(lobby, machine);
    expect([dead.at, dead.typed.tags]).toEqual(['failed', 1]);
    expect(machine.events.filter(({ what }) => what === 'tried')).toEqual([
      { what: 'tried', source: `attic by the lobby 127.0.0.1:${lobby.port}`, left: 2 },
    ]);
    expect(admissions()).toEqual(before);
    const again = await admitBy(lobby, machine.code, honest);
    expect([again.at, await machine.ended]).toEqual(['seen', 'joined']);
  });

  test('has three guesses at a code, and then it is burnt', async () => {
    const lobby = await falseLobby();
    const machine = await waiting(lobby.port);
    const before = admissions();
    for (let i = 0; i < 3; i++) await between(lobby, machine);
    expect(await machine.ended).toBe('burnt');
    expect(triesOf(machine)).toBe(3);
    expect(admissions()).toEqual(before);
  });

  test('cannot lead a typed code to another machine', async () => {
    const [lobby, other] = [await falseLobby(), await falseLobby()];
    const [machine, stranger] = [await waiting(lobby.port), await waiting(other.port)];
    const before = admissions();
    const [ours, theirs] = await connection();
    carryWith(theirs, await other.fetch(), honest);
    expect((await admit(ours, machine.code)).at).toBe('failed');
    expect(admissions()).toEqual(before);
    expect([triesOf(machine), triesOf(stranger)]).toEqual([0, 1]);
    await Promise.all([machine.stop(), stranger.stop()]);
  });
});
