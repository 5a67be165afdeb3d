// The command line from its words to its exit code: parses, runs, and turns whatever goes wrong
// into two lines. A fault of kith's own is one line more than that only with KITH_DEBUG=1.

import { defaultFolder } from '../home/folder.ts';
import { parse, wantsJson } from './args.ts';
import { closeAsker, takeAsker } from './asker.ts';
import type { Command } from './command.ts';
import { EXITS, type Exit } from './exit.ts';
import { type Printer, printerTo } from './print.ts';

/** The code of a command: its own, or in the process of a ceremony the part that runs there. */
export type CodeOf = (command: Command) => ReturnType<Command['load']>;

/** Runs the words; the process ends by itself, with the code of the command. */
export async function main(
  words: readonly string[],
  codeOf: CodeOf = (command) => command.load(),
): Promise<void> {
  const print = printerTo(
    { out: process.stdout, err: process.stderr },
    process.env,
    wantsJson(words),
  );
  endQuietlyWhenUnread();
  const report = (thrown: unknown): Promise<void> => complain(print, thrown);
  process.on('uncaughtException', (thrown) => void report(thrown).then(() => process.exit()));
  try {
    takeAsker(process.env);
    process.exitCode = EXITS[await dispatch(words, print, codeOf)].code;
  } catch (thrown) {
    await report(thrown);
  } finally {
    closeAsker();
  }
}

async function dispatch(words: readonly string[], print: Printer, codeOf: CodeOf): Promise<Exit> {
  const parsed = parse(words, defaultFolder(process.env));
  switch (parsed.kind) {
    case 'wrong':
      print.complain(parsed.complaint);
      return parsed.complaint.exit;
    case 'help': {
      const { printHelp } = await import('./help.ts');
      return printHelp(parsed.path, print);
    }
    case 'version': {
      const { printVersion } = await import('./commands/version.ts');
      return printVersion(print);
    }
    case 'run': {
      const { run } = await codeOf(parsed.call.command);
      return run(parsed.call, print);
    }
  }
}

async function complain(print: Printer, thrown: unknown): Promise<void> {
  const { complaintOfThrown } = await import('./sentences.ts');
  const complaint = complaintOfThrown(thrown);
  print.complain(complaint);
  if (complaint.exit === 'bug' && process.env['KITH_DEBUG'] === '1') {
    print.note(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  }
  process.exitCode = EXITS[complaint.exit].code;
}

/** `kith ledger log | head`: who reads no further wants no error either. */
function endQuietlyWhenUnread(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(EXITS['closed-pipe'].code);
      throw error;
    });
  }
}
