import { spawn, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textOf, utf8 } from '../../proto/bytes.ts';
import { PASSPHRASE_BYTES_MAX } from '../../src/keys/limits.ts';
import { startTyping } from '../../src/keys/terminal.ts';
import { compileChild } from '../kit/child.ts';

/** What a hidden line becomes when these bytes are typed, in one piece or byte by byte. */
function typed(text: string): string {
  const bytes = utf8(text);
  const whole = startTyping();
  whole.take(bytes);
  const slow = startTyping();
  for (const byte of bytes) if (slow.state === 'typing') slow.take(Uint8Array.of(byte));
  expect(slow.line()).toEqual(whole.line());
  return `${whole.state}: ${textOf(whole.line())}`;
}

describe('a hidden line', () => {
  test.each([
    ['abc\r', 'done: abc'],
    ['abc\n', 'done: abc'],
    ['abc', 'typing: abc'],
    ['abc\x7f\x08d\r', 'done: ad'],
    ['\x7fabc\r', 'done: abc'],
    ['pä\x7fx\r', 'done: px'],
    ['€\x7f\x7fx\r', 'done: x'],
    ['wrong\x15right\r', 'done: right'],
    ['abc\x03', 'cancelled: abc'],
    ['\x04', 'cancelled: '],
    ['abc\x04', 'done: abc'],
    ['a\x1b[Ab\x1b[1;5Cc\x1bOPd\x1bxe\r', 'done: abcde'],
    ['a\x1b[\x03', 'cancelled: a'],
    ['a\tb\x00c\r', 'done: abc'],
  ])('typed as %j is %j', (text, line) => {
    expect(typed(text)).toBe(line);
  });

  test('leaves what was typed after it for the next question', () => {
    expect(startTyping().take(utf8('one\rtwo\r'))).toBe(4);
  });

  test('that is too long is seen to be so', () => {
    const typing = startTyping();
    typing.take(new Uint8Array(PASSPHRASE_BYTES_MAX + 50).fill(0x61));
    expect(typing.line()).toHaveLength(PASSPHRASE_BYTES_MAX + 1);
  });
});

const hasScript = spawnSync('script', ['--version']).status === 0;
const WITHOUT_SCRIPT = 'the program `script`, which makes a terminal, is not installed';

describe('at a real terminal', () => {
  let compiled: { script: string; remove: () => void };
  beforeAll(() => {
    compiled = compileChild('test/keys/prompt-child.ts');
  });
  afterAll(() => compiled.remove());

  /**
   * The screen of a session in which `keys` were pressed, each as soon as its question was there.
   */
  function session(...keys: [question: string, pressed: string][]): Promise<string> {
    return sessionOf(`${process.execPath} ${compiled.script}; stty -a`, keys);
  }

  function sessionOf(
    command: string,
    keys: [question: string, pressed: string][],
  ): Promise<string> {
    const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: 'pipe' });
    let screen = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      screen += text;
      const next = keys[0];
      if (next !== undefined && screen.includes(next[0])) {
        keys.shift();
        child.stdin.write(next[1]);
      }
    });
    return new Promise((resolve) => child.on('close', () => resolve(screen)));
  }

  test.for([
    ['\x7fC\r', 'Code: AB\b \bC', 'got <AC>'],
    ['\x15\r', 'Code: AB\b \b\b \b', 'got <>'],
    ['\x03', 'Code: AB', 'gave up'],
  ])('AB and %j is seen as it is typed, with no help of the terminal', async (line, context) => {
    if (!hasScript) context.skip(WITHOUT_SCRIPT);
    const [then = '', seen, got] = line;
    const command = `stty -icanon -echo -icrnl; ${process.execPath} ${compiled.script} shown`;
    const keys: [string, string][] = [
      ['Code: ', 'AB'],
      ['Code: AB', then],
    ];
    const screen = await sessionOf(command, keys);
    expect(screen).toContain(seen);
    expect(screen).toContain(got);
  });

  test('what is typed is read and never shown, and the terminal is as before', async (context) => {
    if (!hasScript) context.skip(WITHOUT_SCRIPT);
    const screen = await session(['First: ', 'hunter2\r'], ['Second: ', 'pässwort\r']);
    expect(screen).toContain(`got ${Buffer.from('hunter2').toString('hex')} `);
    expect(screen).toContain(Buffer.from('pässwort').toString('hex'));
    expect(screen).not.toMatch(/hunter2|sswort/);
    expect(screen).toContain('between icanon');
    expect(screen).toMatch(/[^-]icanon/);
    expect(screen).toMatch(/[^-]echo\b/);
  });

  test('both answers pasted at once are read', async (context) => {
    if (!hasScript) context.skip(WITHOUT_SCRIPT);
    const screen = await session(['First: ', 'hunter2\rhunter2\r']);
    const hex = Buffer.from('hunter2').toString('hex');
    expect(screen).toContain(`got ${hex} ${hex}`);
  });

  test('Ctrl-C gives up and puts the terminal back', async (context) => {
    if (!hasScript) context.skip(WITHOUT_SCRIPT);
    const screen = await session(['First: ', 'hunt\x03']);
    expect(screen).toContain('got gave up gave up');
    expect(screen).not.toContain('hunt');
    expect(screen).toMatch(/[^-]icanon/);
    expect(screen).toMatch(/[^-]isig/);
    expect(screen).toMatch(/[^-]echo\b/);
  });

  test('without a terminal there is none to ask', async () => {
    // Detached is a session of its own, which has no terminal.
    const child = spawn(process.execPath, [compiled.script], { detached: true, stdio: 'pipe' });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await new Promise((resolve) => child.on('close', resolve));
    expect(said).toBe('no terminal\n');
  });
});
