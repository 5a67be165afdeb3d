// Running the tools of the system: an argument array, never a line for a shell; a bound on time and
// on what is printed; LC_ALL=C, so that what they say is what we know. What they read on stdin
// comes through a real pipe: Node gives its children sockets, which /dev/stdin cannot open.

import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { monotonicMs } from './clock.ts';
import { TOOL_BYTES_MAX, TOOL_END_MS, TOOL_MS, TOOL_SAID_CHARS_MAX } from './limits.ts';

/** What a root's PATH has, and that of a user often lacks. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/** Copies what it reads into the tool that the other words name. */
const THROUGH_A_PIPE = 'cat | "$@"';

export interface ToolRun {
  /** Null where it was stopped, or never started. */
  readonly status: number | null;
  readonly stdout: Buffer;
  /** The beginning of what it complained of, or why it could not be run. Never what it was fed. */
  readonly said: string;
  readonly tookMs: number;
}

export interface ToolOptions {
  /** Overwritten once the tool has it. */
  readonly stdin?: Uint8Array;
  readonly limitMs?: number;
  /** Nobody waits for it any more: it is stopped. */
  readonly signal?: AbortSignal;
}

/** What a tool was asked that it could not do. */
export class ToolFault extends Error {
  readonly argv: readonly string[];
  readonly said: string;

  constructor(argv: readonly string[], said: string) {
    super(`${argv.slice(0, 3).join(' ')}: ${said}`);
    this.name = 'ToolFault';
    this.argv = argv;
    this.said = said;
  }
}

/** Where a tool is, or null. */
export function findTool(name: string, env: NodeJS.ProcessEnv = process.env): string | null {
  const folders = (env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
  for (const folder of [...folders, ...SYSTEM_FOLDERS]) {
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not there, or not to be run: the next folder.
    }
  }
  return null;
}

/** Runs it to its end. Never rejects: what went wrong is in the answer. */
export function runTool(argv: readonly string[], options: ToolOptions = {}): Promise<ToolRun> {
  const { stdin } = options;
  const [name = '', ...words] = argv;
  const beganMs = monotonicMs();
  const file = findTool(name);
  if (file === null) {
    stdin?.fill(0);
    return Promise.resolve(failedRun(`there is no ${name} on this machine`, 0));
  }
  const [program, args] =
    stdin === undefined ? [file, words] : ['/bin/sh', ['-c', THROUGH_A_PIPE, 'sh', file, ...words]];
  let child: ChildProcess;
  try {
    // A process group of its own: a Ctrl-C for us stops no tool halfway, and all of it can be
    // ended.
    child = spawn(program, args, {
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
  } catch (error) {
    // No memory for another process, for one: that may be otherwise the next time.
    stdin?.fill(0);
    return Promise.resolve(failedRun((error as Error).message, monotonicMs() - beganMs));
  }
  return heardOut(child, { ...options, beganMs });
}

/** What becomes of a tool that was started. */
function heardOut(
  child: ChildProcess,
  { stdin, limitMs = TOOL_MS, signal, beganMs }: ToolOptions & { readonly beganMs: number },
): Promise<ToolRun> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let said = '';
    let stopped = '';
    const stop = (why: string): void => {
      stopped ||= why;
      endGroup(child.pid);
      // One that waits for a driver cannot be killed either: nobody waits for it.
      hopeless ??= setTimeout(letGo, TOOL_END_MS);
    };
    const letGo = (): void => {
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.stdin?.destroy();
      child.unref();
      resolve(failedRun(stopped, monotonicMs() - beganMs));
    };
    let hopeless: NodeJS.Timeout | undefined;
    const timer = setTimeout(stop, limitMs, `it took longer than ${limitMs} ms`);
    const drop = (): void => stop('it was not waited for');
    if (signal?.aborted === true) drop();
    signal?.addEventListener('abort', drop);
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > TOOL_BYTES_MAX) stop('it printed too much');
      else chunks.push(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      if (said.length < TOOL_SAID_CHARS_MAX) said += chunk.toString('utf8');
    });
    const over = (): void => {
      clearTimeout(timer);
      clearTimeout(hopeless);
      signal?.removeEventListener('abort', drop);
    };
    child.on('error', (error) => {
      over();
      resolve(failedRun(error.message, monotonicMs() - beganMs));
    });
    child.on('close', (status) => {
      over();
      const tookMs = monotonicMs() - beganMs;
      if (stopped !== '') resolve(failedRun(stopped, tookMs));
      else resolve({ status, stdout: joined(chunks), said: firstOf(said), tookMs });
    });
    if (stdin === undefined) return;
    // It may end without reading: that is its own complaint, not ours.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(stdin, () => stdin.fill(0));
  });
}

/** What it printed, or a ToolFault where it did not end with 0. */
export async function needTool(
  argv: readonly string[],
  options: ToolOptions = {},
): Promise<Buffer> {
  const run = await runTool(argv, options);
  if (run.status === 0) return run.stdout;
  const said = run.said === '' ? `it ended with ${run.status ?? 'a signal'}` : run.said;
  throw new ToolFault(argv, said);
}

function failedRun(said: string, tookMs: number): ToolRun {
  return { status: null, stdout: Buffer.alloc(0), said, tookMs };
}

/** One buffer; the chunks may hold a secret of the tool and do not outlive it. */
function joined(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const whole = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  return whole;
}

function firstOf(said: string): string {
  return said.trim().slice(0, TOOL_SAID_CHARS_MAX);
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
