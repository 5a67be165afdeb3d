// The interface itself: its addresses, its route, its MTU. Wanted against what `ip -json` prints,
// as commands that can be repeated without harm. Spec: docs/mesh.md, "The interface".

import { assert } from '../proto/assert.ts';
import { ok, refuse, type Result } from '../proto/result.ts';
import type { Command } from './commands.ts';
import { canonicalPrefix } from './ip.ts';
import type { DumpCode } from './refusals.ts';

export interface WantedLink {
  readonly mtu: number;
  /** Of this node alone: `ADDRESS/128`, `ADDRESS/32`. */
  readonly addresses: readonly string[];
  /** What is reached through it: the /48, each IPv4 address, and paths that carry more. */
  readonly routes: readonly Route[];
}

export interface Route {
  readonly prefix: string;
  /** Its own; null: that of the interface, which no route of ours has. */
  readonly mtu: number | null;
}

export interface ActualLink {
  readonly mtu: number;
  readonly isUp: boolean;
  readonly addresses: readonly string[];
  readonly routes: readonly Route[];
}

/** What is asked for parseLink, in its order. */
export function linkQuestions(name: string): Command[] {
  const about = ['show', 'dev', name];
  return [['address'], ['-6', 'route'], ['-4', 'route']].map((words) => ({
    argv: ['ip', '-json', ...words, ...about],
    stdin: 'nothing',
  }));
}

export function parseLink(
  address: string,
  routes6: string,
  routes4: string,
): Result<ActualLink, DumpCode> {
  const [links, six, four] = [listIn(address), listIn(routes6), listIn(routes4)];
  const link = links?.find((one) => typeof one['mtu'] === 'number');
  if (link === undefined || six === null || four === null) return refuse('dump-shape', 'ip -json');
  const { mtu, flags, addr_info: infos } = link;
  const addresses = isList(infos) ? infos.flatMap(addressOf) : [];
  const routes = [...six, ...four].flatMap(({ dst, metrics }) => {
    const prefix = typeof dst === 'string' ? canonicalPrefix(dst) : null;
    return prefix === null ? [] : [{ prefix, mtu: mtuIn(metrics) }];
  });
  const isUp = Array.isArray(flags) && flags.includes('UP');
  return ok({ mtu: mtu as number, isUp, addresses, routes });
}

type Fields = Readonly<Record<string, unknown>>;

/** Each system adds its own link-local address; that one is nobody's business. */
function addressOf({ scope, local, prefixlen }: Fields): string[] {
  return scope === 'link' ? [] : [`${String(local)}/${String(prefixlen)}`];
}

function isList(value: unknown): value is Fields[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null);
}

function mtuIn(metrics: unknown): number | null {
  const own = isList(metrics) ? metrics.find((one) => typeof one['mtu'] === 'number') : undefined;
  return (own?.['mtu'] as number | undefined) ?? null;
}

// `ip -json` prints nothing, or an empty list, where there is nothing.
function listIn(text: string): Fields[] | null {
  if (text.trim() === '') return [];
  try {
    const parsed: unknown = JSON.parse(text);
    return isList(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

export function linkCommands(name: string, wanted: WantedLink, actual: ActualLink): Command[] {
  const commands: Command[] = [];
  const ip = (...words: string[]): void => {
    commands.push({ argv: ['ip', ...words], stdin: 'nothing' });
  };
  for (const address of actual.addresses) {
    if (!wanted.addresses.includes(address)) ip('address', 'delete', address, 'dev', name);
  }
  if (actual.mtu !== wanted.mtu) ip('link', 'set', 'dev', name, 'mtu', String(wanted.mtu));
  for (const address of wanted.addresses) {
    if (actual.addresses.includes(address)) continue;
    // Nobody else can have it, so nothing is to be asked around first.
    const quick = address.includes(':') ? ['nodad'] : [];
    ip('address', 'replace', address, 'dev', name, ...quick);
  }
  if (!actual.isUp) ip('link', 'set', 'dev', name, 'up');
  // Going up clears routes, and another MTU changes theirs: what was there counts for nothing.
  const isAnew = !actual.isUp || actual.mtu !== wanted.mtu;
  const there = new Set(actual.routes.map(({ prefix, mtu }) => `${prefix} ${mtu}`));
  for (const { prefix, mtu } of wanted.routes) {
    if (there.has(`${prefix} ${mtu}`) && !isAnew) continue;
    const own = mtu === null ? [] : ['mtu', String(mtu)];
    ip('route', 'replace', prefix, 'dev', name, ...own);
  }
  for (const route of extraRoutes(wanted, actual)) ip('route', 'delete', route, 'dev', name);
  return commands;
}

/** Routes of our own making that are not wanted any more: those that are no address's own. */
function extraRoutes(wanted: WantedLink, actual: ActualLink): string[] {
  assert(wanted.routes.length > 0, 'a network has a prefix');
  const routes = wanted.routes.map(({ prefix }) => prefix);
  const kept = new Set([...routes, ...wanted.addresses, ...actual.addresses]);
  const there = new Set(actual.routes.map(({ prefix }) => prefix));
  return [...there].filter((prefix) => !kept.has(prefix) && !prefix.startsWith('fe80:'));
}
