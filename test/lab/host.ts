// A host of the laboratory: a machine with a cable and a data folder, in which the real kith runs.
// Its data folder is reached from outside too, so that a test can ask its daemon without a process.

import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Daemon, daemonOf } from './daemon.ts';
import { type Cable, type Fabric, type Families, type Lan, ipv6On } from './fabric.ts';
import {
  type Machine,
  type MachineOptions,
  type Ran,
  type RunOptions,
  machine,
} from './machine.ts';
import { type Pings, type PingOptions, ping } from './ping.ts';

export interface HostOptions extends MachineOptions {
  /** True: a shaper stands in its cable. */
  readonly shaped?: boolean;
  readonly families?: Families;
}

export interface Host {
  readonly name: string;
  readonly machine: Machine;
  readonly cable: Cable;
  /** In its lan, now: the IPv4 one where it has both. */
  readonly address: string;
  /** The data folder: what --dir is for its commands. */
  readonly folder: string;
  /** A command of kith in this host, with its data folder. */
  kith(words: readonly string[], options?: RunOptions): Promise<Ran>;
  /** The same, where anything but 0 is an error: its last line, as JSON. */
  json<Document = Record<string, unknown>>(...words: string[]): Promise<Document>;
  /** A command that stays, such as `join`; `up` has its own way. */
  start(words: readonly string[], env?: Readonly<Record<string, string>>): Daemon;
  /** `kith up`, once it runs. */
  up(words?: readonly string[], env?: Readonly<Record<string, string>>): Promise<Daemon>;
  /** The last one that was started here. */
  readonly daemon: Daemon | null;
  ping(target: string, options?: PingOptions): Promise<Pings>;
  /** Without power; on again with the same disk and at the same place. */
  off(): Promise<void>;
  on(): Promise<void>;
  /** What its daemons have said: for whoever asks why a test failed. */
  log(): string;
}

export interface HostPlace {
  readonly name: string;
  readonly lan: Lan;
  readonly folder: string;
}

// A benchmark and a child of a test run compiled copies of this, some folders deeper.
const ROOT = [2, 4, 5]
  .map((up) => join(import.meta.dirname, ...Array<string>(up).fill('..')))
  .find((folder) => existsSync(join(folder, 'kith'))) as string;
/** As a person starts it: what it sets for a daemon belongs to what is tested. */
const KITH = join(ROOT, 'kith');

export async function host(
  fabric: Fabric,
  { name, lan, folder: own }: HostPlace,
  options: HostOptions = {},
): Promise<Host> {
  assertBuilt();
  const folder = join(own, 'kith');
  const logFile = join(own, 'log');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const plug = async (at: Lan, address: string): Promise<[Machine, Cable]> => {
    const on = await machine(name, options);
    const { shaped = false, families = 'usual' } = options;
    return [on, await fabric.cable(on, at, { device: 'eth0', address, shaped, families })];
  };
  let [box, cable] = await plug(lan, fabric.addressIn(lan));
  let daemon: Daemon | null = null;
  const own_ = (env: Readonly<Record<string, string>> = {}): Record<string, string> => ({
    ...{ HOME: own, KITH_DIR: folder },
    ...env,
  });
  const kith: Host['kith'] = (words, given = {}) =>
    box.run([KITH, ...words], { ...given, env: own_(given.env) });
  const start: Host['start'] = (words, env) =>
    daemonOf(name, box.start([KITH, ...words], own_(env)), folder, (text) =>
      appendFileSync(logFile, text),
    );
  return {
    ...{ name, folder, kith, start },
    get machine() {
      return box;
    },
    get cable() {
      return cable;
    },
    get address() {
      return cable.families === 'ipv6' ? (ipv6On(cable) as string) : cable.address;
    },
    get daemon() {
      return daemon;
    },
    async json<Document>(...words: string[]) {
      const { code, out, err } = await kith([...words, '--json']);
      if (code !== 0) throw new Error(`${name}: kith ${words.join(' ')}: ${code}: ${out}${err}`);
      return JSON.parse(out.trimEnd().split('\n').at(-1) as string) as Document;
    },
    async up(words = [], env) {
      daemon = start(['up', '--json', ...words], env);
      await daemon.until('running');
      return daemon;
    },
    ping: (target, given) => ping(box, target, given),
    async off() {
      await box.off();
      await cable.unplug();
    },
    async on() {
      [box, cable] = await plug(cable.lan, cable.address);
    },
    log: () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : ''),
  };
}

let isBuilt = false;

function assertBuilt(): void {
  if (isBuilt) return;
  const ready = spawnSync('sh', [join(ROOT, 'src/boot/ready.sh')], { encoding: 'utf8' });
  if (ready.status !== 0) throw new Error(`kith could not be built: ${ready.stderr}`);
  isBuilt = true;
}
