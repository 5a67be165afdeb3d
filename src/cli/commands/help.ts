// `kith help`, `kith help WORDS`.

import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { printHelp } from '../help.ts';
import type { Printer } from '../print.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  return printHelp(call.values('command'), print);
}
