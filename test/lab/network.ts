// A network on hosts of the laboratory without its ceremonies: founded, and nodes and operators
// admitted, in the process of the test, with the records and keys that the product would have made.
// The hosts keep the maker's machine id for that, unless they are their `own`.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { draftIntent, type Intent } from '../../ledger/intent.ts';
import { fitted, memberWishes, operatorWishes } from '../../ledger/presets.ts';
import { acceptanceMessage } from '../../ledger/proof.ts';
import { type Decoded, decodeText } from '../../ledger/record.ts';
import { memberOf } from '../../ledger/replica.ts';
import type { Key, RecordId } from '../../proto/ids.ts';
import type { Result } from '../../proto/result.ts';
import { ownAdmission } from '../../src/acts/admission.ts';
import { found } from '../../src/acts/found.ts';
import { writeIntent } from '../../src/acts/write.ts';
import { openDesk } from '../../src/home/desk.ts';
import { operatorFolder } from '../../src/home/folder.ts';
import { keyHost } from '../../src/home/host.ts';
import { type HomeLedger, foundHome, openHome } from '../../src/home/ledger.ts';
import { type Identity, openIdentity } from '../../src/keys/identity.ts';
import { createOperatorKey, openOperatorKey } from '../../src/keys/operator.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { nowMs } from '../../src/os/clock.ts';
import { textOfAddress } from '../../src/peer/address.ts';
import { nodePlatform } from '../../src/platform.ts';
import type { Host } from './host.ts';

export interface Network {
  readonly ledger: RecordId;
  /** Of each host in it, by name. */
  readonly keys: ReadonlyMap<string, Key>;
}

/** What the ledger needs of a host: who it is, and where its key lies. */
export type Place = Pick<Host, 'name' | 'folder'>;

export interface NetworkOptions {
  /** Beside anna on the first host: an operator on each of these, who may do everything. */
  readonly operators?: readonly Host[];
  /** False: no node says where it is found, so that they have to find each other. */
  readonly endpoints?: boolean;
  /** Members that no machine is behind: admitted, and no copy of the ledger is brought to them. */
  readonly absent?: readonly Place[];
  /** IPv4 addresses that are claimed, by the name of the host. */
  readonly ipv4?: Readonly<Record<string, string>>;
}

export const DOOR_PORT = 7447;

/** A network of these hosts, founded on the first; all of them hold the whole ledger. */
export async function network(
  hosts: readonly Host[],
  { operators = [], endpoints = true, absent = [], ipv4 = {} }: NetworkOptions = {},
): Promise<Network> {
  const [first, ...others] = hosts as [Host, ...Host[]];
  const anna = await newOperator(first, 'anna');
  const founded = value(
    await found(keyHost(), first.folder, anna, {
      ...{ network: 'home', operator: 'anna', node: first.name, date: '2026-01-02', nowMs },
      handOut: () => undefined,
    }),
  );
  const keys = new Map<string, Key>([[first.name, founded.node]]);
  const home = must(await openHome(first.folder, { write: true }), 'a ledger that was founded');
  try {
    for (const one of [...others, ...absent]) {
      keys.set(one.name, await admitTo(home, anna, one, ipv4[one.name]));
    }
    for (const one of operators) await admitOperator(home, anna, one);
    if (endpoints) for (const one of hosts) await stateEndpoint(home, one);
  } finally {
    await home.close();
  }
  const [genesis, ...rest] = recordsOf(first) as [Decoded, ...Decoded[]];
  for (const one of others) await bring(one, genesis, rest);
  return { ledger: founded.ledger, keys };
}

/** Signs one intent with the operator key of a host, beside its daemon where one runs. */
export async function act(on: Host, intent: Intent): Promise<Decoded> {
  const signer = await operatorOn(on);
  const home = must(await openDesk(on.folder), 'a ledger to write to');
  try {
    return value(await writeIntent({ home, signer, nowMs }, intent));
  } finally {
    await home.close();
  }
}

export function commit(on: Host, key: string, text: string): Promise<Decoded> {
  return act(on, {
    ...{ act: { kind: 'config.commit', body: { key, value: text } }, refs: [], at: 'current' },
  });
}

