// What a new machine keeps between two runs of `kith join`, durable before it counts: how many
// tries of a code are used, and which admissions it has accepted without having seen them. Spec:
// docs/pairing.md, "In practice".
//
//   {"format":"kith-genesis-v1","network":…,"pledges":[{"admitter":…,"ceremony":…}],"used":…}

import path from 'node:path';
import { isObject } from '../../ledger/schema.ts';
import type { Pledge } from '../../pairing/introduce.ts';
import { ATTEMPTS_MAX, PLEDGES_MAX } from '../../pairing/limits.ts';
import { textOf, utf8 } from '../../proto/bytes.ts';
import { type RecordId, isDigest, isKey, isRecordId } from '../../proto/ids.ts';
import { type Json, canonical, parseCanonical } from '../../proto/json.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import type { KeyHost } from '../keys/host.ts';
import type { FileCode } from '../keys/refusals.ts';
import { readSecretFile, replaceSecretFile } from '../keys/secret-file.ts';
import { StoreFault } from '../store/faults.ts';
import { takeLock } from '../store/lock.ts';
import { KEPT_BYTES_MAX } from './limits.ts';

const FORMAT = 'kith-genesis-v1';

export interface Kept {
  /** Tries since a person last made a code. */
  readonly used: number;
  readonly pledges: readonly Pledge[];
  /** The network of the pledges; null where there are none. */
  readonly network: RecordId | null;
}

export const NOTHING_KEPT: Kept = { used: 0, pledges: [], network: null };

function keptFile(folder: string): string {
  return path.join(folder, 'genesis.json');
}

/** Of one process at a time are the tries of a code, and the key that is admitted by it. */
export function takeGenesis(folder: string): Result<() => void, 'join-runs'> {
  try {
    return ok(takeLock(folder, 'genesis.lock'));
  } catch (error) {
    if (!(error instanceof StoreFault) || error.code !== 'locked') throw error;
    return refuse('join-runs', error.detail);
  }
}

export function readKept(
  host: KeyHost,
  folder: string,
): Result<Kept, 'genesis-damaged' | FileCode> {
  const bytes = readSecretFile(host.disk, keptFile(folder), { sizeMax: KEPT_BYTES_MAX });
  if (!bytes.ok) return bytes.code === 'file-missing' ? ok(NOTHING_KEPT) : bytes;
  const kept = parse(textOf(bytes.value) ?? '');
  return kept === null ? refuse('genesis-damaged', keptFile(folder)) : ok(kept);
}

/** Durable when it returns. */
export function writeKept(host: KeyHost, folder: string, kept: Kept): void {
  const { used, network } = kept;
  const pledges = kept.pledges.map(({ admitter, ceremony }) => ({ admitter, ceremony }));
  const json: Json = { format: FORMAT, network: network ?? '', pledges, used };
  replaceSecretFile(host.disk, keptFile(folder), () => utf8(`${canonical(json)}\n`));
}

function parse(text: string): Kept | null {
  const parsed = parseCanonical(text.replace(/\n$/, ''));
  if ('why' in parsed || !isObject(parsed.value)) return null;
  const { format, network, pledges: list, used } = parsed.value;
  if (format !== FORMAT || typeof network !== 'string') return null;
  if (typeof used !== 'number' || used < 0 || used > ATTEMPTS_MAX) return null;
  if (!Array.isArray(list) || list.length > PLEDGES_MAX) return null;
  const pledges = (list as Json[]).map(pledgeOf);
  if (!pledges.every((pledge) => pledge !== null)) return null;
  if (network === '') return pledges.length === 0 ? { used, pledges, network: null } : null;
  return isRecordId(network) ? { used, pledges, network } : null;
}

function pledgeOf(value: Json): Pledge | null {
  if (!isObject(value)) return null;
  const { admitter, ceremony } = value;
  if (typeof admitter !== 'string' || typeof ceremony !== 'string') return null;
  return isKey(admitter) && isDigest(ceremony) ? { admitter, ceremony } : null;
}
