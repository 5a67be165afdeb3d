// What kind of place an underlay address is: one that any member may be told of, one that means
// something only on the network where it is (RFC 1918 and its like), or one where no peer ever is.
// Spec: docs/links.md, "Candidates".

import { type Prefix, covers, parseEndpoint, parsePrefix } from './ip.ts';

export type Scope = 'public' | 'local' | 'none';

const prefixes = (texts: readonly string[]): readonly Prefix[] =>
  texts.map((text) => parsePrefix(text) as Prefix);

// Ranges for documents and benchmarks count as public: nobody is there, and laboratories are.
const NONE = prefixes([
  '0.0.0.0/8',
  '127.0.0.0/8',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/127',
  '::ffff:0:0/96',
  'ff00::/8',
]);
const LOCAL = prefixes([
  '10.0.0.0/8',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  'fc00::/7',
  'fe80::/10',
]);

/** Of an endpoint in its canonical text; `none` for what is no endpoint. */
export function scopeOf(endpoint: string): Scope {
  const parsed = parseEndpoint(endpoint);
  if (parsed === null) return 'none';
  const address = { bytes: parsed.bytes, bits: parsed.bytes.length * 8 };
  if (NONE.some((range) => covers(range, address))) return 'none';
  return LOCAL.some((range) => covers(range, address)) ? 'local' : 'public';
}

/**
 * A link-local address leads nowhere while nobody says over which link; others see the same address
 * over another one.
 */
export function lacksLink(endpoint: string): boolean {
  return /^\[fe[89ab][0-9a-f]:[^%]*\]/.test(endpoint);
}

export function isIpv6(endpoint: string): boolean {
  return endpoint.startsWith('[');
}

/**
 * Whether an endpoint lies in a prefix, such as the network's own: no path leads through itself.
 */
export function liesIn(prefix: string, endpoint: string): boolean {
  const [outer, parsed] = [parsePrefix(prefix), parseEndpoint(endpoint)];
  if (outer === null || parsed === null) return false;
  return covers(outer, { bytes: parsed.bytes, bits: parsed.bytes.length * 8 });
}

/** The host of an endpoint, as a text that is equal where the hosts are. */
export function hostIn(endpoint: string): string {
  return endpoint.slice(0, endpoint.lastIndexOf(':'));
}

export function portIn(endpoint: string): number {
  return Number(endpoint.slice(endpoint.lastIndexOf(':') + 1));
}
