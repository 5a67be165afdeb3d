// How work stands, in a few words and with how sure that is: for the screens and the command line.

import { spanText } from '../proto/when.ts';
import type { OwnedFacts } from './facts.ts';

export type Stand = Pick<
  OwnedFacts,
  'phase' | 'state' | 'unknown' | 'standing' | 'silentMs' | 'ended' | 'why'
>;

export function standText(work: Stand): string {
  const { phase, state, unknown, standing, silentMs, ended, why } = work;
  if (phase === 'ended') return why === null || why === '' ? `${ended}` : `${ended}: ${why}`;
  const said = unknown !== null ? `unknown: ${unknown}` : (state ?? WORDS[phase]);
  if (standing === null || standing === 'alive') return said;
  return `${said}; its host is ${standing}, silent for ${spanText(silentMs ?? 0)}`;
}

const WORDS: Readonly<Record<OwnedFacts['phase'], string>> = {
  planning: 'waits for a node',
  reserving: 'is being reserved',
  going: 'is told to go',
  following: 'goes',
  ended: 'has ended',
};
