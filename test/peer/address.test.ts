// Addresses as people, notes and links write them: whatever the text, an answer and no throw; what
// is an address reads back from its own spelling, and a URL of it reaches that host and port alone.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostAndPort, textOfAddress, urlIn, urlOf } from '../../src/peer/address.ts';

const host = fc.oneof(
  fc.ipV4(),
  fc.ipV6().map((ip) => `[${ip}]`),
  fc.domain(),
  fc.constantFrom('localhost', 'lamp', '[fe80::1%eth0]', '[::ffff:1.2.3.4]', '[::1', '::1', ''),
  fc.string({ maxLength: 12 }),
);
const port = fc.oneof(
  fc.nat({ max: 70_000 }).map(String),
  fc.constantFrom('0', '00080', '-1', '1e3', '7447/x', ' 7447', '٧٤٤٧'),
);
const around = fc.constantFrom(
  '',
  '',
  'https://',
  'http://',
  'https://https://',
  'user@',
  '\n',
  ' ',
);
const texts = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(around, host, port).map(([a, h, p]) => `${a}${h}:${p}`) },
  { weight: 1, arbitrary: fc.tuple(host, port, around).map(([h, p, a]) => `${h}:${p}${a}`) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.webUrl() },
);

test('what is an address has a host, a port and a spelling that reads as the same', () => {
  let addresses = 0;
  fc.assert(
    fc.property(texts, (text) => {
      const address = hostAndPort(text);
      if (address === null) return;
      addresses++;
      expect(address.host).not.toMatch(/[\s/@?#[\]]/);
      expect(address.host).not.toBe('');
      expect(Number.isInteger(address.port)).toBe(true);
      expect(address.port).toBeGreaterThanOrEqual(0);
      expect(address.port).toBeLessThan(65_536);
      expect(hostAndPort(textOfAddress(address))).toEqual(address);
    }),
    { numRuns: 5_000 },
  );
  expect(addresses).toBeGreaterThan(100);
});

test('a URL is the one of its address, whatever stood around it', () => {
  let urls = 0;
  fc.assert(
    fc.property(texts, (text) => {
      const url = urlIn(text);
      if (url === null) return;
      urls++;
      const address = hostAndPort(url.slice('https://'.length));
      expect(address === null ? null : urlOf(address)).toBe(url);
      expect(address?.port).not.toBe(0);
      expect(urlIn(url)).toBe(url);
      if (!URL.canParse(url)) return;
      // As whoever dials reads it: no user, no path, no other port than the one that was named.
      const parsed = new URL(url);
      expect([parsed.username, parsed.pathname, parsed.search, parsed.hash]).toEqual([
        '',
        '/',
        '',
        '',
      ]);
      expect(Number(parsed.port === '' ? 443 : parsed.port)).toBe(address?.port);
    }),
    { numRuns: 5_000 },
  );
  expect(urls).toBeGreaterThan(100);
});
