// The screens from their start: the first picture is drawn before anything is loaded that it does
// not need, such as the daemon's client and what reads keys.

import type { Complaint } from '../../tui/commands.ts';
import { ASCII, UNICODE } from '../../tui/glyphs.ts';
import { type Outside, modelAt } from '../../tui/model.ts';
import { view } from '../../tui/view.ts';
import { nowMs } from '../os/clock.ts';
import { openCanvas } from './canvas.ts';
import type { Program } from './program.ts';

export interface Wishes {
  readonly program: Program;
  readonly outside: Outside;
  readonly complaintOf: (thrown: unknown) => Complaint;
  readonly unicode: boolean;
  readonly colour: boolean;
}

/** Shows the screens until a person leaves them. */
export async function showScreens(wishes: Wishes): Promise<void> {
  const { program, outside, unicode, colour } = wishes;
  const canvas = openCanvas(colour);
  const model = modelAt({
    ...{ outside, folder: program.folder, size: canvas.size(), nowMs: nowMs() },
    glyphs: unicode ? UNICODE : ASCII,
  });
  canvas.draw(view(model));
  const { runScreens } = await import('./loop.ts');
  await runScreens(wishes, canvas, model);
}
