// One run on the machine that belongs, performed over a stream: to the new machine itself, or to it
// through somebody who carries bytes. What happens is decided in pairing/admitter.ts.
// Spec: docs/pairing.md, "The shell".

import type { Duplex } from 'node:stream';
import {
  ADMITTER_RANDOM_BYTES,
  type AdmitterAnswer,
  type AdmitterDead,
  type AdmitterInput,
  type AdmitterNews,
  type AdmitterOut,
  type AdmitterQuestion,
  type AdmitterSelf,
  type TypedCode,
} from '../../pairing/admitter-state.ts';
import { admitterBytesMax, openAdmitter, stepAdmitter } from '../../pairing/admitter.ts';
import { isDead } from '../../pairing/machine.ts';
import { pairingPlatform } from '../pairing-platform.ts';
import { type Wire, wireOver } from './frames.ts';

export interface AdmitterSetting {
  readonly self: AdmitterSelf;
  readonly typed: TypedCode;
  readonly random: (sizeBytes: number) => Uint8Array;
  readonly answer: (question: AdmitterQuestion) => Promise<AdmitterAnswer>;
  readonly tell: (news: AdmitterNews) => void;
  /** Ends the run; an admission that is being written is waited for. */
  readonly signal: AbortSignal;
}

export async function runAdmitter(stream: Duplex, setting: AdmitterSetting): Promise<AdmitterDead> {
  const { signal } = setting;
  const run = createRun(stream, setting);
  const abort = (): void => run.input({ kind: 'end', code: 'cancelled' });
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await run.ended;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function createRun(
  stream: Duplex,
  { self, typed, random, answer, tell }: AdmitterSetting,
): { input: (input: AdmitterInput) => void; ended: Promise<AdmitterDead> } {
  const timers = new Set<NodeJS.Timeout>();
  const queue: AdmitterInput[] = [];
  let isBusy = false;
  let finish: (dead: AdmitterDead) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const ended = new Promise<AdmitterDead>((resolve, reject) => {
    finish = resolve;
    fail = (error) => {
      for (const timer of timers) clearTimeout(timer);
      stream.destroy();
      reject(error);
    };
  });
  const opened = openAdmitter(self, typed, random(ADMITTER_RANDOM_BYTES));
  let state = opened.state;
  const wire: Wire = wireOver(stream, {
    sizeMax: () => admitterBytesMax(state),
    message: (bytes) => input({ kind: 'message', bytes }),
    misfit: () => input({ kind: 'end', code: 'malformed' }),
    gone: () => input({ kind: 'closed' }),
  });

  // One input after the other: what a step asks for may answer at once.
  function input(next: AdmitterInput): void {
    queue.push(next);
    if (isBusy) return;
    isBusy = true;
    try {
      for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
        const step = stepAdmitter(pairingPlatform, state, one);
        state = step.state;
        for (const out of step.out) perform(out);
      }
    } catch (error) {
      fail(error as Error);
    } finally {
      isBusy = false;
    }
    if (isDead('admitter', state.at)) void end(state as AdmitterDead);
  }

  function perform(out: AdmitterOut): void {
    switch (out.kind) {
      case 'send':
        return wire.send(out.frame);
      case 'close':
        return wire.close();
      case 'arm': {
        const { timer, gen, afterMs } = out;
        timers.add(setTimeout(() => input({ kind: 'timer', timer, gen }), afterMs));
        return;
      }
      case 'ask':
        answer(out.ask).then(input, fail);
        return;
      case 'tell':
        return tell(out.tell);
    }
  }

  async function end(dead: AdmitterDead): Promise<void> {
    for (const timer of timers) clearTimeout(timer);
    wire.close();
    await wire.closed;
    finish(dead);
  }

  for (const out of opened.out) perform(out);
  return { input, ended };
}
