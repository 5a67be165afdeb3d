// Commands that ask the program which started them: real processes without a terminal, and a parent
// at descriptor 3 who answers, answers nonsense, or is gone.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import { makeCode, showCode } from '../../pairing/code.ts';
import { utf8 } from '../../proto/bytes.ts';
import {
  type Answer,
  type Ask,
  type Question,
  type Step,
  answerLine,
  readQuestion,
} from '../../proto/questions.ts';
import { NOTHING_KEPT, writeKept } from '../../src/genesis/kept.ts';
import { keyHost } from '../../src/home/host.ts';
import { ROOT, kith, scratch } from './ledgers.ts';

const root = scratch('asker');
const PHRASE = 'correct "horse"\\ battäry';

interface Asked {
  /** The next question, which must be of this kind. */
  next<Kind extends Ask>(kind: Kind): Promise<Question<Kind>>;
  answer<Kind extends Ask>(question: Question<Kind>, answer: Answer<Kind>): void;
  /** Another thing than an answer. */
  say(text: string): void;
  hangUp(): void;
  kill(signal: NodeJS.Signals): void;
  readonly steps: Step[];
  documents(): Record<string, unknown>[];
  /** Its exit code and the last document. */
  readonly ended: Promise<[number | null, Record<string, unknown>]>;
}

const ends = new Set<() => void>();
afterAll(() => {
  for (const end of ends) end();
});

