// What one run is made of on either side: what it asks of its shell, how a message is heard, and
// how its timers are told from stale ones. Spec: docs/pairing.md, "The shell".

import type { Key, RecordId } from '../proto/ids.ts';
import { type JsonObject, parseCanonical } from '../proto/json.ts';
import { type Channel, type Hellos, opened, sealed } from './confirm.ts';
import { CLEAR_BYTES_MAX, SEALED_BYTES_MAX } from './limits.ts';
import {
  type Frame,
  type Inner,
  type Reason,
  SUITE,
  VERSION,
  type Hello,
  decodeFrame,
  encodeFrame,
} from './messages.ts';
import type { PairingPlatform } from './platform.ts';
import type { PairingCode } from './refusals.ts';

/** What both sides ask of the shell; each adds its own questions and news. */
export type RunOut =
  | { readonly kind: 'send'; readonly frame: Uint8Array }
  /** Close the connection once everything is sent. */
  | { readonly kind: 'close' }
  /** Hand `timer` and `gen` back after that time, on a clock that never jumps. */
  | {
      readonly kind: 'arm';
      readonly timer: TimerName;
      readonly gen: number;
      readonly afterMs: number;
    };

/** What happens to a run from outside, on both sides. */
export type RunInput =
  /** One whole message, of at most `frameBytesMax` bytes. */
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  | { readonly kind: 'closed' }
  | { readonly kind: 'timer'; readonly timer: TimerName; readonly gen: number }
  /** Our own side ends it. */
  | { readonly kind: 'end'; readonly code: PairingCode };

/** `deadline`: until the tags. `still`: our next sign of life. `silence`: until theirs. */
export type TimerName = 'deadline' | 'still' | 'silence';
/** How often each timer was armed: one that comes back with another number is stale. */
export type Timers = Readonly<Record<TimerName, number>>;
export const NO_TIMERS: Timers = { deadline: 0, still: 0, silence: 0 };

export function armed(
  timers: Timers,
  timer: TimerName,
  afterMs: number,
): { readonly timers: Timers; readonly out: RunOut } {
  const gen = timers[timer] + 1;
  return { timers: { ...timers, [timer]: gen }, out: { kind: 'arm', timer, gen, afterMs } };
}

/** Whatever was armed under this name is stale from now on. */
export function disarmed(timers: Timers, timer: TimerName): Timers {
  return { ...timers, [timer]: timers[timer] + 1 };
}

export type Heard =
  | { readonly kind: 'clear'; readonly frame: Exclude<Frame, { kind: 'sealed' | 'failure' }> }
  | {
      readonly kind: 'sealed';
      readonly inner: Exclude<Inner, { kind: 'failure' }>;
      readonly channel: Channel;
    }
  | { readonly kind: 'end'; readonly code: PairingCode };

/** `channel`: that of a run whose tags were right, else null: then nothing sealed is looked at. */
export function heard(
  channel: Channel | null,
  bytes: Uint8Array,
  platform: PairingPlatform,
): Heard {
  const frame = decodeFrame(bytes, bytesMax(channel));
  if (frame === null) return { kind: 'end', code: 'malformed' };
  if (frame.kind === 'failure') return { kind: 'end', code: 'they-ended' };
  if (frame.kind !== 'sealed') {
    return channel === null ? { kind: 'clear', frame } : { kind: 'end', code: 'out-of-order' };
  }
  if (channel === null) return { kind: 'end', code: 'out-of-order' };
  const box = opened(channel, frame.box, platform);
  if (box === null) return { kind: 'end', code: 'forged-seal' };
  const { inner } = box;
  if (inner.kind === 'failure') return { kind: 'end', code: TOLD[inner.reason] };
  return { kind: 'sealed', inner, channel: box.channel };
}

export function bytesMax(channel: Channel | null): number {
  return channel === null ? CLEAR_BYTES_MAX : SEALED_BYTES_MAX;
}

const TOLD: Readonly<Record<Reason, PairingCode>> = {
  ended: 'they-ended',
  declined: 'they-declined',
  cancelled: 'they-cancelled',
  expired: 'they-expired',
};

// The other side is gone, or has said so: there is nobody to tell.
const UNTOLD: readonly PairingCode[] = ['hung-up', 'they-ended', 'they-declined'].concat(
  'they-cancelled',
  'they-expired',
) as PairingCode[];

/** The last words of a run: under seal where there is one, and always the least that will do. */
export function farewell(
  channel: Channel | null,
  code: PairingCode,
  platform: PairingPlatform,
): RunOut[] {
  if (UNTOLD.includes(code)) return [{ kind: 'close' }];
  if (channel === null) return [{ kind: 'send', frame: FAILURE }, { kind: 'close' }];
  const isTold = code === 'declined' || code === 'cancelled' || code === 'expired';
  const reason: Reason = isTold ? code : 'ended';
  const { frame } = sealed(channel, { kind: 'failure', reason }, platform);
  return [{ kind: 'send', frame }, { kind: 'close' }];
}

/** The failure that everybody may hear: it says nothing. */
export const FAILURE: Uint8Array = encodeFrame({ kind: 'failure' });

/** Why a hello is not one to go on with, whoever sent it; null where it is. */
export function unfit(hello: Hello, role: Hello['role'], own: Key): PairingCode | null {
  if (hello.version !== VERSION || !hello.suites.includes(SUITE)) return 'wrong-version';
  if (hello.key === own) return 'mirrored';
  return hello.role === role ? null : 'wrong-role';
}

/** True where the body of an admission names exactly the keys and the ceremony of this run. */
export function isBodyOf(body: string, { newcomer }: Hellos, ceremony: string): boolean {
  const value = objectIn(body);
  const claim = value?.['wg'];
  if (value === null || value['acceptance'] !== undefined || !isObject(claim)) return false;
  const { key, counter, sig } = newcomer.wireguard;
  return (
    value['key'] === newcomer.key &&
    value['ceremony'] === ceremony &&
    claim['key'] === key &&
    claim['counter'] === counter &&
    claim['sig'] === sig
  );
}

/** True where a line says that it admits this key to this network; it may still be a lie. */
export function admits(record: string, network: RecordId, key: Key): boolean {
  const value = objectIn(record);
  const body = value?.['body'];
  return isObject(body) && value?.['ledger'] === network && body['key'] === key;
}

function objectIn(text: string): JsonObject | null {
  const parsed = parseCanonical(text);
  return 'value' in parsed && isObject(parsed.value) ? parsed.value : null;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && !Array.isArray(value);
}
