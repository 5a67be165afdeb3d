// A disk in memory that behaves as disks do: what was not synced may be lost, torn or full of holes
// after a power cut; a name is not there before its folder was synced; a failed sync forgets what
// it was asked to keep and calls it clean; it may be full, flip bits, or be put back to an old
// copy. Give it to a store in place of the real one (src/store/disk.ts).

import { basename, dirname } from 'node:path';
import type { Disk, DiskFile } from '../../src/store/disk.ts';

type WriteOp =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number };
type NameOp =
  | { readonly kind: 'link'; readonly path: string; readonly inode: Inode }
  | { readonly kind: 'unlink'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string };

interface Inode {
  readonly number: number;
  /** What a process reads. */
  now: Uint8Array;
  /** What the platter holds. */
  durable: Uint8Array;
  /** What lies between: lost, kept or torn by a power cut. */
  pending: WriteOp[];
}

/** An integer from 0 up to and without `bound`: a seeded one makes a run that can be repeated. */
export type Pick = (bound: number) => number;

/** How a power cut treats what was not synced. */
export type Cut = 'lost' | 'kept' | 'torn' | 'holes';

export interface FaultyDisk extends Disk {
  /** Changes made so far: every write, truncation, sync, rename and removal is one. */
  readonly steps: number;
  /** From this step on nothing works any more, as after a power cut. */
  stopAt: number;
  /** Bytes of all files together; more is ENOSPC, after the part that still fits. */
  capacityBytes: number;
  /** Bytes that one write takes at most. */
  writeBytesMax: number;
  /** Called before each change; what it throws, the caller of the disk gets. */
  onStep: (what: string, path: string) => void;
  /** Syncs of this path fail from now on, so many times. */
  failSyncs(path: string, times: number): void;
  /** The power goes and comes back: open files are gone, the choice decides what is left. */
  cutPower(cut: Cut, pick: Pick): void;
  /** Inverts bits of a byte, on the platter and in every cache. */
  flip(path: string, offset: number, bits: number): void;
  read(path: string): Uint8Array;
  /** Puts bytes there as another program would. */
  put(path: string, bytes: Uint8Array): void;
  /** An old copy of everything. `restore` brings the content back into the same files (a snapshot
   * of the machine) or into new ones (files copied back by a person). */
  copy(): DiskCopy;
  restore(copy: DiskCopy, into: 'same files' | 'new files'): void;
}

export type DiskCopy = ReadonlyMap<string, { readonly number: number; readonly bytes: Uint8Array }>;

const SECTOR_BYTES = 512;

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code, syscall: 'faulty' });
}

function applied(bytes: Uint8Array, op: WriteOp): Uint8Array {
  if (op.kind === 'truncate') {
    const cut = new Uint8Array(op.size);
    cut.set(bytes.subarray(0, op.size));
    return cut;
  }
  const end = op.offset + op.bytes.length;
  const out = new Uint8Array(Math.max(bytes.length, end));
  out.set(bytes);
  out.set(op.bytes, op.offset);
  return out;
}

