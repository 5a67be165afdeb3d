// New machines of tests in this process: the real window with the real keys and disk of `kith
// join`, without its process and its console.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Key } from '../../proto/ids.ts';
import { hardwareOf } from '../../src/genesis/hardware.ts';
import { NOTHING_KEPT } from '../../src/genesis/kept.ts';
import { newcomerDesk } from '../../src/genesis/newcomer.ts';
import { type WindowEnd, type WindowEvent, runWindow } from '../../src/genesis/window.ts';
import { keyHost } from '../../src/home/host.ts';
import { openIdentity } from '../../src/keys/identity.ts';

export interface Newcomer {
  readonly key: Key;
  readonly code: string;
  /** Where it listens, on loopback. */
  readonly port: number;
  readonly folder: string;
  readonly events: readonly WindowEvent[];
  readonly ended: Promise<WindowEnd>;
  stop(): Promise<WindowEnd>;
}

/** A machine in a folder of its own that shows a code; `lobby` is a port on loopback. */
export async function newcomer(folder: string, lobby: number | null = null): Promise<Newcomer> {
  const host = keyHost();
  mkdirSync(folder);
  const opened = openIdentity(host, folder);
  if (!opened.ok) throw new Error(opened.code);
  const identity = opened.value;
  const events: WindowEvent[] = [];
  const stopping = new AbortController();
  const ended = runWindow({
    ...{ host, folder, key: identity.publicKey, identity, name: `lamp-${machines++}` },
    ...{ kept: NOTHING_KEPT, network: null, openMsMax: 600_000, signal: stopping.signal },
    via: lobby === null ? null : { host: '127.0.0.1', port: lobby },
    listen: { host: '127.0.0.1', port: 0 },
    desk: newcomerDesk(host, identity, folder),
    introduction: { role: 'peer', labels: [], endpoints: [], hardware: hardwareOf(folder) },
    tell: (event) => events.push(event),
    seek: async () => false,
  });
  while (!events.some(({ what }) => what === 'shown')) await new Promise(setImmediate);
  const { code } = events.find(({ what }) => what === 'shown') as { code: string };
  const { port } = events.find(({ what }) => what === 'listening') as { port: number };
  const stop = (): Promise<WindowEnd> => {
    stopping.abort();
    return ended;
  };
  return { key: identity.publicKey, code, port, folder, events, ended, stop };
}

let machines = 0;

/** How often each key was admitted, by the file of a folder itself. */
export function admissionsIn(folder: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of readFileSync(join(folder, 'nodes.jsonl'), 'utf8').split('\n')) {
    if (!line.includes('"kind":"node.admit"')) continue;
    const { key } = (JSON.parse(line) as { body: { key: string } }).body;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
