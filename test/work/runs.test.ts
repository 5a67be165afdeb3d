// What a driver throws is a failure of that work, under the code that says what is wrong.

import { expect, test } from 'vitest';
import type { Driver, Order } from '../../src/work/driver.ts';
import type { Drivers } from '../../src/work/drivers.ts';
import { ImageFault } from '../../src/work/images/images.ts';
import { createPublishing } from '../../src/work/published.ts';
import { createRuns } from '../../src/work/runs.ts';
import type { Input } from '../../work/host-state.ts';
import { noNet } from '../kit/guests.ts';
import { specOf } from './specs.ts';

const spec = specOf({ id: '01JE2HZ6Q3M8Y5T0V7XW9KB4CD', name: 'job', job: { image: 'box' } });
const tag = { id: spec.id ?? '', generation: 1, digest: 'd', owner: 'o' } as Order['tag'];

async function failureOf(thrown: Error): Promise<Input> {
  const driver = {
    ...{ kind: 'job', name: 'podman' },
    prepare: () => Promise.reject(thrown),
  } as unknown as Driver;
  return new Promise((resolve) => {
    createRuns({
      drivers: { pick: () => driver } as unknown as Drivers,
      input: resolve,
      orderOf: () => ({ tag, spec }) as unknown as Order,
      folders: {
        driverOf: () => null,
        noteDriver: async () => undefined,
        removeRun: async () => undefined,
      },
      publishing: createPublishing(noNet, () => null),
      say: () => undefined,
      goesOn: () => false,
    }).drive('prepare', tag, 1);
  });
}

test.for([
  ['image-unfetched', new ImageFault('image-unfetched', 'no peer has it')],
  ['image-wrong', new ImageFault('image-wrong', 'no archive')],
  ['disk-full', Object.assign(new Error('write'), { code: 'ENOSPC' })],
  ['engine-refused', new Error('the engine says no')],
] as const)('%s', async ([code, thrown]) => {
  expect(await failureOf(thrown)).toMatchObject({
    ...{ is: 'failed', act: 'prepare', code, why: thrown.message },
    of: { id: tag.id, generation: 1, run: 1 },
  });
});
