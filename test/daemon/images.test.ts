// What the local API says of images that work here is started from.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { imagesBehind } from '../../src/daemon/on-images.ts';
import type { Daemon } from '../../src/daemon/running.ts';
import { type ImageStore, openImages } from '../../src/work/images/store.ts';
import { scratchFolder } from '../kit/store-world.ts';

let scratch: ReturnType<typeof scratchFolder>;
let store: ImageStore;
beforeEach(async () => {
  scratch = scratchFolder();
  store = await openImages(join(scratch.folder, 'images'), { marginBytes: 0 });
});
afterEach(() => scratch.remove());

/** A daemon of which nothing counts but its images, and one lease of a job from this image. */
function daemonRunning(image: string): Daemon {
  const leases = new Map([['1', { spec: { job: { image } } }]]);
  const hosting = { state: () => ({ leases }) };
  return { home: null, work: { images: { store }, hosting } } as unknown as Daemon;
}

test('an image that a lease needs, by name or id, goes with --force alone', async () => {
  const path = join(scratch.folder, 'disk');
  writeFileSync(path, 'disk');
  const added = await store.add(path, 'films');
  const id = added.ok ? added.value.id : '';
  for (const image of ['films', id]) {
    const behind = imagesBehind(daemonRunning(image));
    const refused = behind.imageRemove({ image: 'films', force: false });
    await expect(refused).rejects.toMatchObject({ code: 'image-used' });
    expect(store.find(id)).not.toBeNull();
  }
  const other = imagesBehind(daemonRunning('another'));
  await store.setName('other', store.find(id)?.id ?? ('' as never));
  expect(await other.imageRemove({ image: 'other', force: false })).toMatchObject({ image: false });
  const behind = imagesBehind(daemonRunning('films'));
  expect(await behind.imageRemove({ image: id, force: true })).toMatchObject({ image: true });
});
