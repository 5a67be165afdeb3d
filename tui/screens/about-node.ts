// What the screens that list nodes have in common: a key for a command about the chosen one.

import type { Model, Step } from '../model.ts';
import type { Binding } from '../screen.ts';
import { begin, confirmed } from '../starting.ts';

interface About {
  readonly key: string;
  readonly label: string;
  readonly command: readonly string[];
  /** A notice, unless what it prints is what it is for. */
  readonly purpose?: 'output';
}

/** `chosen`: the name of the chosen node; null where there is none to say it of. */
export function aboutChosen(about: About, chosen: (model: Model) => string | null): Binding {
  const { key, label, command, purpose = 'notice' } = about;
  return {
    ...{ key, label, command },
    when: (model) => chosen(model) !== null,
    act: (model) => {
      const name = chosen(model) as string;
      return begin(model, { words: [...command, name], purpose, title: `${label}: ${name}` });
    },
  };
}

/** Asks before the removal is staged. `effects`: what it means for it. */
export function removing(model: Model, name: string, effects: readonly string[]): Step {
  const lines = [
    ...effects,
    'This is staged, and F12 shows all that would fall with it before anything is signed.',
  ];
  return confirmed(model, lines, {
    words: ['remove', name],
    ...{ purpose: 'notice', title: `staging the removal of ${name}` },
  });
}
