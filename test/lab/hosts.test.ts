import { expect, test } from 'vitest';
import { askDaemon } from '../../src/daemon/client.ts';
import type { Host } from './host.ts';
import { DOOR_PORT, admit, commit, network, recordsOf, remove } from './network.ts';
import { laboratory } from './suite.ts';
import { until } from './until.ts';

/** How they find each other without a mesh. */
const EVERY_PEER = (own: Host, all: readonly Host[]): string[] => [
  '--no-mesh',
  ...all.filter((one) => one !== own).flatMap((one) => ['--peer', `${one.address}:${DOOR_PORT}`]),
];

laboratory('hosts in the laboratory', (net, prepare) => {
  let hosts: Host[] = [];
  prepare(async () => {
    const lan = await net().lan();
    for (const name of ['attic', 'barn', 'cellar']) hosts.push(await net().host(name, lan));
    await network(hosts, { operators: [hosts[2] as Host] });
  });

  async function allAgree(): Promise<void> {
    await until('all agree', async () => {
      const ledgers = await Promise.all(
        hosts.map(({ folder }) => askDaemon(folder, 'ledger', undefined)),
      );
      return new Set(ledgers.map(({ stateRoot }) => stateRoot)).size === 1;
    });
  }

  test('run real daemons on a network that was made beforehand', async () => {
    for (const one of hosts) await one.up(EVERY_PEER(one, hosts));
    // The last one has met the others already: what it writes goes out at once.
    const [attic, , cellar] = hosts as [Host, Host, Host];
    const { id } = await commit(cellar, 'heating.mode', 'on');
    await allAgree();
    expect(recordsOf(attic).map((record) => record.id)).toContain(id);
  });

  test('take in one more, and remove it, while their daemons run', async () => {
    const attic = hosts[0] as Host;
    const shed = await net().host('shed', attic.cable.lan);
    const key = await admit(attic, shed);
    hosts.push(shed);
    await shed.up(EVERY_PEER(shed, hosts));
    await allAgree();
    await remove(attic, key);
    await shed.daemon?.stop();
    hosts.pop();
    await allAgree();
    const cellar = hosts[2] as Host;
    const { nodes } = await cellar.json<{ nodes: { name: string; standing: string }[] }>('nodes');
    expect(nodes.find(({ name }) => name === 'shed')).toMatchObject({ key, standing: 'removed' });
  });

  test('lose their power, and are there again with the same disk', async () => {
    const [attic, barn] = hosts as [Host, Host];
    await barn.off();
    expect((await barn.daemon?.ended)?.code).not.toBe(0);
    expect((await attic.ping(barn.address, { patienceS: 1 })).received).toBe(0);
    await barn.on();
    await barn.up(EVERY_PEER(barn, hosts));
    expect((await attic.ping(barn.address, { count: 10 })).received).toBeGreaterThan(0);
    expect(await barn.json('status')).toMatchObject({ daemon: { state: 'running' } });
  });

  test('have files, names and processes of their own', async () => {
    const [attic, barn] = hosts as [Host, Host];
    await attic.machine.must(['sh', '-c', 'echo "10.0.0.1 here" >> /etc/hosts; touch /run/here']);
    const { code } = await barn.machine.run([
      'sh',
      '-c',
      'grep here /etc/hosts || test -e /run/here',
    ]);
    expect(code).not.toBe(0);
    expect(await attic.machine.must(['ps', 'ax'])).not.toContain(barn.folder);
  });
});
