// One machine of the laboratory: a shell that is the first process of namespaces of its own. It
// ends when the pipe from its maker closes, however the maker ended, and the kernel ends everything
// in it with it: daemons, tunnels, interfaces, mounts. So nothing has to be cleaned up by name.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** After so long it is killed, and the answer is a rejection. */
  readonly limitMs?: number;
  /** True: only the network is the machine's; files and process numbers are those of the maker. */
  readonly beside?: boolean;
}

export interface Machine {
  readonly name: string;
  /** Of the first process, as the maker sees it. */
  readonly pid: number;
  /** A program in the machine; it is killed when its caller is gone. */
  start(argv: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess;
  run(argv: readonly string[], options?: RunOptions): Promise<Ran>;
  /** The same, where anything but 0 is an error: what it printed. */
  must(argv: readonly string[], options?: RunOptions): Promise<string>;
  /** Without power, at once: what was written stays, nothing says goodbye. */
  off(): Promise<void>;
  readonly isOn: boolean;
}

/** What a machine can be without, as real ones are. */
export type Lack = 'ipv6' | 'tunnel' | 'wireguard-go';

export interface MachineOptions {
  readonly lacks?: readonly Lack[];
  /**
   * True: another machine id and host name than the maker's, so that keys of one are clones there.
   */
  readonly own?: boolean;
}

const WHOLE = ['--mount', '--net', '--pid', '--uts', '--ipc'];
const LIMIT_MS = 60_000;

// /run and /etc are the machine's own: the sockets of tunnels, hosts, resolv.conf. Bash reaps what
// is orphaned in its process namespace.
const FIRST = `
set -e
mount -t tmpfs -o mode=755 lab /run
mkdir -p /run/etc /run/lock /run/netns
cp -a /etc/. /run/etc 2>/dev/null || true
mount --bind /run/etc /etc
rm -f /etc/resolv.conf /etc/hosts
: > /etc/resolv.conf
printf '127.0.0.1 localhost\\n::1 localhost\\n' > /etc/hosts
ip link set lo up
`;

const LACKING: Readonly<Record<Lack, string>> = {
  ipv6: 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6',
  tunnel: 'mount -t tmpfs lab /dev/net',
  'wireguard-go': 'mount --bind /dev/null "$(command -v wireguard-go)"',
};

const LAST = `
echo ready
while read -r _; do :; done
`;

export async function machine(name: string, options: MachineOptions = {}): Promise<Machine> {
  const own = options.own === true ? ownNames(name) : '';
  const script = [FIRST, own, ...(options.lacks ?? []).map((lack) => LACKING[lack]), LAST];
  const maker = spawn(
    'unshare',
    [...WHOLE, '--fork', '--kill-child', '--mount-proc', 'bash', '-c', script.join('\n')],
    { stdio: ['pipe', 'pipe', 'pipe'], env: environment({}) },
  );
  let isOn = true;
  const ended = new Promise<void>((resolve) => void maker.once('close', () => resolve()));
  void ended.then(() => (isOn = false));
  maker.stdin.on('error', () => undefined);
  await readyLine(name, maker);
  const pid = onlyChildOf(maker.pid as number);

  const start: Machine['start'] = (argv, env) => entering(pid, WHOLE, argv, env);
  const run: Machine['run'] = (argv, given = {}) => {
    const child = entering(pid, given.beside === true ? ['--net'] : WHOLE, argv, given.env);
    return outcome(`${name}: ${argv.join(' ')}`, child, given);
  };
  return {
    ...{ name, pid, start, run },
    async must(argv, given) {
      const { code, out, err } = await run(argv, given);
      if (code !== 0) throw new Error(`${name}: ${argv.join(' ')}: ${code}: ${err}${out}`);
      return out;
    },
    async off() {
      maker.kill('SIGKILL');
      await ended;
    },
    get isOn() {
      return isOn;
    },
  };
}

function ownNames(name: string): string {
  return `hostname ${name}; printf '%s' ${name} | md5sum | cut -c1-32 > /etc/machine-id`;
}

/** A program in these namespaces of a machine, which dies with its caller. */
function entering(
  pid: number,
  which: readonly string[],
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  const words = ['--target', String(pid), ...which, 'setpriv', '--pdeathsig', 'KILL', ...argv];
  return spawn('nsenter', words, { stdio: ['pipe', 'pipe', 'pipe'], env: environment(env) });
}

function environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const path = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;
  return { ...process.env, PATH: path, LC_ALL: 'C', ...more };
}

function readyLine(name: string, child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let err = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.stdout?.once('data', () => resolve());
    child.once('error', reject);
    child.once('close', () => reject(new Error(`${name} did not start: ${err}`)));
  });
}

function onlyChildOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
}

async function outcome(
  what: string,
  child: ChildProcess,
  { input = '', limitMs = LIMIT_MS }: RunOptions,
): Promise<Ran> {
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdin?.on('error', () => undefined).end(input);
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${what}: not done after ${limitMs} ms: ${out}${err}`));
    }, limitMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(limit);
      resolve({ code, out, err });
    });
  });
}

/** Why there can be no laboratory on this machine, or null. */
export function labMissing(): string | null {
  const lacking = TOOLS.filter(([probe, ...words]) => !works(probe as string, words));
  if (lacking.length > 0) return `it lacks ${lacking.map(([tool]) => tool).join(', ')}`;
  if (!works('unshare', [...WHOLE, '--fork', '--mount-proc', 'true'])) {
    return 'it allows no namespaces: be root, or run it under `unshare -Urnm`';
  }
  const nft = ['--net', 'nft', 'add table ip lab'];
  if (!works('unshare', nft)) return 'its kernel has no nftables';
  if (!works('sh', ['-c', 'test -c /dev/net/tun && : <>/dev/net/tun']))
    return 'it cannot open /dev/net/tun';
  return null;
}

const TOOLS = [
  ['unshare', '--version'],
  ['nsenter', '--version'],
  ['setpriv', '--version'],
  ['bash', '--version'],
  ['perl', '-MTime::HiRes', '-e', '1'],
  ['ip', '-V'],
  ['bridge', '-V'],
  ['nft', '--version'],
  ['ping', '-V'],
  ['pgrep', '--version'],
  ['wg', '--version'],
  ['wireguard-go', '--version'],
] as const;

function works(tool: string, words: readonly string[]): boolean {
  try {
    execFileSync(tool, words, { stdio: 'ignore', env: environment({}) });
    return true;
  } catch {
    return false;
  }
}
