// What the daemon and `kith join` keep between two runs, read back from any bytes: the notes of
// peers give addresses that can be dialled or none; what was kept of pledges is whole, or said to
// be damaged. Nothing of it makes a program fail.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8 } from '../../proto/bytes.ts';
import {
  type Digest,
  type Key,
  type RecordId,
  isDigest,
  isKey,
  isRecordId,
} from '../../proto/ids.ts';
import { KEPT_PEERS_MAX } from '../../src/daemon/limits.ts';
import { readDoorPort, readPeers, writePeers } from '../../src/daemon/kept.ts';
import { readKept, writeKept } from '../../src/genesis/kept.ts';
import { urlIn } from '../../src/peer/address.ts';
import { ATTEMPTS_MAX, PLEDGES_MAX } from '../../pairing/limits.ts';
import { simulatedDisk } from '../kit/key-disk.ts';
import { hostOn } from '../keys/host.ts';

const FOLDER = '/kith';
const id = (symbol: string): string => symbol.repeat(42) + 'A';
const peer = { key: id('k') as Key, url: 'https://192.0.2.1:7447' };
const pledge = { admitter: id('a') as Key, ceremony: id('c') as Digest };
const kept = { used: 2, pledges: [pledge], network: id('n') as RecordId };

/** A machine with one file of these bytes. */
function holding(file: string, content: Uint8Array): ReturnType<typeof hostOn> {
  const disk = simulatedDisk();
  disk.put(`${FOLDER}/${file}`, content);
  return hostOn(disk);
}

/** The bytes of a file as the program writes it. */
function written(file: string): Buffer {
  const disk = simulatedDisk();
  const host = hostOn(disk);
  writePeers(host, FOLDER, [peer, { ...peer, url: 'https://[fe80::1%eth0]:1' }]);
  writeKept(host, FOLDER, kept);
  return Buffer.from(disk.content(`${FOLDER}/${file}`) as Uint8Array);
}

const edits = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 9 }), fc.string({ maxLength: 6 })), {
  maxLength: 3,
});

/**
 * Any bytes, any JSON, the fields that are looked at with any value, and files that were edited.
 */
function contents(file: string, names: readonly string[]): fc.Arbitrary<Uint8Array> {
  const good = written(file);
  const whole = JSON.parse(good.toString()) as object;
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.array(
      fc.record(
        {
          key: fc.constantFrom<unknown>(peer.key, '', 7),
          url: fc.oneof(fc.constantFrom<unknown>(peer.url, 'https://a\\b:80', null), fc.webUrl()),
          admitter: fc.constantFrom<unknown>(pledge.admitter, 'x', []),
          ceremony: fc.constantFrom<unknown>(pledge.ceremony, null),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 12 },
    ),
  );
  return fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.json().map(utf8),
    fc
      .tuple(fc.constantFrom(...names), value)
      .map(([name, it]) => utf8(`${JSON.stringify({ ...whole, [name]: it })}\n`)),
    edits.map((list) => {
      let bytes = good;
      for (const [place, drop, put] of list) {
        const at = place % (bytes.length + 1);
        const parts = [bytes.subarray(0, at), Buffer.from(put), bytes.subarray(at + drop)];
        bytes = Buffer.concat(parts);
      }
      return new Uint8Array(bytes);
    }),
  );
}

test('what is written is read back', () => {
  const host = holding('peers.json', written('peers.json'));
  expect(readPeers(host, FOLDER)).toHaveLength(2);
  expect(readKept(holding('genesis.json', written('genesis.json')), FOLDER)).toEqual({
    ok: true,
    value: kept,
  });
});

test('notes of peers from any bytes are peers that can be dialled, or none', () => {
  let some = 0;
  fc.assert(
    fc.property(contents('peers.json', ['peers', 'other']), (content) => {
      const peers = readPeers(holding('peers.json', content), FOLDER);
      expect(peers.length).toBeLessThanOrEqual(KEPT_PEERS_MAX);
      for (const { key, url } of peers) {
        expect(isKey(key)).toBe(true);
        expect(urlIn(url)).toBe(url);
        some++;
      }
    }),
    { numRuns: 2_000 },
  );
  expect(some).toBeGreaterThan(100);
});

test('the port of the door from any bytes is a port, or none', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.integer()), (port) => {
      const content = utf8(JSON.stringify({ port }));
      const read = readDoorPort(holding('door.json', content), FOLDER);
      expect(read === null || (Number.isInteger(read) && read > 0 && read < 65_536)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test('what was kept of pledges is whole, or said to be damaged', () => {
  const said = new Map<string, number>();
  fc.assert(
    fc.property(contents('genesis.json', ['network', 'pledges', 'used', 'format']), (content) => {
      const read = readKept(holding('genesis.json', content), FOLDER);
      const what = read.ok ? 'read' : read.code;
      said.set(what, (said.get(what) ?? 0) + 1);
      if (!read.ok) return;
      const { used, network, pledges } = read.value;
      expect(Number.isInteger(used) && used >= 0 && used <= ATTEMPTS_MAX).toBe(true);
      expect(pledges.length).toBeLessThanOrEqual(PLEDGES_MAX);
      expect(network === null ? pledges.length === 0 : isRecordId(network)).toBe(true);
      for (const { admitter, ceremony } of pledges)
        expect([isKey(admitter), isDigest(ceremony)]).toEqual([true, true]);
    }),
    { numRuns: 2_000 },
  );
  expect([...said.keys()].toSorted()).toEqual(['genesis-damaged', 'read']);
  expect(said.get('read')).toBeGreaterThan(20);
});
