// The images of a spec by their digests: whoever places it says once what a name stands for, so
// that every host, and every later generation, runs the same bytes. A name that the owner's store
// does not know is left to the host and its engine. Spec: docs/running.md, "The owner".

import type { Digest } from '../proto/ids.ts';
import type { Spec } from './spec.ts';

export function pinned(spec: Spec, idOf: (name: string) => Digest | null): Spec {
  const by = (name: string): string => idOf(name) ?? name;
  const { job, vm } = spec;
  return {
    ...spec,
    ...(job === undefined ? {} : { job: { ...job, image: by(job.image) } }),
    ...(vm === undefined ? {} : { vm: { ...vm, ...vmImages(vm, by) } }),
  };
}

const OF_VM = ['image', 'kernel', 'initrd'] as const;

function vmImages(vm: NonNullable<Spec['vm']>, by: (name: string) => string): object {
  return Object.fromEntries(
    OF_VM.flatMap((field) => {
      const name = vm[field];
      return name === undefined ? [] : [[field, by(name)]];
    }),
  );
}

/** Every image that it runs, by name or id. */
export function imagesOf({ job, vm }: Spec): readonly string[] {
  if (job !== undefined) return [job.image];
  return OF_VM.flatMap((field) => vm?.[field] ?? []);
}
