// What the doctor says of the machine itself: of one that tells everything, of one that tells
// nothing, and of cards that do not answer.

import { describe, expect, test } from 'vitest';
import { type Cards, NO_CARDS } from '../../src/beat/gpu.ts';
import {
  cardsCheck,
  disksCheck,
  lookAtHardware,
  machineCheck,
  processorCheck,
} from '../../src/doctor/hardware.ts';
import type { HardwareDetails } from '../../src/os/hardware-details.ts';

const TOWER: HardwareDetails = {
  ...{ maker: 'Acme', model: 'Tower 3', virtual: false },
  ...{ processor: 'Ryzen 9 7950X', cores: 32, canVirtualize: true },
  disks: [{ name: 'Samsung 990', kind: 'NVMe', gib: 1_863 }],
  cards: [
    { vendor: 'NVIDIA Corporation', model: 'AD102' },
    { vendor: 'Intel Corporation', model: 'UHD 770' },
  ],
};
const SILENT: HardwareDetails = {
  ...{ maker: null, model: null, virtual: true, processor: null, cores: 1, canVirtualize: false },
  ...{ disks: [], cards: [] },
};
const CARD: Cards['cards'][number] = {
  ...{ name: 'RTX 4090', uuid: null, index: 0, temperatureC: null, powerW: null, driver: null },
  ...{ vramMib: 24_564, vramFreeMib: 20_000, loadPercent: 1, state: 'fit' },
};

describe('a machine', () => {
  test('that tells everything is named with its parts', () => {
    expect(machineCheck(TOWER).said).toBe('Acme Tower 3, a machine of its own');
    expect(processorCheck(TOWER).said).toMatch(/^Ryzen 9 7950X, 32 cores, \d+ GiB of memory; it/);
    expect(disksCheck(TOWER).said).toBe('Samsung 990 (NVMe), 1863 GiB');
  });

  test('that tells nothing has no fault for it', () => {
    expect(machineCheck(SILENT)).toMatchObject({ health: 'ok', said: 'a virtual machine' });
    expect(processorCheck(SILENT).said).toContain('unnamed, 1 core,');
    expect(disksCheck(SILENT)).toMatchObject({ health: 'ok', todo: null });
    for (const check of [machineCheck, processorCheck, disksCheck]) {
      expect(check(null).said).toContain('not known');
    }
  });

  test('is this one, too', async () => {
    expect(processorCheck(await lookAtHardware()).health).toBe('ok');
  });
});

describe('cards', () => {
  test('are told once: by their own tool, and the others by the bus', () => {
    const { health, said } = cardsCheck(TOWER, { count: 1, cards: [CARD], trouble: null });
    expect([health, said]).toEqual(['ok', 'RTX 4090 (24564 MiB, fit); Intel Corporation UHD 770']);
  });

  test('without their tool are told by the bus alone', () => {
    const { said } = cardsCheck(TOWER, NO_CARDS);
    expect(said).toBe('NVIDIA Corporation AD102; Intel Corporation UHD 770');
    expect(cardsCheck(SILENT, NO_CARDS).said).toBe('none');
  });

  test('that do not answer are a warning with what to do', () => {
    const lost = { ...CARD, vramMib: null, state: 'unhealthy' } as const;
    const found = cardsCheck(null, { count: 1, cards: [lost], trouble: 'it hangs' });
    expect(found).toMatchObject({ health: 'warning', said: expect.stringContaining('it hangs') });
    expect(found.said).toContain('memory unknown, unhealthy');
    expect(found.todo).toContain('nvidia-smi');
  });
});
