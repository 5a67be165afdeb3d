// The child of wireguard.test.ts, in a network namespace of its own: does what each line on stdin
// says (JSON: [name, ...arguments]) with src/os/wireguard.ts, and answers with a line of JSON.

import { createInterface } from 'node:readline';
import { fromHex } from '../../proto/bytes.ts';
import { hide } from '../../proto/secret.ts';
import { routesOn } from '../../src/os/interfaces.ts';
import { listensOn, raiseWireguard, type Wireguard } from '../../src/os/wireguard.ts';
import type { Change } from '../../wg/plan.ts';
import { planOf } from '../../wg/plan.ts';
import { type Table, wantedTable } from '../../wg/table.ts';
import type { WantedLink } from '../../wg/interface.ts';

const [name = '', publicKey = ''] = process.argv.slice(2);
let privateHex = '';
const unwanted = new Set<string>();
const events: string[] = [];
let wireguard: Wireguard | null = null;

const DEEDS: Readonly<Record<string, (...given: never[]) => unknown>> = {
  async raise() {
    const raised = await raiseWireguard({
      name,
      privateKeyOf: (key) => (key === publicKey ? hide(fromHex(privateHex) as Uint8Array) : null),
      stillWanted: (key) => !unwanted.has(key),
      withLink: (endpoint) => endpoint,
      lost: () => void events.push('lost'),
      again: () => void events.push('again'),
    });
    if (!raised.ok) return raised;
    wireguard = raised.value;
    const { backend, adopted } = raised.value;
    return { ok: true, backend, adopted };
  },
  /** Its private key: in no argument, where anybody could read it. */
  key: (hex: string) => void (privateHex = hex),
  /** Plans and performs; answers the names of the changes. */
  async reach(input: Omit<Parameters<typeof wantedTable>[0], 'dials'>, known: string[]) {
    const table: Table = wantedTable({ ...input, dials: new Map() });
    const on = wireguard as Wireguard;
    const changes = planOf(table, await on.dump(), new Set(known));
    for (const change of changes) await on.make(change);
    return changes.map(({ kind }) => kind);
  },
  make: async (change: Change) => wireguard?.make(change),
  unwant: (key: string) => unwanted.add(key).size,
  async dump() {
    const { peers, ...own } = await (wireguard as Wireguard).dump();
    return { ...own, peers: [...peers.values()] };
  },
  listens: async (port: number) => listensOn(name, port),
  link: async (wanted: WantedLink) => wireguard?.setLink(wanted),
  routes: async () => routesOn(name),
  local: async () => wireguard?.localPrefixes(),
  events: () => events.splice(0),
  close: async () => wireguard?.close(),
};

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const [deed, ...given] = JSON.parse(line) as [string, ...never[]];
  const act = async (): Promise<unknown> => DEEDS[deed]?.(...given);
  act().then(
    (value) => process.stdout.write(`${JSON.stringify({ value: value ?? null })}\n`),
    (error: Error) => process.stdout.write(`${JSON.stringify({ error: error.message })}\n`),
  );
});
// With a daemon of its own left behind, if it was not closed: as a crash would.
lines.on('close', () => process.exit(0));
