// What happens when a piece of work has ended here: its outputs are copied and hashed, its log is
// closed, its receipt is signed, kept, and brought to its owner. Each of these can be done again
// after a crash. Spec: docs/running.md, "Receipts".

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Digest, Key } from '../../proto/ids.ts';
import type { Receipt, SignedDocument } from '../../work/documents.ts';
import type { Lease, Past } from '../../work/lease.ts';
import { readReceipt, receiptOf } from '../../work/receipt.ts';
import { plainText } from '../../work/signing.ts';
import type { Tell } from '../daemon/events.ts';
import { nodePlatform } from '../platform.ts';
import type { Running } from './driver.ts';
import type { Folders } from './folders.ts';
import { SEND_AGAIN_MS } from './limits.ts';
import type { KeptReceipt, Receipts } from './receipts.ts';
import type { Named } from './rows.ts';
import type { WorkLogs } from './work-logs.ts';

export interface EndingsParts {
  readonly self: Key;
  readonly folders: Folders;
  readonly logs: WorkLogs;
  readonly receipts: Receipts;
  readonly sign: (receipt: Receipt) => SignedDocument;
  /** True: the owner has it. Rejects where it cannot be reached. */
  readonly send: (owner: Key, signed: SignedDocument) => Promise<boolean>;
  readonly wallMs: () => number;
  readonly tell: Tell;
}

export interface Endings {
  /** Resolves when its receipt is on the disk. */
  end(lease: Lease, running: Running | null): Promise<void>;
  /** Its owner is there: it is brought what it has not got. */
  heard(owner: Key): void;
  namedOf(past: Past): Named | null;
  close(): Promise<void>;
}

interface Own {
  readonly parts: EndingsParts;
  readonly ending: Map<string, Promise<void>>;
  readonly sending: Map<Key, Promise<void>>;
  readonly timer: NodeJS.Timeout;
  /** Of receipts, for lists: read once. */
  readonly named: Map<string, Named | null>;
}

export function createEndings(parts: EndingsParts): Endings {
  const own: Own = {
    parts,
    ...{ ending: new Map(), sending: new Map(), named: new Map() },
    timer: setInterval(() => sendAll(own), SEND_AGAIN_MS),
  };
  return {
    end(lease, running) {
      const name = `${lease.id}-${lease.generation}`;
      const before = own.ending.get(name);
      if (before !== undefined) return before;
      const ending = end(own, lease, running).finally(() => own.ending.delete(name));
      own.ending.set(name, ending);
      return ending;
    },
    heard: (owner) => void send(own, owner),
    namedOf: (past) => namedOf(own, past),
    async close() {
      clearInterval(own.timer);
      await Promise.allSettled(own.ending.values());
    },
  };
}

async function end(own: Own, lease: Lease, running: Running | null): Promise<void> {
  const { receipts, folders, logs } = own.parts;
  if (receipts.find(lease) === null) {
    const to = folders.outputsOf(lease);
    await mkdir(to, { recursive: true, mode: 0o700 });
    const missing = (await running?.outputs(to)) ?? [];
    for (const path of missing) logs.say(lease, `it left no ${path}`);
    const outputs = await digestsIn(to);
    if (Object.keys(outputs).length === 0) await rm(to, { recursive: true, force: true });
    const logsHash = await logs.end(lease);
    const receipt = receiptOf({ ...saidBy(own.parts, lease), logsHash, outputs }, nodePlatform);
    await receipts.keep(readable(own.parts, receipt));
  }
  void send(own, lease.owner);
}

function saidBy(
  { self, wallMs }: EndingsParts,
  lease: Lease,
): Omit<Receipt, 'logsHash' | 'outputs' | 'executionHash'> {
  const { id, generation, digest, owner, spec, life } = lease;
  const why = life.failure;
  return {
    ...{ v: 1, id, generation, kind: spec.kind, name: spec.name, digest, host: self, owner },
    ...{ image: life.image ?? '', inputs: [], granted: life.granted ?? {} },
    ...{ startedAt: life.startedAt, endedAt: life.ending?.endedAtMs ?? wallMs() },
    exit: life.ending?.exit ?? null,
    ended: life.outcome === 'done' ? 'done' : 'failed',
    failure: why === null ? null : { ...why, why: plainText(why.why) },
  };
}

/** What a driver found may be more than a receipt holds: then it is left out, and that is said. */
function readable({ sign }: EndingsParts, receipt: Receipt): KeptReceipt {
  const signed = sign(receipt);
  if (readReceipt(signed, nodePlatform).ok) return { receipt, signed };
  const { executionHash: _, ...rest } = receipt;
  const without = receiptOf({ ...rest, granted: { unreadable: true } }, nodePlatform);
  return { receipt: without, signed: sign(without) };
}

/** Every file below a folder, by the path that it had in the work. */
async function digestsIn(folder: string): Promise<Record<string, Digest>> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  const digests: Record<string, Digest> = {};
  for (const file of files) {
    const hash = createHash('sha256');
    for await (const part of createReadStream(file)) hash.update(part as Buffer);
    digests[`/${relative(folder, file)}`] = hash.digest('base64url') as Digest;
  }
  return digests;
}

function sendAll(own: Own): void {
  const owners = new Set(own.parts.receipts.unsent().map(({ receipt }) => receipt.owner));
  for (const owner of owners) void send(own, owner);
}

/** One after the other, and never twice at once. */
function send(own: Own, owner: Key): Promise<void> {
  const before = own.sending.get(owner);
  if (before !== undefined) return before;
  const { receipts } = own.parts;
  const ours = receipts.unsent().filter(({ receipt }) => receipt.owner === owner);
  if (ours.length === 0) return Promise.resolve();
  const sending = sendEach(own, owner, ours).finally(() => own.sending.delete(owner));
  own.sending.set(owner, sending);
  return sending;
}

async function sendEach(own: Own, owner: Key, ours: readonly KeptReceipt[]): Promise<void> {
  const { send: bring, receipts } = own.parts;
  for (const { receipt, signed } of ours) {
    try {
      if (await bring(owner, signed)) receipts.sent(receipt);
    } catch {
      // It is brought again when its owner is heard.
      return;
    }
  }
}

function namedOf({ parts, named }: Own, past: Past): Named | null {
  const name = `${past.id}-${past.generation}`;
  const known = named.get(name);
  if (known !== undefined) return known;
  const receipt = parts.receipts.find(past)?.receipt ?? null;
  const its =
    receipt === null
      ? null
      : {
          ...{ name: receipt.name, kind: receipt.kind, startedAt: receipt.startedAt },
          ...{ endedAt: receipt.endedAt, exit: receipt.exit, failure: receipt.failure },
          image: receipt.image,
        };
  named.set(name, its);
  return its;
}
