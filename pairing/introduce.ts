// Introductions: what the two machines tell each other under seal, before anything is decided. All
// of it is the sender's own word: shown to a person, bounded, of plain characters, believed by
// nobody. Spec: docs/pairing.md, "Introductions".

import { fromBase64url, toBase64url } from '../proto/bytes.ts';
import type { Hardware } from '../proto/hardware.ts';
import { type Digest, ID_BYTES, KEY_BYTES, type Key } from '../proto/ids.ts';
import { textOutsideProfile } from '../proto/json.ts';
import { isEndpoint, isLabel, isName } from '../proto/names.ts';
import type { kith } from '../proto/wire.js';
import { ENDPOINTS_MAX, GPUS_MAX, LABELS_MAX, PLEDGES_MAX, TEXT_CHARS_MAX } from './limits.ts';

/** An admission that the new machine has accepted: it may exist, and has not been seen here yet. */
export interface Pledge {
  readonly admitter: Key;
  readonly ceremony: Digest;
}
/** What a new machine says of itself. */
export interface Introduction {
  /** The preset it asks for, such as `peer`; the operator decides. */
  readonly role: string;
  readonly labels: readonly string[];
  readonly endpoints: readonly string[];
  readonly hardware: Hardware;
  readonly pledges: readonly Pledge[];
}
/** What the admitter says of its network, whose id the hello has named. */
export interface Welcome {
  readonly network: string;
}

/** A text that may be shown to a person: short, and of characters that move no cursor. */
export function isPlainText(text: string): boolean {
  return text.length <= TEXT_CHARS_MAX && textOutsideProfile(text) === null;
}

/** The beginning of a text that fits: for what the machine reports of itself. */
export function plainText(text: string): string {
  const cut = [...text.normalize('NFC')].map((one) => (isPlainText(one) ? one : ' ')).join('');
  const fitting = [...cut.replaceAll(/\s+/g, ' ').trim()].slice(0, TEXT_CHARS_MAX);
  while (!isPlainText(fitting.join(''))) fitting.pop();
  return fitting.join('').trimEnd();
}

export function introductionFields(from: Introduction): kith.PairingIntroduction {
  return {
    role: from.role,
    labels: [...from.labels],
    endpoints: [...from.endpoints],
    hardware: { ...from.hardware, gpus: [...from.hardware.gpus] },
    pledges: from.pledges.map(({ admitter, ceremony }) => ({
      admitter: fromBase64url(admitter) as Uint8Array,
      ceremony: fromBase64url(ceremony) as Uint8Array,
    })),
  };
}

export function readIntroduction(from: kith.PairingIntroduction): Introduction | null {
  const { role, labels, endpoints } = from;
  if (!isLabel(role)) return null;
  if (labels.length > LABELS_MAX || !labels.every(isLabel) || !isRising(labels)) return null;
  if (!areEndpoints(endpoints)) return null;
  const hardware = from.hardware ? readHardware(from.hardware) : null;
  const pledges = readPledges(from.pledges);
  if (hardware === null || pledges === null) return null;
  return { role, labels, endpoints, hardware, pledges };
}

export function areEndpoints(endpoints: readonly string[]): boolean {
  return endpoints.length <= ENDPOINTS_MAX && endpoints.every(isEndpoint);
}

function isRising(texts: readonly string[]): boolean {
  return texts.every((text, i) => i === 0 || (texts[i - 1] as string) < text);
}

function readHardware(from: kith.PairingHardware): Hardware | null {
  const { model, system, cpu, cores, memoryMib, diskMib, gpus } = from;
  if (![model, system, cpu].every(isPlainText)) return null;
  if (gpus.length > GPUS_MAX || !gpus.every((gpu) => isPlainText(gpu.name))) return null;
  const plain = gpus.map((gpu) => ({ name: gpu.name, memoryMib: gpu.memoryMib }));
  return { model, system, cpu, cores, memoryMib, diskMib, gpus: plain };
}

function readPledges(from: readonly kith.PairingPledge[]): Pledge[] | null {
  if (from.length > PLEDGES_MAX) return null;
  const pledges: Pledge[] = [];
  for (const { admitter, ceremony } of from) {
    if (admitter.length !== KEY_BYTES || ceremony.length !== ID_BYTES) return null;
    pledges.push({
      admitter: toBase64url(admitter) as Key,
      ceremony: toBase64url(ceremony) as Digest,
    });
  }
  return pledges;
}

export function readWelcome({ network }: kith.PairingWelcome): Welcome | null {
  return isName(network) ? { network } : null;
}
