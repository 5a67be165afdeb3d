// The work of all nodes as rows: what this node owns, as its owner knows it; and what else the
// members run, as they say it.

import type { Key } from '../../proto/ids.ts';
import { type OwnedFacts, type WorksFacts, valueOf } from '../facts.ts';
import { type Model, nameOf } from '../model.ts';
import { standText } from '../work-words.ts';

export interface WorkRow {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly host: Key | null;
  readonly owner: Key | null;
  readonly generation: number;
  readonly stand: string;
  readonly hasEnded: boolean;
  /** Somebody should look at it. */
  readonly isWorrying: boolean;
  readonly placedAt: number | null;
  readonly owned: OwnedFacts | null;
}

/** What runs first, the newest first in each; what is chosen stays when it ends. */
export function workRows({ facts, slices }: Model): readonly WorkRow[] {
  const works = valueOf(facts.works);
  if (works === null) return [];
  return allOf(works)
    .filter(({ id, hasEnded }) => slices.work.showsEnded || !hasEnded || id === slices.work.chosen)
    .toSorted(
      (a, b) => Number(a.hasEnded) - Number(b.hasEnded) || (b.placedAt ?? 0) - (a.placedAt ?? 0),
    );
}

export function countOf({ facts }: Model): { readonly running: number; readonly ended: number } {
  const works = valueOf(facts.works);
  const all = works === null ? [] : allOf(works);
  const ended = all.filter(({ hasEnded }) => hasEnded).length;
  return { running: all.length - ended, ended };
}

const ENDED: readonly (string | null)[] = ['done', 'failed', 'lost'];

function allOf({ owned, at }: WorksFacts): WorkRow[] {
  const mine = new Set(owned.map(({ id, generation }) => `${id} ${generation}`));
  return [
    ...owned.map((work): WorkRow => {
      const { id, name, kind, host, generation, phase, ended, unknown, standing, placedAt } = work;
      return {
        ...{ id, name, kind, host, owner: null, generation, placedAt, owned: work },
        ...{ stand: standText(work), hasEnded: phase === 'ended' },
        isWorrying:
          unknown !== null ||
          (standing !== null && standing !== 'alive') ||
          ended === 'failed' ||
          ended === 'unplaced',
      };
    }),
    ...at
      .filter(({ id, generation }) => !mine.has(`${id} ${generation}`))
      .map(({ id, name, kind, host, owner, generation, state }): WorkRow => {
        return {
          ...{ id, name, kind: kind ?? '-', host, owner, generation, stand: state },
          ...{ hasEnded: ENDED.includes(state), isWorrying: state === 'failed' },
          ...{ placedAt: null, owned: null },
        };
      }),
  ];
}

/** How it is called in a command: its id, of which a name can be another's, too. */
export function calledOf({ id, name }: WorkRow): string {
  return name === '' ? id : `${name} (${id.slice(-6)})`;
}

export function whereText(model: Model, { host, generation }: WorkRow): string {
  const again = generation > 1 ? ` #${generation}` : '';
  return host === null ? '-' : `${nameOf(model, host)}${again}`;
}
