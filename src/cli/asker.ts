// Who is asked in place of a person at a terminal: the program that has started this command and
// has said by KITH_ASK_FD where it listens. One question at a time, in the shapes of
// proto/questions.ts. Whoever starts a process decides about it anyhow; nobody else can set this.
// Spec: docs/daemon.md, "Questions of commands".

import { fstatSync } from 'node:fs';
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { assert } from '../../proto/assert.ts';
import {
  ANSWER_BYTES_MAX,
  QUESTION_LINES_MAX,
  QUESTION_TEXT_CHARS_MAX,
} from '../../proto/limits.ts';
import {
  type Answer,
  type Ask,
  type Question,
  type Step,
  type Unasked,
  readAnswer,
} from '../../proto/questions.ts';
import { type Terminal, openTerminal } from '../keys/terminal.ts';
import { Stop, wrongUse } from './complaint.ts';
import { plain } from './print.ts';

export const ASK_FD = 'KITH_ASK_FD';
const READ_BYTES = 1_024;
const NEWLINE = 0x0a;

interface Asker {
  readonly fd: number;
  socket: Socket | null;
  lastId: number;
  /** Takes bytes of the answer, or null when none can come; whether it wants more. */
  take: (bytes: Uint8Array | null) => boolean;
}

const idle: Asker['take'] = () => false;

let asker: Asker | null = null;

/** Takes the word out of the environment: no process that is started here shall find it there. */
export function takeAsker(env: NodeJS.ProcessEnv): void {
  const named = env[ASK_FD];
  if (named === undefined) return;
  delete env[ASK_FD];
  const fd = /^[0-9]{1,4}$/.test(named) ? Number(named) : -1;
  if (fd < 3 || !isSocket(fd)) {
    const hint = 'start kith with an open socket there, or without the variable';
    throw new Stop(wrongUse(`${ASK_FD}=${plain(named)}, which names no socket`, hint));
  }
  asker = { fd, socket: null, lastId: 0, take: idle };
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}

export function hasAsker(): boolean {
  return asker !== null;
}

/** For the process of a ceremony, which asks in place of this one. */
export function askerFd(): number | null {
  return asker?.fd ?? null;
}

/** No question is open any more: the process may end. */
export function closeAsker(): void {
  asker?.take(null);
  asker?.socket?.destroy();
}

/** The answer; null where the person gave up, or where nobody is there any more. */
export async function answerTo<Kind extends Ask>(unasked: Unasked<Kind>): Promise<Answer<Kind>> {
  assert(asker !== null, 'only an asker is asked');
  const question = { ...shown(unasked), id: ++asker.lastId } as unknown as Question<Kind>;
  const line = await exchange(asker, `${JSON.stringify(question)}\n`);
  if (line === null) return null;
  const answer = readAnswer(question, line);
  line.fill(0);
  if (answer !== undefined) return answer;
  const { stop } = await import('./sentences.ts');
  return stop('answer-malformed', question.ask);
}

/** Foreign text is in the lines and names: what a screen would act on is spelled out. */
function shown(unasked: Unasked): Record<string, unknown> {
  const entries = Object.entries(unasked).map(([name, value]: [string, unknown]) => {
    if (typeof value === 'string') return [name, fitting(value)];
    const lines = name === 'lines' ? (value as readonly string[]) : null;
    if (lines === null) return [name, value];
    const left = lines.length - QUESTION_LINES_MAX;
    const more = left > 0 ? [`… and ${left + 1} more lines`] : [];
    const kept = left > 0 ? lines.slice(0, QUESTION_LINES_MAX - 1) : lines;
    return [name, [...kept, ...more].map(fitting)];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function fitting(text: string): string {
  return plain(text.replaceAll('\n', ' ')).slice(0, QUESTION_TEXT_CHARS_MAX);
}

/** Sends a line and reads one: its bytes without the end, or null where there is none. */
function exchange(its: Asker, line: string): Promise<Uint8Array | null> {
  const socket = (its.socket ??= opened(its));
  const buffer = new Uint8Array(ANSWER_BYTES_MAX);
  return new Promise((resolve) => {
    let held = 0;
    const settle = (answer: Uint8Array | null): false => {
      its.take = idle;
      socket.unref().pause();
      resolve(answer);
      return false;
    };
    its.take = (bytes) => {
      if (bytes === null) return settle(null);
      const part = bytes.subarray(0, buffer.length - held);
      buffer.set(part, held);
      held += part.length;
      const end = buffer.subarray(0, held).indexOf(NEWLINE);
      // More than one line, or a longer one, is no answer: it goes on whole, and is refused.
      if (end < 0 && held < buffer.length) return true;
      return settle(buffer.subarray(0, end === held - 1 ? end : held));
    };
    if (socket.destroyed) return settle(null);
    socket.ref().resume();
    return socket.write(line);
  });
}

/** Read only while a question is open: another process of this command may ask the next one. */
function opened(its: Asker): Socket {
  // Node knows the option here as it does for a connection; its types do not.
  const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = {
    fd: its.fd,
    onread: {
      buffer: new Uint8Array(READ_BYTES),
      callback: (size, chunk) => {
        const bytes = chunk.subarray(0, size);
        const goesOn = its.take(bytes);
        bytes.fill(0);
        return goesOn;
      },
    },
  };
  const gone = (): void => void its.take(null);
  return new Socket(options).unref().on('end', gone).on('error', gone).on('close', gone);
}

/** For a person who waits: how far the command has come, where somebody listens. */
export function tellStep(step: string, text: string): void {
  if (asker === null) return;
  const socket = (asker.socket ??= opened(asker));
  const told: Step = { tell: 'step', step, text: fitting(text) };
  if (!socket.destroyed) socket.write(`${JSON.stringify(told)}\n`);
}

/** The asker as a terminal: for secrets. Null where neither is there. */
export function openPerson(): Terminal | null {
  if (asker === null) return openTerminal();
  const ask = (question: string, again: boolean): Promise<Uint8Array | null> =>
    answerTo({ ask: 'secret', question, again });
  return {
    say: () => undefined,
    askHidden: (question) => ask(question, false),
    askNew: (question) => ask(question, true),
    close: () => undefined,
  };
}
