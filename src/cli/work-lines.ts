// Work in lines for people: where it goes and why, each step of it, and how sure all that is.

import { mibText } from '../../place/amounts.ts';
import { WHOLE } from '../../place/limits.ts';
import type { Step } from '../../work/owned.ts';
import type { Spec } from '../../work/spec.ts';
import type { Considered, Placed } from '../daemon/work-routes.ts';
import { demandOf } from '../placing.ts';
import { demandText } from './demand-text.ts';
import { plain } from './print.ts';

/** What is placed, where first, and why not elsewhere. */
export function consideredLines({ work, order, policy, nodes }: Placed, spec: Spec): string[] {
  const [first] = order;
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const best = first === undefined ? undefined : byKey.get(first);
  const fitting = nodes.filter(({ lacks }) => lacks.length === 0).length;
  const head = `${spec.kind} ${spec.name}: ${demandText(demandOf(spec))}`;
  return [
    work === null ? head : `${head}; ${work.id}`,
    ...(best === undefined
      ? []
      : [`${best.name} is the first of ${fitting} by ${policy}: ${leftText(best)}`]),
    ...nodes.filter(({ lacks }) => lacks.length > 0).map(notThere),
  ];
}

function notThere({ name, lacks }: Considered): string {
  return plain(`not ${name}: ${lacks.map(({ why }) => why).join('; ')}`);
}

export function leftText({ left }: Pick<Considered, 'left'>): string {
  if (left === null) return 'nothing is known of its room';
  const share = Math.floor((left.share * 100) / WHOLE);
  const holds = left.holds ? '; it has the image' : '';
  return `${mibText(left.memMib, 'down')} of memory, ${share} % of what is scarcest would be left${holds}`;
}

export function stepText(step: Step, name: string | null): string {
  const host = name ?? 'nobody';
  switch (step.what) {
    case 'asking':
      return `asks ${host} (generation ${step.generation})`;
    case 'refused':
      return `${host} does not take it: ${step.code}: ${step.why}`;
    case 'reserved':
      return `${host} has reserved the room`;
    case 'unknown':
      return `unknown on ${host}: ${step.why}; the same is said to it again until it answers`;
    case 'state':
      return `${host}: ${step.state}`;
    case 'lost':
      return `${host} is lost: generation ${step.generation + 1} goes elsewhere`;
    case 'waiting':
      return `waits for a node that can take it: ${step.why}`;
    case 'ended':
      return step.why === '' ? `${step.how} on ${host}` : `${step.how} on ${host}: ${step.why}`;
  }
}
