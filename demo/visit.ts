// The step that belongs to the visitor: the terminal UI on the first host, or a shell on any, at
// the visitor's own terminal until it is left.

import { spawn, spawnSync } from 'node:child_process';
import type { Host } from '../test/lab/host.ts';
import { runClock } from './job.ts';
import { PASSPHRASE } from './stage.ts';
import type { Step } from './steps.ts';
import { environmentOf } from './terminal.ts';

const ENTER = ['--mount', '--net', '--pid', '--uts', '--ipc', 'setpriv', '--pdeathsig', 'KILL'];

/** With a shell on the host of this name; null: with the terminal UI on the first. */
export function visit(shell: string | null): Step {
  const where = shell === null ? 'the terminal UI of kith on attic' : `a shell on ${shell}`;
  return {
    name: 'look around',
    why:
      `This opens ${where}. A job called clock goes on ticking meanwhile. The passphrase of anna ` +
      `is "${PASSPHRASE}". Leave it (${shell === null ? 'F10' : 'exit'}) and the network is cut.`,
    async play(stage, out) {
      await runClock(stage, out);
      out.say('Press Enter.');
      await enterPressed();
      const host = stage.hosts.find(({ name }) => name === shell) ?? stage.attic;
      const words = shell === null ? ['kith', 'ui'] : SHELL;
      const code = await atTerminal(host, words);
      if (shell === null && code !== 0) throw new Error(`kith ui ended with ${code}`);
    },
  };
}

// In a terminal of its own: a shell in another process namespace could not own this one.
const SHELL = ['script', '-qec', 'bash --norc --noprofile', '/dev/null'];

/** Waits for Enter, and leaves the terminal to whoever comes next. */
function enterPressed(): Promise<void> {
  return new Promise((resolve) => {
    process.stdin.once('data', () => {
      process.stdin.pause();
      resolve();
    });
    process.stdin.resume();
  });
}

/** What starts a program in a host at a terminal that is there already. */
export function programOn(
  host: Host,
  words: readonly string[],
): { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  const { NO_COLOR: _, TERM: __, ...own } = environmentOf(host);
  const go = ['sh', '-c', 'cd; exec "$@"', 'sh', ...words];
  const target = ['--target', String(host.machine.pid)];
  return { argv: ['nsenter', ...target, ...ENTER, ...go], env: { ...own, SHELL: '/bin/sh' } };
}

/** Answers how it ended. */
function atTerminal(host: Host, words: readonly string[]): Promise<number | null> {
  const { argv, env: own } = programOn(host, words);
  const env = { ...process.env, ...own, PS1: `${host.name}$ ` };
  const [program, ...rest] = argv as [string, ...string[]];
  const child = spawn(program, rest, { stdio: 'inherit', env });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      // What was killed has not put the terminal back.
      if (code !== 0) spawnSync('stty', ['sane'], { stdio: ['inherit', 'ignore', 'ignore'] });
      resolve(code);
    });
  });
}
