// At which ports of a host work is published that reaches out: those that its spec names, where
// nobody has them, and free ones where it names none. Each has one holder. A guest on the mesh has
// an address of its own, and takes no port of anybody. Spec: docs/running.md, "Admission".

import type { Refusal } from './documents.ts';
import { PORT_CHOSEN_FIRST, PORT_CHOSEN_LAST } from './host-limits.ts';
import type { Host } from './host-state.ts';
import type { PublishedPort } from './lease.ts';
import type { Spec } from './spec.ts';

export interface PortsAsked {
  /** What a free one is chosen by: the same work has the same where it can. */
  readonly id: string;
  /** What other programs of the host have: as 80/tcp. */
  readonly busy: readonly string[];
}

export function portsFor(
  { leases }: Pick<Host, 'leases'>,
  { network: { mode, publish } }: Spec,
  { id, busy }: PortsAsked,
): readonly PublishedPort[] | Refusal {
  if (mode !== 'egress' || publish.length === 0) return [];
  const taken = new Map<string, string>(busy.map((one) => [one, 'another program']));
  for (const { charge } of leases.values())
    for (const one of charge.ports ?? []) taken.set(nameOf(one), 'other work');
  const named = publish.flatMap(({ hostPort, protocol }) =>
    hostPort === undefined ? [] : [nameOf({ hostPort, protocol })],
  );
  for (const name of named) {
    const holder = taken.get(name);
    if (holder !== undefined)
      return { say: 'refused', code: 'no-port', why: `${holder} has port ${name} there` };
  }
  for (const name of named) taken.set(name, 'this work');
  const ports: PublishedPort[] = [];
  for (const { port, protocol, hostPort = chosen(id, protocol, taken) } of publish) {
    if (hostPort === null)
      return { say: 'refused', code: 'no-port', why: `no free port for ${port}/${protocol}` };
    taken.set(nameOf({ hostPort, protocol }), 'this work');
    ports.push({ protocol, hostPort, port });
  }
  return ports;
}

function nameOf({ hostPort, protocol }: Omit<PublishedPort, 'port'>): string {
  return `${hostPort}/${protocol}`;
}

/** From a place that the work gives: a port that was somebody's yesterday is seldom another's. */
function chosen(
  id: string,
  protocol: PublishedPort['protocol'],
  taken: ReadonlyMap<string, string>,
): number | null {
  const count = PORT_CHOSEN_LAST - PORT_CHOSEN_FIRST + 1;
  let from = 0;
  for (const letter of id) from = (from * 31 + letter.charCodeAt(0)) % count;
  for (let step = 0; step < count; step++) {
    const hostPort = PORT_CHOSEN_FIRST + ((from + step) % count);
    if (!taken.has(nameOf({ hostPort, protocol }))) return hostPort;
  }
  return null;
}
