// Where WireGuard reached each peer last, kept for a cold start: mesh.json in the data folder. A
// note: what does not read is begun anew. Spec: docs/mesh.md, "Kept on disk".

import { join } from 'node:path';
import { isObject } from '../../ledger/schema.ts';
import { textOf, utf8 } from '../../proto/bytes.ts';
import { type Key, isKey } from '../../proto/ids.ts';
import { type Json, outsideProfile } from '../../proto/json.ts';
import { canonicalEndpoint } from '../../wg/ip.ts';
import type { KeyHost } from '../keys/host.ts';
import { readSecretFile, replaceSecretFile } from '../keys/secret-file.ts';
import { KEPT_BYTES_MAX, KEPT_ENDPOINTS_MAX, KEPT_LINKS_MAX } from './limits.ts';

export interface KeptLinks {
  /** Endpoints of a peer, the latest first. */
  of(node: Key): readonly string[];
  keep(node: Key, endpoint: string): void;
  /** Others that lead there by the way, after the latest. Without one nothing is known to lead. */
  also(node: Key, endpoints: readonly string[]): void;
  /** Members that are gone are forgotten. */
  only(nodes: readonly Key[]): void;
  /** Writes what has changed since the last time. */
  save(): void;
}

export function openKeptLinks(host: KeyHost, folder: string): KeptLinks {
  const file = join(folder, 'mesh.json');
  const endpoints = readLinks(host, file);
  let isChanged = false;
  return {
    of: (node) => endpoints.get(node) ?? [],
    keep(node, endpoint) {
      const before = endpoints.get(node) ?? [];
      if (before[0] === endpoint) return;
      const others = before.filter((one) => one !== endpoint);
      endpoints.set(node, [endpoint, ...others].slice(0, KEPT_ENDPOINTS_MAX));
      isChanged = true;
    },
    also(node, others) {
      const [latest, ...before] = endpoints.get(node) ?? [];
      const fresh = others.filter((one) => one !== latest && !before.includes(one));
      if (latest === undefined || fresh.length === 0) return;
      endpoints.set(node, [latest, ...fresh, ...before].slice(0, KEPT_ENDPOINTS_MAX));
      isChanged = true;
    },
    only(nodes) {
      const named = new Set(nodes);
      for (const node of endpoints.keys()) {
        if (!named.has(node)) isChanged = endpoints.delete(node) || isChanged;
      }
    },
    save() {
      if (!isChanged) return;
      isChanged = false;
      const links = [...endpoints].slice(0, KEPT_LINKS_MAX).map(([key, its]) => ({ key, its }));
      replaceSecretFile(host.disk, file, () => utf8(`${JSON.stringify({ links })}\n`));
    },
  };
}

function readLinks({ disk }: KeyHost, file: string): Map<Key, readonly string[]> {
  const bytes = readSecretFile(disk, file, { sizeMax: KEPT_BYTES_MAX });
  const links = bytes.ok ? linksIn(textOf(bytes.value) ?? '') : null;
  if (!Array.isArray(links)) return new Map();
  return new Map(
    links.slice(0, KEPT_LINKS_MAX).flatMap((link: Json): [Key, readonly string[]][] => {
      if (!isObject(link)) return [];
      const { key, its } = link;
      if (typeof key !== 'string' || !isKey(key) || !Array.isArray(its)) return [];
      const sound = its.flatMap((one) => (typeof one === 'string' && canonicalEndpoint(one)) || []);
      return [[key, sound.slice(0, KEPT_ENDPOINTS_MAX)]];
    }),
  );
}

function linksIn(text: string): Json | undefined {
  try {
    const note: unknown = JSON.parse(text);
    if (outsideProfile(note) !== null || !isObject(note as Json)) return undefined;
    return (note as Readonly<Record<string, Json>>)['links'];
  } catch {
    return undefined;
  }
}
