// A warm start of a job beside the bare calls of its engine, in turn with them: what kith adds by
// looking for the image, the secrets and the limits. Method: docs/benchmarks.md, "Placing".

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { containerDriver, NVIDIA } from '../../src/work/jobs/containers.ts';
import { ask, type Engine, findEngine } from '../../src/work/jobs/engine.ts';
import { boxArchive } from '../../test/kit/box.ts';
import { IMAGE_ID, jobSpec, need, ordered, ownEngine, shell } from '../../test/kit/engines.ts';
import { podmanBody } from '../../work/container.ts';
import type { Finding } from '../ledger/finding.ts';
import { median } from '../ledger/measure.ts';

/** The least that people would call at once, and an eighth of what others add. */
const OVERHEAD_MOST_MS = 60;

interface Start {
  /** From the order to a job that runs and was verified. */
  readonly kithMs: number;
  /** Created, attached and started by the same calls, and nothing else. */
  readonly bareMs: number;
}

export async function jobFindings(turns: number): Promise<Finding[]> {
  const starts = await jobStarts(turns);
  const bareMs = median(starts.map((start) => start.bareMs));
  return [
    {
      ...{ row: 'job', what: 'what a warm start of a job adds to the calls of its engine' },
      measured: { value: median(starts.map((start) => start.kithMs - start.bareMs)), unit: 'ms' },
      beside: { value: bareMs, unit: 'ms', what: 'the bare calls: create, attach, start' },
      goal: { of: 'measured', most: OVERHEAD_MOST_MS },
      how:
        `podman with runc, an own engine; medians of ${turns} pairs in turn, after one that warms ` +
        'both. From the order to a job that runs and whose limits were all looked at.',
    },
  ];
}

/** Needs root, podman and a static busybox. */
async function jobStarts(turns: number): Promise<readonly Start[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kith-bench-'));
  const image = await boxArchive(folder);
  const own = await ownEngine('podman');
  const parts = { state: folder, home: 'bench', sockets: [own.socket], cards: NVIDIA, mesh: null };
  const driver = containerDriver('podman', parts);
  try {
    const engine = need(await findEngine('podman', [own.socket]));
    const starts: Start[] = [];
    for (let turn = 0; turn <= turns; turn += 1) {
      const spec = jobSpec(shell('sleep 1000'), { resources: { cpu: 2 } });
      const { order } = ordered(folder, spec, image);
      const beganMs = performance.now();
      need(await driver.prepare(order, quiet, new AbortController().signal));
      const running = need(await driver.start(order, quiet));
      need(await running.verify());
      const kithMs = performance.now() - beganMs;
      await driver.destroy(order.tag);
      const bareMs = await bare(engine, ordered(folder, spec, image).order);
      if (turn > 0) starts.push({ kithMs, bareMs });
    }
    return starts;
  } finally {
    await driver.close();
    await own.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const quiet = (): void => undefined;

async function bare(
  engine: Engine,
  { tag, spec }: ReturnType<typeof ordered>['order'],
): Promise<number> {
  const described = { mark: { home: 'bare', ...tag }, spec, image: `localhost/kith:i${IMAGE_ID}` };
  const body = podmanBody({ ...described, env: {}, binds: [], cards: [], nproc: 4096 });
  const at = '/v4.0.0/libpod/containers/create';
  const beganMs = performance.now();
  const { Id } = await ask<{ readonly Id: string }>(engine.docker, {
    method: 'POST',
    path: at,
    body,
  });
  const container = engine.docker.getContainer(Id);
  await container.attach({ stream: true, stdout: true, stderr: true, hijack: true });
  await container.start();
  const tookMs = performance.now() - beganMs;
  await container.kill();
  await container.remove({ force: true });
  return tookMs;
}
