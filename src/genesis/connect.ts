// The way to a new machine: over TCP, or as bytes through the daemon of this folder, which does not
// know what it carries. Spec: docs/pairing.md, "In practice".

import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Result, ok, refuse } from '../../proto/result.ts';
import { carryTo, readyDaemon } from '../daemon/client.ts';
import { DaemonFault } from '../daemon/refusals.ts';
import { type Address, textOfAddress } from '../peer/address.ts';
import { CONNECT_MS_MAX } from './limits.ts';

export async function reach(folder: string, place: Address): Promise<Result<Duplex, 'no-answer'>> {
  const text = textOfAddress(place);
  if ((await readyDaemon(folder)) === null) return dial(place, text);
  try {
    return ok(await carryTo(folder, text));
  } catch (error) {
    if (error instanceof DaemonFault) return refuse('no-answer', `${text}: ${error.code}`);
    throw error;
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