export function faultyDisk(): FaultyDisk {
  let inodes = 0;
  let names = new Map<string, Inode>();
  let durableNames = new Map<string, Inode>();
  let nameOps: NameOp[] = [];
  /** Files opened before a power cut are of another life. */
  let life = 0;
  let steps = 0;
  const failing = new Map<string, number>();

  function step(what: string, path: string): void {
    if (steps >= disk.stopAt) throw systemError('EIO');
    disk.onStep(what, path);
    steps++;
  }
  function newInode(): Inode {
    return { number: ++inodes, now: new Uint8Array(), durable: new Uint8Array(), pending: [] };
  }
  function usedBytes(): number {
    let sum = 0;
    for (const { now } of names.values()) sum += now.length;
    return sum;
  }
  function change(inode: Inode, op: WriteOp): void {
    inode.now = applied(inode.now, op);
    inode.pending.push(op);
  }
  function name(op: NameOp): void {
    applyName(names, op);
    nameOps.push(op);
  }
  function write(inode: Inode, path: string, bytes: Uint8Array, offset: number): number {
    step('write', path);
    const grows = Math.max(0, offset + bytes.length - inode.now.length);
    const room = Math.max(0, disk.capacityBytes - usedBytes());
    const fits = bytes.length - Math.max(0, grows - room);
    const took = Math.min(fits, disk.writeBytesMax);
    if (took <= 0) throw systemError('ENOSPC');
    change(inode, { kind: 'write', offset, bytes: bytes.slice(0, took) });
    return took;
  }
  async function sync(inode: Inode, path: string): Promise<void> {
    step('sync', path);
    const left = failing.get(path) ?? 0;
    if (left > 0) {
      failing.set(path, left - 1);
      // Read back it still looks whole; the next sync will not bring it to the platter.
      inode.pending = [];
      throw systemError('EIO');
    }
    for (const op of inode.pending) inode.durable = applied(inode.durable, op);
    inode.pending = [];
  }
  function fileOn(inode: Inode, path: string): DiskFile {
    const born = life;
    let isOpen = true;
    const live = (): void => {
      if (!isOpen || born !== life) throw systemError('EBADF');
    };
    return {
      size() {
        live();
        return inode.now.length;
      },
      identity: () => `faulty:${inode.number}`,
      readAt(into, offset) {
        live();
        const part = inode.now.subarray(offset, offset + into.length);
        into.set(part);
        return part.length;
      },
      append(bytes) {
        live();
        return write(inode, path, bytes, inode.now.length);
      },
      writeAt(bytes, offset) {
        live();
        return write(inode, path, bytes, offset);
      },
      truncate(size) {
        live();
        step('truncate', path);
        change(inode, { kind: 'truncate', size });
      },
      async sync() {
        live();
        await sync(inode, path);
      },
      close() {
        isOpen = false;
      },
    };
  }
  function namesOf(folder: string, ops: readonly NameOp[]): [NameOp[], NameOp[]] {
    const inside = (op: NameOp): boolean =>
      dirname(op.kind === 'rename' ? op.to : op.path) === folder;
    return [ops.filter(inside), ops.filter((op) => !inside(op))];
  }

  const disk: FaultyDisk = {
    get steps() {
      return steps;
    },
    stopAt: Number.POSITIVE_INFINITY,
    capacityBytes: Number.POSITIVE_INFINITY,
    writeBytesMax: Number.POSITIVE_INFINITY,
    onStep: () => undefined,
    open(path, how) {
      const known = names.get(path);
      if (known === undefined && (how === 'read' || how === 'update')) throw systemError('ENOENT');
      if (known !== undefined && how !== 'replace') return fileOn(known, path);
      step(how === 'replace' ? 'replace' : 'create', path);
      if (known !== undefined) {
        change(known, { kind: 'truncate', size: 0 });
        return fileOn(known, path);
      }
      const inode = newInode();
      name({ kind: 'link', path, inode });
      return fileOn(inode, path);
    },
    exists: (path) => names.has(path),
    rename(from, to) {
      step('rename', to);
      if (!names.has(from)) throw systemError('ENOENT');
      name({ kind: 'rename', from, to });
    },
    unlink(path) {
      if (!names.has(path)) return;
      step('unlink', path);
      name({ kind: 'unlink', path });
    },
    makeFolder: () => undefined,
    list: (path) =>
      [...names.keys()].filter((one) => dirname(one) === path).map((one) => basename(one)),
    async syncFolder(path) {
      step('sync folder', path);
      const [inside, outside] = namesOf(path, nameOps);
      for (const op of inside) applyName(durableNames, op);
      nameOps = outside;
    },
    freeBytes: () => Math.max(0, disk.capacityBytes - usedBytes()),
    failSyncs: (path, times) => void failing.set(path, times),
    cutPower(cut, pick) {
      life++;
      const kept = cut === 'lost' ? 0 : cut === 'kept' ? nameOps.length : pick(nameOps.length + 1);
      for (const op of nameOps.slice(0, kept)) applyName(durableNames, op);
      nameOps = [];
      names = new Map(durableNames);
      for (const inode of new Set(names.values())) cutInode(inode, cut, pick);
      [disk.stopAt, disk.onStep] = [Number.POSITIVE_INFINITY, () => undefined];
      failing.clear();
    },
    flip(path, offset, bits) {
      const inode = names.get(path);
      for (const bytes of [inode?.now, inode?.durable]) {
        const byte = bytes?.[offset];
        if (bytes !== undefined && byte !== undefined) bytes[offset] = byte ^ bits;
      }
    },
    read(path) {
      const inode = names.get(path);
      if (inode === undefined) throw systemError('ENOENT');
      return inode.now.slice();
    },
    put(path, bytes) {
      const inode = names.get(path) ?? newInode();
      [inode.now, inode.durable, inode.pending] = [bytes.slice(), bytes.slice(), []];
      names.set(path, inode);
      durableNames.set(path, inode);
    },
    copy: () =>
      new Map([...names].map(([path, { number, now }]) => [path, { number, bytes: now.slice() }])),
    restore(copy, into) {
      life++;
      names = new Map();
      for (const [path, { number, bytes }] of copy) {
        const kept = into === 'same files' ? number : ++inodes;
        names.set(path, { number: kept, now: bytes.slice(), durable: bytes.slice(), pending: [] });
      }
      durableNames = new Map(names);
      nameOps = [];
    },
  };
  return disk;
}

function applyName(names: Map<string, Inode>, op: NameOp): void {
  if (op.kind === 'link') names.set(op.path, op.inode);
  else if (op.kind === 'unlink') names.delete(op.path);
  else {
    const inode = names.get(op.from);
    // The file under the old name may not have become durable itself.
    if (inode === undefined) return;
    names.delete(op.from);
    names.set(op.to, inode);
  }
}

/** What is left of a file's unsynced writes. */
function cutInode(inode: Inode, cut: Cut, pick: Pick): void {
  const ops = inode.pending;
  let left = inode.durable;
  if (cut === 'kept' || cut === 'holes') for (const op of ops) left = applied(left, op);
  if (cut === 'holes') left = withHoles(left, ops, pick);
  if (cut === 'torn') {
    const whole = pick(ops.length + 1);
    for (const op of ops.slice(0, whole)) left = applied(left, op);
    const next = ops[whole];
    if (next?.kind === 'write') {
      const bytes = next.bytes.slice(0, pick(next.bytes.length + 1));
      left = applied(left, { ...next, bytes });
    }
  }
  [inode.now, inode.durable, inode.pending] = [left.slice(), left.slice(), []];
}

/** The size became durable and some of the sectors did not. */
function withHoles(bytes: Uint8Array, ops: readonly WriteOp[], pick: Pick): Uint8Array {
  const out = bytes.slice();
  for (const op of ops) {
    if (op.kind !== 'write') continue;
    const end = Math.min(op.offset + op.bytes.length, out.length);
    for (let at = op.offset; at < end; ) {
      const sectorEnd = Math.min(end, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES);
      if (pick(2) === 0) out.fill(0, at, sectorEnd);
      at = sectorEnd;
    }
  }
  return out;
}
