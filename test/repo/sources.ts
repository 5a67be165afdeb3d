// The files of the repository as its guards see them, and what a module of ours imports.

import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { parseAst } from 'vitest/node';

export const ROOT: string = join(import.meta.dirname, '../..');

/** Made by tools or by others: not ours to judge. */
const FOREIGN = new Set(['node_modules', 'dist', 'build', 'coverage', '.git', 'fixtures']);

/** Paths from the root, `/` between names, of every file under `folder` whose name ends so. */
export function filesUnder(folder: string, endings: readonly string[]): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    if (FOREIGN.has(entry.name) || entry.name.startsWith('dist-')) continue;
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) found.push(...filesUnder(path, endings));
    else if (endings.some((ending) => entry.name.endsWith(ending))) found.push(path);
  }
  return found.toSorted();
}

/** Paths of all that git keeps; where this is no clone, of all that lies here. */
export function keptFiles(): string[] {
  const words = ['-c', 'safe.directory=*', 'ls-files', '-z'];
  const { stdout } = spawnSync('git', words, { cwd: ROOT, encoding: 'utf8' });
  const kept = (stdout ?? '').split('\0').filter((path) => path !== '');
  return kept.length > 0
    ? kept.filter((path) => existsSync(join(ROOT, path)))
    : filesUnder('.', ['']);
}

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

const SETTINGS = ['tsconfig.json', 'tsconfig.core.json', '.oxlintrc.json', 'package.json'];

/** A folder with our settings, our packages and these files only, to show that a tool speaks up. */
export function tinyRepository(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'kith-tiny-'));
  for (const path of SETTINGS) copyFileSync(join(ROOT, path), join(folder, path));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

/**
 * What the module names, in any way there is: repository paths for relative names, else as written.
 * A name that is only known at run time stands as `(computed)`.
 */
export function importsOf(path: string, text: string): string[] {
  const named: string[] = [];
  visit(parseAst(text, { lang: 'ts', sourceType: 'module' }) as unknown as Node, (node) => {
    const source = sourceOf(node);
    if (source !== undefined) named.push(source);
  });
  return named.map((name) => (name.startsWith('.') ? posix.join(posix.dirname(path), name) : name));
}

function visit(node: Node, see: (node: Node) => void): void {
  see(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child === 'object' && child !== null && 'type' in child) visit(child, see);
    }
  }
}

function sourceOf(node: Node): string | undefined {
  const [first, second] = (node['arguments'] ?? []) as Node[];
  const callee = (node['callee'] as Node | undefined)?.['name'];
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return literal(node['source'] as Node);
    case 'ExportNamedDeclaration':
      return node['source'] === null ? undefined : literal(node['source'] as Node);
    case 'TSExternalModuleReference':
      return literal(node['expression'] as Node);
    case 'CallExpression':
      return callee === 'require' ? literal(first) : undefined;
    case 'NewExpression':
      return callee === 'URL' && isMetaUrl(second) ? moduleOf(literal(first)) : undefined;
    default:
      return undefined;
  }
}

function literal(node: Node | undefined): string {
  if (node?.type === 'Literal' && typeof node['value'] === 'string') return node['value'];
  if (node?.type !== 'TemplateLiteral') return '(computed)';
  const [only, ...more] = node['quasis'] as { value: { cooked: string } }[];
  return more.length === 0 && only !== undefined ? only.value.cooked : '(computed)';
}

// A worker thread is named by new URL('./worker.ts', import.meta.url); a folder or a data file is
// no module.
function moduleOf(name: string): string | undefined {
  return /\.[cm]?[jt]s$/.test(name) ? name : undefined;
}

function isMetaUrl(node: Node | undefined): boolean {
  const object = node?.['object'] as Node | undefined;
  return node?.type === 'MemberExpression' && object?.type === 'MetaProperty';
}
