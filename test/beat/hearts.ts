// Hearts for tests: real sockets on loopback addresses, which stand in for mesh addresses, real
// keys, and a folder for each.

import { type KeyObject, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Roots } from '../../beat/agree.ts';
import type { Removal } from '../../beat/coverage.ts';
import { fromBase64url } from '../../proto/bytes.ts';
import { verdict } from '../../proto/ed25519.ts';
import type { Digest, Key } from '../../proto/ids.ts';
import { startHeartbeat } from '../../src/beat/heart.ts';
import type { HeartEvent, HeartParts, HostFacts, RunningHeart } from '../../src/beat/parts.ts';
import { openWire } from '../../src/beat/wire.ts';
import { nodePlatform } from '../../src/platform.ts';
import { realDisk } from '../../src/store/disk.ts';
import { LEDGER, recordNamed } from './beats.ts';

export interface Node {
  readonly key: Key;
  readonly privateKey: KeyObject;
  readonly address: string;
  readonly folder: string;
  readonly events: HeartEvent[];
  /** What it would say: change it, then `beatNow`. */
  facts: HostFacts;
  roots: Roots;
  removals: Removal[];
  heart: RunningHeart | null;
}

export interface Network {
  readonly nodes: Node[];
  readonly roster: Node[];
  start(node: Node, change?: Partial<HeartParts>): Promise<RunningHeart>;
  end(): Promise<void>;
}

const ROOTS: Roots = {
  count: 3,
  frontierRoot: recordNamed('frontier') as string as Digest,
  stateRoot: recordNamed('state') as string as Digest,
  rules: 1,
};

/** Nodes on 127.0.`third`.1 and so on; all are on the roster, none is started. */
export function network(count: number, third: number, port: number): Network {
  const nodes = Array.from({ length: count }, (_, i): Node => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    return {
      key: publicKey.export({ format: 'jwk' }).x as Key,
      privateKey,
      address: `127.0.${third}.${i + 1}`,
      folder: mkdtempSync(join(tmpdir(), 'kith-heart-')),
      events: [],
      facts: { headroom: null, offer: null, work: null, relay: false, lobby: false },
      roots: ROOTS,
      removals: [],
      heart: null,
    };
  });
  const roster = [...nodes];
  return {
    nodes,
    roster,
    async start(node, change = {}) {
      const parts = { ...partsOf(node, roster, port), ...change };
      node.heart = await startHeartbeat(parts);
      return node.heart;
    },
    async end() {
      for (const { heart } of nodes) await heart?.stop();
      for (const { folder } of nodes) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function partsOf(node: Node, roster: readonly Node[], port: number): HeartParts {
  return {
    self: node.key,
    ledger: LEDGER,
    version: '0.1.0',
    folder: node.folder,
    disk: realDisk,
    wire: (arrived) => openWire(node.address, arrived, port),
    sign: (message) => new Uint8Array(sign(null, message, node.privateKey)),
    verify: (key, message, signature) =>
      verdict(nodePlatform, fromBase64url(key) as Uint8Array, message, signature),
    roster: () => roster,
    calendarMs: () => Date.now(),
    ledgerFacts: () => node.roots,
    removals: () => node.removals,
    facts: () => node.facts,
    observations: () => [],
    rotations: () => [],
    tell: (event) => node.events.push(event),
  };
}

/** Waits for something that other machines make slow: generous, and it fails by name. */
export async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (let waitedMs = 0; !isTrue(); waitedMs += 20) {
    if (waitedMs > 100_000) throw new Error(`never: ${what}`);
    await new Promise((resolve) => void setTimeout(resolve, 20));
  }
}
