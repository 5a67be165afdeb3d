// What no field can know alone: fields of a spec that contradict each other, in words that begin
// with the path. Spec: docs/work.md, "Together".

import type { Spec } from './spec.ts';

type Rule = (spec: Spec) => string | null;

const RULES: readonly Rule[] = [
  ({ kind, job, vm }) => {
    if (job !== undefined && vm !== undefined) return 'job and vm: a spec is of one kind';
    if (job === undefined && vm === undefined) return 'job or vm: one of them says what runs';
    const other = kind === 'job' ? vm : job;
    return other === undefined ? null : `kind: it is ${kind}, and the spec is of the other kind`;
  },
  ({ resources: { memMiB, memMinMiB = 0 } }) =>
    memMinMiB > memMiB ? 'resources.memMinMiB: more than resources.memMiB' : null,
  ({ constraints: { policy, nodes } }) =>
    policy === 'pin' && (nodes ?? []).length === 0
      ? 'constraints.policy: pin needs constraints.nodes'
      : null,
  ({ constraints: { nodes } }) => {
    if (nodes === undefined) return null;
    if (nodes.length === 0) return 'constraints.nodes: no node at all; leave it out for any';
    return new Set(nodes).size < nodes.length ? 'constraints.nodes: one is named twice' : null;
  },
  ({ constraints: { nodes = [], avoid } }) => {
    const both = nodes.find((name) => avoid.includes(name));
    return both === undefined ? null : `constraints.avoid: ${both} stands in nodes, too`;
  },
  ({ network: { mode, publish } }) =>
    mode === 'none' && publish.length > 0
      ? 'network.publish: with network.mode none nothing is reached'
      : null,
  ({ network: { publish } }) => {
    const outside = publish.flatMap(({ hostPort, protocol }) =>
      hostPort === undefined ? [] : [`${hostPort}/${protocol}`],
    );
    return new Set(outside).size < outside.length
      ? 'network.publish: one hostPort is given twice'
      : null;
  },
  ({ mounts }) =>
    new Set(mounts.map(({ target }) => target)).size < mounts.length
      ? 'mounts: two have one target'
      : null,
  ({ kind, mounts, env }) => {
    if (kind === 'job') return null;
    if (mounts.length > 0) return 'mounts: only a job has them';
    return Object.keys(env).length > 0 ? 'env: only a job has it; a VM has vm.userData' : null;
  },
  ({ lifecycle: { restart, maxRestarts } }) =>
    restart === 'never' && maxRestarts !== undefined
      ? 'lifecycle.maxRestarts: with lifecycle.restart never there are none'
      : null,
  ({ kind, health }) => {
    if (health === undefined) return null;
    const { tcp, command } = health;
    if ((tcp === undefined) === (command === undefined)) return 'health: one of tcp and command';
    return kind === 'vm' && command !== undefined ? 'health.command: only a job has it' : null;
  },
  ({ health, network: { mode } }) =>
    health?.tcp !== undefined && mode === 'none'
      ? 'health.tcp: with network.mode none no port can be reached'
      : null,
  ({ kind, proof }) =>
    kind === 'vm' && proof !== 'none' ? 'proof: a VM has no end to be compared' : null,
  ({ vm }) => {
    if (vm === undefined) return null;
    if (vm.image === undefined && vm.kernel === undefined)
      return 'vm.image or vm.kernel: it needs something to boot';
    const given = vm.initrd !== undefined ? 'initrd' : vm.cmdline !== undefined ? 'cmdline' : null;
    return vm.kernel === undefined && given !== null ? `vm.${given}: only with vm.kernel` : null;
  },
];

/** The first contradiction, or null. */
export function conflictIn(spec: Spec): string | null {
  for (const rule of RULES) {
    const why = rule(spec);
    if (why !== null) return why;
  }
  return null;
}
