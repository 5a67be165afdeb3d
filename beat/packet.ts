// The heartbeat as a value and as at most 1,200 bytes. Lists are bounded, and where a packet is
// full, what falls out first is a table. A decoder answers a refusal for anything that is no such
// packet, so that nothing past this file sees a wrong length or an unbounded list; the signature is
// the caller's to check, over `signed`. Spec: docs/heartbeat.md, "Packet".

import type { Headroom } from '../proto/status.ts';
import { assert } from '../proto/assert.ts';
import { concat, fromBase64url, toBase64url, utf8 } from '../proto/bytes.ts';
import {
  type Digest,
  ID_BYTES,
  KEY_BYTES,
  type Key,
  type RecordId,
  SIGNATURE_BYTES,
} from '../proto/ids.ts';
import { type Result, ok, refuse } from '../proto/result.ts';
import { kith } from '../proto/wire.js';
import { headroomFields, readHeadroom } from './headroom.ts';
import {
  ACKS_MAX,
  BODY_BYTES_MAX,
  BRIEF_BYTES,
  DOUBTS_MAX,
  GPUS_MAX,
  INCARNATION_MAX,
  INSTANCE_BYTES,
  OBSERVATIONS_MAX,
  OBSERVATION_BYTES_MAX,
  PACKET_BYTES_MAX,
  ROTATIONS_MAX,
  VERSION_CHARS_MAX,
} from './limits.ts';
import type { Brief, Mark } from './mark.ts';
import { type Offer, offerFields, readOffer } from './offer.ts';
import type { BeatCode } from './refusals.ts';

/** The new WireGuard key of a member is set up at the sender. */
export interface Rotation {
  readonly member: Brief;
  readonly counter: number;
}
/** The sender watches a member and misses it since this mark. */
export interface Doubt extends Mark {
  readonly subject: Brief;
}

export interface Beat extends Mark {
  readonly subject: Key;
  readonly ledger: RecordId;
  /** base64url of 8 bytes, drawn at each start. */
  readonly instance: string;
  readonly clockMs: number;
  readonly count: number;
  readonly frontierRoot: Digest;
  readonly stateRoot: Digest;
  readonly rules: number;
  readonly version: string;
  readonly relay: boolean;
  readonly lobby: boolean;
  /** Null where the host does not tell. */
  readonly headroom: Headroom | null;
  /** Null where no work is taken. */
  readonly offer: Offer | null;
  /** Of what runs there; null where nothing does. */
  readonly work: Digest | null;
  readonly acks: readonly Brief[];
  readonly rotations: readonly Rotation[];
  readonly doubts: readonly Doubt[];
  readonly observations: readonly Uint8Array[];
}

/** A packet that is well formed and whose signature nobody has checked yet. */
export interface Opened {
  readonly beat: Beat;
  /** As it came, for those it is passed on to. */
  readonly body: Uint8Array;
  /** The bytes that `signature` is over, by the key `beat.subject`. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  /** The sender asks for our own heartbeat. */
  readonly answer: boolean;
}

type Lists = 'observations' | 'gpus' | 'rotations' | 'acks' | 'doubts';

/**
 * What falls out of a full packet, first to last, and from each list its last first. Observations
 * are told again by others and in the next packet; a card that is not named is not offered; a
 * rotation and a removal wait one packet longer; a doubt is the only word of a silent machine.
 */
export const FALLS_OUT: readonly Lists[] = ['observations', 'gpus', 'rotations', 'acks', 'doubts'];

const MAX: Readonly<Record<Lists, number>> = {
  observations: OBSERVATIONS_MAX,
  gpus: GPUS_MAX,
  rotations: ROTATIONS_MAX,
  acks: ACKS_MAX,
  doubts: DOUBTS_MAX,
};

const PREFIX = utf8('kith-beat-v1\n');
const VERSION = /^[0-9A-Za-z.+-]*$/;
const RELAY = 1;
const LOBBY = 2;

function raw(text: string): Uint8Array {
  const bytes = fromBase64url(text);
  assert(bytes !== null, 'ids of a heartbeat are base64url');
  return bytes;
}

/** The body of a packet: as much of the lists as fits. Sign `signedBytes` of it. */
export function bodyOf(beat: Beat): Uint8Array {
  const lists = {
    observations: [...beat.observations],
    gpus: [...(beat.headroom?.gpus ?? [])],
    rotations: [...beat.rotations],
    acks: [...beat.acks],
    doubts: [...beat.doubts],
  };
  for (const name of FALLS_OUT) lists[name].splice(MAX[name]);
  for (;;) {
    const headroom = beat.headroom === null ? null : { ...beat.headroom, gpus: lists.gpus };
    const body = kith.BeatBody.encode(fieldsOf({ ...beat, ...lists, headroom })).finish();
    if (body.length <= BODY_BYTES_MAX) return body;
    const full = FALLS_OUT.find((name) => lists[name].length > 0);
    assert(full !== undefined, 'a heartbeat without its lists fits');
    lists[full].pop();
  }
}

export function signedBytes(body: Uint8Array): Uint8Array {
  return concat(PREFIX, body);
}

/** The datagram. `answer`: ask the receiver for its own heartbeat. */
export function packetOf(body: Uint8Array, signature: Uint8Array, answer = false): Uint8Array {
  const packet = kith.BeatDatagram.encode({ body, signature, answer }).finish();
  assert(packet.length <= PACKET_BYTES_MAX, 'a packet fits in its datagram');
  return packet;
}

