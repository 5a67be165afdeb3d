// The drivers of this host, in the order in which they are preferred: which of them can run a kind
// of work now, by its last probe. A probe that failed is tried again, so that an engine which comes
// up later is found without a restart. Spec: docs/running.md, "Drivers".

import { type Beside, NOTHING_BESIDE } from '../../beat/offer.ts';
import type { Kind, Spec } from '../../work/spec.ts';
import type { Driver, Probe } from './driver.ts';
import { PROBE_AGAIN_MS, PROBE_MS, PROBE_SOON_MS } from './limits.ts';

export interface Probed {
  readonly driver: Driver;
  /** Null: it was never asked to the end. */
  readonly probe: Probe | null;
}

export interface Drivers {
  /** The first that can run it; null: none can. */
  pick(spec: Spec): Driver | null;
  of(kind: Kind): readonly Driver[];
  kinds(): readonly Kind[];
  probes(): readonly Probed[];
  /** What work of that kind is charged here beside its own wish, by the driver preferred now. */
  beside(kind: Kind): Beside;
  /** Resolves when each was asked once. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

interface Own extends Probed {
  probe: Probe | null;
  asking: Promise<void> | null;
  /** Probes in a row that failed. */
  failures: number;
  timer: NodeJS.Timeout | null;
}

const NO_WISH: Pick<Spec, 'resources'> = { resources: { cpuMilli: 0, memMiB: 0, diskMiB: 0 } };

/** `changed`: another kind of work can be run now than before, or no more. */
export function createDrivers(drivers: readonly Driver[], changed: () => void): Drivers {
  const all = drivers.map((driver): Own => {
    return { driver, probe: null, asking: null, failures: 0, timer: null };
  });
  let isClosed = false;
  const ask = (own: Own): Promise<void> => {
    own.asking ??= own.driver.probe().then((probe) => {
      const before = own.probe?.usable ?? false;
      own.probe = probe;
      own.asking = null;
      if (isClosed) return;
      own.failures = probe.usable ? 0 : own.failures + 1;
      own.timer = setTimeout(() => void ask(own), waitMs(own));
      own.timer.unref();
      if (probe.usable !== before) changed();
    });
    return own.asking;
  };
  const usable = (kind: Kind): Driver[] =>
    all
      .filter(({ driver, probe }) => driver.kind === kind && probe?.usable === true)
      .map(({ driver }) => driver);
  return {
    pick: (spec) => usable(spec.kind).find((driver) => driver.takes?.(spec) ?? true) ?? null,
    of: (kind) => drivers.filter((driver) => driver.kind === kind),
    kinds: () => (['job', 'vm'] as const).filter((kind) => usable(kind).length > 0),
    probes: () => all.map(({ driver, probe }) => ({ driver, probe })),
    beside(kind) {
      const charged = usable(kind)[0]?.estimate(NO_WISH);
      if (charged === undefined) return NOTHING_BESIDE;
      return { memMib: charged.memMiB, diskMib: charged.diskMiB };
    },
    async ready() {
      await Promise.all(all.filter(({ probe }) => probe === null).map(ask));
    },
    async close() {
      isClosed = true;
      for (const { timer } of all) if (timer !== null) clearTimeout(timer);
      for (const { asking } of all) await asking;
      await Promise.all(drivers.map((driver) => driver.close()));
    },
  };
}

function waitMs({ failures }: Own): number {
  return failures === 0 ? PROBE_MS : Math.min(PROBE_AGAIN_MS, PROBE_SOON_MS * 2 ** (failures - 1));
}
