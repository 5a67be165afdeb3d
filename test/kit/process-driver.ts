// A driver of work that starts real processes, detached, and finds them again: a shell runs the
// command of the job, its output goes into a file that is followed, its exit into another. What it
// has started is counted in `starts`, so that a test sees that nothing ran twice.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { ok, refuse } from '../../proto/result.ts';
import { isRunning, processStart } from '../../src/os/machine.ts';
import type { Ending, Tag } from '../../work/lease.ts';
import type { Driver, LogSink, Order, Running } from '../../src/work/driver.ts';

interface Note {
  readonly tag: Tag;
  readonly pid: number;
  readonly start: string;
  readonly startedAtMs: number;
}

export interface ProcessDriver extends Driver {
  /** Names of what was started, in order, by whichever daemon. */
  starts(): readonly string[];
}

const EVERY_MS = 15;

export function processDriver(base: string, more: Partial<Driver> = {}): ProcessDriver {
  fs.mkdirSync(base, { recursive: true });
  const at = ({ id, generation }: Tag, kind: string): string =>
    join(base, `${id}-${generation}.${kind}`);
  const noteOf = (tag: Tag): Note | null => {
    try {
      return JSON.parse(fs.readFileSync(at(tag, 'note'), 'utf8')) as Note;
    } catch {
      return null;
    }
  };
  const runningOf = (note: Note, log: LogSink | null): Running => {
    const { tag, pid } = note;
    const signal = (name: NodeJS.Signals): void => {
      try {
        process.kill(-pid, name);
      } catch {
        // It has ended.
      }
    };
    let signalled: string | null = null;
    return {
      ...{ tag, startedAtMs: note.startedAtMs, imageId: 'processes' },
      verify: async () => ok({ pid }),
      stats: async () => ({ cpuMs: 1, memMiB: 1, diskMiB: 0 }),
      async stop() {
        signalled = 'SIGTERM';
        signal('SIGTERM');
      },
      async kill() {
        signalled = 'SIGKILL';
        signal('SIGKILL');
      },
      ended: endOf(note, at, log, () => signalled),
      console: async () => null,
      outputs: async (to) => {
        fs.mkdirSync(join(to, 'out'), { recursive: true });
        fs.writeFileSync(join(to, 'out', 'result'), `of ${tag.id}`);
        return [];
      },
    };
  };
  return {
    ...{ kind: 'job', name: 'bubblewrap' },
    probe: async () => ({ usable: true, what: 'processes of a test', checkedAtMs: 0 }),
    estimate: ({ resources: { memMiB, diskMiB } }) => ({ memMiB, diskMiB }),
    prepare: async () => ok(undefined),
    async start({ tag, spec, log }: Order) {
      if (spec.job === undefined) return refuse('start-failed', 'no job');
      const output = fs.openSync(at(tag, 'out'), 'a');
      const [command = 'true'] = spec.job.command;
      const script = `( ${command} ); echo $? > '${at(tag, 'exit')}'`;
      const child = spawn('sh', ['-c', script], {
        ...{ detached: true, stdio: ['ignore', output, output] },
      });
      fs.closeSync(output);
      child.unref();
      const pid = child.pid ?? 0;
      const note = { tag, pid, start: processStart(pid), startedAtMs: Date.now() };
      fs.writeFileSync(at(tag, 'note'), JSON.stringify(note));
      fs.appendFileSync(join(base, 'starts'), `${tag.id}-${tag.generation}\n`);
      return ok(runningOf(note, log));
    },
    async recover(orderOf) {
      const notes = fs.readdirSync(base).filter((name) => name.endsWith('.note'));
      return notes.map((name) => {
        const note = JSON.parse(fs.readFileSync(join(base, name), 'utf8')) as Note;
        return runningOf(note, orderOf(note.tag)?.log ?? null);
      });
    },
    async destroy(tag) {
      const note = noteOf(tag);
      if (note !== null && isAlive(note)) process.kill(-note.pid, 'SIGKILL');
      for (const kind of ['note', 'out', 'exit']) fs.rmSync(at(tag, kind), { force: true });
    },
    close: async () => undefined,
    starts() {
      const file = join(base, 'starts');
      if (!fs.existsSync(file)) return [];
      return fs.readFileSync(file, 'utf8').trim().split('\n');
    },
    ...more,
  };
}

function isAlive({ pid, start }: Note): boolean {
  return isRunning(pid) && processStart(pid) === start;
}

/** Follows its output from where the log is, until it has ended. */
async function endOf(
  note: Note,
  at: (tag: Tag, kind: string) => string,
  log: LogSink | null,
  signalled: () => string | null,
): Promise<Ending> {
  for (;;) {
    const wasAlive = isAlive(note);
    const file = at(note.tag, 'out');
    const bytes = fs.existsSync(file) ? fs.readFileSync(file) : Buffer.alloc(0);
    await log?.write('out', bytes.subarray(log.written('out')));
    if (!wasAlive) break;
    await new Promise((resolve) => void setTimeout(resolve, EVERY_MS));
  }
  const exitFile = at(note.tag, 'exit');
  const exit = fs.existsSync(exitFile) ? Number(fs.readFileSync(exitFile, 'utf8')) : null;
  const signal = exit === null ? (signalled() ?? 'SIGKILL') : null;
  return { exit, signal, oom: null, endedAtMs: Date.now() };
}
