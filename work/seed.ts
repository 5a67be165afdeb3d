// What cloud-init finds in a guest: the three files of its NoCloud source, and the small disk that
// they lie on. Spec: docs/machines.md, "The seed".

import { concat, utf8 } from '../proto/bytes.ts';

export interface Seed {
  /** Names this start of the guest: cloud-init does its first-boot work once for each. */
  readonly instance: string;
  readonly hostName: string;
  readonly userData: readonly string[];
  readonly net: SeedNet | null;
}

/** An address on the mesh, which nobody hands out. */
export interface SeedNet {
  readonly mac: string;
  readonly address: string;
  /** The network that is reached by it, and through whom. */
  readonly network: string;
  readonly gateway: string;
  readonly mtu: number;
}

export interface SeedFile {
  /** Of a-z and `-`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function seedFiles(seed: Seed): readonly SeedFile[] {
  const text = (name: string, lines: readonly string[]): SeedFile => ({
    name,
    bytes: utf8(`${lines.join('\n')}\n`),
  });
  const own = seed.userData.length > 0 ? seed.userData : ['#cloud-config', '{}'];
  return [
    text('meta-data', [
      `instance-id: ${seed.instance}`,
      // A quoted text is the same in YAML as in JSON.
      `local-hostname: ${JSON.stringify(seed.hostName)}`,
    ]),
    text('user-data', own),
    ...(seed.net === null ? [] : [text('network-config', networkLines(seed.net))]),
  ];
}

function networkLines({ mac, address, network, gateway, mtu }: SeedNet): readonly string[] {
  return [
    'version: 2',
    'ethernets:',
    '  mesh:',
    `    match: { macaddress: "${mac}" }`,
    '    dhcp4: false',
    '    dhcp6: false',
    '    accept-ra: false',
    `    mtu: ${mtu}`,
    `    addresses: ["${address}/128"]`,
    `    routes: [{ to: "${network}", via: "${gateway}", on-link: true }]`,
  ];
}

/** Whether it finds room on the disk of a seed. */
export function fitsSeed(files: readonly SeedFile[]): boolean {
  return files.reduce((sum, { bytes }) => sum + clustersOf(bytes), 0) <= CLUSTERS;
}

const SECTOR = 512;
const FAT_SECTORS = 3;
const ROOT_ENTRIES = 64;
const ROOT_SECTORS = (ROOT_ENTRIES * 32) / SECTOR;
const ROOT_AT = 1 + 2 * FAT_SECTORS;
const DATA_AT = ROOT_AT + ROOT_SECTORS;
const SECTORS = 512;
const CLUSTERS = SECTORS - DATA_AT;
const LABEL = 'CIDATA     ';
/** A day of 1980: a seed says nothing of when it was made. */
const DATE = 0x0021;
const ARCHIVE = 0x20;
const VOLUME = 0x08;
const LONG_NAME = 0x0f;
const LAST = 0x40;

const clustersOf = (bytes: Uint8Array): number => Math.ceil(bytes.length / SECTOR);

/**
 * A FAT file system of 256 KiB, by Microsoft's FAT specification (2005), with the label CIDATA: the
 * kernel of any guest reads it, and the same files give the same bytes.
 */
export function seedDisk(files: readonly SeedFile[]): Uint8Array {
  const disk = new Uint8Array(SECTORS * SECTOR);
  disk.set(bootSector());
  const fat = new Uint8Array(FAT_SECTORS * SECTOR);
  const link = (cluster: number, next: number): void => {
    // Twelve bits each: two entries in three bytes.
    const at = cluster + (cluster >> 1);
    const [low, high] = [fat[at] as number, fat[at + 1] as number];
    if (cluster % 2 === 0) fat.set([next & 0xff, (high & 0xf0) | (next >> 8)], at);
    else fat.set([(low & 0x0f) | ((next & 0x0f) << 4), next >> 4], at);
  };
  link(0, 0xff8);
  link(1, 0xfff);
  const root: Uint8Array[] = [entry({ name: LABEL, kind: VOLUME, cluster: 0, size: 0 })];
  let cluster = 2;
  for (const [i, { name, bytes }] of files.entries()) {
    const first = bytes.length === 0 ? 0 : cluster;
    disk.set(bytes, (DATA_AT + cluster - 2) * SECTOR);
    const end = cluster + clustersOf(bytes);
    for (; cluster < end; cluster++) link(cluster, cluster + 1 === end ? 0xfff : cluster + 1);
    const short = `SEED${i}   TXT`;
    root.push(...longName(name, short));
    root.push(entry({ name: short, kind: ARCHIVE, cluster: first, size: bytes.length }));
  }
  disk.set(fat, SECTOR);
  disk.set(fat, (1 + FAT_SECTORS) * SECTOR);
  disk.set(concat(...root), ROOT_AT * SECTOR);
  return disk;
}

function bootSector(): Uint8Array {
  const sector = new Uint8Array(SECTOR);
  const view = new DataView(sector.buffer);
  sector.set([0xeb, 0x3c, 0x90, ...utf8('kith    ')]);
  view.setUint16(11, SECTOR, true);
  // One sector a cluster, one before the first of two tables.
  sector.set([1, 1, 0, 2], 13);
  view.setUint16(17, ROOT_ENTRIES, true);
  view.setUint16(19, SECTORS, true);
  sector[21] = 0xf8;
  view.setUint16(22, FAT_SECTORS, true);
  view.setUint16(24, 32, true);
  view.setUint16(26, 2, true);
  sector.set([0x80, 0, 0x29, ...utf8('kith'), ...utf8(LABEL), ...utf8('FAT12   ')], 36);
  sector.set([0x55, 0xaa], SECTOR - 2);
  return sector;
}

interface Entry {
  /** Eleven characters, padded. */
  readonly name: string;
  readonly kind: number;
  readonly cluster: number;
  readonly size: number;
}

function entry({ name, kind, cluster, size }: Entry): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  bytes.set(utf8(name));
  bytes[11] = kind;
  view.setUint16(24, DATE, true);
  view.setUint16(26, cluster, true);
  view.setUint32(28, size, true);
  return bytes;
}

/** Where the characters of a long name stand in an entry of it. */
const NAME_AT = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];

/** The entries before the short one, the end of the name first. */
function longName(name: string, short: string): readonly Uint8Array[] {
  const sum = utf8(short).reduce((so, byte) => (((so & 1) << 7) + (so >> 1) + byte) & 0xff, 0);
  const count = Math.ceil(name.length / NAME_AT.length);
  return Array.from({ length: count }, (_, i) => {
    const nth = count - 1 - i;
    const bytes = new Uint8Array(32);
    const view = new DataView(bytes.buffer);
    for (const [place, at] of NAME_AT.entries()) {
      const sign = nth * NAME_AT.length + place;
      const code = sign < name.length ? name.charCodeAt(sign) : sign === name.length ? 0 : 0xffff;
      view.setUint16(at, code, true);
    }
    bytes[0] = (nth + 1) | (i === 0 ? LAST : 0);
    bytes.set([LONG_NAME, 0, sum], 11);
    return bytes;
  });
}
