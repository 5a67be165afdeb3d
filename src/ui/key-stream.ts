// Standard input as a stream of whole keys, for the one who reads keys from it: what is a key is
// decided by tui/whole-keys.ts, and time passes here.

import { PassThrough } from 'node:stream';
import { type GatherStep, arrived, nothingGathered, waited } from '../../tui/whole-keys.ts';
import { monotonicMs } from '../os/clock.ts';

export interface KeyStream {
  /** In the place of the terminal. */
  readonly input: NodeJS.ReadStream;
  /** Leaves the terminal to others. */
  close(): void;
}

export function openKeyStream(stdin: NodeJS.ReadStream): KeyStream {
  let gathered = nothingGathered();
  let timer: NodeJS.Timeout | undefined;
  const keys = new PassThrough();
  const take = (step: GatherStep): void => {
    gathered = step.gathered;
    clearTimeout(timer);
    if (step.whole !== '') keys.write(Buffer.from(step.whole, 'latin1'));
    if (step.dueMs === null) return;
    const inMs = Math.max(0, step.dueMs - monotonicMs());
    timer = setTimeout(() => take(waited(gathered, monotonicMs())), inMs);
  };
  // Byte by byte: an Esc is one, and letters of several bytes are put together by the reader.
  const hear = (bytes: Buffer): void =>
    take(arrived(gathered, bytes.toString('latin1'), monotonicMs()));
  stdin.on('data', hear).resume();
  const input = Object.assign(keys, {
    isTTY: stdin.isTTY,
    isRaw: stdin.isRaw,
    setRawMode(mode: boolean) {
      stdin.setRawMode(mode);
      input.isRaw = mode;
      return input;
    },
  }) as unknown as NodeJS.ReadStream;
  return {
    input,
    close() {
      clearTimeout(timer);
      stdin.off('data', hear);
      stdin.pause();
      keys.destroy();
    },
  };
}
