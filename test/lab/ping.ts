// Ping between machines, counting what came back: by sequence number, so that one can see when the
// lost ones were sent.

import type { Machine } from './machine.ts';

export interface PingOptions {
  readonly count?: number;
  readonly intervalMs?: number;
  /** How long the last one is waited for. */
  readonly patienceS?: number;
  /** Bytes behind the ICMP header; they must not be cut into fragments where `whole`. */
  readonly sizeBytes?: number;
  readonly whole?: boolean;
}

export interface Pings {
  readonly sent: number;
  readonly received: number;
  /** Sequence numbers from 1. */
  readonly lost: readonly number[];
  /** Of those that came back: their numbers and their times, as they came. */
  readonly order: readonly number[];
  readonly rttMs: readonly number[];
}

export async function ping(
  from: Machine,
  target: string,
  { count = 1, intervalMs = 200, patienceS = 2, sizeBytes, whole = false }: PingOptions = {},
): Promise<Pings> {
  const argv = ['ping', '-n', '-c', String(count), '-i', String(intervalMs / 1_000)];
  argv.push('-W', String(patienceS));
  if (sizeBytes !== undefined) argv.push('-s', String(sizeBytes));
  if (whole) argv.push('-M', 'do');
  const limitMs = count * intervalMs + patienceS * 1_000 + 30_000;
  const { out } = await from.run([...argv, target], { limitMs });
  const replies = new Map<number, number>();
  for (const [, seq, time] of out.matchAll(/icmp_seq=([0-9]+) .*time=([0-9.]+) ms/g)) {
    replies.set(Number(seq), Number(time));
  }
  const numbers = Array.from({ length: count }, (_, at) => at + 1);
  return {
    sent: count,
    received: replies.size,
    lost: numbers.filter((number) => !replies.has(number)),
    order: [...replies.keys()],
    rttMs: [...replies.values()],
  };
}
