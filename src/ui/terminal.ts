// The terminal that keys and sizes come from, in the words of the core. The only file that imports
// blessed.

import openProgram, { type Key } from 'blessed/lib/program.js';
import type { Size } from '../../tui/model.ts';
import type { Canvas } from './canvas.ts';
import { openKeyStream } from './key-stream.ts';

export interface Terminal {
  /** Gives the terminal to somebody else until that has ended. */
  lend(use: () => Promise<void>): Promise<void>;
  close(): void;
}

export interface Listener {
  key(key: string, text: string | null): void;
  size(size: Size): void;
  /** The terminal is gone. */
  gone(): void;
}

export function openTerminal(canvas: Canvas, listener: Listener): Terminal {
  const { stdin, stdout } = process;
  const open = (): { destroy(): void } => {
    const { input, close } = openKeyStream(stdin);
    // Its tables of terminals are not needed: the few things said here every terminal knows.
    const program = openProgram({ input, output: stdout, tput: false, resizeTimeout: 40 });
    program.on('keypress', (ch, key) => {
      // Of Enter it tells twice.
      if (key.name !== 'return') listener.key(keyName(ch, key), textOf(ch, key));
    });
    program.on('resize', () => {
      canvas.forget();
      listener.size(canvas.size());
    });
    return {
      destroy() {
        program.destroy();
        close();
      },
    };
  };
  let program = open();
  stdin.on('end', () => listener.gone());
  stdin.on('error', () => listener.gone());
  return {
    async lend(use) {
      program.destroy();
      canvas.leave();
      try {
        await use();
      } finally {
        program = open();
        canvas.enter();
      }
    },
    close: () => program.destroy(),
  };
}

/** As the tables of keys have it: `A`, `a`, `f11`, `C-c`, `S-tab`, `enter`. */
function keyName(ch: string | undefined, key: Key): string {
  const { name = '', ctrl, meta, shift, full } = key;
  if (name === 'linefeed') return 'enter';
  if (ctrl === true || meta === true) return full ?? name;
  // A letter is itself, large or small.
  if (name.length === 1 && ch !== undefined) return ch;
  if (name === '') return ch ?? '';
  return shift === true ? `S-${name}` : name;
}

/** What the key writes into a field. */
function textOf(ch: string | undefined, { ctrl, meta, name }: Key): string | null {
  if (name === 'space') return ' ';
  if (ch === undefined || ctrl === true || meta === true) return null;
  return ch >= ' ' && ch !== '\u007f' ? ch : null;
}
