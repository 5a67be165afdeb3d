// The heart of a running node: its socket and its timer around the machine of beat/. What it tells
// of itself and asks of the rest stands in parts.ts. Spec: docs/heartbeat.md, "The shell".

import { type Compared, compared } from '../../beat/agree.ts';
import { isWorthChecking } from '../../beat/arrival.ts';
import {
  type Coverage,
  acknowledged,
  acksOf,
  coverageLines,
  inForce,
} from '../../beat/coverage.ts';
import { type Heart, type HeartInput, type HeartOut, startHeart } from '../../beat/heart.ts';
import { INSTANCE_BYTES } from '../../beat/limits.ts';
import { stepHeart } from '../../beat/machine.ts';
import { briefOf } from '../../beat/mark.ts';
import { type Beat, bodyOf, openPacket, packetOf, signedBytes } from '../../beat/packet.ts';
import type { BeatCode } from '../../beat/refusals.ts';
import { ringOf } from '../../beat/ring.ts';
import { viewOf } from '../../beat/view.ts';
import { toBase64url } from '../../proto/bytes.ts';
import type { Key } from '../../proto/ids.ts';
import { monotonicMs, randomBytes, randomSeed } from '../os/clock.ts';
import { createInlet } from './inlet.ts';
import { LOOK_MS, REMEMBER_MS } from './limits.ts';
import { readHeard, riseAbove, writeHeard } from './memory.ts';
import type { HeartParts, HeartStatus, RunningHeart } from './parts.ts';
import { type Wire, plainAddress } from './wire.ts';

/** Starts a heart: its incarnation is on the disk before it speaks. */
export async function startHeartbeat(parts: HeartParts): Promise<RunningHeart> {
  const { disk, folder, self } = parts;
  const incarnation = await riseAbove(disk, folder, parts.calendarMs());
  const { remembered, coverage } = readHeard(disk, folder);
  const instance = toBase64url(randomBytes(INSTANCE_BYTES));
  const heart = startHeart({ self, instance, incarnation, remembered }, monotonicMs());
  const own: Own = {
    ...{ parts, heart, coverage, wire: null, timer: null, stopped: false },
    ...{
      plain: new Map(),
      addressOf: new Map(),
      memberAt: new Map(),
      comparedTo: new Map(),
      listeners: new Set(),
    },
    ...{ inlet: createInlet(), rememberedMs: monotonicMs(), writing: Promise.resolve(), turn: 0 },
    counts: { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0, checked: 0, dropped: {} },
  };
  own.wire = await parts.wire((bytes, address) => arrived(own, bytes, address));
  takeRoster(own);
  look(own);
  return handleOf(own);
}

interface Own {
  readonly parts: HeartParts;
  heart: Heart;
  coverage: Coverage;
  wire: Wire | null;
  timer: NodeJS.Timeout | null;
  stopped: boolean;
  /** Each address of the roster as the system writes it: spelling a thousand anew takes long. */
  plain: ReadonlyMap<string, string>;
  addressOf: Map<Key, string>;
  memberAt: Map<string, Key>;
  readonly comparedTo: Map<Key, Compared>;
  readonly listeners: Set<(beat: Beat, firstHand: boolean) => void>;
  readonly inlet: ReturnType<typeof createInlet>;
  rememberedMs: number;
  writing: Promise<void>;
  /** Counts heartbeats: which of many removals are named in the next one. */
  turn: number;
  readonly counts: {
    sent: number;
    sentBytes: number;
    received: number;
    receivedBytes: number;
    checked: number;
    readonly dropped: Partial<Record<BeatCode, number>>;
  };
}

function handleOf(own: Own): RunningHeart {
  const { parts } = own;
  return {
    liveness: (key) => viewOf(own.heart, key),
    packets: () => own.heart.kept,
    agreement: (key) => own.comparedTo.get(key) ?? null,
    coverage() {
      own.coverage = inForce(own.coverage, parts.removals(), parts.calendarMs());
      const heardAt = (key: Key): number | null => viewOf(own.heart, key).heardAtMs;
      return coverageLines(own.coverage, own.heart.ring.members, heardAt);
    },
    status: () => statusOf(own),
    beatNow: () => run(own, { kind: 'changed' }),
    ask: (key) => run(own, { kind: 'ask', key }),
    rosterChanged: () => takeRoster(own),
    carriedOut(removals) {
      own.coverage = inForce(own.coverage, parts.removals(), parts.calendarMs());
      const before = own.coverage;
      own.coverage = acknowledged(before, parts.self, removals.map(briefOf), parts.calendarMs());
      if (own.coverage !== before) run(own, { kind: 'changed' });
    },
    onHeard(listener) {
      own.listeners.add(listener);
      return () => own.listeners.delete(listener);
    },
    async stop() {
      if (own.stopped) return;
      own.stopped = true;
      if (own.timer !== null) clearTimeout(own.timer);
      await own.wire?.close();
      remember(own);
      await own.writing;
    },
  };
}

function statusOf({ heart, counts, comparedTo }: Own): HeartStatus {
  const torn = [...comparedTo].flatMap(([key, { tear }]) => (tear ? [{ ...tear, key }] : []));
  return { incarnation: heart.next.incarnation, ...counts, torn };
}

function takeRoster(own: Own): void {
  const rows = own.parts.roster();
  const before = own.plain;
  own.plain = new Map(
    rows.map(({ address }) => [address, before.get(address) ?? plainAddress(address)]),
  );
  own.addressOf = new Map(rows.map(({ key, address }) => [key, own.plain.get(address) ?? address]));
  own.memberAt = new Map([...own.addressOf].map(([key, address]) => [address, key]));
  for (const key of own.comparedTo.keys()) if (!own.addressOf.has(key)) own.comparedTo.delete(key);
  run(own, { kind: 'roster', ring: ringOf(rows.map(({ key }) => key)) });
}

