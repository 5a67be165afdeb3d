// The verified-prefix checkpoint: "the first so many bytes of nodes.jsonl, which have this hash,
// were verified by this machine and add up to this state". It saves checking a million signatures
// again, and is believed only for what this node verified itself under the same rules. Three lines:
// the header, the snapshot, the SHA-256 of both. Written whole or not at all.

import { createHash } from 'node:crypto';
import { textOf, utf8 } from '../../proto/bytes.ts';
import { type Digest, isDigest } from '../../proto/ids.ts';
import type { Json } from '../../proto/json.ts';
import type { Span } from '../lines/line-chunks.ts';
import { type Disk, readWhole, replaceFile } from './disk.ts';
import { CHECKPOINT_BYTES_MAX } from './limits.ts';
import type { Damage } from './quarantine.ts';

/** What the ledger session knows of the whole file: the folded state and the roots that bind it. */
export interface VerifiedState {
  readonly frontierRoot: Digest;
  readonly stateRoot: Digest;
  /** The folded state, opaque here. Whoever restores it compares its root with `stateRoot`. */
  readonly snapshot: Json;
}

/** Under which program a prefix was verified: another one verifies it again. */
export interface Verifier {
  readonly machine: string;
  readonly rules: number;
  readonly selfTest: string;
}

export interface Checkpoint extends VerifiedState {
  readonly bytes: number;
  readonly records: number;
}

export interface CheckpointFile extends Checkpoint {
  readonly sha256: string;
  readonly lines: number;
  /** Whole lines in the prefix that are not held: shown again after it. */
  readonly left: readonly Span[];
  readonly damage: readonly Damage[];
}

interface Header extends Omit<CheckpointFile, 'snapshot'>, Verifier {
  readonly format: number;
}
const FORMAT = 1;

function seal(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

export async function writeCheckpoint(
  disk: Disk,
  path: string,
  checkpoint: CheckpointFile,
  verifier: Verifier,
): Promise<void> {
  const { snapshot, ...facts } = checkpoint;
  const { machine, rules, selfTest } = verifier;
  const header: Header = { format: FORMAT, machine, rules, selfTest, ...facts };
  const text = `${JSON.stringify(header)}\n${JSON.stringify(snapshot)}\n`;
  await replaceFile(disk, path, utf8(`${text}${seal(text)}\n`));
}

/** The checkpoint, or why there is none to use. Its prefix has still to be hashed. */
export function readCheckpoint(
  disk: Disk,
  path: string,
  verifier: Verifier,
): CheckpointFile | { readonly unfit: string } {
  if (!disk.exists(path)) return { unfit: 'there is none yet' };
  const bytes = readWhole(disk, path, CHECKPOINT_BYTES_MAX);
  const text = bytes === null ? null : textOf(bytes);
  if (text === null) return { unfit: 'it is damaged' };
  const headerEnd = text.indexOf('\n') + 1;
  const sealAt = text.indexOf('\n', headerEnd) + 1;
  if (headerEnd === 0 || sealAt === 0) return { unfit: 'it is damaged' };
  if (text.slice(sealAt) !== `${seal(text.slice(0, sealAt))}\n`) return { unfit: 'it is damaged' };
  const header = JSON.parse(text.slice(0, headerEnd)) as Header;
  if (header.format !== FORMAT) return { unfit: 'it has another format' };
  if (header.machine !== verifier.machine) return { unfit: 'another machine verified it' };
  if (header.rules !== verifier.rules) return { unfit: 'it was verified under other rules' };
  if (header.selfTest !== verifier.selfTest) return { unfit: 'another verifier wrote it' };
  if (!isDigest(header.stateRoot) || !isDigest(header.frontierRoot)) return { unfit: 'no roots' };
  const { bytes: size, sha256, records, lines, left, damage, frontierRoot, stateRoot } = header;
  const snapshot = JSON.parse(text.slice(headerEnd, sealAt)) as Json;
  return {
    bytes: size,
    sha256,
    records,
    lines,
    left,
    damage,
    frontierRoot,
    stateRoot,
    snapshot,
  };
}
