// `kith ui`: the screens. Everything that they do is a command of the catalogue.

import { readCode } from '../../../pairing/code.ts';
import type { CommandRow } from '../../../tui/commands.ts';
import type { CodeSoFar } from '../../../tui/model.ts';
import { machineLabel, userLabel } from '../../os/host-name.ts';
import type { Program } from '../../ui/program.ts';
import { showScreens } from '../../ui/ui.ts';
import { optionsOf } from '../args.ts';
import { CATALOGUE } from '../catalogue.ts';
import type { Call, Command } from '../command.ts';
import type { Exit } from '../exit.ts';
import type { Printer } from '../print.ts';
import { complaintOfThrown, stop } from '../sentences.ts';

export async function run(call: Call, _print: Printer): Promise<Exit> {
  const { stdin, stdout, env } = process;
  if (!stdin.isTTY || !stdout.isTTY) return stop('no-screen');
  // The script of this very process, wherever it was built to.
  const program = { script: process.argv[1] as string, folder: call.folder };
  const screens = showScreens({
    program,
    outside: {
      catalogue: CATALOGUE.map(rowOf),
      names: { machine: machineLabel(), user: userLabel() },
      readCode: codeSoFar,
    },
    complaintOf: (thrown) => ({ ...complaintOfThrown(thrown) }),
    unicode: !call.flag('ascii') && hasUnicode(env),
    colour: !call.flag('no-colour') && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
  });
  if (call.flag('up')) await upUnlessUp(program);
  await screens;
  return 'ok';
}

/** Behind the first picture. Whatever is in its way the screens say, as of each daemon. */
async function upUnlessUp(program: Program): Promise<void> {
  const { findDaemon } = await import('../../daemon/client.ts');
  const { startDaemon } = await import('../../ui/program.ts');
  const isThere = await findDaemon(program.folder).then(
    (daemon) => daemon !== null,
    () => true,
  );
  if (!isThere) startDaemon(program, SILENT);
}

const SILENT = { said: () => undefined, asked: () => undefined, ended: () => undefined };

/** By the locale, as every program does; the console of Linux has half of the signs. */
function hasUnicode(env: NodeJS.ProcessEnv): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return /utf-?8/i.test(locale) && env['TERM'] !== 'linux';
}

function rowOf(command: Command): CommandRow {
  const { path, group, summary, about = [] } = command;
  return {
    path,
    group,
    summary,
    about,
    arguments: command.arguments ?? [],
    options: optionsOf(command),
  };
}

function codeSoFar(typed: string): CodeSoFar {
  const reading = readCode(typed);
  return {
    kind: reading.kind,
    shown: 'shown' in reading ? reading.shown : '',
    missing: reading.kind === 'partial' ? reading.missing : 0,
  };
}
