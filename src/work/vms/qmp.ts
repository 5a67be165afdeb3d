// The control connection of one QEMU: one connection at a time, opened again when it breaks, each
// command with a time limit of its own. Spec: docs/machines.md, "QMP".

import { type Socket, connect } from 'node:net';
import { type Fields, type QmpMessage, qmpLine, qmpReader } from '../../../work/qmp.ts';
import { atSocket } from './socket-path.ts';
import { AGAIN_MS, ANSWER_MS, ASKED_MAX } from './limits.ts';

export interface Qmp {
  /** Rejects where it is refused, too late, or the connection breaks meanwhile. */
  ask(command: string, args?: Fields, limitMs?: number): Promise<unknown>;
  /** Whether QEMU has answered on the connection that is open now. */
  readonly isOpen: boolean;
  close(): void;
}

export interface QmpParts {
  readonly path: string;
  /** An event, or nonsense. */
  readonly heard: (message: QmpMessage) => void;
  /** Each time that a connection is ready: what happened before it was is to be asked for. */
  readonly opened: () => void;
  /** A connection was lost, or could not be had; whether to try again. */
  readonly lost: () => boolean;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly late: NodeJS.Timeout;
}

export function openQmp(parts: QmpParts): Qmp {
  let socket: Socket | null = null;
  let isOpen = false;
  let isClosed = false;
  let again: NodeJS.Timeout | null = null;
  const asked = createAsked((line) => socket?.write(line));
  const take = (message: QmpMessage): void => {
    switch (message.is) {
      case 'greeting':
        // Whoever does not answer the greeting is not listened to.
        asked.send('qmp_capabilities', {}, ANSWER_MS).then(
          () => {
            isOpen = true;
            parts.opened();
          },
          () => socket?.destroy(),
        );
        return;
      case 'return':
        return asked.settle(message.id, (one) => one.resolve(message.value));
      case 'error':
        return asked.settle(message.id, (one) => one.reject(new Error(message.what)));
      case 'event':
      case 'nonsense':
        return parts.heard(message);
    }
  };
  const open = (): void => {
    if (isClosed) return;
    const reader = qmpReader();
    const own = atSocket(parts.path, (path) => connect(path));
    socket = own;
    own.on('data', (bytes) => reader.read(bytes).forEach(take));
    own.on('error', () => undefined);
    own.on('close', () => {
      socket = null;
      isOpen = false;
      asked.breakOff();
      if (isClosed || !parts.lost()) return;
      again = setTimeout(open, AGAIN_MS);
    });
  };
  open();
  return {
    get isOpen() {
      return isOpen;
    },
    ask: (command, args = {}, limitMs = ANSWER_MS) =>
      isOpen
        ? asked.send(command, args, limitMs)
        : Promise.reject(new Error('QEMU does not answer')),
    close() {
      isClosed = true;
      if (again !== null) clearTimeout(again);
      socket?.destroy();
    },
  };
}

interface Asked {
  send(command: string, args: Fields, limitMs: number): Promise<unknown>;
  settle(id: number | null, how: (one: Waiting) => void): void;
  breakOff(): void;
}

/** Commands that wait for their answer, by number. */
function createAsked(write: (line: string) => void): Asked {
  const waiting = new Map<number, Waiting>();
  let count = 0;
  const settle: Asked['settle'] = (id, how) => {
    const one = id === null ? undefined : waiting.get(id);
    if (id === null || one === undefined) return;
    waiting.delete(id);
    clearTimeout(one.late);
    how(one);
  };
  return {
    settle,
    send: (command, args, limitMs) =>
      new Promise((resolve, reject) => {
        if (waiting.size >= ASKED_MAX) {
          reject(new Error('QEMU is asked too much'));
          return;
        }
        const id = ++count;
        const why = `QEMU did not answer ${command} within ${limitMs} ms`;
        const late = setTimeout(() => settle(id, (one) => one.reject(new Error(why))), limitMs);
        waiting.set(id, { resolve, reject, late });
        write(qmpLine(id, command, args));
      }),
    breakOff() {
      for (const id of waiting.keys()) {
        settle(id, (one) => one.reject(new Error('the connection to QEMU broke')));
      }
    },
  };
}
