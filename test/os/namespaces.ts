// Network namespaces for tests of the real interface, and their end: what a run that was killed
// left behind is swept up by the next. Not the laboratory (test/lab): no routers, no daemons.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { isRunning } from '../../src/os/machine.ts';
import { findTool } from '../../src/os/tools.ts';

const PREFIX = 'kithwg-';
let count = 0;

/** Why the tests cannot run here, or null. */
export function whyNot(): string | null {
  for (const tool of ['ip', 'wg', 'wireguard-go', 'ping']) {
    if (findTool(tool) === null) return `there is no ${tool} on this machine`;
  }
  if (process.geteuid?.() !== 0) return 'making network namespaces needs root';
  if (!fs.existsSync('/dev/net/tun')) return 'there is no /dev/net/tun on this machine';
  const name = `${PREFIX}${process.pid}-try`;
  const tried = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (tried.status !== 0) return `no network namespace can be made: ${tried.stderr.trim()}`;
  spawnSync('ip', ['netns', 'delete', name]);
  return null;
}

export function makeNamespace(): string {
  const name = `${PREFIX}${process.pid}-${++count}`;
  run('ip', 'netns', 'add', name);
  inside(name, 'ip', 'link', 'set', 'lo', 'up');
  return name;
}

/** Removes the namespaces of this process, and of those that have ended without doing so. */
export function sweepNamespaces(): void {
  const listed = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout;
  for (const [, name = '', pid] of listed.matchAll(/^(kithwg-([0-9]+)-\S+)/gm)) {
    if (Number(pid) !== process.pid && isRunning(Number(pid))) continue;
    const inIt = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).stdout;
    for (const one of inIt.split('\n').filter(Boolean)) endProcess(Number(one));
    spawnSync('ip', ['netns', 'delete', name]);
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

export function run(tool: string, ...words: string[]): string {
  const done = spawnSync(tool, words, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${tool} ${words.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

export function inside(namespace: string, ...argv: string[]): string {
  return run('ip', 'netns', 'exec', namespace, ...argv);
}

/** The pids of the wireguard-go of an interface. */
export function daemonsOf(name: string): number[] {
  return fs
    .readdirSync('/proc')
    .filter((entry) => /^[0-9]+$/.test(entry))
    .filter((pid) => {
      try {
        const words = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return path.basename(words[0] ?? '') === 'wireguard-go' && words.includes(name);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** A program that answers a line for each line, in a namespace. */
export interface Talker {
  readonly process: ChildProcess;
  ask(...words: readonly unknown[]): Promise<unknown>;
  end(): Promise<void>;
}

export function startTalker(namespace: string, script: string, args: readonly string[]): Talker {
  const words = ['netns', 'exec', namespace, process.execPath, script, ...args];
  const child = spawn('ip', words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const waiting: ((line: string) => void)[] = [];
  const output = createInterface({ input: child.stdout });
  output.on('line', (line) => waiting.shift()?.(line));
  output.on('close', () => waiting.splice(0).forEach((answer) => answer('{"error":"ended"}')));
  return {
    process: child,
    ask(...question) {
      return new Promise((resolve, reject) => {
        waiting.push((line) => {
          const { value, error } = JSON.parse(line) as { value?: unknown; error?: string };
          if (error === undefined) resolve(value);
          else reject(new Error(error));
        });
        child.stdin.write(`${JSON.stringify(question)}\n`);
      });
    },
    async end() {
      child.stdin.end();
      await ended;
    },
  };
}
