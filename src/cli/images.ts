// How the commands about images get at them: through the daemon, which has them in its memory, or
// from the folder itself while none runs and none can start. Spec: docs/images.md.

import { join } from 'node:path';
import { imageSteps } from '../daemon/client.ts';
import type { ImageWork } from '../daemon/image-routes.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import { type Held, type ImageStore, type Progress, openImages } from '../work/images/store.ts';
import { withHome } from './home.ts';
import { tickerOn } from './progress.ts';
import { stop } from './sentences.ts';

/** The store of a folder, held for this command alone. */
export function withStore<Value>(
  folder: string,
  use: (store: ImageStore) => Promise<Value>,
): Promise<Value> {
  return withHome(folder, { write: true, alone: true }, async () =>
    use(await openImages(join(folder, 'work', 'images'))),
  );
}

/** What the daemon adds or fetches, with how far it is on stderr. */
export async function awaitImage<Name extends keyof ImageWork>(
  folder: string,
  name: Name,
  asked: ImageWork[Name],
): Promise<Held> {
  const bar = imageBar(name === 'imageAdd' ? 'adding' : 'fetching');
  try {
    for await (const step of imageSteps(folder, name, asked)) {
      if ('image' in step) return step.image;
      if ('error' in step) throw new DaemonFault(step.error.code, step.error.detail);
      bar.progress(step.done, step.of);
    }
  } finally {
    bar.clear();
  }
  // The stream ended before its end.
  return stop('daemon-gone');
}

export function imageBar(doing: string): { progress: Progress; clear: () => void } {
  const ticker = tickerOn(process.stderr);
  return {
    progress(done, of) {
      const percent = of === 0 ? 0 : Math.floor((done * 100) / of);
      ticker.show(`${doing} ${percent}%, ${done} of ${of} chunks`);
    },
    clear: ticker.clear,
  };
}
