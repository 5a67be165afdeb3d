// Which cards of a node are of the kind that is asked for. Spec: docs/placement.md, "Fit".

import type { GpuDemand } from './demand.ts';
import type { Card } from './node.ts';

export function isOfKind({ name, fit, taken }: Card, { vendor, model }: GpuDemand): boolean {
  const its = name.toLowerCase();
  // Cards are found by NVIDIA's own tool, and no other: what is there is NVIDIA's.
  const isFrom = vendor === null || vendor === 'nvidia';
  return fit && !taken && isFrom && (model === null || its.includes(model.toLowerCase()));
}
