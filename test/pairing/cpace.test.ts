// CPace against every value that the draft publishes (fixtures/cpace/draft-21.json).

import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import published from '../../fixtures/cpace/draft-21.json' with { type: 'json' };
import { generator, sessionKey, shareOf, transcriptOf } from '../../pairing/cpace.ts';
import { fromHex, toHex } from '../../proto/bytes.ts';
import { pairingPlatform as platform } from '../../src/pairing-platform.ts';

const { suite, points } = published;
const bytes = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;
const upper = (value: Uint8Array | null): string => toHex(value as Uint8Array).toUpperCase();
const setting = { prs: bytes(suite.PRS), ci: bytes(suite.CI), sid: bytes(suite.sid) };
const initiator = { y: bytes(suite.Ya), ad: bytes(suite.ADa) };
const responder = { y: bytes(suite.Yb), ad: bytes(suite.ADb) };

test('the generator and both shares are those of the draft', () => {
  expect(upper(generator(setting, platform))).toBe(suite.g);
  expect(upper(shareOf(bytes(suite.ya), setting, platform))).toBe(suite.Ya);
  expect(upper(shareOf(bytes(suite.yb), setting, platform))).toBe(suite.Yb);
});

test('both sides reach the session key of the draft', () => {
  const transcript = transcriptOf(initiator, responder);
  const a = sessionKey(bytes(suite.ya), responder.y, setting.sid, transcript, platform);
  const b = sessionKey(bytes(suite.yb), initiator.y, setting.sid, transcript, platform);
  expect(upper(a)).toBe(suite.ISK_IR);
  expect(upper(b)).toBe(suite.ISK_IR);
});

test.each(Object.entries(points))('%s is refused, also with bit 255 set', (_name, hex) => {
  for (const top of [0, 0x80]) {
    const point = bytes(hex);
    point[31] = (point[31] as number) | top;
    expect(sessionKey(bytes(suite.ya), point, setting.sid, new Uint8Array(), platform)).toBeNull();
  }
});

test('there are twelve such points, and the fixture is what was published', () => {
  expect(Object.keys(points)).toHaveLength(12);
  const shared = new URL('../../../shared/vectors/cpace-x25519-sha512.json', import.meta.url);
  if (!existsSync(shared)) return;
  expect(JSON.parse(readFileSync(shared, 'utf8'))).toMatchObject({ suite, points });
});
