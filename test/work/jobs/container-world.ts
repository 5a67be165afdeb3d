// What the suites of containers share: an engine that really runs, an image, drivers, jobs.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, test, type TestContext } from 'vitest';
import type { Driver, Order, Running } from '../../../src/work/driver.ts';
import { containerDriver, type ContainerParts } from '../../../src/work/jobs/containers.ts';
import { type Engine, findEngine, type Flavour } from '../../../src/work/jobs/engine.ts';
import type { Container } from '../../../work/container.ts';
import { boxArchive } from '../../kit/box.ts';
import {
  engineMissing,
  type Fields,
  IMAGE_ID,
  jobSpec,
  need,
  ordered,
  type Ordered,
  ownEngine,
  type OwnEngine,
  shell,
} from '../../kit/engines.ts';

export const QUIET = (): void => undefined;
export const NODES = /^kithgpu\d+$/;
export const SLEEP = shell('sleep 1000');

export interface World {
  readonly flavour: Flavour;
  readonly missing: string | null;
  readonly folder: string;
  readonly image: string;
  readonly engine: Engine;
  crash(): void;
  driver(change?: Partial<ContainerParts>): Driver;
  job(command: readonly string[], fields?: Fields): Ordered;
  begin(ours: Driver, order: Order): Promise<Running>;
  /** Runs it to its end, and takes it away. */
  run(ordering: Ordered): Promise<Awaited<Running['ended']>>;
  check(name: string, claim: (context: TestContext) => Promise<void>): void;
}

export function containerWorld(flavour: Flavour): World {
  const missing = engineMissing(flavour);
  const drivers: Driver[] = [];
  let own: OwnEngine | null = null;
  let [folder, image] = ['', ''];
  let engine: Engine | null = null;

  beforeAll(async () => {
    if (missing !== null) return;
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kith-jobs-'));
    image = await boxArchive(folder);
    own = await ownEngine(flavour);
    engine = need(await findEngine(flavour, [own.socket]));
  });
  afterAll(async () => {
    for (const one of drivers) await one.close();
    await own?.close();
    if (folder !== '') fs.rmSync(folder, { recursive: true, force: true });
  });

  const parts = (): ContainerParts => ({
    ...{ state: folder, home: 'one', sockets: [own?.socket ?? ''], mesh: null },
    cards: { cdi: 'kith.test/gpu', nodes: NODES },
  });
  const world: World = {
    ...{ flavour, missing },
    get folder() {
      return folder;
    },
    get image() {
      return image;
    },
    get engine() {
      return engine as Engine;
    },
    crash: () => own?.crash(),
    driver(change = {}) {
      const made = containerDriver(flavour, { ...parts(), ...change });
      drivers.push(made);
      return made;
    },
    job: (command, fields = {}) => ordered(folder, jobSpec(command, fields), image),
    async begin(ours, order) {
      need(await ours.prepare(order, QUIET, new AbortController().signal));
      return need(await ours.start(order, QUIET));
    },
    async run(ordering) {
      const ours = world.driver();
      const ending = await (await world.begin(ours, ordering.order)).ended;
      await ours.destroy(ordering.order.tag);
      return ending;
    },
    check: (name, claim) =>
      test(name, async (context) => {
        if (missing !== null) context.skip(missing);
        await claim(context);
      }),
  };
  return world;
}

/** As a daemon of another home would have it. */
export function describedAs(home: string, order: Order): Container {
  return {
    mark: { home, ...order.tag },
    ...{ spec: order.spec, image: `localhost/kith:i${IMAGE_ID}`, env: {}, binds: [], cards: [] },
    nproc: 4096,
  };
}
