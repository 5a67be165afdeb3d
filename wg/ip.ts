// IP addresses, prefixes and endpoints as text and as bytes. Each has one text here, that of RFC
// 5952, which is also what `wg` and `ip` print: so equal things are equal texts.

const PORT_MAX = 65_535;

/** Four or sixteen bytes, or null. Without zones, and IPv4 in decimals without leading zeros. */
export function parseIp(text: string): Uint8Array | null {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

export function formatIp(bytes: Uint8Array): string {
  return bytes.length === 4 ? bytes.join('.') : formatIpv6(bytes);
}

function parseIpv4(text: string): Uint8Array | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  const out = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return null;
    out[i] = Number(part);
  }
  return out;
}

function parseIpv6(text: string): Uint8Array | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = [bytesOfGroups(halves[0] ?? '', halves.length === 1), tailOf(halves[1])];
  if (head === null || tail === null) return null;
  const size = head.length + tail.length;
  // `::` stands for one group of zeros at least.
  if (halves.length === 1 ? size !== 16 : size > 14) return null;
  const out = new Uint8Array(16);
  out.set(head);
  out.set(tail, 16 - tail.length);
  return out;
}

function tailOf(text: string | undefined): number[] | null {
  return text === undefined ? [] : bytesOfGroups(text, true);
}

function bytesOfGroups(text: string, isLast: boolean): number[] | null {
  if (text === '') return [];
  const groups = text.split(':');
  const out: number[] = [];
  for (const [i, group] of groups.entries()) {
    if (isLast && i === groups.length - 1 && group.includes('.')) {
      const four = parseIpv4(group);
      if (four === null) return null;
      out.push(...four);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null;
      const value = Number.parseInt(group, 16);
      out.push(value >> 8, value & 255);
    }
  }
  return out;
}

function formatIpv6(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) {
    groups.push(((bytes[i] as number) << 8) | (bytes[i + 1] as number));
  }
  // RFC 4291's IPv4-mapped form is printed with its IPv4 part, as every system does.
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${bytes.slice(12).join('.')}`;
  }
  const { start, size } = longestZeros(groups);
  const words = groups.map((group) => group.toString(16));
  if (size < 2) return words.join(':');
  return `${words.slice(0, start).join(':')}::${words.slice(start + size).join(':')}`;
}

/** The first of the longest runs of zeros. */
function longestZeros(groups: readonly number[]): { start: number; size: number } {
  let best = { start: 0, size: 0 };
  let start = 0;
  for (const [i, group] of groups.entries()) {
    if (group !== 0) start = i + 1;
    else if (i + 1 - start > best.size) best = { start, size: i + 1 - start };
  }
  return best;
}

export interface Prefix {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/** `ADDRESS/BITS`, whatever stands below the bits; an address alone is all of them. */
export function parsePrefix(text: string): Prefix | null {
  const [address = '', length, ...more] = text.split('/');
  const bytes = parseIp(address);
  if (bytes === null || more.length > 0) return null;
  const all = bytes.length * 8;
  if (length === undefined) return { bytes, bits: all };
  const bits = /^(0|[1-9][0-9]{0,2})$/.test(length) ? Number(length) : -1;
  return bits < 0 || bits > all ? null : { bytes, bits };
}

/** The one text of a prefix, with zeros below its bits; null for what is none. */
export function canonicalPrefix(text: string): string | null {
  const prefix = parsePrefix(text);
  if (prefix === null) return null;
  const bytes = prefix.bytes.map((byte, i) => byte & maskByte(prefix.bits - i * 8));
  return `${formatIp(bytes)}/${prefix.bits}`;
}

function maskByte(bits: number): number {
  return bits >= 8 ? 0xff : bits <= 0 ? 0 : (0xff << (8 - bits)) & 0xff;
}

export function covers(outer: Prefix, inner: Prefix): boolean {
  if (outer.bytes.length !== inner.bytes.length || outer.bits > inner.bits) return false;
  return outer.bytes.every((byte, i) => {
    const mask = maskByte(outer.bits - i * 8);
    return (byte & mask) === ((inner.bytes[i] as number) & mask);
  });
}

/** Whether any address lies in both. */
export function overlaps(one: Prefix, other: Prefix): boolean {
  return covers(one, other) || covers(other, one);
}

const ENDPOINT = /^(?:\[([0-9a-fA-F:.]+)(%[A-Za-z0-9._-]{1,15})?\]|([0-9.]+)):([1-9][0-9]{0,4})$/;

export interface Endpoint {
  readonly bytes: Uint8Array;
  /** The interface of a link-local address, with its `%`; else empty. */
  readonly zone: string;
  readonly port: number;
}

/** An address and a port in numbers. A name is none: `wg` would wait 20 s for its resolver. */
export function parseEndpoint(text: string): Endpoint | null {
  const [whole, six, zone = '', four, digits] = ENDPOINT.exec(text) ?? [];
  const bytes = six === undefined ? parseIpv4(four ?? '') : parseIpv6(six);
  const port = Number(digits);
  return whole === undefined || bytes === null || port > PORT_MAX ? null : { bytes, zone, port };
}

export function canonicalEndpoint(text: string): string | null {
  const endpoint = parseEndpoint(text);
  if (endpoint === null) return null;
  const { bytes, zone, port } = endpoint;
  return bytes.length === 4 ? `${formatIp(bytes)}:${port}` : `[${formatIp(bytes)}${zone}]:${port}`;
}
