// The way to a new machine: over TCP, or as bytes through the daemon of this folder, which does not
// know what it carries. Spec: docs/pairing.md, "In practice".

import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Key } from '../../proto/ids.ts';
import { type Result, ok, refuse } from '../../proto/result.ts';
import { carryTo, readyDaemon } from '../daemon/client.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import { type Address, textOfAddress } from '../peer/address.ts';
import { CONNECT_MS_MAX } from './limits.ts';

/** A newcomer that waits in the lobby of a member. */
export interface InLobby {
  readonly newcomer: Key;
  readonly lobby: Key;
}

export type Place = Address | InLobby;
type ReachCode = 'no-answer' | 'not-waiting';

/** Whichever of these answers first, one after the other; else why the first one did not. */
export async function reach(
  folder: string,
  [place, ...others]: readonly [Place, ...Place[]],
): Promise<Result<Duplex, ReachCode>> {
  const first = await reachOne(folder, place);
  for (const other of first.ok ? [] : others) {
    const later = await reachOne(folder, other);
    if (later.ok) return later;
  }
  return first;
}

async function reachOne(folder: string, place: Place): Promise<Result<Duplex, ReachCode>> {
  if ('lobby' in place) return reachBy(folder, `${place.newcomer}@${place.lobby}`);
  const text = textOfAddress(place);
  if ((await readyDaemon(folder)) === null) return dial(place, text);
  return reachBy(folder, text);
}

async function reachBy(folder: string, to: string): Promise<Result<Duplex, ReachCode>> {
  try {
    return ok(await carryTo(folder, to));
  } catch (error) {
    if (!(error instanceof DaemonFault)) throw error;
    const { code, detail } = error;
    if (code === 'not-waiting') return refuse(code);
    return refuse('no-answer', `${to}: ${detail === '' ? code : detail}`);
  }
}

function dial({ host, port }: Address, text: string): Promise<Result<Duplex, 'no-answer'>> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true });
    const give = (why: string): void => {
      socket.destroy();
      resolve(refuse('no-answer', `${text}: ${why}`));
    };
    socket.setTimeout(CONNECT_MS_MAX, () => give('no answer in time'));
    socket.once('error', (error: NodeJS.ErrnoException) => give(error.code ?? error.message));
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners('error').removeAllListeners('timeout');
      resolve(ok(socket));
    });
  });
}
