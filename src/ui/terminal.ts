// The terminal that the screens are drawn on: keys and sizes in, frames out. The only file that
// imports blessed. Whatever happens to this process, the terminal is left as it was found.

import openProgram, { type Key } from 'blessed/lib/program.js';
import { painted } from '../../tui/paint.ts';
import type { Size } from '../../tui/model.ts';
import type { Frame } from '../../tui/view.ts';

export interface Terminal {
  readonly size: () => Size;
  draw(frame: Frame): void;
  /** The next frame is drawn whole. */
  forget(): void;
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

// The other screen, no cursor, no wrapping at the last cell, keys as plain as they come; and back.
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[0m\u001b[2J';
const LEAVE = '\u001b[0m\u001b[?7h\u001b[?25h\u001b[?1049l';

const FALLBACK: Size = { columns: 80, rows: 24 };

export function openTerminal(colour: boolean, listener: Listener): Terminal {
  const { stdin, stdout } = process;
  let shown: Frame | null = null;
  const size = (): Size => ({
    columns: stdout.columns || FALLBACK.columns,
    rows: stdout.rows || FALLBACK.rows,
  });
  const leave = (): void => void stdout.write(LEAVE);
  const open = (): ReturnType<typeof openProgram> => {
    // Its tables of terminals are not needed: the few things said here every terminal knows.
    const program = openProgram({ input: stdin, output: stdout, tput: false, resizeTimeout: 40 });
    program.on('keypress', (ch, key) => {
      // Of Enter it tells twice.
      if (key.name !== 'return') listener.key(keyName(ch, key), textOf(ch, key));
    });
    program.on('resize', () => {
      shown = null;
      listener.size(size());
    });
    stdout.write(ENTER);
    return program;
  };
  let program = open();
  process.on('exit', leave);
  stdin.on('end', () => listener.gone());
  stdin.on('error', () => listener.gone());
  return {
    size,
    draw(frame) {
      const text = painted(shown, frame, colour);
      shown = frame;
      if (text !== '') stdout.write(text);
    },
    forget: () => void (shown = null),
    async lend(use) {
      program.destroy();
      leave();
      try {
        await use();
      } finally {
        shown = null;
        program = open();
      }
    },
    close() {
      program.destroy();
      process.off('exit', leave);
      leave();
    },
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
