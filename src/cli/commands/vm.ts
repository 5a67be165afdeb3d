// `kith vm IMAGE`: a virtual machine in one line.

import { readFileSync } from 'node:fs';
import type { Call } from '../command.ts';
import { dryRun } from '../dry-run.ts';
import type { Exit } from '../exit.ts';
import { plainFile } from '../file.ts';
import { placeAndFollow, seedIn } from '../placing.ts';
import type { Printer } from '../print.ts';
import { stop, unwrap } from '../sentences.ts';
import { specBy } from '../wishes.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  const [image, kernel] = [call.value('image'), call.value('kernel')];
  if (image === undefined && kernel === undefined) return stop('work-image-missing');
  const userData = call.value('user-data');
  const vm = {
    ...{ image, kernel, initrd: call.value('initrd'), cmdline: call.value('cmdline') },
    firmware: call.value('firmware'),
    userData: userData === undefined ? undefined : readFileSync(plainFile(userData), 'utf8'),
  };
  const said = Object.fromEntries(Object.entries(vm).filter(([, value]) => value !== undefined));
  const spec = unwrap(specBy(call, { vm: said }));
  const seed = seedIn(call.value('seed'));
  if (call.flag('dry-run')) return dryRun(call, print, spec, seed);
  const until = call.flag('wait') ? 'ended' : 'going';
  return placeAndFollow(call, print, spec, { seed, until, quiet: false });
}
