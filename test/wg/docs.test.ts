// docs/links.md says what the machine of a link does: its diagram is the table, its numbers the
// limits.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { diagramsOf, redraw } from '../../docs/diagram.mjs';
import { RELAY_PAIR_RATE, RELAY_RATE } from '../../src/mesh/relay-limits.ts';
import { MESH_ASKS_RATE } from '../../src/peer/limits.ts';
import * as limits from '../../wg/link-limits.ts';
import { LINK } from '../../wg/link-table.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/links.md'), 'utf8');

describe('docs/links.md', () => {
  test('draws the table as it is (else: npm run docs)', () => {
    expect(diagramsOf(PAGE)).toEqual(['link']);
    expect(redraw(PAGE, { link: LINK })).toBe(PAGE);
  });

  test.each<[string, number]>([
    ['At most 192 bytes', limits.SIGHTING_BYTES_MAX],
    ['keeps 8 sightings of each', limits.SIGHTINGS_PER_SUBJECT_MAX],
    ['and 2,048 in all', limits.SIGHTINGS_MAX],
    ['for 10 minutes', limits.SIGHTING_MS / 60_000],
    ['sightings of the last 45 s', limits.SIGHTING_FRESH_MS / 1_000],
    ['At most 10 addresses', limits.CANDIDATES_MAX],
    ['a slot of 1,250 ms', limits.SLOT_MS],
    ['at most 1,024 bytes', limits.MEET_BYTES_MAX],
    ['at most one every 2.4 s', limits.MEET_GAP_MS / 1_000],
    ['ask another for 4 a second', MESH_ASKS_RATE.perSecond],
    ['and 64 at once', MESH_ASKS_RATE.burst],
    ['After 12 s without one', limits.ASK_AFTER_MS / 1_000],
    ['after 22 s (two heartbeats', limits.SILENCE_MS / 1_000],
    ['of life within 1 s keeps', limits.ANSWER_MS / 1_000],
    ['again after 12 s, then', limits.PROBE_FIRST_MS / 1_000],
    ['4 ... 60 min, at once', limits.PROBE_MS_MAX / 60_000],
    ['not within 5 s of', limits.REST_MS / 1_000],
    ['comes after 15 s, doubling', limits.DOWN_FIRST_MS / 1_000],
    ['doubling up to 10 min', limits.DOWN_MS_MAX / 60_000],
    ['out of 7500 to', limits.RELAY_PORT_FIRST],
    ['to 7755, and', limits.RELAY_PORT_LAST],
    ['silent for 1 s.', limits.REBIND_SILENCE_MS / 1_000],
    ['ends after 300 s', limits.RELAY_IDLE_MS / 1_000],
    ['pairs of one member | 16 |', limits.RELAY_PAIRS_PER_MEMBER_MAX],
    ['| 2,000,000 for each', RELAY_PAIR_RATE.perSecond],
    ['4,000,000 in all', RELAY_RATE.perSecond],
    ['to port 7450, to', limits.LAN_PORT],
    ['and every 30 s. 59', limits.LAN_EVERY_MS / 1_000],
    ['s. 59 bytes:', limits.LAN_BEACON_BYTES],
    ['At most 32 beacons', limits.LAN_PER_SECOND_MAX],
    ['local network for 95 s', limits.LAN_MS / 1_000],
    ['or after 22 s, the', limits.ROTATE_WAIT_MS / 1_000],
    ['for up to 30 s. Then', limits.ROTATE_SPEAK_MS / 1_000],
  ])('says "%s", and so do the limits', (words, value) => {
    expect(PAGE.replaceAll(/\n\s*/g, ' ')).toContain(words);
    expect(words.replaceAll(',', '')).toContain(String(value));
  });
});