/** `./kith … --json` in a session of its own: without a terminal, whoever runs the tests. */
function asking(...words: string[]): Asked {
  const child = spawn(join(ROOT, 'kith'), [...words, '--json'], {
    ...{ cwd: tmpdir(), env: { ...process.env, KITH_ASK_FD: '3' }, detached: true },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const end = (): void => void child.kill('SIGKILL');
  ends.add(end);
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  const socket = child.stdio[3] as Socket;
  socket.on('error', () => undefined);
  const steps: Step[] = [];
  const asked: Question[] = [];
  let wake = (): void => undefined;
  createInterface({ input: socket }).on('line', (line) => {
    const said = readQuestion(line);
    if (said === null) throw new Error(`no question: ${line}`);
    if ('tell' in said) steps.push(said);
    else asked.push(said);
    wake();
  });
  const documents = (): Record<string, unknown>[] =>
    out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const ended = new Promise<[number | null, Record<string, unknown>]>((resolve) => {
    child.on('close', (code) => {
      ends.delete(end);
      wake();
      resolve([code, documents().at(-1) ?? { err }]);
    });
  });
  return {
    ...{ steps, documents, ended },
    async next<Kind extends Ask>(kind: Kind) {
      while (asked.length === 0) {
        if (!ends.has(end)) throw new Error(`no ${kind} is asked: ${out}${err}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
      const question = asked.shift() as Question;
      expect(question.ask, out + err).toBe(kind);
      return question as Question<Kind>;
    },
    answer: (question, answer) => void socket.write(answerLine(question, answer)),
    say: (text) => void socket.write(text),
    kill: (signal) => void child.kill(signal),
    hangUp: () => void socket.destroy(),
  };
}

const linesOf = (folder: string): number =>
  readFileSync(join(folder, 'nodes.jsonl'), 'utf8').split('\n').length - 1;

test('founding, signing and admitting are asked of whoever has started them', async () => {
  const [own, lamp] = [join(root, 'own'), join(root, 'lamp')];
  const init = ['init', 'home', '--dir', own, '--operator', 'anna', '--node', 'attic'];
  // An answer of another shape makes nothing, and shows nothing of itself.
  const misled = asking(...init);
  expect(await misled.next('secret')).toMatchObject({ again: true, id: 1 });
  misled.say('{"id":1,"secret":"hunter2","more":1}\n');
  expect(await misled.ended).toEqual([
    1,
    { error: expect.objectContaining({ code: 'answer-malformed', detail: 'secret' }) as object },
  ]);
  expect(existsSync(join(own, 'nodes.jsonl'))).toBe(false);
  const founding = asking(...init);
  founding.answer(await founding.next('secret'), utf8(PHRASE));
  expect(await founding.ended).toMatchObject([0, { network: 'home' }]);
  await signs(own);
  await admits(own, lamp);
});

/** Commit: who is gone has signed nothing; a wrong passphrase is asked for again. */
async function signs(own: string): Promise<void> {
  expect((await kith(['set', 'heating.mode', 'away', '--dir', own])).code).toBe(0);
  const before = linesOf(own);
  const left = asking('commit', '--dir', own);
  const { question, lines } = await left.next('confirm');
  expect([question, lines.join('\n')]).toEqual([
    'sign 1 record?',
    expect.stringContaining('heating.mode'),
  ]);
  left.hangUp();
  expect(await left.ended).toMatchObject([130, { error: { code: 'cancelled' } }]);
  const torn = asking('commit', '--dir', own);
  torn.answer(await torn.next('confirm'), true);
  await torn.next('secret');
  torn.say('{"id":2,"secret":"half');
  torn.hangUp();
  expect(await torn.ended).toMatchObject([130, { error: { code: 'cancelled' } }]);
  expect(linesOf(own)).toBe(before);
  const signing = asking('commit', '--dir', own);
  signing.answer(await signing.next('confirm'), true);
  const first = await signing.next('secret');
  signing.answer(first, utf8('correct horse'));
  const second = await signing.next('secret');
  expect([first.again, second.id, second.question]).toEqual([
    false,
    first.id + 1,
    `That does not open it. ${first.question}`,
  ]);
  signing.answer(second, utf8(PHRASE));
  expect(await signing.ended).toMatchObject([0, { written: [{ kind: 'config.commit' }] }]);
}

async function shownBy(joining: Asked, nth: number): Promise<{ code: string; address: string }> {
  const windows = (): Record<string, unknown>[] =>
    joining.documents().filter(({ event }) => event === 'window');
  await expect.poll(() => windows().length, { interval: 20 }).toBe(nth);
  return windows()[nth - 1] as { code: string; address: string };
}

/**
 * A new machine that goes away, a burnt code, an operator who goes away, and one who gives another
 * name and fewer rights.
 */
async function admits(own: string, folder: string): Promise<void> {
  const words = ['join', '--dir', folder, '--listen', '127.0.0.1:0', '--name', 'lamp'];
  const admit = async (address: string, code: string): Promise<Asked> => {
    const admitting = asking('admit', address, '--dir', own);
    admitting.answer(await admitting.next('secret'), utf8(PHRASE));
    admitting.answer(await admitting.next('line'), code);
    return admitting;
  };
  const gone = asking(...words);
  const shown = await shownBy(gone, 1);
  const alone = await admit(shown.address, shown.code);
  await alone.next('admission');
  gone.kill('SIGTERM');
  // The question is still open, and nobody answers it.
  expect(await alone.ended).toMatchObject([1, { error: { code: 'pairing-they-cancelled' } }]);
  expect((await gone.ended)[0]).toBe(130);
  writeKept(keyHost(), folder, { ...NOTHING_KEPT, used: 2 });
  const joining = asking(...words);
  const burnt = await shownBy(joining, 1);
  const wrong = await admit(burnt.address, showCode(makeCode(new Uint8Array(8))));
  expect(await wrong.ended).toMatchObject([1, { error: { code: 'pairing-wrong-code' } }]);
  const key = await joining.next('key');
  expect(key.seconds).toBeGreaterThan(100);
  joining.answer(key, true);
  const { address, code } = await shownBy(joining, 2);
  const before = linesOf(own);
  const left = await admit(address, code);
  expect(await left.next('admission')).toMatchObject({
    ...{ name: 'lamp', preset: 'peer', presets: ['peer', 'observer', 'guest'], role: 'peer' },
    ...{ replaces: null, hardware: { cores: expect.any(Number) as number } },
  });
  left.hangUp();
  expect(await left.ended).toMatchObject([130, { error: { code: 'pairing-declined' } }]);
  expect(linesOf(own)).toBe(before);
  const right = await admit(address, code);
  const { fingerprint, ...admission } = await right.next('admission');
  expect(admission.lines.join('\n')).toContain(fingerprint);
  right.answer({ ...admission, fingerprint }, { name: 'leselampe', preset: 'observer' });
  expect(await right.ended).toMatchObject([
    0,
    { node: { name: 'leselampe', fingerprint }, preset: 'observer', seen: true },
  ]);
  const steps = right.steps.map(({ step }) => step);
  expect(steps).toEqual(['connecting', 'meeting', 'drafting', 'delivering']);
  expect(await joining.ended).toMatchObject([
    0,
    { event: 'joined', node: { name: 'leselampe', fingerprint } },
  ]);
}

test('a number that is no socket is said at once, and read by no command', async () => {
  const env = { KITH_ASK_FD: '77' };
  const { code, out } = await kith(['version', '--json'], { env });
  expect([code, JSON.parse(out)]).toMatchObject([2, { error: { code: 'wrong-use' } }]);
});
