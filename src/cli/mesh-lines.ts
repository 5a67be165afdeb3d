// The mesh in the few lines that `kith status` and `kith nodes` have for it.

import type { Coverage, MeshStatus } from '../../proto/status.ts';
import type { NameOf } from './names.ts';
import { plain } from './print.ts';
import { counted, spanText } from '../../proto/when.ts';

/** One line, whatever there is. */
export function meshText(mesh: MeshStatus): string {
  const { state, why, interface: name, backend, address, links, heard, reconciled } = mesh;
  switch (state) {
    case 'off':
      return `none: ${plain(why ?? 'not wanted')}`;
    case 'starting':
      return 'being raised';
    case 'failed':
      return `none: ${plain(why ?? 'not known why')}; the ledger is kept all the same`;
    case 'up': {
      const up = `${address} on ${name} (${backend})`;
      const reach = `${links.up} of ${counted(links.of, 'link')} up, ${heard} heard`;
      return [up, reach, ...(reconciled ? [] : ['not yet compared with a peer'])].join(', ');
    }
  }
}

/**
 * `removal of barn: 7 of 9 have it; missing: attic (offline 3 days)`, while somebody is missing.
 */
export function coverageLines(coverage: readonly Coverage[], nameOf: NameOf): string[] {
  return coverage
    .filter(({ missing }) => missing.length > 0)
    .map(({ target, have, of, missing }) => {
      const who = missing.map(({ key, offlineMs }) => {
        const since = offlineMs === null ? 'never heard' : `offline ${spanText(offlineMs)}`;
        return `${nameOf(key)} (${since})`;
      });
      return `removal of ${nameOf(target)}: ${have} of ${of} have it; missing: ${who.join(', ')}`;
    });
}

/** What a person should look at. */
export function meshWorries(mesh: MeshStatus, nameOf: NameOf): string[] {
  const { alarms, clockBehindMs, coverage } = mesh;
  return [
    ...alarms.map(plain),
    ...(clockBehindMs < CLOCK_WORRY_MS
      ? []
      : [`the clock of this machine is ${spanText(clockBehindMs)} behind: set it`]),
    ...coverageLines(coverage, nameOf),
  ];
}

const CLOCK_WORRY_MS = 60_000;
