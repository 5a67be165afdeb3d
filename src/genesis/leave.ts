// Leaving a network: what this machine holds of it is removed. What the others know of it they know
// until an operator removes it there. An operator's key is not the machine's, and stays.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stagedFile } from '../home/folder.ts';
import { pathsIn } from '../store/opening.ts';

/** In this order: without the key of the node, the rest is a copy of a ledger like any other. */
export function ownFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const { ledger, index, checkpoint, quarantine, ballast, marker } = pathsIn(folder);
  const names = readdirSync(folder);
  const named = names.filter(
    (name) => /^signed-.*\.jsonl$/.test(name) || /^genesis-[0-9]+\.part$/.test(name),
  );
  const notes = ['genesis', 'synced', 'peers', 'door', 'mesh', 'beat', 'heard', 'calendar'];
  return [
    join(folder, 'node.key'),
    ...[checkpoint, index, ledger, marker, quarantine, ballast, stagedFile(folder)],
    ...[...notes.map((name) => `${name}.json`), ...named].map((name) => join(folder, name)),
  ].filter((path) => existsSync(path));
}

export function removeOwn(folder: string): void {
  for (const path of ownFiles(folder)) rmSync(path, { recursive: true, force: true });
}
