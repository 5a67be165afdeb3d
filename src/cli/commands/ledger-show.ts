// `kith ledger show ID`: one record whole, and what it stands on.

import type { Decoded } from '../../../ledger/record.ts';
import { draftJson } from '../../../ledger/record.ts';
import { VOIDS } from '../../../ledger/refusals.ts';
import { verdictOn } from '../../../ledger/voids.ts';
import type { RecordId } from '../../../proto/ids.ts';
import { isRecordId } from '../../../proto/ids.ts';
import type { HomeLedger } from '../../home/ledger.ts';
import { nowMs } from '../../os/clock.ts';
import type { Call } from '../command.ts';
import { deedOf, kindOf } from '../deeds.ts';
import type { Exit } from '../exit.ts';
import { namesAt, withHome } from '../home.ts';
import type { NameOf } from '../names.ts';
import type { Printer } from '../print.ts';
import { stop } from '../sentences.ts';
import { columnsOf } from '../table.ts';
import { claimedText } from '../../../proto/when.ts';

/** Beyond so many records who cites one is not looked for: that reads the whole file. */
const CITING_RECORDS_MAX = 200_000;
/** Ids named where the start of one fits several. */
const NAMED_MAX = 5;

export async function run(call: Call, print: Printer): Promise<Exit> {
  const start = call.needed('id').replace(/…$/, '');
  return withHome<Exit>(call.folder, { write: false }, async (home) => {
    const record = find(home, start);
    const code = verdictOn(home.replica, record);
    const nameOf = namesAt(home);
    const citedBy = home.store.records > CITING_RECORDS_MAX ? null : citing(home, record.id);
    const { ledger, author, seq, prev, auth, refs, ts, body } = draftJson(record);
    print.result(
      {
        id: record.id,
        ledger,
        author,
        name: nameOf(record.author),
        seq,
        prev,
        auth,
        refs,
        ts,
        kind: kindOf(record.act),
        body,
        sig: record.sig,
        what: deedOf(record, nameOf),
        void: code !== null,
        ...(code === null ? {} : { code, why: VOIDS[code].what }),
        citedBy: citedBy?.map(({ id }) => id) ?? null,
        line: record.line,
      },
      () => page(record, { home, nameOf, print, citedBy }),
    );
    return 'ok';
  });
}

/** The record of an id or of the start of one. */
function find({ store }: HomeLedger, start: string): Decoded {
  if (isRecordId(start)) {
    const record = store.find(start);
    return record ?? stop('no-such-record', start);
  }
  if (!/^[A-Za-z0-9_-]{1,43}$/.test(start)) return stop('no-such-record', start);
  const found: Decoded[] = [];
  for (const batch of store.linesFrom(0)) {
    for (const { record } of batch) if (record.id.startsWith(start)) found.push(record);
    if (found.length > NAMED_MAX) break;
  }
  const [record, ...others] = found;
  if (record === undefined) return stop('no-such-record', start);
  if (others.length === 0) return record;
  const ids = found.slice(0, NAMED_MAX).map(({ id }) => id);
  return stop('ambiguous-id', ids.join(' '));
}

function citing({ store }: HomeLedger, id: RecordId): Decoded[] {
  const found: Decoded[] = [];
  for (const batch of store.linesFrom(0)) {
    for (const { record } of batch) {
      if (record.auth.includes(id) || record.refs.includes(id)) found.push(record);
    }
  }
  return found;
}

interface Setting {
  readonly home: HomeLedger;
  readonly nameOf: NameOf;
  readonly print: Printer;
  readonly citedBy: readonly Decoded[] | null;
}

function page(record: Decoded, { home, nameOf, print, citedBy }: Setting): string[] {
  const { style } = print;
  const code = verdictOn(home.replica, record);
  const { author, seq, ts, prev, auth, refs } = record;
  const about = (id: string): string => {
    const cited = id === '' ? null : home.store.find(id as RecordId);
    if (cited === null) return `${id} (not held here)`;
    return `${id}  ${nameOf(cited.author)}: ${deedOf(cited, nameOf)}`;
  };
  const verdict =
    code === null ? style.green('it counts') : style.yellow(`void: ${VOIDS[code].what} (${code})`);
  const rows: [string, string][] = [
    ['id', record.id],
    ['kind', kindOf(record.act)],
    ['author', `${nameOf(author)}  ${style.dim(author)}`],
    ['number', String(seq)],
    ['claimed', `${claimedText(ts, nowMs())} UTC`],
    ['verdict', verdict],
  ];
  if (prev !== '') rows.push(['follows', about(prev)]);
  for (const id of auth) rows.push(['relies on', about(id)]);
  for (const id of refs) rows.push(['refers to', about(id)]);
  for (const one of citedBy ?? []) rows.push(['cited by', about(one.id)]);
  if (citedBy === null) rows.push(['cited by', 'not looked for in a ledger of this size']);
  return [
    `${style.bold(nameOf(author))}: ${deedOf(record, nameOf)}`,
    '',
    ...columnsOf(rows, { indent: 2 }),
    '',
    ...JSON.stringify(draftJson(record)['body'], null, 2)
      .split('\n')
      .map((line) => `  ${line}`),
    '',
    record.line,
  ];
}
