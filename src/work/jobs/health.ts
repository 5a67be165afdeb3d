// Whether a container is well, by the `health` of its spec: a command that ends with 0 inside of
// it, under all the limits that it has itself, or a port that takes a connection. An engine that
// does not answer says nothing of the work. Spec: docs/jobs.md, "Health".

import { setTimeout as pause } from 'node:timers/promises';
import type { Container } from 'dockerode';
import type { Spec } from '../../../work/spec.ts';
import { monotonicMs } from '../../os/clock.ts';
import { takesConnection } from '../taking.ts';
import { statusOf, within } from './engine.ts';
import { kernelText } from './inside.ts';
import { ENGINE_ASK_MS, HEALTH_LOOK_MS } from './limits.ts';

export interface Examined {
  readonly container: Container;
  readonly health: NonNullable<Spec['health']>;
  /** Where this host reaches its ports; null: nowhere. */
  readonly host: string | null;
}

export async function isWell({ container, health, host }: Examined): Promise<boolean> {
  const { tcp, command = [], timeoutS } = health;
  const limitMs = timeoutS * 1_000;
  if (tcp !== undefined) return host !== null && takesConnection({ host, port: tcp }, limitMs);
  try {
    return await endsWell(container, command, limitMs);
  } catch (error) {
    return statusOf(error) === null;
  }
}

async function endsWell(
  container: Container,
  command: readonly string[],
  limitMs: number,
): Promise<boolean> {
  const endMs = monotonicMs() + limitMs;
  // Detached podman would not see its end. Nobody needs what it prints.
  const wish = { Cmd: [...command], AttachStdout: true, AttachStderr: true };
  const check = await within(ENGINE_ASK_MS, container.exec(wish));
  const printed = await within(ENGINE_ASK_MS, check.start({}));
  printed.on('error', () => undefined).resume();
  try {
    for (;;) {
      const { Running, ExitCode, Pid } = await within(ENGINE_ASK_MS, check.inspect());
      if (!Running && ExitCode !== null) return ExitCode === 0;
      if (monotonicMs() >= endMs) {
        end(container.id, Pid);
        return false;
      }
      await pause(HEALTH_LOOK_MS);
    }
  } finally {
    printed.destroy();
  }
}

/** One that hangs: the next ones would gather behind it. Engines have no word for it. */
function end(id: string, pid: number): void {
  // Its number may be another's by now.
  if (!kernelText(`/proc/${pid}/cgroup`)?.includes(id)) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile, or belongs to a user of the engine.
  }
}
