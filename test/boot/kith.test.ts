// The launcher, on small clones with the real ./kith, src/boot and compiler: what it builds, when
// it does not, and what a person reads when it cannot.

import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SOURCES } from '../../src/boot/ready.mjs';

const ROOT = join(import.meta.dirname, '../..');
const SAY_ARGS = `console.log(JSON.stringify(process.argv.slice(2)));\n`;

let folder = '';
let clone = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kith-boot-'));
  clone = join(folder, 'a clone');
  for (const path of ['kith', 'src/boot', 'tsconfig.json', 'tsconfig.build.json']) {
    cpSync(join(ROOT, path), join(clone, path), { recursive: true });
  }
  for (const path of ['package.json', 'package-lock.json']) {
    cpSync(join(ROOT, path), join(clone, path));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  for (const one of SOURCES) mkdirSync(join(clone, one), { recursive: true });
  source('proto/leaf.ts', `export const leaf: string = 'leaf';\n`);
  source('src/main.ts', SAY_ARGS);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function source(path: string, text: string): void {
  writeFileSync(join(clone, path), text);
}

interface Ran {
  code: number | null;
  signal: string | null;
  out: string;
  err: string;
}

function start(command: string, args: string[], env = process.env): [ChildProcess, Promise<Ran>] {
  const child = spawn(command, args, { cwd: tmpdir(), env });
  let out = '';
  let err = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  const ended = new Promise<Ran>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => done({ code, signal, out, err }));
  });
  return [child, ended];
}

function kith(args: string[] = [], env = process.env): Promise<Ran> {
  return start(join(clone, 'kith'), args, env)[1];
}

