// The questions of a command to the program that has started it, and the answers: one JSON line
// each, in closed shapes, the same for both sides. A secret is answered in bytes, which never
// become a text here. Spec: docs/daemon.md, "Questions of commands".

import { concat, textOf, utf8 } from './bytes.ts';
import type { Hardware } from './hardware.ts';
import { QUESTION_LINES_MAX, QUESTION_TEXT_CHARS_MAX } from './limits.ts';
import { isName } from './names.ts';

interface Shapes {
  /** `again`: a new secret, which whoever asks has typed twice. */
  readonly secret: { readonly question: string; readonly again: boolean };
  /** `lines`: what a person has to have read before the answer. */
  readonly confirm: { readonly question: string; readonly lines: readonly string[] };
  readonly line: { readonly question: string };
  /** Name and preset may be changed by the answer; `presets` is what there is to choose from. */
  readonly admission: {
    readonly lines: readonly string[];
    readonly name: string;
    readonly fingerprint: string;
    readonly preset: string;
    readonly presets: readonly string[];
    /** The preset that the machine asks for. */
    readonly role: string;
    readonly hardware: Hardware;
    /** The node in whose place it comes. */
    readonly replaces: string | null;
  };
  /** For another code, within so many seconds. */
  readonly key: { readonly question: string; readonly seconds: number };
}

export type Ask = keyof Shapes;
export type Unasked<Kind extends Ask = Ask> = Kind extends Ask
  ? { readonly ask: Kind } & Shapes[Kind]
  : never;
export type Question<Kind extends Ask = Ask> = Kind extends Ask
  ? { readonly ask: Kind; readonly id: number } & Shapes[Kind]
  : never;
/** What is only told: how far a command has come. It has no answer. */
export interface Step {
  readonly tell: 'step';
  readonly step: string;
  readonly text: string;
}

export interface Answers {
  readonly secret: Uint8Array;
  readonly confirm: boolean;
  readonly line: string;
  readonly admission: { readonly name: string; readonly preset: string } | false;
  readonly key: boolean;
}
/** Null: the person gave up. */
export type Answer<Kind extends Ask = Ask> = Answers[Kind] | null;

type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;

// oxlint-disable-next-line no-control-regex -- they are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

const isText: Check = (value) =>
  typeof value === 'string' && value.length <= QUESTION_TEXT_CHARS_MAX && !CONTROL.test(value);
const isNumber: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isFlag: Check = (value) => typeof value === 'boolean';
const isTrue: Check = (value) => value === true;
const isFalse: Check = (value) => value === false;
const isTexts = listOf(isText);

function listOf(check: Check): Check {
  return (value) =>
    Array.isArray(value) && value.length <= QUESTION_LINES_MAX && value.every((one) => check(one));
}

/** Every field of the shape, and none beside them. */
function fits(value: unknown, shape: Shape): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const fields = Object.entries(shape);
  return (
    Object.keys(value).length === fields.length &&
    fields.every(([name, check]) => {
      const field: unknown = Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined;
      return check(field);
    })
  );
}

const GPU: Shape = { name: isText, memoryMib: isNumber };
const HARDWARE: Shape = {
  ...{ model: isText, system: isText, cpu: isText },
  ...{ cores: isNumber, memoryMib: isNumber, diskMib: isNumber },
  gpus: listOf((gpu) => fits(gpu, GPU)),
};

const QUESTIONS: { readonly [Kind in Ask]: Readonly<Record<keyof Shapes[Kind], Check>> } = {
  secret: { question: isText, again: isFlag },
  confirm: { question: isText, lines: isTexts },
  line: { question: isText },
  admission: {
    ...{ lines: isTexts, name: isText, fingerprint: isText, preset: isText, presets: isTexts },
    ...{ role: isText, hardware: (value) => fits(value, HARDWARE) },
    replaces: (value) => value === null || isText(value),
  },
  key: { question: isText, seconds: isNumber },
};
const STEP: Shape = { tell: (value) => value === 'step', step: isText, text: isText };

