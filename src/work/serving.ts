// What members are told of the work here: requests go to the host or to the owner that is meant,
// and of the rest each sees its own, or all where it holds work.read. Spec: docs/running.md,
// "Between members".

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Key } from '../../proto/ids.ts';
import type { SignedDocument } from '../../work/documents.ts';
import { pastOf } from '../../work/past.ts';
import { WORK_PAGE_BYTES } from '../peer/limits.ts';
import type { WorkDesk, WorkName } from '../peer/work-routes.ts';
import type { Folders } from './folders.ts';
import { FOUND_MAX, isNamed } from './found.ts';
import type { Hosting } from './hosting.ts';
import type { Owning } from './owning.ts';
import type { Receipts } from './receipts.ts';
import { type Asked, mayRead } from './rights.ts';
import type { Typing } from './typing.ts';
import type { WorkLogs } from './work-logs.ts';

export interface ServingParts {
  readonly hosting: Hosting;
  readonly owning: Owning;
  readonly receipts: Receipts;
  readonly folders: Folders;
  readonly logs: WorkLogs;
  readonly typing: Typing;
  readonly ground: () => Asked;
}

export function workDesk(parts: ServingParts): WorkDesk {
  const { hosting, owning, receipts, folders, logs, typing, ground } = parts;
  const mayReadAll = (reader: Key): boolean => mayRead(ground(), reader);
  const ownerOf = ({ id, generation }: WorkName): Key | null => {
    const { leases, past } = hosting.state();
    const known = leases.get(id) ?? pastOf(past, id);
    if (known?.generation === generation) return known.owner;
    return receipts.find({ id, generation })?.receipt.owner ?? null;
  };
  const maySee = (work: WorkName, reader: Key): boolean => {
    if (!isPlain(work)) return false;
    const owner = ownerOf(work);
    return owner !== null && (owner === reader || mayReadAll(reader));
  };
  return {
    ask(signed, from) {
      if (sayIn(signed) === 'mine') return owning.mine(signed, from);
      // Of what this node owns its wish is kept here, and its host hears it from here.
      const isOwners = from !== ground().self && sayIn(signed) === 'stop' && owns(owning, signed);
      return isOwners ? owning.stop(signed, from, ground) : hosting.ask(signed, from);
    },
    find(named, from) {
      const isAll = mayReadAll(from);
      const at = hosting
        .rows()
        .filter((row) => isNamed(row, named) && (isAll || row.owner === from))
        .slice(0, FOUND_MAX);
      const owned = (isAll ? owning.fitting(named) : [])
        .slice(0, FOUND_MAX)
        .map((live) => ({ work: owning.view(live), spec: live.owned.spec }));
      return JSON.stringify({ owned, at });
    },
    list(id, from) {
      const isAll = mayReadAll(from);
      const seen = hosting
        .rows()
        .filter((row) => (id === '' || row.id === id) && (isAll || row.owner === from));
      return JSON.stringify(seen);
    },
    async log(work, fromSeq, waitMs, from) {
      if (!maySee(work, from)) return null;
      const page = await logs.read(work, { seq: fromSeq, bytesMax: WORK_PAGE_BYTES, waitMs });
      if (page === null) return null;
      const { seq, hash } = page.from;
      return { seq, hash, frames: page.bytes, next: page.next, ended: page.ended };
    },
    receipt: (work, from) => (maySee(work, from) ? (receipts.find(work)?.signed ?? null) : null),
    bring: (signed, from) => owning.receipt(signed, from),
    async output(work, path, offset, from) {
      if (!maySee(work, from) || path.includes('\0')) return null;
      return partOf(outputFile(folders.outputsOf(work), path), offset);
    },
    // To read is one thing: whoever types is as good as root in there.
    async type(work, bytes, from) {
      const lease = hosting.leaseOf(work.id);
      if (lease?.generation !== work.generation || lease.owner !== from) return false;
      return typing.type(`${work.id}-${work.generation}`, hosting.runs().runningOf(lease), bytes);
    },
  };
}

/** `mine` is a host that asks its owner, `stop` may be meant for either: all else is for a host. */
function sayIn({ document }: SignedDocument): unknown {
  return typeof document === 'object' && document !== null && 'say' in document
    ? document['say']
    : null;
}

function owns(owning: Owning, { document }: SignedDocument): boolean {
  const { id } = document as { readonly id?: unknown };
  return typeof id === 'string' && owning.owns(id);
}

const ULID = /^[0-9A-Z]{26}$/;

/** A name of work is a part of paths here. */
function isPlain({ id, generation }: WorkName): boolean {
  return ULID.test(id) && Number.isSafeInteger(generation) && generation >= 0;
}

/** Below the folder, whatever the path says: from its root upwards there is nothing. */
function outputFile(folder: string, path: string): string {
  return join(folder, posix.normalize(`/${path}`));
}

async function partOf(
  file: string,
  offset: number,
): Promise<{ bytes: Uint8Array; last: boolean } | null> {
  try {
    // They are copied as plain files, so that a link was put there by somebody else.
    const opened = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const facts = await opened.stat();
      if (!facts.isFile()) return null;
      const bytes = new Uint8Array(Math.max(0, Math.min(WORK_PAGE_BYTES, facts.size - offset)));
      const { bytesRead } = await opened.read(bytes, 0, bytes.length, offset);
      return { bytes: bytes.subarray(0, bytesRead), last: offset + bytesRead >= facts.size };
    } finally {
      await opened.close();
    }
  } catch {
    return null;
  }
}
