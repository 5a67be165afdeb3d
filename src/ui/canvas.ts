// What is written on the terminal: the screen that programs have for themselves, and frames on it.
// Whatever happens to this process, the terminal is left as it was found.

import type { Size } from '../../tui/model.ts';
import { painted } from '../../tui/paint.ts';
import type { Frame } from '../../tui/view.ts';

export interface Canvas {
  readonly size: () => Size;
  draw(frame: Frame): void;
  /** The next frame is drawn whole. */
  forget(): void;
  /** Gives the terminal back as it was, for a while or for good. */
  leave(): void;
  enter(): void;
  close(): void;
}

// The other screen, no cursor, no wrapping at the last cell; and back.
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[0m\u001b[2J';
const LEAVE = '\u001b[0m\u001b[?7h\u001b[?25h\u001b[?1049l';

const FALLBACK: Size = { columns: 80, rows: 24 };

export function openCanvas(colour: boolean): Canvas {
  const { stdin, stdout } = process;
  let shown: Frame | null = null;
  const leave = (): void => void stdout.write(LEAVE);
  const enter = (): void => {
    shown = null;
    stdout.write(ENTER);
  };
  process.on('exit', leave);
  // At once: a key that is pressed before anybody reads it is neither shown nor a signal.
  stdin.setRawMode(true);
  enter();
  return {
    size: () => ({
      columns: stdout.columns || FALLBACK.columns,
      rows: stdout.rows || FALLBACK.rows,
    }),
    draw(frame) {
      const text = painted(shown, frame, colour);
      shown = frame;
      if (text !== '') stdout.write(text);
    },
    forget: () => void (shown = null),
    leave,
    enter,
    close() {
      process.off('exit', leave);
      leave();
    },
  };
}