/** Whatever the bytes are, nothing is thrown. `ledger`: that of our own network. */
export function openPacket(bytes: Uint8Array, ledger: RecordId): Result<Opened, BeatCode> {
  if (bytes.length > PACKET_BYTES_MAX) return refuse('too-long', `${bytes.length} bytes`);
  // What is kept of a packet must not change with the buffer that it came in.
  const datagram = decoded(kith.BeatDatagram, new Uint8Array(bytes));
  if (datagram === null || datagram.signature.length !== SIGNATURE_BYTES) {
    return refuse('malformed');
  }
  const body = decoded(kith.BeatBody, datagram.body);
  if (body === null) return refuse('malformed');
  if (body.ledger.length !== ID_BYTES) return refuse('out-of-bounds', 'ledger');
  if (toBase64url(body.ledger) !== ledger) return refuse('other-ledger');
  const wrong = wrongIn(body);
  if (wrong !== null) return refuse('out-of-bounds', wrong);
  const signed = signedBytes(datagram.body);
  const { body: its, signature, answer } = datagram;
  return ok({ beat: readBody(body), body: its, signed, signature, answer });
}

function decoded<Message>(
  codec: { decode(bytes: Uint8Array): Message },
  bytes: Uint8Array,
): Message | null {
  try {
    return codec.decode(bytes);
  } catch {
    return null;
  }
}

function fieldsOf(beat: Beat): kith.BeatBody {
  return {
    subject: raw(beat.subject),
    ledger: raw(beat.ledger),
    incarnation: beat.incarnation,
    sequence: beat.sequence,
    instance: raw(beat.instance),
    clock: beat.clockMs,
    count: beat.count,
    frontierRoot: raw(beat.frontierRoot),
    stateRoot: raw(beat.stateRoot),
    rules: beat.rules,
    version: beat.version.slice(0, VERSION_CHARS_MAX),
    flags: (beat.relay ? RELAY : 0) | (beat.lobby ? LOBBY : 0),
    headroom: beat.headroom === null ? null : headroomFields(beat.headroom),
    offer: beat.offer === null ? null : offerFields(beat.offer),
    work: raw(beat.work ?? ''),
    acks: beat.acks.map(raw),
    rotations: beat.rotations.map(({ member, counter }) => ({ member: raw(member), counter })),
    doubts: beat.doubts.map((doubt) => ({ ...doubt, subject: raw(doubt.subject) })),
    observations: [...beat.observations],
  };
}

/** The name of a field that no honest sender writes, or null. */
function wrongIn(body: kith.BeatBody): string | null {
  const isBrief = (bytes: Uint8Array): boolean => bytes.length === BRIEF_BYTES;
  const checks: readonly (readonly [string, boolean])[] = [
    ['subject', body.subject.length === KEY_BYTES],
    ['incarnation', body.incarnation > 0 && body.incarnation <= INCARNATION_MAX],
    ['sequence', body.sequence > 0],
    ['instance', body.instance.length === INSTANCE_BYTES],
    ['frontier_root', body.frontierRoot.length === ID_BYTES],
    ['state_root', body.stateRoot.length === ID_BYTES],
    ['version', body.version.length <= VERSION_CHARS_MAX && VERSION.test(body.version)],
    ['work', body.work.length === 0 || body.work.length === ID_BYTES],
    ['acks', body.acks.length <= ACKS_MAX && body.acks.every(isBrief)],
    [
      'rotations',
      body.rotations.length <= ROTATIONS_MAX &&
        body.rotations.every(({ member }) => isBrief(member)),
    ],
    [
      'doubts',
      body.doubts.length <= DOUBTS_MAX && body.doubts.every(({ subject }) => isBrief(subject)),
    ],
    [
      'observations',
      body.observations.length <= OBSERVATIONS_MAX &&
        body.observations.every(({ length }) => length <= OBSERVATION_BYTES_MAX),
    ],
    ['headroom', !body.headroom || readHeadroom(body.headroom) !== null],
    ['offer', !body.offer || readOffer(body.offer) !== null],
  ];
  return checks.find(([, isRight]) => !isRight)?.[0] ?? null;
}

function readBody(body: kith.BeatBody): Beat {
  return {
    subject: toBase64url(body.subject) as Key,
    ledger: toBase64url(body.ledger) as RecordId,
    incarnation: body.incarnation,
    sequence: body.sequence,
    instance: toBase64url(body.instance),
    clockMs: body.clock,
    count: body.count,
    frontierRoot: toBase64url(body.frontierRoot) as Digest,
    stateRoot: toBase64url(body.stateRoot) as Digest,
    rules: body.rules,
    version: body.version,
    relay: (body.flags & RELAY) !== 0,
    lobby: (body.flags & LOBBY) !== 0,
    headroom: body.headroom ? readHeadroom(body.headroom) : null,
    offer: body.offer ? readOffer(body.offer) : null,
    work: body.work.length === 0 ? null : (toBase64url(body.work) as Digest),
    acks: body.acks.map(toBase64url),
    rotations: body.rotations.map(({ member, counter }) => ({
      member: toBase64url(member),
      counter,
    })),
    doubts: body.doubts.map(({ subject, incarnation, sequence }) => ({
      subject: toBase64url(subject),
      incarnation,
      sequence,
    })),
    observations: body.observations,
  };
}
