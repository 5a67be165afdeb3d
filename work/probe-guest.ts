// The smallest guest: it says one number to a port and ends. A `/dev/kvm` that opens is no KVM that
// runs, and a guest that gets through its firmware, into protected mode and out again shows that it
// does. Format: the Multiboot specification 0.6.96, 3.1. Spec: docs/machines.md, "KVM".

import { type Accel, SANDBOX } from './qemu.ts';

const MAGIC = 0x1badb002;
/** The addresses stand in the header. */
const FLAGS = 0x0001_0000;
const BASE = 0x0010_0000;
const CODE_AT = 32;
const BYTES = 64;
const PORT = 0xf4;
const SAYS = 0x2a;

/** mov al, SAYS; out PORT, al; hlt; and again, where that ends nothing. */
const CODE = [0xb0, SAYS, 0xe6, PORT, 0xf4, 0xeb, 0xfd];
/** What QEMU ends with when that was said to isa-debug-exit. */
export const PROBE_STATUS: number = SAYS * 2 + 1;

export function probeGuest(): Uint8Array {
  const image = new Uint8Array(BYTES);
  const view = new DataView(image.buffer);
  const header = [MAGIC, FLAGS, -(MAGIC + FLAGS), BASE, BASE, BASE + BYTES, BASE + BYTES]
    .concat(BASE + CODE_AT)
    .entries();
  for (const [i, value] of header) view.setUint32(i * 4, value >>> 0, true);
  image.set(CODE, CODE_AT);
  return image;
}

/** The guest is the open file `fd`. */
export function probeArgs(accel: Accel, fd: number): readonly string[] {
  return [
    ...['-accel', accel, '-machine', 'q35', '-m', '32', '-nodefaults', '-no-user-config'],
    ...['-display', 'none', '-no-reboot', '-kernel', `/dev/fd/${fd}`],
    ...['-device', `isa-debug-exit,iobase=${PORT},iosize=1`, '-sandbox', SANDBOX],
  ];
}