export function remove(on: Host, target: Key): Promise<Decoded> {
  return act(on, {
    ...{ act: { kind: 'member.remove', body: { target, seq: 0 } }, refs: [], at: 'current' },
  });
}

/** Admits one more host while the daemon of `on` runs; the newcomer gets what `on` holds. */
export async function admit(on: Host, newcomer: Host): Promise<Key> {
  const signer = await operatorOn(on);
  const home = must(await openDesk(on.folder), 'a ledger to write to');
  try {
    const key = await admitTo(home, signer, newcomer);
    const [genesis, ...rest] = recordsOf(on) as [Decoded, ...Decoded[]];
    await bring(newcomer, genesis, rest);
    return key;
  } finally {
    await home.close();
  }
}

export function operatorOn(on: Host): Promise<Signer> {
  return openOperatorKey(keyHost(), operatorFolder(on.folder), { passphrase: null }).then(value);
}

async function newOperator(on: Host, name: string): Promise<Signer> {
  const options = { name, seed: null, sealing: null };
  value(await createOperatorKey(keyHost(), operatorFolder(on.folder), options));
  return operatorOn(on);
}

async function admitTo(home: HomeLedger, signer: Signer, one: Place, ipv4?: string): Promise<Key> {
  const identity = value(openIdentity(keyHost(), one.folder));
  const { grants } = fitted(memberWishes('peer', 'node'), 'root');
  const admission = { ledger: home.replica.ledger, admitter: signer.publicKey, name: one.name };
  const intent = ownAdmission(identity, { ...admission, grants });
  const wanted = ipv4 === undefined ? intent : claiming(intent, ipv4, identity, admission);
  value(await writeIntent({ home, signer, nowMs }, wanted));
  return identity.publicKey;
}

/** The same admission with an IPv4 address, which the newcomer has accepted too. */
function claiming(
  intent: Intent,
  ipv4: string,
  { signer }: Identity,
  { ledger, admitter }: { readonly ledger: RecordId; readonly admitter: Key },
): Intent {
  if (intent.act.kind !== 'node.admit') throw new Error('an admission was expected');
  const { acceptance: _, ...rest } = intent.act.body;
  const body = { ...rest, ipv4 };
  const acceptance = signer.signOther(acceptanceMessage(ledger, admitter, body));
  return { ...intent, act: { kind: 'node.admit', body: { ...body, acceptance } } };
}

async function admitOperator(home: HomeLedger, signer: Signer, one: Host): Promise<void> {
  const name = `operator-${one.name}`;
  const { publicKey: key } = await newOperator(one, name);
  const { grants } = fitted(operatorWishes('full'), 'root');
  const body = { key, name, grants };
  const intent: Intent = { act: { kind: 'operator.admit', body }, refs: [], at: 'fixed' };
  value(await writeIntent({ home, signer, nowMs }, intent));
}

/** In the node's own words; it is no record of the folder that it is written to. */
async function stateEndpoint(home: HomeLedger, one: Host): Promise<void> {
  const { signer, publicKey } = value(openIdentity(keyHost(), one.folder));
  const body = { endpoints: [textOfAddress({ host: one.address, port: DOOR_PORT })] };
  const update: Intent = { act: { kind: 'node.update', body }, refs: [], at: 'fixed' };
  const { draft } = value(draftIntent(home.replica, publicKey, update, nowMs()));
  const { record } = value(signer.signNext(draft));
  await home.takeIn([record]);
  if (memberOf(home.replica, publicKey) === null) throw new Error(`${one.name} is no member`);
}

/** Every record that a host holds, as it stands in its file. */
export function recordsOf(on: Host): Decoded[] {
  const text = readFileSync(join(on.folder, 'nodes.jsonl'), 'utf8');
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => value(decodeText(line, nodePlatform)));
}

async function bring(to: Host, genesis: Decoded, rest: readonly Decoded[]): Promise<void> {
  const home = await foundHome(to.folder, genesis, false);
  try {
    const { refused } = await home.takeIn(rest);
    if (refused.length > 0) throw new Error(`${to.name} refuses ${refused[0]?.code}`);
  } finally {
    await home.close();
  }
}

function value<Value>(result: Result<Value, string>): Value {
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`);
  return result.value;
}

function must<Value>(given: Value | null, what: string): Value {
  if (given === null) throw new Error(`there is no ${what}`);
  return given;
}
