// `kith admit`: starts the process in which the ceremony runs, beside the operator's key. A code
// that was given as a word goes there through a pipe, and off the list of processes.

import { openSync, closeSync } from 'node:fs';
import { hasAsker } from '../asker.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import type { Printer } from '../print.ts';
import { stop } from '../sentences.ts';
import { runCeremony } from '../ceremony/start.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const code = call.value('code');
  if (code !== undefined) process.title = 'kith admit';
  if (!call.flag('yes') && !hasAsker() && !hasTerminal()) return stop('yes-needed');
  const { exit } = await runCeremony({
    ...{ call, json: print.json, without: ['code'], begin: { coded: code !== undefined } },
    input: code === undefined ? 'ours' : { text: code },
  });
  return exit;
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r+'));
    return true;
  } catch {
    return false;
  }
}
