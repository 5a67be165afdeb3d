// Fifty members for one daemon, in one machine of the laboratory: a wireguard-go each, with its own
// key, address and handshakes, and one process (child.ts) that sends their signed heartbeats. What
// of them is not real: they have no daemon behind them, listen on no TCP port, watch nobody, and
// tell of no paths.

import type { Key, RecordId } from '../../proto/ids.ts';
import { reveal } from '../../proto/secret.ts';
import { keyHost } from '../../src/home/host.ts';
import { type Identity, openIdentity } from '../../src/keys/identity.ts';
import { nodePlatform } from '../../src/platform.ts';
import type { Host } from '../../test/lab/host.ts';
import type { Machine } from '../../test/lab/machine.ts';
import type { Place } from '../../test/lab/network.ts';
import { nodeAddress, nodePrefix } from '../../wg/address.ts';
import { KEEPALIVE_S, MTU_FIRST } from '../../wg/limits.ts';
import { base64Of } from '../../wg/table.ts';

const FIRST_PORT = 8_000;
const FIRST_TABLE = 1_000;

/** What the sending process is told, as JSON. */
export interface SwarmFile {
  readonly ledger: RecordId;
  readonly to: string;
  readonly members: readonly { readonly folder: string; readonly address: string }[];
}

/** The tunnels of all of them to that daemon, and what their process has to know. */
export async function raiseSwarm(
  on: Machine,
  members: readonly Place[],
  to: Host,
  ledger: RecordId,
): Promise<SwarmFile> {
  const its = identityIn(to.folder);
  const prefix = prefixOf(ledger, its.publicKey);
  const script: string[] = ['set -e'];
  const made = members.map(({ folder }, i) => {
    const own = identityIn(folder);
    const address = nodeAddress(prefixOf(ledger, own.publicKey));
    const secret = base64Of(reveal(own.wireguard.privateKey));
    const peer = `peer ${base64Of(its.wireguard.publicKey)} endpoint ${to.address}:7447`;
    const table = FIRST_TABLE + i;
    script.push(
      `wireguard-go p${i}`,
      `printf %s ${secret} | wg set p${i} listen-port ${FIRST_PORT + i} private-key /dev/stdin ` +
        `${peer} persistent-keepalive ${KEEPALIVE_S} allowed-ips ${prefix}`,
      `ip address add ${address}/128 dev p${i} nodad`,
      `ip link set dev p${i} mtu ${MTU_FIRST} up`,
      `ip -6 route add ${prefix} dev p${i} table ${table}`,
      `ip -6 rule add from ${address}/128 table ${table}`,
    );
    return { folder, address };
  });
  // By standard input, as all secrets; `printf` is the shell's own.
  await on.must(['sh', '-s'], { input: script.join('\n') });
  return { ledger, to: nodeAddress(prefix), members: made };
}

function prefixOf(ledger: RecordId, key: Key): string {
  return nodePrefix(ledger, key, 0, nodePlatform);
}

function identityIn(folder: string): Identity {
  const opened = openIdentity(keyHost(), folder);
  if (!opened.ok) throw new Error(`${folder}: ${opened.code}`);
  return opened.value;
}
