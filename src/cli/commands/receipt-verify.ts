// `kith receipt verify`: a receipt held against its signature, its own hash, a saved log, files and
// the ledger, without asking anybody else. Spec: docs/logs.md, "Verifying".

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { stateOf } from '../../../ledger/replica.ts';
import type { Receipt, SignedDocument } from '../../../work/documents.ts';
import { RECEIPT_BYTES_MAX } from '../../../work/limits.ts';
import { RECEIPTS_KEPT_MAX } from '../../../work/owner-limits.ts';
import { readReceipt } from '../../../work/receipt.ts';
import { askDaemon } from '../../daemon/client.ts';

import { nodePlatform } from '../../platform.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { plainFile } from '../file.ts';
import { tryHome } from '../home.ts';
import { type LogRead, readLogFile } from '../log-lines.ts';
import { short } from '../names.ts';
import { type Printer, plain } from '../print.ts';
import { stop, unwrap } from '../sentences.ts';
import { columnsOf } from '../table.ts';
import { counted } from '../../../proto/when.ts';

/** `unchecked`: there is nothing here to hold it against. */
interface Verdict {
  readonly id: string;
  readonly generation: number;
  readonly host: string;
  readonly executionHash: string;
  readonly signature: 'good';
  readonly member: 'yes' | 'removed' | 'unchecked';
  readonly log: 'good' | 'unchecked';
  readonly outputs: 'good' | 'unchecked';
}

export async function run(call: Call, print: Printer): Promise<Exit> {
  const receipt = unwrap(readReceipt(await signedFrom(call), nodePlatform));
  const { logs, outputs } = { logs: call.value('logs'), outputs: call.value('outputs') };
  const log = logs === undefined ? null : await readLogFile(logs);
  if (log !== null && log.hash !== receipt.logsHash) stop('log-other-hash', log.hash);
  if (outputs !== undefined) await checkOutputs(receipt, outputs);
  const { id, generation, host, executionHash } = receipt;
  const verdict: Verdict = {
    ...{ id, generation, host, executionHash, signature: 'good' },
    member: await memberOf(call.folder, receipt),
    log: log === null ? 'unchecked' : 'good',
    outputs: outputs === undefined ? 'unchecked' : 'good',
  };
  print.result(verdict, () => linesOf(receipt, verdict, log));
  return 'ok';
}

/** The last one of a file, or of work that was placed from here. */
async function signedFrom(call: Call): Promise<SignedDocument> {
  const named = call.needed('receipt');
  if (!existsSync(named)) {
    const { receipts } = await askDaemon(call.folder, 'workReceipts', { id: named });
    return receipts.at(-1) ?? stop('no-receipt', named);
  }
  const path = plainFile(named);
  if (statSync(path).size > RECEIPT_BYTES_MAX * (RECEIPTS_KEPT_MAX + 1))
    return stop('no-receipt', path);
  return signedIn(readFileSync(path, 'utf8')) ?? stop('no-receipt', path);
}

/** As a host keeps it, or as `kith receipt show --json` prints several. */
function signedIn(text: string): SignedDocument | null {
  try {
    const read: unknown = JSON.parse(text);
    const { receipts } = (read ?? {}) as { readonly receipts?: unknown };
    const one: unknown = Array.isArray(receipts) ? receipts.at(-1) : read;
    const { document, signature } = (one ?? {}) as Partial<Record<keyof SignedDocument, unknown>>;
    const isSigned = typeof document === 'object' && typeof signature === 'string';
    return isSigned ? (one as SignedDocument) : null;
  } catch {
    return null;
  }
}

async function checkOutputs({ outputs }: Receipt, folder: string): Promise<void> {
  for (const [path, digest] of Object.entries(outputs)) {
    // Whatever a receipt calls its outputs, they are looked for below that folder.
    const file = join(folder, posix.normalize(`/${path}`));
    const found = existsSync(file) && statSync(file).isFile() ? await digestOf(file) : null;
    if (found === null) stop('output-other', `${path} is not there`);
    if (found !== digest) stop('output-other', path);
  }
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(file)) hash.update(part as Buffer);
  return hash.digest('base64url');
}

/** A host that was removed since may have been one when it signed: that is said, and no more. */
async function memberOf(folder: string, { host }: Receipt): Promise<Verdict['member']> {
  const state = await tryHome(folder, { write: false }, async ({ replica }) => stateOf(replica));
  if (state === null) return 'unchecked';
  const member = state.members.find(({ key, class: its }) => key === host && its === 'node');
  if (member === undefined) return stop('receipt-stranger', host);
  return member.removed === undefined ? 'yes' : 'removed';
}

const MEMBER_TEXT: Readonly<Record<Verdict['member'], string>> = {
  yes: 'a node of the network, by the ledger here',
  removed: 'a node of the network once, removed since',
  unchecked: 'not checked: there is no ledger here',
};

function linesOf(receipt: Receipt, verdict: Verdict, log: LogRead | null): string[] {
  const { kind, name, id, generation, host, outputs, executionHash } = receipt;
  const files = counted(Object.keys(outputs).length, 'file');
  const before = log !== null && log.from > 0 ? `, from frame ${log.from} on` : '';
  const rows = [
    ['receipt', `${kind} ${name}, ${id}, generation ${generation}`],
    ['signature', `good, of ${short(host)}`],
    ['execution', `${executionHash}: what the receipt says`],
    ['host', MEMBER_TEXT[verdict.member]],
    ['log', log === null ? 'not checked: --logs' : `the one that was signed${before}`],
    ['outputs', verdict.outputs === 'good' ? `${files}, as signed` : 'not checked: --outputs'],
  ];
  return columnsOf(rows.map((row) => row.map(plain)));
}
