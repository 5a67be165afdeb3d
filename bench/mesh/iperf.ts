// What goes through a tunnel, by iperf3 over TCP.

import type { Host } from '../../test/lab/host.ts';
import { until } from '../../test/lab/until.ts';

export interface Passed {
  readonly mbitPerS: number;
  readonly megabytes: number;
}

/** Once the far end can be asked by all of these addresses. */
export async function serveIperf(
  far: Host,
  near: Host,
  addresses: readonly string[],
): Promise<void> {
  far.machine.start(['iperf3', '--server']);
  for (const address of addresses) {
    await until(`the other end listens at ${address}`, async () => {
      const { code } = await near.machine.run(['iperf3', '-c', address, '-n', '1K']);
      return code === 0;
    });
  }
}

/**
 * The server may still be busy with the end of the last run: then it says so, and is asked again.
 */
export function passed(near: Host, address: string, seconds: number): Promise<Passed> {
  const argv = ['iperf3', '-c', address, '-t', String(seconds), '-J'];
  return until(`iperf3 measures to ${address}`, async () => {
    const { out } = await near.machine.run(argv);
    const { end, error = out } = JSON.parse(out) as Measured;
    if (end?.sum_received === undefined) throw new Error(error);
    const { bits_per_second: rate, bytes } = end.sum_received;
    return { mbitPerS: rate / 1e6, megabytes: bytes / 1e6 };
  });
}

interface Measured {
  /** Empty where it could not measure; then `error` says why. */
  readonly end?: {
    readonly sum_received?: { readonly bits_per_second: number; readonly bytes: number };
  };
  readonly error?: string;
}
