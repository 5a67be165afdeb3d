// Two machines that join by the code that each shows, one after the other: the card on the new
// machine, and what the operator types on the one that belongs.

import type { Host } from '../test/lab/host.ts';
import { SAYS_PASSPHRASE, type Stage } from './stage.ts';
import { type Terminal, openTerminal } from './terminal.ts';
import type { Transcript } from './transcript.ts';

export async function pair({ attic, barn, cellar }: Stage, out: Transcript): Promise<void> {
  // Both at once: each shows its code for ten minutes.
  const [first, second] = [join(barn), join(cellar)];
  await first.until(CARD);
  out.prompt(barn, first.line);
  out.show(first.screen());
  await second.until(CARD);
  await out.type(attic, 'kith candidates');
  await admit(attic, first, out);
  out.prompt(cellar, second.line);
  out.show(second.screen());
  await admit(attic, second, out);
}

const CARD = /kith admit (\S+)/;
const CODE = /^ *code +(\S+)/;

function join(host: Host): Terminal {
  return openTerminal(host, 'kith join');
}

async function admit(attic: Host, joining: Terminal, out: Transcript): Promise<void> {
  const [address, code] = [CARD, CODE].map((pattern) => found(joining.screen(), pattern));
  await out.type(attic, `kith admit ${address}`, {
    answers: [
      SAYS_PASSPHRASE,
      { asks: /^Code on the new machine: $/, say: code as string },
      { asks: /\[y\/N\] $/, say: 'y' },
    ],
  });
  const ended = await joining.ended;
  if (ended.code !== 0) throw new Error(`${joining.host.name}: it did not join`);
  // The card is still there; what came after it is the news.
  const at = ended.screen.findIndex((line) => line.startsWith('This machine is'));
  out.say(`On ${joining.host.name}:`);
  out.show(ended.screen.slice(at));
}

function found(lines: readonly string[], pattern: RegExp): string {
  const [match] = lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
  if (match === undefined) throw new Error(`nothing like ${String(pattern)} on the card`);
  return match;
}
