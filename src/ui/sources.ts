// Where the facts of the screens come from: the daemon, asked again and again; commands, run again
// when the files of this machine have changed; and the daemon's events. Only what is wanted is
// asked for, and each at most once at a time.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Known, Want } from '../../tui/facts.ts';
import type { Input } from '../../tui/effects.ts';
import type { Complaint } from '../../tui/commands.ts';
import { askDaemon, daemonEvents } from '../daemon/client.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import { type Program, startCommand } from './program.ts';
import { LOOK_MS, RETRY_MS } from './limits.ts';

export interface Sources {
  want(wants: readonly Want[]): void;
  refresh(wants: readonly Want[]): void;
  close(): void;
}

interface Source<Name extends Want> {
  /** Again after so long; null: when the files of this machine have changed. */
  readonly everyMs: number | null;
  readonly ask: (program: Program) => Promise<Known[Name]>;
}

type Table = { readonly [Name in Want]: Source<Name> };

const TABLE: Table = {
  status: { everyMs: 1_000, ask: ({ folder }) => askDaemon(folder, 'status', undefined) },
  nodes: {
    everyMs: 2_000,
    ask: async ({ folder }) => (await askDaemon(folder, 'nodes', undefined)).nodes,
  },
  peers: {
    everyMs: 2_000,
    ask: async ({ folder }) => (await askDaemon(folder, 'peers', undefined)).peers,
  },
  works: { everyMs: 2_000, ask: ({ folder }) => askDaemon(folder, 'works', undefined) },
  hosting: { everyMs: 3_000, ask: ({ folder }) => askDaemon(folder, 'workReady', undefined) },
  images: {
    everyMs: 5_000,
    ask: ({ folder }) => askDaemon(folder, 'images', undefined),
  },
  home: { everyMs: null, ask: last(['status']) },
  members: { everyMs: null, ask: last(['ledger', 'state']) },
  roster: { everyMs: null, ask: last(['nodes']) },
  log: { everyMs: null, ask: (program) => documentsOf(program, ['ledger', 'log']) as never },
  staged: { everyMs: null, ask: last(['staged']) },
  tickets: { everyMs: null, ask: last(['ticket', 'list']) },
  candidates: { everyMs: 4_000, ask: last(['candidates']) },
};

interface Due {
  asking: boolean;
  /** Asked for again while it was being asked. */
  again: boolean;
  timer: NodeJS.Timeout | null;
  /** The mark of the files at the last time. */
  mark: string | null;
}

export interface Reporter {
  (input: Input): void;
}

export function openSources(
  program: Program,
  report: Reporter,
  complaintOf: (thrown: unknown) => Complaint,
): Sources {
  const due = new Map<Want, Due>();
  let wanted: ReadonlySet<Want> = new Set();
  let isClosed = false;
  const ending = new AbortController();

  const ask = async (name: Want): Promise<void> => {
    const state = stateOf(due, name);
    if (state.asking) {
      state.again = true;
      return;
    }
    if (state.timer !== null) clearTimeout(state.timer);
    state.asking = true;
    state.mark = markOf(program.folder);
    let isGood = true;
    try {
      const value = await TABLE[name].ask(program);
      if (!isClosed) report({ in: 'told', want: name, value } as Input);
    } catch (thrown) {
      isGood = false;
      if (!isClosed) report({ in: 'untold', want: name, ...faultOf(thrown, complaintOf) });
    }
    state.asking = false;
    if (isClosed || !wanted.has(name)) return;
    const { everyMs } = TABLE[name];
    const afterMs = state.again ? 0 : (everyMs ?? (isGood ? null : RETRY_MS));
    state.again = false;
    if (afterMs !== null) state.timer = setTimeout(() => void ask(name), afterMs);
  };

  const looking = setInterval(() => {
    const mark = markOf(program.folder);
    for (const name of wanted) {
      const { asking, mark: before } = stateOf(due, name);
      if (TABLE[name].everyMs === null && !asking && mark !== before) void ask(name);
    }
  }, LOOK_MS);
  void follow(program.folder, report, ending.signal);

  return {
    want(wants) {
      const added = wants.filter((name) => !wanted.has(name));
      for (const name of wanted) {
        const { timer } = stateOf(due, name);
        if (!wants.includes(name) && timer !== null) clearTimeout(timer);
      }
      wanted = new Set(wants);
      const mark = markOf(program.folder);
      for (const name of added) {
        const isOld = TABLE[name].everyMs !== null || stateOf(due, name).mark !== mark;
        if (isOld) void ask(name);
      }
    },
    refresh: (wants) => wants.forEach((name) => void ask(name)),
    close() {
      isClosed = true;
      clearInterval(looking);
      ending.abort();
      for (const { timer } of due.values()) if (timer !== null) clearTimeout(timer);
    },
  };
}

function stateOf(due: Map<Want, Due>, name: Want): Due {
  const known = due.get(name);
  if (known !== undefined) return known;
  const state: Due = { asking: false, again: false, timer: null, mark: null };
  due.set(name, state);
  return state;
}

class CommandFault extends Error {
  readonly complaint: Complaint;
  constructor(complaint: Complaint) {
    super(complaint.what);
    this.complaint = complaint;
  }
}

function faultOf(thrown: unknown, complaintOf: (thrown: unknown) => Complaint): Complaint {
  if (thrown instanceof CommandFault) return thrown.complaint;
  const { what, hint } = complaintOf(thrown);
  const code = thrown instanceof DaemonFault ? thrown.code : 'failed';
  return { code, what, hint };
}

/** The one document of a command. */
function last<Value>(words: readonly string[]): (program: Program) => Promise<Value> {
  return async (program) => (await documentsOf(program, words)).at(-1) as Value;
}

function documentsOf(program: Program, words: readonly string[]): Promise<unknown[]> {
  const documents: unknown[] = [];
  return new Promise((resolve, reject) => {
    startCommand(program, words, {
      // What is no document is a note for people.
      said: (more) => documents.push(...more.filter((one) => typeof one === 'object')),
      // Nothing that only looks has anything to ask.
      asked: () => undefined,
      ended: ({ complaint }) =>
        complaint === null ? resolve(documents) : reject(new CommandFault(complaint)),
    });
  });
}

/** Files of which a change means that commands would say something else. */
const WATCHED = ['nodes.jsonl', 'staged.json', 'node.key', 'operator', 'operator/key.json'];

function markOf(folder: string): string {
  return WATCHED.map((name) => {
    const facts = statSync(join(folder, name), { throwIfNoEntry: false });
    return facts === undefined ? '-' : `${facts.size} ${facts.mtimeMs}`;
  }).join(' ');
}

/** The events of whichever daemon runs, as long as the screens are there. */
async function follow(folder: string, report: Reporter, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const { at: atMs, ...event } of daemonEvents(folder, { signal, past: true })) {
        report({ in: 'event', heard: { atMs, event } });
      }
    } catch {
      // `status` says what is wrong with it.
    }
    await new Promise((resolve) => void setTimeout(resolve, RETRY_MS));
  }
}
