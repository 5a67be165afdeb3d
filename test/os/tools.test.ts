// Running tools: bounds on time and output, and a stdin that /dev/stdin can open.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../proto/bytes.ts';
import { TOOL_BYTES_MAX } from '../../src/os/limits.ts';
import { findTool, needTool, runTool } from '../../src/os/tools.ts';

describe('a tool', () => {
  test('is given its words as they are, and no shell reads them', async () => {
    const words = ['a b', '$(id)', '`id`', ';', "'", '*', ''];
    const run = await runTool(['printf', '[%s]', ...words]);
    expect(run).toMatchObject({ status: 0, said: '' });
    expect(run.stdout.toString()).toBe(words.map((word) => `[${word}]`).join(''));
  });

  test('reads stdin by its name, and the bytes are overwritten afterwards', async () => {
    const secret = utf8('a secret\n');
    const words = ['a b', '$(id)', '"'];
    const script = 'cat /dev/stdin; printf "[%s]" "$@"';
    const run = await runTool(['sh', '-c', script, 'x', ...words], { stdin: secret });
    expect(run.stdout.toString()).toBe('a secret\n[a b][$(id)]["]');
    expect([...secret].every((byte) => byte === 0)).toBe(true);
  });

  test('may end without reading it', async () => {
    const run = await runTool(['false'], { stdin: new Uint8Array(1_000_000) });
    expect(run.status).toBe(1);
  });

  test('speaks English, whatever the machine does', async () => {
    const run = await runTool(['sh', '-c', 'echo $LC_ALL; ls /nowhere']);
    expect(run.stdout.toString()).toBe('C\n');
    expect(run.said).toContain('No such file');
  });

  test('that takes too long is ended, with all that it started', async () => {
    const run = await runTool(['sh', '-c', 'sleep 1000 & sleep 1000'], { limitMs: 100 });
    expect(run).toMatchObject({ status: null, said: 'it took longer than 100 ms' });
    const fed = await runTool(['sleep', '1000'], { limitMs: 100, stdin: utf8('x') });
    expect(fed.status).toBeNull();
  });

  test('that nobody waits for any more is ended', async () => {
    const ending = new AbortController();
    const run = runTool(['sh', '-c', 'sleep 1000 & sleep 1000'], { signal: ending.signal });
    ending.abort();
    expect(await run).toMatchObject({ status: null, said: 'it was not waited for' });
    const late = await runTool(['sleep', '1000'], { signal: ending.signal });
    expect(late).toMatchObject({ status: null, said: 'it was not waited for' });
  });

  test('that cannot be ended is not waited for', async () => {
    // What it has started holds its output, in a group that is not ended with it.
    const script = 'setsid sleep 300 & echo $!; wait';
    const { said, status } = await runTool(['sh', '-c', script], { limitMs: 300 });
    expect([status, said]).toEqual([null, 'it took longer than 300 ms']);
  });

  test('for which there is no room is an answer, and no throw', async () => {
    const run = await runTool(['true', 'x'.repeat(4_000_000)], { stdin: utf8('a secret') });
    expect(run).toMatchObject({ status: null, said: expect.stringContaining('E2BIG') });
  });

  test('that prints without end is ended', async () => {
    const run = await runTool(['cat', '/dev/zero']);
    expect(run).toMatchObject({ status: null, said: 'it printed too much' });
    expect(run.stdout.length).toBeLessThan(TOOL_BYTES_MAX);
  });

  test('that is missing says so', async () => {
    expect(await runTool(['kith-no-such-tool'])).toMatchObject({
      status: null,
      said: 'there is no kith-no-such-tool on this machine',
    });
  });

  test('that fails is a fault with what it said, where it is needed', async () => {
    await expect(needTool(['sh', '-c', 'echo why >&2; exit 3'])).rejects.toThrow('sh -c');
    await expect(needTool(['sh', '-c', 'exit 3'])).rejects.toThrow('it ended with 3');
  });

  test('is looked for in PATH, then where a root finds it', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kith-tools-'));
    try {
      writeFileSync(path.join(folder, 'sh'), '#!/bin/sh\n', { mode: 0o755 });
      writeFileSync(path.join(folder, 'cat'), 'not to be run', { mode: 0o644 });
      expect(findTool('sh', { PATH: folder })).toBe(path.join(folder, 'sh'));
      expect(findTool('cat', { PATH: folder })).toMatch(/^\/(usr\/)?bin\/cat$/);
      // A folder that is not absolute could be anybody's.
      expect(findTool('sh', { PATH: '.:' })).toMatch(/^\/(usr\/)?bin\/sh$/);
      expect(findTool('kith-no-such-tool', {})).toBeNull();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
