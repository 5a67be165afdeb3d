// The terminal UI as a loop: inputs go into the core one by one, its effects are performed, and the
// frame of the model is drawn when there was something new. Nothing here decides anything.

import type { Complaint } from '../../tui/commands.ts';
import type { Effect, Input } from '../../tui/effects.ts';
import { ASCII, UNICODE } from '../../tui/glyphs.ts';
import { type Model, type Outside, modelAt } from '../../tui/model.ts';
import { step, wantsOf } from '../../tui/update.ts';
import { view } from '../../tui/view.ts';
import { monotonicMs, nowMs } from '../os/clock.ts';
import { type Program, lentTo } from './program.ts';
import { createHands } from './hands.ts';
import { FRAME_MS, TICK_MS } from './limits.ts';
import { openSources } from './sources.ts';
import { openTerminal } from './terminal.ts';

export interface Wishes {
  readonly program: Program;
  readonly outside: Outside;
  readonly complaintOf: (thrown: unknown) => Complaint;
  readonly unicode: boolean;
  readonly colour: boolean;
}

/** Shows the screens until a person leaves them. */
export async function showScreens(wishes: Wishes): Promise<void> {
  const { program, outside, complaintOf, unicode, colour } = wishes;
  let quit: () => void = () => undefined;
  const left = new Promise<void>((resolve) => (quit = resolve));
  const hands = createHands(program, take);
  const terminal = openTerminal(colour, {
    key(key, text) {
      if (!hands.key(key, text)) take({ in: 'key', key, text });
    },
    size: ({ columns, rows }) => take({ in: 'size', columns, rows }),
    gone: quit,
  });
  let model: Model = modelAt({
    ...{ outside, folder: program.folder, size: terminal.size(), nowMs: nowMs() },
    glyphs: unicode ? UNICODE : ASCII,
  });
  const sources = openSources(program, take, complaintOf);
  const pictures = pace(() => terminal.draw(view(model)));
  const ticker = setInterval(() => take({ in: 'tick', nowMs: nowMs() }), TICK_MS);

  function take(input: Input): void {
    const { model: after, out } = step(model, input);
    const isNew = after !== model;
    model = after;
    for (const effect of out) perform(effect);
    if (isNew) pictures.soon();
  }

  function perform(effect: Effect): void {
    switch (effect.do) {
      case 'run':
        return hands.begin(effect);
      case 'answer':
        return hands.answer(effect);
      case 'interrupt':
        return hands.interrupt(effect.run);
      case 'hide':
        return hands.hide(effect.on);
      case 'again':
        return hands.again();
      case 'want':
        return sources.want(effect.wants);
      case 'refresh':
        return sources.refresh(effect.wants);
      case 'lend':
        return void terminal.lend(() => lentTo(program, effect.words)).then(pictures.soon);
      case 'redraw':
        terminal.forget();
        return pictures.soon();
      case 'quit':
        return quit();
    }
  }

  terminal.draw(view(model));
  sources.want(wantsOf(model));
  await left;
  clearInterval(ticker);
  pictures.stop();
  sources.close();
  hands.close();
  terminal.close();
}

interface Pace {
  soon(): void;
  stop(): void;
}

/** Draws at once, where the last frame is old enough; a burst of inputs is one picture. */
function pace(draw: () => void): Pace {
  let next: NodeJS.Timeout | null = null;
  let drawnMs = Number.NEGATIVE_INFINITY;
  return {
    soon() {
      next ??= setTimeout(
        () => {
          next = null;
          drawnMs = monotonicMs();
          draw();
        },
        Math.max(0, drawnMs + FRAME_MS - monotonicMs()),
      );
    },
    stop() {
      if (next !== null) clearTimeout(next);
    },
  };
}
