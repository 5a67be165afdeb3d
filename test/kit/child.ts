// A test's child as a real process: its TypeScript is compiled once, into a place where it finds
// the packages of the project. Kill it as hard as you like.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '../..');

/** Compiles an entry with all that it imports; answers the script, and `remove` for the end. */
export function compileChild(entry: string): { script: string; remove: () => void } {
  const cache = path.join(ROOT, 'node_modules/.cache');
  fs.mkdirSync(cache, { recursive: true });
  const folder = fs.mkdtempSync(path.join(cache, 'kith-child-'));
  const config = {
    extends: path.join(ROOT, 'test/tsconfig.json'),
    compilerOptions: { noEmit: false, noCheck: true, outDir: folder, rootDir: ROOT },
    files: [path.join(ROOT, entry)],
    include: [],
  };
  const configFile = path.join(folder, 'tsconfig.json');
  fs.writeFileSync(configFile, JSON.stringify(config));
  fs.writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
  const tsc = path.join(ROOT, 'node_modules/.bin/tsc');
  const done = spawnSync(tsc, ['-p', configFile], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stdout + done.stderr);
  // Generated code, JavaScript already.
  fs.cpSync(path.join(ROOT, 'proto/wire.js'), path.join(folder, 'proto/wire.js'));
  return {
    script: path.join(folder, entry.replace(/\.ts$/, '.js')),
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}

export interface Child {
  readonly process: ChildProcess;
  /** All that it wrote before it ended. */
  readonly output: Promise<string>;
}

export function startChild(script: string, args: readonly string[]): Child {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return {
    process: child,
    output: new Promise((resolve) => child.on('close', () => resolve(text))),
  };
}
