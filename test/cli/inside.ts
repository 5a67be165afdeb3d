// A command run in this process, as src/cli/run.ts runs it: for tests that need many of them and
// nothing of the process. What leaves it is caught; what is a bug is thrown.

import { defaultFolder } from '../../src/home/folder.ts';
import { parse, wantsJson } from '../../src/cli/args.ts';
import { EXITS, type Exit } from '../../src/cli/exit.ts';
import { type Printer, type Streams, printerTo } from '../../src/cli/print.ts';
import { complaintOfThrown } from '../../src/cli/sentences.ts';
import type { Ran } from './ledgers.ts';

export async function kithInside(words: readonly string[]): Promise<Ran> {
  let [out, err] = ['', ''];
  const streams = {
    out: { write: (text: string) => (out += text) },
    err: { write: (text: string) => (err += text) },
  } as unknown as Streams;
  const print = printerTo(streams, {}, wantsJson(words));
  const exit = await exitOf(words, print);
  return { code: EXITS[exit].code, signal: null, out, err };
}

async function exitOf(words: readonly string[], print: Printer): Promise<Exit> {
  const parsed = parse(words, defaultFolder({ KITH_DIR: '/nowhere' }));
  if (parsed.kind === 'wrong') {
    print.complain(parsed.complaint);
    return parsed.complaint.exit;
  }
  if (parsed.kind !== 'run') throw new Error(`a ${parsed.kind} is for ./kith itself`);
  try {
    const { run } = await parsed.call.command.load();
    return await run(parsed.call, print);
  } catch (thrown) {
    const complaint = complaintOfThrown(thrown);
    if (complaint.exit === 'bug') throw thrown;
    print.complain(complaint);
    return complaint.exit;
  }
}
