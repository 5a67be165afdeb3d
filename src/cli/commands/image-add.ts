// `kith image add FILE`: a file becomes an image of this machine.

import { resolve } from 'node:path';
import { bytesText } from '../../../proto/sizes.ts';
import { readyDaemon } from '../../daemon/client.ts';
import { addNamed } from '../../work/images/naming.ts';
import type { Held } from '../../work/images/store.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { awaitImage, imageBar, withStore } from '../images.ts';
import { type Printer, plain } from '../print.ts';
import { unwrap } from '../sentences.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const path = resolve(call.needed('file'));
  const name = call.value('name') ?? null;
  const held = await added(call.folder, path, name);
  print.result(held, () => {
    const named = held.names.length === 0 ? '' : `, called ${held.names.join(', ')}`;
    return plain(`${held.id}: ${bytesText(held.sizeBytes)}, ${held.form}${named}`);
  });
  return 'ok';
}

async function added(folder: string, path: string, name: string | null): Promise<Held> {
  if ((await readyDaemon(folder)) !== null) return awaitImage(folder, 'imageAdd', { path, name });
  return withStore(folder, async (store) => {
    const bar = imageBar('adding');
    return unwrap(await addNamed(store, path, name, bar.progress).finally(bar.clear));
  });
}
