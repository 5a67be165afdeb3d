// The names of the nodes in the hosts file, as a fenced block: text in, text out. Whatever stands
// outside the fences, or between them and was not written by us, stays as it is, byte for byte. A
// name is checked again here, where it is written: it can never write a line of its own.
// Spec: docs/mesh.md, "Names".

import { isName } from '../proto/names.ts';
import { formatIp, parseIp } from './ip.ts';
import type { HostsCode } from './refusals.ts';

export interface HostName {
  readonly name: string;
  /** IPv6, and IPv4 where it has one. */
  readonly addresses: readonly string[];
}

export interface HostsRefusal {
  readonly name: string;
  readonly code: HostsCode;
}

export interface HostsText {
  readonly text: string;
  readonly refused: readonly HostsRefusal[];
}

/** Behind each name, so that it never hides a name of the outer world. */
const MESH_DOMAIN = 'kith';

/** A line that we may have written, and nobody else would. */
const OURS = /^[0-9a-f:.]+\t[a-z0-9-]+\.kith$/;
/** An editor of another system may have ended the lines so. */
const RETURN = /\r$/;

/** The text with the block of this tag, which is the name of the interface. */
export function withNames(text: string, tag: string, names: readonly HostName[]): HostsText {
  const { lines, refused } = linesOf(names);
  const { before, after } = aroundBlock(text, tag);
  if (lines.length === 0) return { text: before + after, refused };
  const start = before === '' || before.endsWith('\n') ? before : `${before}\n`;
  const block = [beginOf(tag), ...lines, endOf(tag), ''].join('\n');
  return { text: start + block + after, refused };
}

export function withoutNames(text: string, tag: string): string {
  const { before, after } = aroundBlock(text, tag);
  return before + after;
}

/** What the blocks of all tags hold: to see whether the system finds it. */
export function writtenNames(text: string): { name: string; address: string }[] {
  return text.split('\n').flatMap((line) => {
    const [address = '', name = ''] = OURS.test(line) ? line.split('\t') : [];
    return name === '' ? [] : [{ name, address }];
  });
}

/** The tags of all whole blocks, each with its names, in the order of the text. */
export function blocksIn(text: string): ReadonlyMap<string, readonly HostName[]> {
  const blocks = new Map<string, HostName[]>();
  let names: HostName[] | null = null;
  for (const line of text.split('\n')) {
    const tag = BEGIN.exec(line)?.[1];
    if (tag !== undefined) blocks.set(tag, (names = []));
    else if (line.startsWith('# end ')) names = null;
    else if (names !== null && OURS.test(line)) add(names, line);
  }
  return blocks;
}

const BEGIN = /^# begin (kith[0-9a-f]{6}): names of the mesh, written by kith$/;

/** A name has its addresses one below the other. */
function add(names: HostName[], line: string): void {
  const [address = '', whole = ''] = line.split('\t');
  const name = whole.slice(0, -MESH_DOMAIN.length - 1);
  const last = names.at(-1);
  if (last?.name === name) names.splice(-1, 1, { name, addresses: [...last.addresses, address] });
  else names.push({ name, addresses: [address] });
}

function beginOf(tag: string): string {
  return `# begin ${tag}: names of the mesh, written by kith`;
}

function endOf(tag: string): string {
  return `# end ${tag}`;
}

function linesOf(names: readonly HostName[]): { lines: string[]; refused: HostsRefusal[] } {
  const lines: string[] = [];
  const refused: HostsRefusal[] = [];
  const seen = new Set<string>();
  for (const { name, addresses } of names) {
    const written = addresses.map(parseIp);
    const code = !isName(name)
      ? 'hosts-name'
      : seen.has(name)
        ? 'hosts-twice'
        : written.includes(null)
          ? 'hosts-address'
          : null;
    if (code !== null) {
      refused.push({ name, code });
      continue;
    }
    seen.add(name);
    for (const bytes of written) {
      lines.push(`${formatIp(bytes as Uint8Array)}\t${name}.${MESH_DOMAIN}`);
    }
  }
  return { lines, refused };
}

/**
 * The text without the blocks of this tag, cut where the first one stood. A fence without its other
 * half is taken away with the lines of ours that follow it, and with nothing else.
 */
function aroundBlock(text: string, tag: string): { before: string; after: string } {
  const [begin, end] = [beginOf(tag), endOf(tag)];
  const lines = text.split('\n');
  const kept: string[] = [];
  let cut: number | null = null;
  let isInside = false;
  for (const [at, whole] of lines.entries()) {
    const line = whole.replace(RETURN, '');
    if (line === begin) {
      cut ??= kept.length;
      isInside = true;
    } else if (line === end) {
      cut ??= kept.length;
      isInside = false;
    } else if (!isInside || !OURS.test(line)) {
      kept.push(whole);
      // Somebody's own line: the block goes on behind it only if it also ends there.
      if (isInside && !endsBelow(lines, at, begin, end)) isInside = false;
    }
  }
  if (cut === null) return { before: text, after: '' };
  const head = kept.slice(0, cut);
  const before = head.length === 0 ? '' : `${head.join('\n')}\n`;
  return { before, after: kept.slice(cut).join('\n') };
}

function endsBelow(lines: readonly string[], at: number, begin: string, end: string): boolean {
  for (const whole of lines.slice(at + 1)) {
    const line = whole.replace(RETURN, '');
    if (line === end) return true;
    if (line === begin) return false;
  }
  return false;
}
