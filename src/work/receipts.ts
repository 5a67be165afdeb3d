// Receipts that this host has signed, a file each, and those of them that their owner has not got
// yet: it is brought them when it is heard, until it says that it has them. Spec: docs/running.md,
// "Receipts".

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { textOf, utf8 } from '../../proto/bytes.ts';
import type { Receipt, SignedDocument } from '../../work/documents.ts';
import type { Tag } from '../../work/lease.ts';
import { RECEIPT_BYTES_MAX } from '../../work/limits.ts';
import { readReceipt } from '../../work/receipt.ts';
import { nodePlatform } from '../platform.ts';
import { type Disk, readWhole, replaceFile } from '../store/disk.ts';
import { nameOf } from './folders.ts';

type Named = Pick<Tag, 'id' | 'generation'>;

export interface KeptReceipt {
  readonly receipt: Receipt;
  readonly signed: SignedDocument;
}

export interface Receipts {
  find(tag: Named): KeptReceipt | null;
  /** On the disk when it resolves; its owner is still to be brought it. */
  keep(kept: KeptReceipt): Promise<void>;
  /** Those that their owners have not got. */
  unsent(): readonly KeptReceipt[];
  sent(tag: Named): void;
}

/** `base`: the folder `work` of the data folder. */
export function receiptsIn(disk: Disk, base: string): Receipts {
  const folder = join(base, 'receipts');
  const outbox = join(base, 'unsent');
  const fileOf = (tag: Named): string => join(folder, `${nameOf(tag)}.json`);
  const noteOf = (tag: Named): string => join(outbox, nameOf(tag));
  disk.makeFolder(folder);
  disk.makeFolder(outbox);
  const find = (tag: Named): KeptReceipt | null => readKept(disk, fileOf(tag));
  const unsent = new Map<string, KeptReceipt>();
  for (const name of readdirSync(outbox)) {
    const kept = readKept(disk, join(folder, `${name}.json`));
    if (kept !== null) unsent.set(name, kept);
  }
  return {
    find,
    async keep(kept) {
      // Its note first: one without a receipt is nothing, a receipt without one is never brought.
      await replaceFile(disk, noteOf(kept.receipt), new Uint8Array());
      await replaceFile(disk, fileOf(kept.receipt), utf8(`${JSON.stringify(kept.signed)}\n`));
      unsent.set(nameOf(kept.receipt), kept);
    },
    unsent: () => [...unsent.values()],
    sent(tag) {
      unsent.delete(nameOf(tag));
      disk.unlink(noteOf(tag));
    },
  };
}

function readKept(disk: Disk, file: string): KeptReceipt | null {
  const text = textOf(readWhole(disk, file, RECEIPT_BYTES_MAX) ?? new Uint8Array());
  try {
    const signed = JSON.parse(text ?? '') as SignedDocument;
    const read = readReceipt(signed, nodePlatform);
    return read.ok ? { receipt: read.value, signed } : null;
  } catch {
    return null;
  }
}
