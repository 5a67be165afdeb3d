// The libraries that kith is measured beside: what is true of each (read in its source, fsync seen
// with strace), how they get installed, and one task of one of them in a process of its own.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export const TASKS = ['append', 'groups', 'ingest', 'open', 'merge'] as const;
export type Task = (typeof TASKS)[number];

export interface Peer {
  readonly name: string;
  readonly module: string;
  /** Records of a task. Fewer where the work grows with the square of them, in its favour. */
  readonly records: number;
  readonly signs: string;
  /** Tasks in which it makes or checks a signature per record: kith has to be ahead in those. */
  readonly signsEachIn: readonly Task[];
  readonly fsync: string;
  /** Whether it keeps a file of its own: then kith is compared with a file too. */
  readonly keepsFile: boolean;
}

/** A line of the table of peers: one library, what is true of it, and its rate in each task. */
export interface PeerLine {
  readonly name: string;
  readonly records: number;
  readonly signs: string;
  readonly fsync: string;
  readonly tasks: Readonly<Record<Task, Outcome>>;
}

export const PEERS: readonly Peer[] = [
  {
    name: 'hypercore',
    module: 'hypercore',
    records: 20_000,
    signs: 'Ed25519 over the tree, once per append call; a replica checks one per request',
    signsEachIn: ['append'],
    fsync: 'none per append (RocksDB, sync off)',
    keepsFile: true,
  },
  {
    name: 'ssb-validate',
    module: 'ssb',
    records: 20_000,
    signs: 'Ed25519 on each message; append checks it again',
    signsEachIn: ['append', 'ingest', 'merge'],
    fsync: 'keeps no file',
    keepsFile: false,
  },
  {
    name: '@localfirst/auth',
    module: 'auth',
    records: 500,
    signs: 'no signature on a link: crypto_box proves the author to members only',
    signsEachIn: [],
    fsync: 'keeps no file; the application writes save()',
    keepsFile: false,
  },
  {
    name: '@automerge/automerge',
    module: 'automerge',
    records: 20_000,
    signs: 'nothing: changes are hashed and linked',
    signsEachIn: [],
    fsync: 'keeps no file; the application writes save()',
    keepsFile: false,
  },
];

export const TASK_TITLES: Readonly<Record<Task, string>> = {
  append: 'append, one by one',
  groups: 'append, groups of 100',
  ingest: 'verify into an empty replica',
  open: 'open from disk',
  merge: "take the other copy's records",
};

/** What a task was like, or why there is none. */
export type Outcome = { readonly ms: number; readonly records: number } | { readonly why: string };

/** Installs the peers from their lock file. The reason where that cannot be done. */
export function installPeers(root: string, say: (line: string) => void): string | null {
  const folder = join(root, 'bench/peers');
  const stamp = join(folder, 'node_modules/.package-lock.json');
  if (existsSync(stamp) && sameLock(stamp, join(folder, 'package-lock.json'))) return null;
  say('installing the peers (npm ci in bench/peers)');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder });
  if (npm.status === 0) return null;
  // Its code alone: the rest may name hosts of this place, and results are published.
  const code = /^npm (?:error|ERR!) code (\S+)/m.exec(String(npm.stderr))?.[1];
  return `npm ci ended with ${code ?? npm.error?.message ?? npm.status}: run it in bench/peers to see why`;
}

interface LockEntry {
  readonly version?: string;
  /** Only for another platform, maybe. */
  readonly optional?: boolean;
}

/** Whether the lock that npm left of what it installed agrees with the one that we keep. */
function sameLock(installed: string, wanted: string): boolean {
  const have = packagesOf(installed);
  return Object.entries(packagesOf(wanted)).every(
    ([path, entry]) =>
      path === '' || entry.optional === true || have[path]?.version === entry.version,
  );
}

function packagesOf(lock: string): Record<string, LockEntry> {
  return JSON.parse(readFileSync(lock, 'utf8')).packages;
}

export function peerVersion(root: string, peer: Peer): string {
  const file = join(root, 'bench/peers/node_modules', peer.name, 'package.json');
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

/** One task of a peer, in a process and a folder of its own. */
export function peerTask(
  root: string,
  peer: Peer,
  task: Task,
  payloads: string,
  dir: string,
): Outcome {
  const folder = mkdtempSync(join(dir, `${peer.module}-`));
  try {
    const script = join(root, 'bench/peers/task.mjs');
    const out = execFileSync(process.execPath, [script, peer.module, task, payloads, folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 10 * 60_000,
    });
    return JSON.parse(out.toString().trim().split('\n').at(-1) ?? '');
  } catch (error) {
    const said = String((error as { stderr?: Buffer }).stderr ?? error);
    return { why: said.split('\n').find((line) => /error/i.test(line)) ?? said.slice(0, 200) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
