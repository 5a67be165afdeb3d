import { expect, test } from 'vitest';
import type { Digest } from '../../proto/ids.ts';
import { pinned } from '../../work/pinning.ts';
import { readSpec } from '../../work/spec.ts';
import { JOB, VM, specOf } from './specs.ts';

const ID = `K7${'d'.repeat(41)}` as Digest;
const idOf = (name: string): Digest | null => (name === 'busybox' || name === 'kernel' ? ID : null);

test('a name that is known becomes its digest, any other is left', () => {
  expect(pinned(specOf(JOB), idOf)).toEqual({
    ...specOf(JOB),
    job: { ...specOf(JOB).job, image: ID },
  });
  const vm = specOf({ ...VM, vm: { image: 'debian-12', kernel: 'kernel', initrd: 'initrd' } });
  expect(pinned(vm, idOf).vm).toMatchObject({ image: 'debian-12', kernel: ID, initrd: 'initrd' });
  expect(pinned(specOf(VM), () => null)).toEqual(specOf(VM));
});

test('what comes of it is a spec', () => {
  expect(readSpec(pinned(specOf(JOB), idOf))).toMatchObject({ ok: true });
});