describe('./kith', () => {
  test('builds what is not built, says so on stderr only, and hands the arguments on', async () => {
    const first = await kith(['a b', '--json', '']);
    expect(first).toMatchObject({ code: 0, out: '["a b","--json",""]\n' });
    expect(first.err).toBe('kith: building\n');
    expect(await kith()).toMatchObject({ code: 0, out: '[]\n', err: '' });
    expect(readdirSync(clone).filter((name) => name.startsWith('dist-'))).toEqual([]);
  });

  test('gives the exit code of the command as its own', async () => {
    source('src/main.ts', 'process.exitCode = 3;\n');
    expect((await kith()).code).toBe(3);
  });

  test('is replaced by node, so a signal reaches the command itself', async () => {
    source(
      'src/main.ts',
      `process.on('SIGTERM', () => process.exit(9));
      setInterval(() => {}, 1000);\nconsole.log('up');\n`,
    );
    const [child, ended] = start(join(clone, 'kith'), []);
    child.stdout?.once('data', () => child.kill('SIGTERM'));
    expect(await ended).toMatchObject({ code: 9, signal: null });
  });

  test('works through a chain of symbolic links, relative ones too', async () => {
    symlinkSync('a clone/kith', join(folder, 'one'));
    symlinkSync(join(folder, 'one'), join(folder, 'two'));
    expect((await start(join(folder, 'two'), ['x'])[1]).out).toBe('["x"]\n');
  });

  test('works when the shell finds it in PATH', async () => {
    const env = { ...process.env, PATH: `${clone}:${process.env['PATH']}` };
    expect((await start('sh', ['-c', 'kith x'], env)[1]).out).toBe('["x"]\n');
  });

  test('builds again after a change, also one with a date in the past', async () => {
    await kith();
    source('src/main.ts', `console.log('second');\n`);
    utimesSync(join(clone, 'src/main.ts'), 1, 1);
    expect(await kith()).toMatchObject({ out: 'second\n', err: 'kith: building\n' });
  });

  test('builds again when a source was moved into place or away', async () => {
    writeFileSync(join(folder, 'other.ts'), `console.log('other');\n`);
    await kith();
    renameSync(join(folder, 'other.ts'), join(clone, 'src/main.ts'));
    expect((await kith()).out).toBe('other\n');
    rmSync(join(clone, 'proto/leaf.ts'));
    expect((await kith()).err).toBe('kith: building\n');
    expect(existsSync(join(clone, 'dist/proto/leaf.js'))).toBe(false);
  });

  test('does not build again when the sources only look younger', async () => {
    await kith();
    source('src/main.ts', SAY_ARGS);
    expect(await kith()).toMatchObject({ code: 0, err: '' });
    expect(await kith()).toMatchObject({ code: 0, err: '' });
  });

  test('copies the JavaScript that is written by hand or generated', async () => {
    source('proto/wire.js', `export const wire = 'wire';\n`);
    source('proto/wire.d.ts', 'export const wire: string;\n');
    source('src/main.ts', `import { wire } from '../proto/wire.js';\nconsole.log(wire);\n`);
    expect((await kith()).out).toBe('wire\n');
  });

  test('a build that fails ends with 70 and runs neither the new nor the old program', async () => {
    await kith();
    source('src/main.ts', 'const = ;\n');
    const broken = await kith();
    expect(broken).toMatchObject({ code: 70, out: '' });
    expect(broken.err).toContain('kith: the build failed');
    expect(broken.err).toContain('src/main.ts');
    source('src/main.ts', SAY_ARGS);
    expect(await kith()).toMatchObject({ code: 0, out: '[]\n' });
  });

  test('a clone that lacks a folder says so', async () => {
    rmSync(join(clone, 'ledger'), { recursive: true });
    const lacking = await kith();
    expect(lacking).toMatchObject({ code: 70, out: '' });
    expect(lacking.err).toMatch(/^kith: this clone cannot be built: ENOENT.*ledger'\n.*git status/);
  });

  test('a build that was killed leaves nothing that is ever run', async () => {
    mkdirSync(join(clone, 'dist-killed/src'), { recursive: true });
    mkdirSync(join(clone, 'dist/src'), { recursive: true });
    writeFileSync(join(clone, 'dist/src/main.js'), `console.log('half');\n`);
    expect((await kith()).out).toBe('[]\n');
    expect(existsSync(join(clone, 'dist-killed'))).toBe(false);
  });

  test('of several first starts at once one builds, and the others wait for it', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => kith()));
    expect(all.map(({ code, out }) => [code, out])).toEqual(all.map(() => [0, '[]\n']));
    expect(all.filter(({ err }) => err.includes('kith: building')).length).toBe(1);
    expect(all.filter(({ err }) => err.includes('waiting for it')).length).toBeGreaterThan(0);
  });

  test('an older Node is refused with a sentence, before and after the build', async () => {
    const bin = fakeNode('18.20.4');
    const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}` };
    const before = await kith([], env);
    expect(before).toMatchObject({ code: 70, out: '' });
    expect(before.err).toMatch(/^kith needs Node 20\.19 or newer; this is v18\.20\.4\./);
    cpSync(join(ROOT, 'src/main.ts'), join(clone, 'src/main.ts'));
    mkdirSync(join(clone, 'src/cli'));
    source('src/cli/run.ts', `throw new Error('loaded all the same');\n`);
    await kith();
    const after = await kith([], env);
    expect(after).toMatchObject({ code: 70, out: '' });
    expect(after.err).toMatch(/^kith needs Node 20\.19 or newer; this is 18\.20\.4\./);
  });

  test('a missing Node and a failed install say what to do', async () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    for (const tool of ['sh', 'find', 'dirname', 'readlink']) {
      symlinkSync(`/usr/bin/${tool}`, join(bin, tool));
    }
    expect(await kith([], { PATH: bin })).toMatchObject({ code: 70, out: '' });
    expect((await kith([], { PATH: bin })).err).toContain('install it from nodejs.org');

    rmSync(join(clone, 'node_modules'));
    const npm = join(folder, 'npm');
    mkdirSync(npm);
    writeFileSync(join(npm, 'npm'), '#!/bin/sh\necho no network >&2\nexit 1\n');
    chmodSync(join(npm, 'npm'), 0o755);
    const offline = await kith([], { ...process.env, PATH: `${npm}:${process.env['PATH']}` });
    expect(offline).toMatchObject({ code: 70, out: '' });
    expect(offline.err).toContain('no network');
    expect(offline.err).toContain('kith: the packages could not be installed: npm install ended');
  });
});

// The real node, which believes that it is another version.
function fakeNode(version: string): string {
  const bin = join(folder, 'old');
  mkdirSync(bin);
  const preload = join(bin, 'preload.cjs');
  const versions = `{ ...process.versions, node: '${version}' }`;
  writeFileSync(preload, `Object.defineProperty(process, 'versions', { value: ${versions} });\n`);
  writeFileSync(
    join(bin, 'node'),
    `#!/bin/sh\nif [ "$1" = --version ]; then echo v${version}; exit 0; fi\n` +
      `exec '${process.execPath}' -r '${preload}' "$@"\n`,
  );
  chmodSync(join(bin, 'node'), 0o755);
  return bin;
}
