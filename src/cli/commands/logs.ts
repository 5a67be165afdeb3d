// `kith logs ID`: what work has printed, from the host that has it, each frame held against the
// chain of hashes, and the end of the chain against the receipt. Spec: docs/logs.md, "Reading".

import { setTimeout as pause } from 'node:timers/promises';
import { fromBase64url, sameBytes, toBase64url } from '../../../proto/bytes.ts';
import type { Digest } from '../../../proto/ids.ts';
import { type Mark, unframed } from '../../../work/frames.ts';
import { readReceipt } from '../../../work/receipt.ts';
import { askDaemon } from '../../daemon/client.ts';
import type { LogPart } from '../../daemon/hosting-routes.ts';
import { DaemonFault } from '../../daemon/refusals.ts';
import { nodePlatform } from '../../platform.ts';
import type { Call } from '../command.ts';
import { Stop, wrongUse } from '../complaint.ts';
import type { Exit } from '../exit.ts';
import { frameLine, startMark } from '../log-lines.ts';
import type { Printer } from '../print.ts';
import { stop } from '../sentences.ts';
import { streamsOf, writeFrame } from '../work-output.ts';

/** How long the daemon may wait for more, and how long to wait while nobody answers. */
const WAIT_MS = 10_000;
const AGAIN_MS = 1_000;

/** How far a log was read. */
interface Place {
  readonly part: LogPart;
  readonly mark: Mark;
}

export async function run(call: Call, print: Printer): Promise<Exit> {
  const id = call.needed('id');
  const at = await read(call, print, id);
  if (!at.part.ended) {
    if (print.json) print.item({ ended: false, hash: textOf(at.mark), receipt: null }, () => '');
    return 'ok';
  }
  const said = await signedHash(call.folder, at.part);
  const hash = textOf(at.mark);
  const receipt = said === null ? 'none' : said === hash ? 'agrees' : 'differs';
  if (print.json) print.item({ ended: true, hash, receipt }, () => '');
  if (receipt === 'differs') return print.json ? 'refused' : stop('log-other-hash', hash);
  if (!print.json) {
    print.note(
      receipt === 'agrees'
        ? 'the log has ended, and agrees with the receipt of its host'
        : 'the log has ended; there is no receipt here to hold it against',
    );
  }
  return 'ok';
}

async function read(call: Call, print: Printer, id: string): Promise<Place> {
  const follow = call.flag('follow');
  let at: Place | null = null;
  for (let next = fromIn(call.value('from')); ; ) {
    const part = await partFrom(call.folder, { id, from: next, waitMs: follow ? WAIT_MS : 0 });
    if (part === null) {
      if (at === null || !follow) return stop('not-reached', id);
      await pause(AGAIN_MS);
      continue;
    }
    const isAnew: boolean = at !== null && part.generation !== at.part.generation;
    if (isAnew) {
      print.note('it has been started anew: what it prints begins anew');
      [at, next] = [null, 0];
      continue;
    }
    const mark = printed(part, at, next, print);
    at = { part, mark };
    next = part.next;
    if (part.ended || (!follow && mark.seq === part.seq)) return at;
  }
}

/** Checks a page against what came before it and prints it; answers where it ends. */
function printed(part: LogPart, before: Place | null, asked: number, print: Printer): Mark {
  const { seq, hash, frames, next } = part;
  const from = startMark(seq, hash);
  const broken = (): never => stop('log-broken', `at frame ${seq}`);
  if (from === null || seq < asked) {
    // Nothing of it is there yet behind the frame that was asked for.
    return from === null || before !== null || seq !== next ? broken() : from;
  }
  if (before?.mark.seq === seq && !sameBytes(before.mark.hash, from.hash)) return broken();
  const bytes = fromBase64url(frames) ?? broken();
  const { frames: all, after, rest } = unframed(from, bytes, nodePlatform);
  if (print.json && before === null) {
    const { host, id, generation } = part;
    print.item({ host, id, generation, seq, hash }, () => '');
  }
  if (seq > asked) {
    // A saved log has no gap: it would have another hash.
    if (print.json && before !== null) return broken();
    print.note(`frames ${asked} to ${seq - 1} are not kept any more, and are left out`);
  }
  const streams = streamsOf(print);
  for (const frame of all) {
    if (print.json) print.item(frameLine(frame), () => '');
    else writeFrame(frame, streams);
  }
  return rest === 'none' && after.seq === next ? after : broken();
}

function textOf({ hash }: Mark): Digest {
  return toBase64url(hash) as Digest;
}

function fromIn(text: string | undefined): number {
  const from = text === undefined ? 0 : Number(text);
  if (Number.isSafeInteger(from) && from >= 0) return from;
  throw new Stop(wrongUse(`--from is no number of a frame: ${text}`, 'say --from 0, or more'));
}

/** Null: nobody answers for it now. */
async function partFrom(
  folder: string,
  asked: { id: string; from: number; waitMs: number },
): Promise<LogPart | null> {
  try {
    return await askDaemon(folder, 'workLog', asked);
  } catch (error) {
    if (error instanceof DaemonFault && error.code === 'not-reached') return null;
    throw error;
  }
}

/** What the host has signed for that generation; null: this node has no such receipt. */
async function signedHash(folder: string, { id, generation }: LogPart): Promise<Digest | null> {
  try {
    const { receipts } = await askDaemon(folder, 'workReceipts', { id });
    const all = receipts.map((one) => readReceipt(one, nodePlatform));
    const its = all.find((one) => one.ok && one.value.generation === generation);
    return its?.ok === true ? its.value.logsHash : null;
  } catch (error) {
    if (error instanceof DaemonFault && error.code === 'no-such-work') return null;
    throw error;
  }
}
