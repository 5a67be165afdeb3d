// The console of a guest, for people: one connection to QEMU, shared by everybody who looks. What
// is typed goes in as it comes; what the guest says goes to all. Whoever does not read misses
// something, since the log has it and the guest must not wait. Spec: docs/machines.md, "The
// console".

import { type Socket, connect } from 'node:net';
import { Duplex } from 'node:stream';
import { atSocket } from './socket-path.ts';
import { VIEWERS_MAX, VIEWER_BYTES_MAX } from './limits.ts';

export interface SharedConsole {
  /** Null: too many look already. */
  view(): Duplex | null;
  close(): void;
}

export function shareConsole(path: string): SharedConsole {
  const viewers = new Set<Duplex>();
  let socket: Socket | null = null;
  const opened = (): Socket => {
    if (socket !== null) return socket;
    const own = atSocket(path, (short) => connect(short));
    socket = own;
    own.on('data', (bytes) => {
      for (const viewer of viewers) {
        if (viewer.readableLength < VIEWER_BYTES_MAX) viewer.push(bytes);
      }
    });
    own.on('error', () => undefined);
    own.on('close', () => {
      socket = null;
      for (const viewer of viewers) viewer.push(null);
    });
    return own;
  };
  return {
    view() {
      if (viewers.size >= VIEWERS_MAX) return null;
      const to = opened();
      const viewer: Duplex = new Duplex({
        read: () => undefined,
        write(bytes: Buffer, _encoding, done) {
          if (to.destroyed) return done(new Error('the machine has ended'));
          to.write(bytes, () => done());
        },
        destroy(error, done) {
          viewers.delete(viewer);
          // The last one leaves the place to whoever else speaks to QEMU.
          if (viewers.size === 0) socket?.destroy();
          done(error);
        },
      });
      viewers.add(viewer);
      return viewer;
    },
    close() {
      for (const viewer of viewers) viewer.destroy();
      socket?.destroy();
    },
  };
}