/** A line of the command; null where it has no shape that is known. */
export function readQuestion(line: string): Question | Step | null {
  const value = valueOf(line);
  if (fits(value, STEP)) return value as Step;
  const { ask } = (value ?? {}) as { ask?: unknown };
  if (typeof ask !== 'string' || !Object.hasOwn(QUESTIONS, ask)) return null;
  const shape: Shape = { ask: isText, id: isNumber, ...QUESTIONS[ask as Ask] };
  return fits(value, shape) ? (value as Question) : null;
}

/** The answer in a line without its end; undefined where it is none to this question. */
export function readAnswer<Kind extends Ask>(
  question: Question<Kind>,
  line: Uint8Array,
): Answer<Kind> | undefined {
  const asked: Question = question;
  const secret = asked.ask === 'secret' ? secretIn(line, asked.id) : null;
  if (secret !== null) return secret as Answer<Kind>;
  const value = valueOf(textOf(line) ?? '');
  const id: Check = (its) => its === asked.id;
  if (fits(value, { id, cancelled: isTrue })) return null;
  return (asked.ask === 'secret' ? undefined : worded(asked, value, id)) as
    | Answer<Kind>
    | undefined;
}

function worded(
  asked: Exclude<Question, { ask: 'secret' }>,
  value: unknown,
  id: Check,
): Answer | undefined {
  const said = value as Record<string, string>;
  switch (asked.ask) {
    case 'line':
      return fits(value, { id, line: isText }) ? said['line'] : undefined;
    case 'confirm':
    case 'key':
      return fits(value, { id, yes: isFlag }) ? Boolean(said['yes']) : undefined;
    case 'admission': {
      if (fits(value, { id, yes: isFalse })) return false;
      const name: Check = (its) => typeof its === 'string' && isName(its);
      const preset: Check = (its) => typeof its === 'string' && asked.presets.includes(its);
      const { name: called, preset: chosen } = (value ?? {}) as Record<string, string>;
      return fits(value, { id, yes: isTrue, name, preset })
        ? { name: called as string, preset: chosen as string }
        : undefined;
    }
  }
}

function valueOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const TAIL = utf8('"}');

function secretHead(id: number): Uint8Array {
  return utf8(`{"id":${id},"secret":"`);
}

/** Of bytes and in one spelling: of all escapes a line that somebody typed needs two. */
function secretIn(line: Uint8Array, id: number): Uint8Array | null {
  const head = secretHead(id);
  const end = line.length - TAIL.length;
  if (end < head.length || !head.every((byte, at) => line[at] === byte)) return null;
  if (!TAIL.every((byte, at) => line[end + at] === byte)) return null;
  const secret = new Uint8Array(end - head.length);
  let size = 0;
  for (let at = head.length; at < end; at++) {
    let byte = line[at] as number;
    if (byte < 0x20 || byte === QUOTE) return null;
    if (byte === BACKSLASH) {
      byte = line[++at] as number;
      if (at >= end || (byte !== QUOTE && byte !== BACKSLASH)) return null;
    }
    secret[size++] = byte;
  }
  return secret.subarray(0, size);
}

/** The line of an answer, with its end. */
export function answerLine<Kind extends Ask>(
  { id, ask }: Question<Kind>,
  answer: Answer<Kind>,
): Uint8Array {
  if (answer === null) return utf8(`${JSON.stringify({ id, cancelled: true })}\n`);
  if (answer instanceof Uint8Array) {
    const escaped = [...answer].flatMap((byte) =>
      byte === QUOTE || byte === BACKSLASH ? [BACKSLASH, byte] : [byte],
    );
    return concat(secretHead(id), Uint8Array.from(escaped), TAIL, utf8('\n'));
  }
  const fields = typeof answer === 'object' ? { yes: true, ...answer } : { yes: answer };
  const said = ask === 'line' ? { line: answer } : fields;
  return utf8(`${JSON.stringify({ id, ...said })}\n`);
}
