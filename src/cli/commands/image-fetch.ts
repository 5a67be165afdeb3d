// `kith image fetch ID`: an image comes here before work needs it.

import { isDigest } from '../../../proto/ids.ts';
import { bytesText } from '../../../proto/sizes.ts';
import { askDaemon } from '../../daemon/client.ts';
import type { Digest } from '../../../proto/ids.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { awaitImage } from '../images.ts';
import { type Printer, plain } from '../print.ts';
import { stop } from '../sentences.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const named = call.needed('id');
  const id = isDigest(named) ? named : await idOf(call.folder, named);
  const held = await awaitImage(call.folder, 'imageFetch', { id });
  print.result(held, () =>
    plain(`${held.id}: ${bytesText(held.sizeBytes)}, ${held.form}, is here, and whole`),
  );
  return 'ok';
}

/** By a name of this machine; the names of others may mean anything. */
async function idOf(folder: string, name: string): Promise<Digest> {
  const { held } = await askDaemon(folder, 'images', undefined);
  return held.find(({ names }) => names.includes(name))?.id ?? stop('image-unknown', name);
}
