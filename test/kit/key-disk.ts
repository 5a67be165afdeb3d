// A disk for keys that forgets as disks do. It counts its acts; at a chosen one it tears a write
// and stops the world. What survives is decided by how it stopped: a killed process leaves all that
// was written, a lost power only what was synced, and of the rest as much as `unsynced` says.

import path from 'node:path';
import type { KeyDisk } from '../../src/keys/disk.ts';

interface Inode {
  readonly number: string;
  readonly mode: number;
  content: Uint8Array;
  synced: Uint8Array;
}

export interface Stop {
  /** The act during which the world stops, counted from 1. */
  readonly at: number;
  /** A write gets this share of its bytes done first; other acts happen from 1 on, or do not. */
  readonly share: number;
  readonly by: 'kill' | 'power';
  /** The share of bytes and names not synced that a lost power leaves. */
  readonly unsynced: number;
}

export class Stopped extends Error {}

export interface SimulatedDisk extends KeyDisk {
  /** Acts so far: how many steps there are to stop at. */
  readonly acts: number;
  stopAt(stop: Stop | null): void;
  /** The machine is on again. */
  restart(): void;
  content(file: string): Uint8Array | undefined;
  put(file: string, content: Uint8Array): void;
  modeOf(file: string): number | undefined;
}

const noEntry = (code: string): Error => Object.assign(new Error(code), { code });

export function simulatedDisk(): SimulatedDisk {
  let names = new Map<string, Inode>();
  let syncedNames = new Map<string, Inode>();
  let open = new Map<number, Inode>();
  let nextFd = 3;
  let nextInode = 1;
  let acts = 0;
  let stop: Stop | null = null;
  let isStopped = false;

  /** One act: `whole` changes something; a write passes `torn` to do a part of it. */
  function act<T>(whole: () => T, torn?: (share: number) => void): T {
    if (isStopped) throw new Stopped('the world has stopped');
    acts++;
    if (stop === null || acts !== stop.at) return whole();
    if (torn !== undefined) torn(stop.share);
    else if (stop.share >= 1) whole();
    isStopped = true;
    if (stop.by === 'power') losePower(stop.unsynced);
    throw new Stopped(`stopped at act ${acts}`);
  }

  function losePower(unsynced: number): void {
    const changed = new Set([...names.keys(), ...syncedNames.keys()]);
    const lost = [...changed].filter((name) => names.get(name) !== syncedNames.get(name));
    for (const name of lost.slice(0, Math.round(lost.length * (1 - unsynced)))) {
      const before = syncedNames.get(name);
      if (before === undefined) names.delete(name);
      else names.set(name, before);
    }
    for (const inode of new Set(names.values())) {
      const kept = inode.synced.length;
      const more = Math.floor((inode.content.length - kept) * unsynced);
      inode.content = inode.content.slice(0, kept + Math.max(0, more));
      inode.synced = inode.content;
    }
    syncedNames = new Map(names);
  }

  function inodeOf(file: string): Inode {
    const inode = names.get(file);
    if (inode === undefined) throw noEntry('ENOENT');
    return inode;
  }
  function opened(inode: Inode): number {
    open.set(nextFd, inode);
    return nextFd++;
  }
  const at = (fd: number): Inode => open.get(fd) as Inode;

  return {
    get acts() {
      return acts;
    },
    stopAt(next) {
      stop = next;
      acts = 0;
    },
    restart() {
      isStopped = false;
      stop = null;
      open = new Map();
    },
    content: (file) => names.get(file)?.content,
    modeOf: (file) => names.get(file)?.mode,
    put(file, content) {
      const inode = { number: String(nextInode++), mode: 0o100600, content, synced: content };
      names.set(file, inode);
      syncedNames.set(file, inode);
    },
    create: (file, mode) =>
      act(() => {
        if (names.has(file)) throw noEntry('EEXIST');
        const number = String(nextInode++);
        const empty = new Uint8Array();
        const inode = { number, mode: 0o100000 | mode, content: empty, synced: empty };
        names.set(file, inode);
        return opened(inode);
      }),
    openRead: (file) => opened(inodeOf(file)),
    openAppend: (file) => opened(inodeOf(file)),
    facts: (fd) => ({
      kind: 'file',
      mode: at(fd).mode,
      uid: process.geteuid?.() ?? 0,
      identity: at(fd).number,
      sizeBytes: at(fd).content.length,
    }),
    read(fd, into, position) {
      const bytes = at(fd).content.subarray(position ?? 0, (position ?? 0) + into.length);
      into.set(bytes);
      return bytes.length;
    },
    write(fd, bytes) {
      const inode = at(fd);
      const add = (size: number): number => {
        inode.content = Buffer.concat([inode.content, bytes.subarray(0, size)]);
        return size;
      };
      return act(
        () => add(bytes.length),
        (share) => void add(Math.floor(bytes.length * share)),
      );
    },
    sync: (fd) => act(() => void (at(fd).synced = at(fd).content)),
    close: (fd) => void open.delete(fd),
    link: (file, name) =>
      act(() => {
        if (names.has(name)) throw noEntry('EEXIST');
        names.set(name, inodeOf(file));
      }),
    rename: (from, to) =>
      act(() => {
        names.set(to, inodeOf(from));
        names.delete(from);
      }),
    unlink: (file) => act(() => void names.delete(file)),
    syncFolder: (folder) =>
      act(() => {
        const inFolder = (name: string): boolean => path.dirname(name) === folder;
        for (const name of syncedNames.keys()) if (inFolder(name)) syncedNames.delete(name);
        for (const [name, inode] of names) if (inFolder(name)) syncedNames.set(name, inode);
      }),
    makeFolder: () => undefined,
    names: (folder) =>
      [...names.keys()].filter((n) => path.dirname(n) === folder).map((n) => path.basename(n)),
  };
}