/** Every second, and sooner where a heartbeat is due sooner. */
function look(own: Own): void {
  if (own.stopped) return;
  run(own, { kind: 'look', seed: randomSeed() });
  if (monotonicMs() - own.rememberedMs >= REMEMBER_MS) remember(own);
  wind(own);
}

function wind(own: Own): void {
  if (own.timer !== null) clearTimeout(own.timer);
  const dueMs = own.heart.pulse.nextMs - monotonicMs();
  own.timer = setTimeout(look, Math.max(0, Math.min(LOOK_MS, dueMs)), own);
}

function run(own: Own, input: HeartInput): void {
  if (own.stopped) return;
  const before = own.heart.pulse;
  const { heart, out } = stepHeart(own.heart, input, monotonicMs());
  own.heart = heart;
  for (const one of out) carryOut(own, one);
  // A heartbeat that was brought forward must not wait for the next look.
  if (input.kind !== 'look' && heart.pulse !== before) wind(own);
}

function carryOut(own: Own, out: HeartOut): void {
  switch (out.kind) {
    case 'speak':
      return send(own, spokenPacket(own, out), out.to);
    case 'pass':
      return send(own, out.packet, out.to);
    case 'raise':
      return raise(own, out.incarnation);
    case 'heard':
      return heard(own, out.beat, out.firstHand);
    case 'tell':
      return own.parts.tell(out.news);
  }
}

function spokenPacket(own: Own, speak: Extract<HeartOut, { kind: 'speak' }>): Uint8Array {
  const { parts, heart } = own;
  own.coverage = inForce(own.coverage, parts.removals(), parts.calendarMs());
  own.turn += 1;
  const { version, self, ledger } = parts;
  const body = bodyOf({
    ...{ subject: self, ledger, instance: heart.instance, version, clockMs: parts.calendarMs() },
    ...speak.mark,
    ...parts.ledgerFacts(),
    ...parts.facts(),
    acks: acksOf(own.coverage, self, own.turn),
    rotations: parts.rotations(),
    doubts: speak.doubts,
    observations: parts.observations(),
  });
  return packetOf(body, parts.sign(signedBytes(body)), speak.answer);
}

function send(own: Own, packet: Uint8Array, to: readonly Key[]): void {
  for (const key of to) {
    const address = own.addressOf.get(key);
    if (address === undefined) continue;
    own.wire?.send(packet, address);
    own.counts.sent += 1;
    own.counts.sentBytes += packet.length;
  }
}

function raise(own: Own, atLeast: number): void {
  const { disk, folder, calendarMs } = own.parts;
  riseAbove(disk, folder, calendarMs(), atLeast).then(
    (incarnation) => run(own, { kind: 'raised', incarnation }),
    (error: Error) => failed(own, 'writing beat.json', error),
  );
}

function arrived(own: Own, bytes: Uint8Array, address: string): void {
  if (own.stopped) return;
  const refused = take(own, bytes, address);
  if (refused !== null) own.counts.dropped[refused] = (own.counts.dropped[refused] ?? 0) + 1;
}

/** Cheap checks first; null where the packet was taken. */
function take(own: Own, bytes: Uint8Array, address: string): BeatCode | null {
  const { parts, counts, inlet } = own;
  const now = monotonicMs();
  counts.received += 1;
  counts.receivedBytes += bytes.length;
  if (!inlet.mayRead(address, now)) return 'too-many';
  const from = own.memberAt.get(address);
  if (from === undefined) return 'not-its-address';
  const opened = openPacket(bytes, parts.ledger);
  if (!opened.ok) return opened.code;
  const { beat, body, signed, signature, answer } = opened.value;
  if (!own.addressOf.has(beat.subject)) return 'stranger';
  if (!isWorthChecking(own.heart, from, beat)) return 'old';
  if (!inlet.mayCheck(from === beat.subject, now)) return 'too-many';
  counts.checked += 1;
  if (!parts.verify(beat.subject, signed, signature)) return 'forged';
  const packet = packetOf(body, signature);
  run(own, { kind: 'packet', from, beat, packet, answer, calendarMs: parts.calendarMs() });
  return null;
}

function heard(own: Own, beat: Beat, firstHand: boolean): void {
  const { parts } = own;
  own.coverage = acknowledged(own.coverage, beat.subject, beat.acks, parts.calendarMs());
  if (firstHand) {
    const before = own.comparedTo.get(beat.subject) ?? null;
    const { compared: after, news } = compared(before, parts.ledgerFacts(), beat);
    own.comparedTo.set(beat.subject, after);
    if (news !== null) parts.tell({ what: news, key: beat.subject });
  }
  for (const listener of own.listeners) listener(beat, firstHand);
}

/** Puts on the disk what was heard, one writing after the other. */
function remember(own: Own): void {
  own.rememberedMs = monotonicMs();
  const { disk, folder } = own.parts;
  const { subjects, remembered: before } = own.heart;
  const members = new Set(own.heart.ring.members);
  const remembered = new Map([...before].filter(([key]) => members.has(key)));
  for (const [key, { mark, heardAtMs }] of subjects) {
    if (mark.incarnation > 0) remembered.set(key, { mark, heardAtMs });
  }
  const { coverage } = own;
  own.writing = own.writing
    .then(() => writeHeard(disk, folder, { remembered, coverage }))
    .catch((error: Error) => failed(own, 'writing heard.json', error));
}

function failed(own: Own, doing: string, { message }: Error): void {
  own.parts.tell({ what: 'failed', doing, why: message });
}
