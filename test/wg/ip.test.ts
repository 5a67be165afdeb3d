// One text for each address: that of RFC 5952, whatever way it was written.

import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalEndpoint,
  canonicalPrefix,
  formatIp,
  overlaps,
  type Prefix,
  parseEndpoint,
  parseIp,
  parsePrefix,
} from '../../wg/ip.ts';

const zeroish = fc.oneof(fc.constant(0), fc.nat(255));
const six = fc.array(zeroish, { minLength: 16, maxLength: 16 }).map((all) => Uint8Array.from(all));
const four = fc.uint8Array({ minLength: 4, maxLength: 4 });

describe('addresses as text', () => {
  test('read back as they were', () => {
    fc.assert(
      fc.property(fc.oneof(six, four), (bytes) => {
        const text = formatIp(bytes);
        expect(bytes.length === 4 ? isIPv4(text) : isIPv6(text)).toBe(true);
        expect(parseIp(text)).toEqual(bytes);
      }),
    );
  });

  test('are the same as the WHATWG form, mapped ones aside', () => {
    fc.assert(
      fc.property(six, (bytes) => {
        const text = formatIp(bytes);
        fc.pre(!text.includes('.'));
        expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`);
      }),
    );
  });

  test('any text is read as Node reads it, or refused', () => {
    const symbols = fc.constantFrom(...'0123456789abcfF:.:', '::', 'ffff', '1.2.3.4', '%eth0', '/');
    fc.assert(
      fc.property(fc.array(symbols, { maxLength: 20 }), (parts) => {
        const text = parts.join('');
        const isIp = isIPv4(text) || (isIPv6(text) && !text.includes('%'));
        expect(parseIp(text) !== null).toBe(isIp);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['FD00:0:0::1/48', 'fd00::/48'],
    ['10.73.3.7/16', '10.73.0.0/16'],
    ['10.73.3.7', '10.73.3.7/32'],
    ['::/0', '::/0'],
    ['fd00::1', 'fd00::1/128'],
    ['10.0.0.0/33', null],
    ['10.0.0.0/', null],
    ['10.0.0.0/8/8', null],
    ['kith/8', null],
  ])('the prefix %s is %s', (text, wanted) => {
    expect(canonicalPrefix(text)).toBe(wanted);
  });

  test.each([
    ['192.168.1.2:7447', '192.168.1.2:7447'],
    ['[FD00::0:1]:7447', '[fd00::1]:7447'],
    ['[fe80::1%eth0]:7447', '[fe80::1%eth0]:7447'],
    ['fd00::1:7447', null],
    ['attic.example:7447', null],
    ['192.168.1.2:0', null],
    ['192.168.1.2:65536', null],
    ['192.168.1.256:7447', null],
    ['192.168.1.2:7447\n', null],
    ['[fe80::1%$(id)]:7447', null],
  ])('the endpoint %s is %s', (text, wanted) => {
    expect(canonicalEndpoint(text)).toBe(wanted);
    expect(parseEndpoint(text) === null).toBe(wanted === null);
  });

  test.each([
    ['10.73.0.0/16', '10.73.3.0/24', true],
    ['10.73.3.0/24', '10.0.0.0/8', true],
    ['10.73.0.0/16', '10.89.0.0/16', false],
    ['::/0', '10.89.0.0/16', false],
  ])('%s and %s meet: %s', (one, other, wanted) => {
    expect(overlaps(parsePrefix(one) as Prefix, parsePrefix(other) as Prefix)).toBe(wanted);
  });
});
