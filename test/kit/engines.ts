// Real engines for tests, each with folders and a socket of its own; nothing of it is left, also
// when the tests are killed. And orders of jobs as a host gives them.

import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Digest, Key } from '../../proto/ids.ts';
import { findTool, needTool } from '../../src/os/tools.ts';
import type { Order, Stream } from '../../src/work/driver.ts';
import type { Flavour } from '../../src/work/jobs/engine.ts';
import { findEngine } from '../../src/work/jobs/engine.ts';
import { readSpec, type Spec } from '../../work/spec.ts';
import { until } from '../lab/until.ts';
import { boxMissing } from './box.ts';

const TOOLS: Readonly<Record<Flavour, readonly string[]>> = {
  podman: ['podman', 'conmon', 'runc', 'unshare'],
  docker: ['dockerd', 'containerd', 'runc', 'unshare'],
};

/** Why an engine cannot be had here, or null. */
export function engineMissing(flavour: Flavour): string | null {
  if (process.geteuid?.() !== 0) return `an own ${flavour} for the tests needs root`;
  const missing = TOOLS[flavour].filter((name) => findTool(name) === null);
  if (missing.length === 0) return boxMissing();
  return `no ${missing.join(', ')} (Debian: podman runc, docker.io)`;
}

export interface OwnEngine {
  readonly folder: string;
  readonly socket: string;
  /** Kills the engine, as a crash does; it is started again at once. */
  crash(): void;
  close(): Promise<void>;
}

/** On an idle machine it takes one second. */
const START_MS = 60_000;

/** What every podman of a test is told: what works in namespaces, too. */
export const CONTAINERS_CONF = `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
`;
const NETWORKS_CONF = `[network]
network_config_dir = "FOLDER/networks"
`;

export const CARD = 'GPU-8c3f1b7a-0000-4000-8000-0123456789ab';

const CARDS = {
  cdiVersion: '0.3.0',
  kind: 'kith.test/gpu',
  devices: [
    {
      name: CARD,
      containerEdits: { deviceNodes: [{ path: '/dev/kithgpu0', hostPath: '/dev/null' }] },
    },
  ],
};

/** `apart`: in a network of its own, where it may make bridges and rules. */
export async function ownEngine(flavour: Flavour, apart = false): Promise<OwnEngine> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `kith-${flavour}-`));
  const write = (name: string, text: string): void =>
    fs.writeFileSync(path.join(folder, name), text);
  write('cards.json', JSON.stringify(CARDS));
  write('containers.conf', CONTAINERS_CONF + NETWORKS_CONF.replaceAll('FOLDER', folder));
  // Any port of the loopback, as Docker has it by itself.
  write('registries.conf', '[[registry]]\nlocation = "127.0.0.1"\ninsecure = true\n');
  // Not beside this module: a benchmark is compiled elsewhere.
  const script = path.resolve('test/kit/engine-child.sh');
  const words = [
    ...(apart ? ['--net'] : []),
    '--mount',
    '--propagation',
    'private',
    'bash',
    script,
    folder,
    flavour,
  ];
  const child = spawn('unshare', words, { stdio: ['pipe', 'ignore', 'inherit'], detached: true });
  const socket = path.join(folder, 'engine.sock');
  const answers = async (): Promise<boolean> => (await findEngine(flavour, [socket])).ok;
  await until(`${flavour} answers`, answers, START_MS).catch(async (error: Error) => {
    const log = fs.readFileSync(path.join(folder, 'engine.log'), 'utf8').slice(-2000);
    await closed(child, folder);
    throw new Error(`${error.message}\n${log}`);
  });
  const pidFile = path.join(folder, 'engine.pid');
  return {
    folder,
    socket,
    crash() {
      // What Docker starts beside itself dies with it, as where systemd ends both.
      const beside = path.join(folder, 'run/containerd/containerd.pid');
      for (const file of [pidFile, beside].filter((one) => fs.existsSync(one))) {
        process.kill(Number(fs.readFileSync(file, 'utf8')), 'SIGKILL');
      }
    },
    close: () => closed(child, folder),
  };
}

async function closed(child: ChildProcess, folder: string): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.stdin?.end();
  await gone;
  // What was mounted has gone with the last process; immutable files there are none.
  await needTool(['rm', '-rf', folder], { limitMs: 60_000 });
}

export interface Ordered {
  readonly order: Order;
  /** All that came of a stream. */
  readonly text: (stream: Stream) => string;
  readonly bytes: (stream: Stream) => Buffer;
}

/** A job of the box image, with small limits; `fields` is what the spec says beside. */
export function jobSpec(command: readonly string[], fields: Fields = {}): Spec {
  const { job, limits, resources, ...others } = fields;
  const read = readSpec({
    name: 'job',
    resources: { memory: '64MiB', cpu: '500m', disk: '8MiB', ...resources },
    limits: { pids: 24, nofile: 100, ...limits },
    job: { image: 'box', command: [...command], tmp: '16MiB', ...job },
    ...others,
  });
  if (!read.ok) throw new Error(read.detail);
  return read.value;
}

export interface Fields {
  readonly job?: object;
  readonly limits?: object;
  readonly resources?: object;
  readonly [name: string]: unknown;
}

export const shell = (line: string): readonly string[] => ['/bin/sh', '-c', line];

const OWNER = 'A'.repeat(43) as Key;
export const IMAGE_ID = `B${'b'.repeat(41)}A` as Digest;
let count = 0;

/** An order with a log in memory, whose image is the file of an archive. */
export function ordered(folder: string, spec: Spec, image: string): Ordered {
  count += 1;
  const id = `01JE2HZ6Q3M8Y5T0V7${String(process.pid % 10_000).padStart(4, '0')}${String(count).padStart(4, '0')}`;
  const own = path.join(folder, 'orders', id);
  fs.mkdirSync(own, { recursive: true, mode: 0o700 });
  const heard: Partial<Record<Stream, Buffer[]>> = {};
  const sizes: Partial<Record<Stream, number>> = {};
  const bytes = (stream: Stream): Buffer => Buffer.concat(heard[stream] ?? []);
  const order: Order = {
    tag: { id, generation: 1, digest: IMAGE_ID, owner: OWNER },
    spec,
    ...{ cards: [], ports: [] },
    folder: own,
    log: {
      async write(stream, chunk) {
        (heard[stream] ??= []).push(Buffer.from(chunk));
        sizes[stream] = (sizes[stream] ?? 0) + chunk.length;
      },
      written: (stream) => sizes[stream] ?? 0,
    },
    image: async (name) =>
      name === 'box'
        ? { where: 'store', id: IMAGE_ID, file: image, form: 'docker-archive' }
        : { where: 'engine' },
  };
  return { order, bytes, text: (stream) => bytes(stream).toString('utf8') };
}

export function need<T>(
  result: { ok: true; value: T } | { ok: false; detail: string; code: string },
): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`);
  return result.value;
}
