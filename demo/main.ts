// The demonstration, from its options to its exit code: plays the steps one after the other, lets
// the visitor look around in between, and takes everything away, however it ends.

import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { findTool } from '../src/os/tools.ts';
import { labMissing } from '../test/lab/machine.ts';
import { NAMES, type Stage, openStage } from './stage.ts';
import { FIRST, JOB, LAST, type Step } from './steps.ts';
import { transcriptOn } from './transcript.ts';
import { visit } from './visit.ts';

const HELP = `npm run demo -- [--headless | --shell HOST]

Three hosts in network namespaces of this machine, with the kith of this clone and real WireGuard:
a network is founded, two machines join by code, the second gets an operator of its own, a job runs
on another one, the network is cut, both sides write, it heals, and all hold the same.

  (nothing)      tells the set-up, then opens the terminal UI on the first host; leaving it goes on
  --shell HOST   the same with a shell on attic, barn or cellar
  --headless     all of it without a person: a transcript on stdout

Ends with 0 when all was shown; 1 when not, and the last line names the steps; 2 for wrong use; 3
where this machine cannot have such hosts. Nothing is left behind.
`;

const CODES = { shown: 0, failed: 1, wrongUse: 2, cannot: 3 };
/** What a shell adds to the number of a signal. */
const BY_SIGNAL = 128;

const out = transcriptOn(process.stdout);
process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const options = optionsIn(words);
  if (typeof options === 'string') return complain(options, CODES.wrongUse);
  if (options.help) {
    process.stdout.write(HELP);
    return CODES.shown;
  }
  const missing = findTool('script') === null ? 'it lacks script' : labMissing();
  if (missing !== null) return complain(elsewhere(missing), CODES.cannot);
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  if (!options.headless && !isTerminal) {
    return complain('there is no terminal here: say --headless', CODES.wrongUse);
  }
  const opening = openStage();
  const stopping = closedBySignal(opening);
  const stage = await opening;
  const between = options.headless ? [] : [visit(options.shell)];
  const unshown = await played(stage, [...FIRST, ...between, ...LAST], stopping);
  await stage.close();
  out.say(
    unshown.length === 0
      ? 'All of it was shown. The three hosts are gone, and nothing of them is left.'
      : `Not shown: ${unshown.join(', ')}.`,
  );
  return unshown.length === 0 ? CODES.shown : CODES.failed;
}

/** The names of those that were not shown. */
async function played(
  stage: Stage,
  steps: readonly Step[],
  stopping: AbortSignal,
): Promise<readonly string[]> {
  const unshown: string[] = [];
  for (const [at, step] of steps.entries()) {
    out.step(`${at + 1}/${steps.length}`, step.name);
    out.say(step.why);
    try {
      await step.play(stage, out);
    } catch (error) {
      // Its commands died with the hosts: the signal has the last word.
      if (stopping.aborted) await new Promise(() => undefined);
      unshown.push(step.name);
      out.say(`${step.name}: ${error instanceof Error ? error.message : String(error)}`);
      // Nothing that follows stands on it.
      if (step !== JOB) return [...unshown, ...steps.slice(at + 1).map(({ name }) => name)];
    }
  }
  return unshown;
}

/** A signal takes everything away first; what was going on then fails, and is not told. */
function closedBySignal(opening: Promise<Stage>): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) return;
      stopping.abort();
      process.stderr.write('\ndemo: stopped; taking the hosts away\n');
      const code = BY_SIGNAL + constants.signals[signal];
      void opening.then((stage) => stage.close()).finally(() => process.exit(code));
    });
  }
  return stopping.signal;
}

interface Options {
  readonly help: boolean;
  readonly headless: boolean;
  readonly shell: string | null;
}

/** The options, or what is wrong with them. */
function optionsIn(words: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        help: { type: 'boolean', default: false },
        headless: { type: 'boolean', default: false },
        shell: { type: 'string' },
      },
    });
    const { shell = null } = values;
    if (shell !== null && !NAMES.includes(shell)) {
      return `no host is called ${shell}: say one of ${NAMES.join(', ')}`;
    }
    if (shell !== null && values.headless) return 'a shell has no place in --headless';
    return { help: values.help, headless: values.headless, shell };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function elsewhere(missing: string): string {
  return [
    `this machine can have no hosts for a demonstration: ${missing}.`,
    'They need Linux, root or `unshare -Urnm`, and what docs/demo.md names.',
    'What works without: `./kith doctor` says what kith itself lacks here; "Five minutes" in',
    'README.md founds, writes, admits by a ticket, syncs, damages and repairs, as any user and',
    'without a mesh; docs/demo.md holds a transcript of the demonstration.',
  ].join('\n');
}

function complain(text: string, code: number): number {
  process.stderr.write(`demo: ${text}\n`);
  return code;
}
