// `kith ledger log`: one line for each record, in the order of the file.

import { membersMeant } from '../../../ledger/find-member.ts';
import type { Decoded } from '../../../ledger/record.ts';
import { VOIDS } from '../../../ledger/refusals.ts';
import { stateOf } from '../../../ledger/replica.ts';
import { verdictOn } from '../../../ledger/voids.ts';
import type { Key } from '../../../proto/ids.ts';
import type { HomeLedger } from '../../home/ledger.ts';
import { nowMs } from '../../os/clock.ts';
import { nodePlatform } from '../../platform.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import { deedOf, kindOf } from '../deeds.ts';
import type { Exit } from '../exit.ts';
import { namesAt, withHome } from '../home.ts';
import { type NameOf, short } from '../names.ts';
import type { Printer } from '../print.ts';
import { stop } from '../sentences.ts';
import { claimedText, isFarOff } from '../../../proto/when.ts';

type Wanted = (record: Decoded) => boolean;

export async function run(call: Call, print: Printer): Promise<Exit> {
  const limit = limitOf(call.value('limit'));
  return withHome<Exit>(call.folder, { write: false }, async (home) => {
    const wanted = filterOf(call, home);
    const skip = limit === null ? 0 : (await count(home, wanted)) - limit;
    const nameOf = namesAt(home);
    let seen = 0;
    for await (const record of recordsOf(home)) {
      if (wanted(record) && seen++ >= skip) printRecord(record, home, nameOf, print);
    }
    if (seen === 0) print.note('No record is like that.');
    return 'ok';
  });
}

function limitOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new Stop(wrongUse(`--limit is no number: ${text}`, 'say --limit 20'));
}

function filterOf(call: Call, home: HomeLedger): Wanted {
  const kind = call.value('kind');
  const author = call.value('author');
  const keys = author === undefined ? null : authorsNamed(author, home);
  return (record) =>
    (keys === null || keys.has(record.author)) &&
    (kind === undefined || kindOf(record.act) === kind);
}

function authorsNamed(text: string, { replica }: HomeLedger): ReadonlySet<Key> {
  const members = membersMeant(stateOf(replica), text, nodePlatform);
  if (members.length > 0) return new Set(members.map(({ key }) => key));
  // A recovery key is nobody's, and somebody without a live admission may have written too.
  const keys = [...replica.books.keys()].filter((key) => text.length >= 4 && key.startsWith(text));
  if (keys.length > 0) return new Set(keys);
  return stop('no-such-member', text);
}

async function count(home: HomeLedger, wanted: Wanted): Promise<number> {
  let found = 0;
  for await (const record of recordsOf(home)) if (wanted(record)) found++;
  return found;
}

/** Records in file order; between two batches a closed pipe or Ctrl-C gets its turn. */
async function* recordsOf({ store }: HomeLedger): AsyncGenerator<Decoded> {
  for (const batch of store.linesFrom(0)) {
    for (const { record } of batch) yield record;
    await new Promise(setImmediate);
  }
}

function printRecord(record: Decoded, home: HomeLedger, nameOf: NameOf, print: Printer): void {
  const { id, author, seq, ts, act } = record;
  const code = verdictOn(home.replica, record);
  const now = nowMs();
  const what = deedOf(record, nameOf);
  const facts = { id, author, name: nameOf(author), seq, kind: kindOf(act), ts };
  const verdict = code === null ? {} : { code, why: VOIDS[code].what };
  print.item({ ...facts, farOff: isFarOff(ts, now), what, void: code !== null, ...verdict }, () => {
    const { style } = print;
    const head = `${style.dim(claimedText(ts, now))}  ${style.dim(short(id))}`;
    const line = `${head}  ${style.bold(nameOf(author))}: ${what}`;
    return code === null ? line : `${line} ${style.yellow(`[void: ${VOIDS[code].what}]`)}`;
  });
}
