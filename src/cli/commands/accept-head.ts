// `kith ledger accept-head`: a person's word for what a machine cannot know.

import { acceptHead } from '../../acts/accept-head.ts';
import { keyHost } from '../../home/host.ts';
import { nowMs } from '../../os/clock.ts';
import type { Call } from '../command.ts';
import type { Exit } from '../exit.ts';
import { namesAt, withHome } from '../home.ts';
import type { Printer } from '../print.ts';
import { unwrap } from '../sentences.ts';

export async function run(call: Call, print: Printer): Promise<Exit> {
  return withHome<Exit>(call.folder, { write: true, alone: true }, async (home) => {
    const { heldBack, renewed } = unwrap(
      await acceptHead(keyHost(), home, { nowMs: nowMs(), isSure: call.flag('anyway') }),
    );
    const nameOf = namesAt(home);
    print.result({ heldBack, renewed }, () => [
      heldBack === null
        ? 'this machine was free to write already'
        : `this machine may write again; it was held back because ${heldBack}`,
      ...renewed.map(({ key, because }) =>
        because === 'key-copied'
          ? `${nameOf(key)} signs here again, after the last record in its journal`
          : `the journal of ${nameOf(key)} begins anew at the head held here`,
      ),
      'if a key of it has signed more than that anywhere, its chain will fork and freeze',
    ]);
    return 'ok';
  });
}
