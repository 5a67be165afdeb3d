// What this machine says of itself when it introduces itself to an operator: its own word, shown to
// a person and believed by nobody.

import { readdirSync, readFileSync, statfsSync } from 'node:fs';
import { arch, cpus, release, totalmem, type as systemType } from 'node:os';
import { GPUS_MAX } from '../../pairing/limits.ts';
import { plainText } from '../../pairing/introduce.ts';
import type { Hardware, HardwareCard } from '../../proto/hardware.ts';

const MIB = 1024 * 1024;
/** What a field of 32 bits holds. */
const MIB_MAX = 2 ** 32 - 1;

/** `folder` is where the data will lie: its disk is the one that counts. */
export function hardwareOf(folder: string): Hardware {
  const processors = cpus();
  return {
    model: plainText(lineOf('/sys/class/dmi/id/product_name') ?? modelOfBoard() ?? arch()),
    system: plainText(`${systemName()} ${release()}`),
    cpu: plainText(processors[0]?.model ?? arch()),
    cores: processors.length,
    memoryMib: mib(totalmem()),
    diskMib: mib(freeBytes(folder)),
    gpus: gpus(),
  };
}

function mib(bytes: number): number {
  return Math.min(MIB_MAX, Math.floor(bytes / MIB));
}

function lineOf(file: string): string | null {
  try {
    const line = readFileSync(file, 'utf8').split('\n', 1)[0]?.trim() ?? '';
    return line === '' ? null : line;
  } catch {
    return null;
  }
}

// Boards without a BIOS, such as a Raspberry Pi.
function modelOfBoard(): string | null {
  return lineOf('/sys/firmware/devicetree/base/model')?.replaceAll('\u0000', '') ?? null;
}

function systemName(): string {
  try {
    const found = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'));
    return found?.[1] ?? systemType();
  } catch {
    return systemType();
  }
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0;
  }
}

/** Nvidia's driver names its cards here; it says nothing of their memory. */
function gpus(): HardwareCard[] {
  try {
    const folder = '/proc/driver/nvidia/gpus';
    return readdirSync(folder)
      .slice(0, GPUS_MAX)
      .flatMap((card) => {
        const text = readFileSync(`${folder}/${card}/information`, 'utf8');
        const name = /^Model:\s*(.+)$/m.exec(text)?.[1];
        return name === undefined ? [] : [{ name: plainText(name), memoryMib: 0 }];
      });
  } catch {
    return [];
  }
}
