// What an operator has asked for and not signed yet: staged.json, a list of intents. They get their
// place in the chain when they are signed, so that no sync can make them stale. While one is being
// signed the file names the record that it becomes: after a kill, it is known whether it was
// written. Spec: docs/acts.md, "Staging".

import type { Intent } from '../../ledger/intent.ts';
import { type Kind, SCHEMAS, isKind } from '../../ledger/kinds.ts';
import { LINKS_MAX } from '../../ledger/limits.ts';
import { isObject } from '../../ledger/schema.ts';
import { textOf, utf8 } from '../../proto/bytes.ts';
import { type RecordId, isRecordId } from '../../proto/ids.ts';
import { type Json, type JsonObject, outsideProfile } from '../../proto/json.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import { operatorFolder, stagedFile } from '../home/folder.ts';
import { isUrgentKind } from '../home/ledger.ts';
import type { KeyHost } from '../keys/host.ts';
import type { FileCode } from '../keys/refusals.ts';
import { readSecretFile, replaceSecretFile } from '../keys/secret-file.ts';
import { takeLock } from '../store/lock.ts';
import { STAGED_ACTS_MAX, STAGED_BYTES_MAX } from './limits.ts';
import type { ActCode } from './refusals.ts';

const FORMAT = 'kith-staged-v1';

/** Where the first intent goes, written down before it is signed. */
export interface Place {
  readonly seq: number;
  readonly id: RecordId;
}

export interface Staged {
  readonly ledger: RecordId;
  readonly intents: readonly Intent[];
  readonly signing: Place | null;
}

export type StagedCode = ActCode | FileCode;

/** What is staged in a folder for this ledger; empty where there is no file. */
export function readStaged(
  host: KeyHost,
  folder: string,
  ledger: RecordId,
): Result<Staged, StagedCode> {
  const file = stagedFile(folder);
  const bytes = readSecretFile(host.disk, file, { sizeMax: STAGED_BYTES_MAX });
  if (!bytes.ok) {
    const isNone = bytes.code === 'file-missing';
    return isNone ? ok({ ledger, intents: [], signing: null }) : bytes;
  }
  const staged = parse(bytes.value);
  if (staged === null) return refuse('staged-damaged', file);
  if (staged.intents.length > 0 && staged.ledger !== ledger) return refuse('staged-elsewhere');
  return ok({ ...staged, ledger });
}

export function writeStaged(host: KeyHost, folder: string, staged: Staged): void {
  const { ledger, intents, signing } = staged;
  const acts = intents.map(({ act, refs, at }) => ({ kind: act.kind, body: act.body, refs, at }));
  const file = { format: FORMAT, ledger, ...(signing === null ? {} : { signing }), acts };
  replaceSecretFile(host.disk, stagedFile(folder), () => utf8(`${JSON.stringify(file)}\n`));
}

/** Whether something staged must find room on a full disk, whatever ledger it belongs to. */
export function stagesUrgent(host: KeyHost, folder: string): boolean {
  const bytes = readSecretFile(host.disk, stagedFile(folder), { sizeMax: STAGED_BYTES_MAX });
  const staged = bytes.ok ? parse(bytes.value) : null;
  return staged?.intents.some(({ act }) => isUrgentKind(act.kind)) ?? false;
}

/** Puts intents at the end, and tells how many are staged then. */
export function stage(
  host: KeyHost,
  folder: string,
  ledger: RecordId,
  intents: readonly Intent[],
): Result<Staged, StagedCode> {
  return locked(host, folder, () => {
    const staged = readStaged(host, folder, ledger);
    if (!staged.ok) return staged;
    const all = [...staged.value.intents, ...intents];
    if (all.length > STAGED_ACTS_MAX) return refuse('staged-full', `${STAGED_ACTS_MAX} at most`);
    const now = { ...staged.value, intents: all };
    writeStaged(host, folder, now);
    return ok(now);
  });
}

/** Takes out the intent of a number, counted from 1, or all of them; tells what is left. */
export function unstage(
  host: KeyHost,
  folder: string,
  ledger: RecordId,
  number: number | 'all',
): Result<Staged, StagedCode> {
  return locked(host, folder, () => {
    // All of them also where they cannot be read or belong to another ledger.
    if (number === 'all') {
      const none: Staged = { ledger, intents: [], signing: null };
      writeStaged(host, folder, none);
      return ok(none);
    }
    const staged = readStaged(host, folder, ledger);
    if (!staged.ok) return staged;
    const { intents, signing } = staged.value;
    if (intents[number - 1] === undefined) return refuse('no-such-draft', String(number));
    const left = {
      ledger,
      intents: intents.toSpliced(number - 1, 1),
      signing: number === 1 ? null : signing,
    };
    writeStaged(host, folder, left);
    return ok(left);
  });
}

/** One process at a time reads and rewrites the file: answers how to let the next one in. */
export function lockStaged(host: KeyHost, folder: string): () => void {
  const owned = operatorFolder(folder);
  host.disk.makeFolder(owned, 0o700);
  return takeLock(owned);
}

function locked<Value>(host: KeyHost, folder: string, work: () => Value): Value {
  const release = lockStaged(host, folder);
  try {
    return work();
  } finally {
    release();
  }
}

function parse(bytes: Uint8Array): Staged | null {
  let file: unknown;
  try {
    file = JSON.parse(textOf(bytes) ?? '');
  } catch {
    return null;
  }
  if (typeof file !== 'object' || file === null) return null;
  const { format, ledger, signing, acts } = file as Record<string, unknown>;
  if (format !== FORMAT || typeof ledger !== 'string' || !isRecordId(ledger)) return null;
  if (!Array.isArray(acts) || acts.length > STAGED_ACTS_MAX) return null;
  const intents = acts.map(intentOf);
  const place = signing === undefined ? null : placeOf(signing);
  if (place === undefined || intents.includes(null)) return null;
  return { ledger, intents: intents as Intent[], signing: place };
}

function placeOf(value: unknown): Place | undefined {
  if (outsideProfile(value) !== null || !isObject(value as Json)) return undefined;
  const { seq, id } = value as Partial<Place>;
  return typeof seq === 'number' && typeof id === 'string' && isRecordId(id)
    ? { seq, id }
    : undefined;
}

function intentOf(value: unknown): Intent | null {
  if (outsideProfile(value) !== null || !isObject(value as Json)) return null;
  const { kind, body, refs, at } = value as JsonObject;
  if (typeof kind !== 'string' || !isKind(kind) || body === undefined || !isObject(body))
    return null;
  if (SCHEMAS[kind](body) !== null || (at !== 'fixed' && at !== 'current')) return null;
  if (!Array.isArray(refs) || refs.length > LINKS_MAX || !refs.every(isId)) return null;
  return { act: actOf(kind, body), refs: refs as RecordId[], at };
}

function isId(value: Json): boolean {
  return typeof value === 'string' && isRecordId(value);
}

/** The schema has just been checked: kind and body belong together. */
function actOf(kind: Kind, body: JsonObject): Intent['act'] {
  return { kind, body } as unknown as Intent['act'];
}
