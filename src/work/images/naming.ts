// Adding an image under a name that is free: a name that means another image already is not moved,
// since work that is placed by it would run something else. Spec: docs/images.md, "Names".

import { join } from 'node:path';
import { type Digest, isDigest } from '../../../proto/ids.ts';
import { type Result, refuse } from '../../../proto/result.ts';
import { pathsIn, readNames } from './folder.ts';
import type { ImageCode } from './refusals.ts';
import type { Held, ImageStore, Progress } from './store.ts';

export async function addNamed(
  store: ImageStore,
  path: string,
  name: string | null,
  progress?: Progress,
): Promise<Result<Held, ImageCode>> {
  const taken = name === null ? null : store.idOf(name);
  // Without a name of its own it is known by its id, which is what tells whether it is the same.
  if (taken === null) return store.add(path, name, progress);
  const before = new Set(store.list().map(({ id }) => id));
  const added = await store.add(path, null, progress);
  if (!added.ok || added.value.id === taken) return added;
  if (!before.has(added.value.id)) await store.remove(added.value.id, () => false);
  return refuse('image-taken', `${name} is ${taken}`);
}

/** What names stand for in the store of a home, for those who only read it. */
export async function imageNamesIn(home: string): Promise<(name: string) => Digest | null> {
  const names = await readNames(pathsIn(join(home, 'work', 'images')));
  return (name) => (isDigest(name) ? name : (names.get(name) ?? null));
}
