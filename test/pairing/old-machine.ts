// The shells of the machines that belong, in a world (world.ts): who types a code, confirms, signs.

import { expect } from 'vitest';
import { acceptanceMessage } from '../../ledger/proof.ts';
import type { Decoded } from '../../ledger/record.ts';
import {
  ADMITTER_RANDOM_BYTES,
  type AdmitterInput,
  type AdmitterStep,
  type Candidate,
  type TypedCode,
} from '../../pairing/admitter-state.ts';
import { openAdmitter, stepAdmitter } from '../../pairing/admitter.ts';
import { CODE_RANDOM_BYTES, makeCode, readCode, showCode } from '../../pairing/code.ts';
import { TYPED_TAGS_MAX } from '../../pairing/limits.ts';
import { utf8 } from '../../proto/bytes.ts';
import type { Digest } from '../../proto/ids.ts';
import { type JsonObject, canonical } from '../../proto/json.ts';
import { pairingPlatform as platform } from '../../src/pairing-platform.ts';
import { PEER, START, wireguardClaim, write } from '../kit/actors.ts';
import { inWindow, signed } from './new-machine.ts';
import {
  type AdmitterSide,
  type Link,
  type Roll,
  type World,
  DOOR,
  bytesOf,
  later,
  transmit,
} from './world.ts';

const ZERO_DIGEST = 'A'.repeat(43) as Digest;

/** An operator types a code; a hostile one types what comes to mind. */
export function dial(world: World, side: AdmitterSide, typed: string): void {
  const read = readCode(typed);
  if (read.kind !== 'whole') throw new Error(`typed ${read.kind}`);
  side.typed = { prs: read.prs, tags: 0 };
  redial(world, side);
}

/** The same code once more, with what is left of its budget. */
export function redial(world: World, side: AdmitterSide): void {
  const { roll } = world;
  const id = world.links.length + 1;
  const source = side.isHostile ? `10.6.6.${roll(12)}` : `10.0.0.${world.admitters.indexOf(side)}`;
  const queues = { 'to newcomer': [], 'to admitter': [] };
  const link: Link = { id, source, admitter: side, process: side.process, queues };
  world.links.push(link);
  inWindow(world, { kind: 'connect', run: id, source, random: bytesOf(roll, 64) });
  const self = {
    key: side.who.key,
    name: side.who.name,
    network: world.ledger.id,
    frontier: ZERO_DIGEST,
    welcome: { network: 'home' },
  };
  const random = bytesOf(roll, ADMITTER_RANDOM_BYTES);
  const step = openAdmitter(self, side.typed as TypedCode, random);
  admitterStepped(world, side, link, step);
}

export function guess(roll: Roll): string {
  return showCode(makeCode(bytesOf(roll, CODE_RANDOM_BYTES)));
}

export function inAdmitter(
  world: World,
  side: AdmitterSide,
  link: Link,
  input: AdmitterInput,
): void {
  const { run } = side;
  if (run === null || run.link !== link) return;
  admitterStepped(world, side, link, stepAdmitter(platform, run.state, input));
}

function admitterStepped(world: World, side: AdmitterSide, link: Link, step: AdmitterStep): void {
  side.run = { link, state: step.state };
  const typed = 'typed' in step.state ? step.state.typed : side.typed;
  side.typed = typed;
  expect(typed?.tags).toBeLessThanOrEqual(TYPED_TAGS_MAX);
  const reply = (input: AdmitterInput): void =>
    later(world, side, () => inAdmitter(world, side, link, input));
  for (const one of step.out) {
    switch (one.kind) {
      case 'send':
        transmit(world, link.id, 'to newcomer', one.frame);
        break;
      case 'close':
        transmit(world, link.id, 'to newcomer', 'closed');
        break;
      case 'arm': {
        const { timer, gen } = one;
        const input: AdmitterInput = { kind: 'timer', timer, gen };
        later(world, side, () => inAdmitter(world, side, link, input), 'timers');
        break;
      }
      case 'tell':
        world.news.push(`${side.who.name} ${one.tell.what}`);
        if (one.tell.what === 'ended') world.news.push(`${side.who.name} ${one.tell.at}`);
        break;
      case 'ask': {
        const { ask } = one;
        if (ask.what === 'sign')
          reply({ kind: 'signed', signature: signed(side.who, ask.message) });
        if (ask.what === 'confirm') {
          isHonest(world, side, ask.candidate);
          reply({ kind: world.declines && world.roll(12) === 0 ? 'declined' : 'confirmed' });
        }
        if (ask.what === 'draft')
          later(world, side, () => reply(drafted(world, side, ask.candidate)));
        if (ask.what === 'admit') {
          // Durable first; the answer may never come.
          later(world, side, () => {
            const record = admitted(world, side, ask.body, ask.acceptance);
            reply({ kind: 'admitted', record: record.line, members: [] });
          });
        }
        if (ask.what === 'page') {
          const line = side.records[ask.number]?.line as string;
          const last = ask.number === side.records.length - 1;
          reply({ kind: 'page', lines: utf8(`${line}\n`), last });
        }
      }
    }
  }
}

/** Whoever is shown to an operator is the machine whose code was typed, with its own keys. */
function isHonest(world: World, side: AdmitterSide, candidate: Candidate): void {
  expect(side.isHostile).toBe(false);
  expect(candidate.key).toBe(world.newcomer.who.key);
  expect(candidate.wireguard).toEqual(wireguardClaim(world.newcomer.who, world.ledger.id));
}

function drafted(world: World, side: AdmitterSide, candidate: Candidate): AdmitterInput {
  const { pledges } = candidate.introduction;
  const others = world.admitters.filter((other) => other !== side && !other.isHostile);
  // It has accepted an admission that is not here: look for it before another is written.
  if (admissionIn(side, candidate) === undefined && pledges.length > 0) {
    if (world.roll(3) === 0) return { kind: 'refused' };
    for (const other of others) {
      const missing = other.records.filter(
        (record) => !side.records.some((r) => r.id === record.id),
      );
      side.records.push(...missing);
    }
  }
  const known = admissionIn(side, candidate);
  if (known !== undefined) return { kind: 'known', record: known.line, members: [] };
  const isBusy = ({ run }: AdmitterSide): boolean =>
    run !== null && ['proposing', 'admitting', 'finishing'].includes(run.state.at);
  if (others.some(isBusy)) world.isRace = true;
  const { key, name, wireguard: wg, ceremony } = candidate;
  const body = { key, name, grants: PEER, wg, ceremony };
  const message = acceptanceMessage(world.ledger.id, side.who.key, body);
  const members = [{ key: side.who.key, endpoints: [DOOR] }];
  return { kind: 'drafted', body: canonical(body as unknown as JsonObject), message, members };
}

function admissionIn(side: AdmitterSide, { key }: Candidate): Decoded | undefined {
  return side.records.find(({ act }) => act.kind === 'node.admit' && act.body.key === key);
}

function admitted(world: World, side: AdmitterSide, text: string, acceptance: Uint8Array): Decoded {
  const body = { ...JSON.parse(text), acceptance: Buffer.from(acceptance).toString('base64url') };
  const own = side.records.filter(({ author }) => author === side.who.key).at(-1) ?? START;
  const record = write(side.who, world.ledger.id, own, { kind: 'node.admit', body });
  side.records.push(record);
  world.written.push(record);
  return record;
}
