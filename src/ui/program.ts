// A command of the catalogue in a process of its own: what it says as documents, what it asks by
// the socket that it is given, and how it ended. Spec: docs/daemon.md, "Questions of commands".

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import {
  type Answer,
  type Question,
  type Step,
  answerLine,
  readQuestion,
} from '../../proto/questions.ts';
import type { RunEnd } from '../../tui/commands.ts';
import { INTERRUPT_MS, LINE_BYTES_MAX, PORTION } from './limits.ts';

/** The file descriptor by which a command asks. */
const ASK_FD = 3;

export interface ChildListener {
  said(documents: readonly unknown[]): void;
  asked(question: Question | Step): void;
  ended(end: RunEnd): void;
}

export interface Child {
  answer(question: Question, answer: Answer): void;
  /** As Ctrl-C; and where that does not end it, for good. */
  interrupt(): void;
}

/** How this program is started anew: its interpreter and its script. */
export interface Program {
  readonly script: string;
  readonly folder: string;
}

export function startCommand(
  { script, folder }: Program,
  words: readonly string[],
  listener: ChildListener,
): Child {
  const child = spawn(process.execPath, [script, ...withFolder(words, folder)], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, KITH_ASK_FD: String(ASK_FD) },
  });
  const asks = child.stdio[ASK_FD] as Duplex;
  asks.on('error', () => undefined);
  let complaint: RunEnd['complaint'] = null;
  linesOf(child.stdout as Readable, (lines) => {
    const documents = lines.map(documentOf);
    complaint = documents.map(complaintIn).findLast((one) => one !== null) ?? complaint;
    listener.said(documents.map(withoutComplaint).filter((one) => one !== null));
  });
  linesOf(child.stderr as Readable, (lines) => listener.said(lines));
  linesOf(asks, (lines) => {
    for (const line of lines) {
      const question = readQuestion(line);
      // A command that asks what nobody here understands gets no answer, which it takes for a no.
      if (question === null) asks.destroy();
      else listener.asked(question);
    }
  });
  onEnd(child, (exit, why) => {
    const failed = why === null ? complaint : { code: 'not-started', what: why, hint: 'try again' };
    listener.ended({ exit, complaint: failed });
  });
  return {
    answer: (question, answer) => void asks.write(answerLine(question, answer)),
    interrupt() {
      child.kill('SIGINT');
      setTimeout(() => child.kill('SIGKILL'), INTERRUPT_MS).unref();
    },
  };
}

/** A daemon, which outlives the screens; what it tells is added to a file in its folder. */
export function startDaemon({ script, folder }: Program, listener: ChildListener): void {
  const log = openSync(join(folder, 'daemon.log'), 'a', 0o600);
  const child = spawn(process.execPath, [script, 'up', `--dir=${folder}`], {
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  child.unref();
  onEnd(child, (exit, why) => {
    const what = why ?? `the daemon ended with ${exit}`;
    const complaint = { code: 'daemon-ended', what, hint: `its words are in ${folder}/daemon.log` };
    listener.ended({ exit, complaint: exit === 0 ? null : complaint });
  });
}

/** A command that needs the terminal for itself. */
export function lentTo({ script, folder }: Program, words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [script, ...words, `--dir=${folder}`], {
    stdio: 'inherit',
  });
  // Ctrl-C is for the command.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  return new Promise((resolve) => {
    onEnd(child, () => {
      process.off('SIGINT', ignore);
      resolve();
    });
  });
}

function withFolder(words: readonly string[], folder: string): string[] {
  const all = [`--dir=${folder}`, '--json'];
  const at = words.indexOf('--');
  return at < 0 ? [...words, ...all] : [...words.slice(0, at), ...all, ...words.slice(at)];
}

function onEnd(child: ChildProcess, then: (exit: number, why: string | null) => void): void {
  let isOver = false;
  const once = (exit: number, why: string | null): void => {
    if (!isOver) then(exit, why);
    isOver = true;
  };
  child.on('error', ({ message }) => once(1, message));
  child.on('close', (code, signal) =>
    once(code ?? 1, code === null ? `killed by ${signal}` : null),
  );
}

/** Whole lines in portions; a line that is too long ends the stream. */
function linesOf(stream: Readable, take: (lines: string[]) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('error', () => undefined);
  stream.on('data', (part: string) => {
    const lines = (rest + part).split('\n');
    rest = lines.pop() as string;
    if (rest.length > LINE_BYTES_MAX) stream.destroy();
    for (let at = 0; at < lines.length; at += PORTION) take(lines.slice(at, at + PORTION));
  });
  stream.on('end', () => {
    if (rest !== '') take([rest]);
  });
}

function documentOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

/** What a document says beside its complaint; null where that is all of it. */
function withoutComplaint(document: unknown): unknown {
  if (complaintIn(document) === null) return document;
  const { error: _, ...rest } = document as Readonly<Record<string, unknown>>;
  return Object.keys(rest).length === 0 ? null : rest;
}

function complaintIn(document: unknown): RunEnd['complaint'] {
  if (typeof document !== 'object' || document === null || !('error' in document)) return null;
  const { code, what, hint, detail } = document.error as Record<string, unknown>;
  const complaint = { code: String(code), what: String(what), hint: String(hint) };
  if (typeof detail !== 'string' || detail === '') return complaint;
  return { ...complaint, what: `${complaint.what} (${detail})`, detail };
}
