// Bytes carried between a local client and a TCP address: the ceremony of an admission runs at both
// ends, and the daemon is nothing but wire. It never looks inside, and bounds how much, how long
// and how many. Spec: docs/daemon.md, "Carrying".

import { type Socket, connect } from 'node:net';
import { Transform } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Address } from '../peer/address.ts';
import { CARRIES_MAX, CARRY_BYTES_MAX, CARRY_CONNECT_MS_MAX, CARRY_MS_MAX } from './limits.ts';
import { DaemonFault } from './refusals.ts';

export interface CarryBounds {
  readonly carriesMax: number;
  readonly bytesMax: number;
  readonly totalMs: number;
  readonly connectMs: number;
}

const CARRY_BOUNDS: CarryBounds = {
  carriesMax: CARRIES_MAX,
  bytesMax: CARRY_BYTES_MAX,
  totalMs: CARRY_MS_MAX,
  connectMs: CARRY_CONNECT_MS_MAX,
};

export interface Carrier {
  /** A connection to an address, with a place among those that may be carried. */
  dial(address: Address): Promise<Socket>;
  /** The same for a connection that somebody else opens. */
  hold(open: () => Promise<Socket>): Promise<Socket>;
  /** Joins two ends until one breaks, both have closed, or a bound is reached; answers why. */
  join(near: Socket, far: Socket): Promise<string>;
  /** Breaks all of them. */
  close(): void;
}

export function createCarrier(bounds: CarryBounds = CARRY_BOUNDS): Carrier {
  const ends = new Set<Socket>();
  let held = 0;
  const take = (): void => {
    if (held >= bounds.carriesMax) throw new DaemonFault('too-many');
    held += 1;
  };
  const keep = (far: Socket): void => {
    ends.add(far);
    far.once('close', () => {
      held -= 1;
      ends.delete(far);
    });
  };
  return {
    async dial({ host, port }) {
      take();
      const far = connect({ host, port, allowHalfOpen: true });
      keep(far);
      await connected(far, bounds.connectMs);
      return far;
    },
    async hold(open) {
      take();
      try {
        const far = await open();
        if (far.destroyed) throw new DaemonFault('not-reached');
        keep(far);
        return far;
      } catch (error) {
        held -= 1;
        throw error;
      }
    },
    join(near, far) {
      ends.add(near);
      near.once('close', () => ends.delete(near));
      return joined(near, far, bounds);
    },
    close() {
      for (const end of ends) end.destroy();
    },
  };
}

function connected(far: Socket, connectMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => far.destroy(new Error('no answer')), connectMs);
    far.once('connect', () => {
      clearTimeout(late);
      resolve();
    });
    far.once('error', (error) => reject(new DaemonFault('not-reached', error.message)));
    far.once('close', () => {
      clearTimeout(late);
      reject(new DaemonFault('not-reached'));
    });
  });
}

function joined(near: Socket, far: Socket, { bytesMax, totalMs }: CarryBounds): Promise<string> {
  return new Promise((resolve) => {
    let why = 'closed';
    const breakOff = (reason: string): void => {
      if (why === 'closed') why = reason;
      near.destroy();
      // Over TCP a broken pipe is told from one that has ended; TLS tells it by itself.
      if (far instanceof TLSSocket) far.destroy();
      else far.resetAndDestroy();
    };
    const late = setTimeout(breakOff, totalMs, 'it took too long');
    let open = 2;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      // `end` goes on to the other side, so that each half closes by itself.
      from.pipe(atMost(bytesMax, () => breakOff('too many bytes'))).pipe(to);
      from.on('error', () => breakOff('broken'));
      from.once('close', () => {
        // Gone without an end: the other side must not wait for one.
        if (!from.readableEnded) breakOff('broken');
        open -= 1;
        if (open > 0) return;
        clearTimeout(late);
        resolve(why);
      });
    }
  });
}

function atMost(bytesMax: number, tooMany: () => void): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      if (bytes > bytesMax) return tooMany();
      done(null, chunk);
    },
  });
}
