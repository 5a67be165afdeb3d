import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { isQcow2, readQcow2 } from '../../work/qcow2.ts';
import { type Seed, fitsSeed, seedDisk, seedFiles } from '../../work/seed.ts';

const NET = {
  ...{ mac: '02:11:22:33:44:55', address: 'fd00::5', network: 'fd00::/48' },
  ...{ gateway: 'fe80::1', mtu: 1_280 },
};
const SEED: Seed = {
  ...{ instance: '01JE2HZ6Q3M8Y5T0V7XW9KB4CD.1', hostName: 'mail', net: NET },
  userData: ['#cloud-config', 'hostname: mail'],
};

/** The files of a FAT file system, read as its specification says and not as ours is written. */
function filesOn(disk: Uint8Array): Record<string, string> {
  const view = new DataView(disk.buffer);
  const u16 = (at: number): number => view.getUint16(at, true);
  const [sector, reserved, fats] = [u16(11), u16(14), disk[16] as number];
  const [entries, fatSectors, cluster] = [u16(17), u16(22), (disk[13] as number) * sector];
  const rootAt = (reserved + fats * fatSectors) * sector;
  const dataAt = rootAt + entries * 32;
  const next = (n: number): number => {
    const pair = u16(reserved * sector + n + (n >> 1));
    return n % 2 === 0 ? pair & 0xfff : pair >> 4;
  };
  const files: Record<string, string> = {};
  let long = '';
  for (let at = rootAt; at < dataAt && disk[at] !== 0; at += 32) {
    if (disk[at + 11] === 0x0f) {
      const places = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];
      const codes = places.map((place) => u16(at + place));
      const end = codes.findIndex((code) => code === 0);
      long = String.fromCharCode(...codes.slice(0, end < 0 ? 13 : end)) + long;
      continue;
    }
    if ((disk[at + 11] as number) & 8) {
      files['label'] = String.fromCharCode(...disk.subarray(at, at + 11)).trim();
      continue;
    }
    const bytes: number[] = [];
    for (let n = u16(at + 26); n >= 2 && n < 0xff8; n = next(n)) {
      bytes.push(...disk.subarray(dataAt + (n - 2) * cluster, dataAt + (n - 1) * cluster));
    }
    const size = view.getUint32(at + 28, true);
    files[long] = new TextDecoder().decode(Uint8Array.from(bytes.slice(0, size)));
    long = '';
  }
  return files;
}

describe('a seed', () => {
  test('holds what cloud-init looks for, under the label that it looks for', () => {
    const files = filesOn(seedDisk(seedFiles(SEED)));
    expect(files['label']).toBe('CIDATA');
    expect(parse(files['meta-data'] as string)).toEqual({
      'instance-id': SEED.instance,
      'local-hostname': 'mail',
    });
    expect(files['user-data']).toBe('#cloud-config\nhostname: mail\n');
    expect(parse(files['network-config'] as string)).toMatchObject({
      version: 2,
      ethernets: {
        mesh: {
          match: { macaddress: NET.mac },
          addresses: ['fd00::5/128'],
          routes: [{ to: 'fd00::/48', via: 'fe80::1', 'on-link': true }],
        },
      },
    });
  });

  test('of a guest without a network says nothing of one', () => {
    const files = filesOn(seedDisk(seedFiles({ ...SEED, net: null, userData: [] })));
    expect(Object.keys(files).toSorted()).toEqual(['label', 'meta-data', 'user-data']);
    expect(parse(files['user-data'] as string)).toEqual({});
  });

  test('keeps a long text whole, and says when one is too long', () => {
    const lines = Array.from({ length: 500 }, (_, i) => `line ${i} ${'ü'.repeat(80)}`);
    const files = seedFiles({ ...SEED, userData: lines });
    expect(fitsSeed(files)).toBe(true);
    expect(filesOn(seedDisk(files))['user-data']).toBe(`${lines.join('\n')}\n`);
    expect(fitsSeed(seedFiles({ ...SEED, userData: ['x'.repeat(300_000)] }))).toBe(false);
  });

  test('is the same bytes for the same files', () => {
    expect(seedDisk(seedFiles(SEED))).toEqual(seedDisk(seedFiles(SEED)));
  });
});

describe('the header of a qcow2 image', () => {
  const header = (fields: Record<number, bigint | number> = {}): Uint8Array => {
    const bytes = new Uint8Array(104);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, 0x514649fb);
    view.setUint32(4, 3);
    view.setUint32(20, 16);
    view.setBigUint64(24, 10n * 1_048_576n + 1n);
    for (const [at, value] of Object.entries(fields)) {
      if (typeof value === 'bigint') view.setBigUint64(Number(at), value);
      else view.setUint32(Number(at), value);
    }
    return bytes;
  };

  test('says how large the disk is', () => {
    expect(readQcow2(header())).toEqual({ ok: true, value: { sizeMiB: 11 } });
    expect(readQcow2(header({ 4: 2 }))).toMatchObject({ ok: true });
    // Dirty, compressed by zstd, with subclusters.
    expect(readQcow2(header({ 72: 0b11001n }))).toMatchObject({ ok: true });
  });

  test.each([
    ['a backing file', { 8: 512n }],
    ['its data in another file', { 72: 4n }],
    ['encrypted', { 32: 2 }],
    ['corrupt', { 72: 2n }],
    ['features nobody knows', { 72: 1n << 40n }],
    ['version 4', { 4: 4 }],
    ['clusters of', { 20: 40 }],
    ['a disk of 0 bytes', { 24: 0n }],
    ['a disk of', { 24: 1n << 63n }],
  ])('is refused for %s', (why, fields) => {
    expect(readQcow2(header(fields))).toMatchObject({
      ...{ ok: false, code: 'image-wrong' },
      detail: expect.stringContaining(why),
    });
  });

  test('is refused where it is torn, and where it is none', () => {
    expect(readQcow2(header().subarray(0, 50))).toMatchObject({ code: 'image-wrong' });
    expect(readQcow2(new Uint8Array(104))).toMatchObject({ code: 'image-wrong' });
    expect(isQcow2(new Uint8Array(0))).toBe(false);
  });
});
