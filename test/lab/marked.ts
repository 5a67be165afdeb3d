// Who is left of something that was started with a word of its own in its environment: that word is
// handed on to all that it starts.

import { readFileSync, readdirSync } from 'node:fs';

/** The processes that have this word in their environment. */
export function marked(word: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^[0-9]+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(word);
    } catch {
      return false;
    }
  });
}

export function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}
