// Signature checks that a process makes once: what a new machine has judged before it believed it
// is read again when it is taken in, and a good signature stays good. Only good ones are
// remembered, by a hash over key, signature and message.

import { hash } from 'node:crypto';
import type { SignatureJob } from '../../ledger/proof.ts';
import { REMEMBERED_CHECKS_MAX } from './limits.ts';
import type { VerifyPool } from './verify-pool.ts';

export interface Remembered extends VerifyPool {
  /** From here on nothing is remembered any more, and nothing is hashed for it. */
  forget(): void;
}

/** These threads, with a memory. Whoever made them closes them. */
export function remembered({ verify, start }: VerifyPool): Remembered {
  const good = new Set<string>();
  let isOver = false;
  /** What is being checked just now: whoever asks for the same waits for it. */
  const underWay = new Map<string, Promise<void>>();
  const check = async (
    jobs: readonly SignatureJob[],
    names: readonly string[],
  ): Promise<readonly boolean[]> => {
    const verdicts = await verify(jobs);
    names.forEach((name, i) => {
      const hasRoom = !isOver && good.size < REMEMBERED_CHECKS_MAX;
      if (verdicts[i] === true && hasRoom) good.add(name);
    });
    return verdicts;
  };
  return {
    async verify(jobs) {
      if (isOver) return verify(jobs);
      const names = jobs.map(nameOf);
      // Where it fails, it fails whoever asked first, and is tried again here.
      const others = new Set(names.flatMap((name) => underWay.get(name) ?? []));
      // No turn passes in vain: what is asked for next has to find these under way.
      if (others.size > 0) await Promise.all(others);
      const isKnown = names.map((name) => good.has(name));
      const isUnknown = (_: unknown, i: number): boolean => isKnown[i] === false;
      const unknown = names.filter(isUnknown);
      if (unknown.length === 0) return isKnown;
      const checking = check(jobs.filter(isUnknown), unknown);
      const ended = checking.then(
        () => undefined,
        () => undefined,
      );
      for (const name of unknown) underWay.set(name, ended);
      const verdicts = await checking.finally(() => {
        for (const name of unknown) underWay.delete(name);
      });
      let at = 0;
      return isKnown.map((known) => known || verdicts[at++] === true);
    },
    start,
    forget() {
      isOver = true;
      good.clear();
    },
    close: async () => undefined,
  };
}

/** The lengths stand in front, so that no two jobs share a name. */
function nameOf({ key, message, signature }: SignatureJob): string {
  const lengths = Buffer.from(`${key.length} ${signature.length} `);
  return hash('sha256', Buffer.concat([lengths, key, signature, message]), 'base64');
}
