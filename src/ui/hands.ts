// What the screens' effects do with commands and secrets: starting, answering, interrupting. The
// letters of a secret go from the keyboard to the command that asked, and nowhere else.

import type { Effect, Given, Input, TypedSecret } from '../../tui/effects.ts';
import { type Child, type Program, startCommand, startDaemon } from './program.ts';
import { createSecretEntry } from './secret-entry.ts';

type Of<Kind extends Effect['do']> = Extract<Effect, { readonly do: Kind }>;

export interface Hands {
  /** A key; true where it belongs to a secret that is being typed. */
  key(key: string, text: string | null): boolean;
  begin(effect: Of<'run'>): void;
  answer(effect: Of<'answer'>): void;
  interrupt(run: number): void;
  /** Keys are letters of a secret from now on, or no more. */
  hide(on: boolean): void;
  again(): void;
  close(): void;
}

export function createHands(program: Program, take: (input: Input) => void): Hands {
  const children = new Map<number, Child>();
  const secret = createSecretEntry();
  let isHiding = false;
  return {
    key(key, text) {
      if (!isHiding || !secret.key(key, text)) return false;
      take({ in: 'secret', length: secret.length });
      return true;
    },
    begin({ run, words, purpose }) {
      const listener = {
        said: (documents: readonly unknown[]) => take({ in: 'said', run, documents }),
        asked: (question: Extract<Input, { in: 'asked' }>['question']) =>
          take({ in: 'asked', run, question }),
        ended(end: Extract<Input, { in: 'ended' }>['end']) {
          children.delete(run);
          take({ in: 'ended', run, end });
        },
      };
      if (purpose === 'daemon') startDaemon(program, listener);
      else children.set(run, startCommand(program, words, listener));
    },
    answer({ run, question, given }) {
      const child = children.get(run);
      if (!isSecret(given)) return child?.answer(question, given);
      const typed = secret.take();
      if (typed === null) return take({ in: 'differs', run, question });
      child?.answer(question, typed);
      typed.fill(0);
    },
    interrupt: (run) => children.get(run)?.interrupt(),
    hide(on) {
      isHiding = on;
      secret.wipe();
    },
    again() {
      secret.again();
      take({ in: 'secret', length: 0 });
    },
    close() {
      secret.wipe();
      for (const child of children.values()) child.interrupt();
    },
  };
}

function isSecret(given: Given): given is TypedSecret {
  return typeof given === 'object' && given !== null && 'secret' in given;
}
