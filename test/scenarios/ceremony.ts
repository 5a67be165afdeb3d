// Joining by the code that is read aloud, between two hosts: the real commands on both.

import type { Host } from '../lab/host.ts';
import { until } from '../lab/until.ts';

interface Candidate {
  readonly name: string;
  readonly address: string;
}

/** The newcomer announces itself, is found on the local network, and is in when this returns. */
export async function joinByCode(newcomer: Host, sponsor: Host): Promise<void> {
  await joinAt(newcomer, sponsor, async () => {
    const { address } = await until(`${newcomer.name} is found`, async () => {
      const { candidates } = await sponsor.json<{ candidates: Candidate[] }>('candidates');
      return candidates.find(({ name }) => name === newcomer.name) ?? null;
    });
    return address;
  });
}

/** The same with the address that its own screen shows. */
export async function joinByAddress(newcomer: Host, sponsor: Host): Promise<string> {
  return joinAt(newcomer, sponsor, async (shown) => shown);
}

async function joinAt(
  newcomer: Host,
  sponsor: Host,
  find: (shown: string) => Promise<string>,
): Promise<string> {
  const joining = newcomer.start(['join', '--json', '--name', newcomer.name]);
  const { code, address: shown } = await joining.until('window');
  const address = await find(String(shown));
  const admitting = sponsor.start(['admit', address, '--yes', '--json']);
  admitting.write(`${String(code)}\n`);
  for (const process of [admitting, joining]) {
    const ran = await process.ended;
    if (ran.code !== 0) throw new Error(`${ran.code}: ${ran.out}${ran.err}`);
  }
  return address;
}
