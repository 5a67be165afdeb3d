// People and machines for histories: deterministic keys from a name, and one way to write each
// record. A history is a list of records; a world folds them through the real door.

import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { toBase64url } from '../../proto/bytes.ts';
import type { Key, RecordId, Signature } from '../../proto/ids.ts';
import {
  type Decoded,
  type Draft,
  decodeText,
  sealedLine,
  signedBytes,
  unsignedText,
} from '../../ledger/record.ts';
import type { Act, NodeAdmitBody, WireguardClaim } from '../../ledger/kinds.ts';
import type { Action, Grant } from '../../ledger/grant.ts';
import { ACTIONS } from '../../ledger/grant.ts';
import { acceptanceMessage, signatureJobs, wireguardMessage } from '../../ledger/proof.ts';
import { screen, type Mode } from '../../ledger/door.ts';
import { accept } from '../../ledger/verify.ts';
import { verdict } from '../../proto/ed25519.ts';
import { apply, createReplica, type Replica } from '../../ledger/replica.ts';
import { memoryShelf, type MemoryShelf } from '../../ledger/shelf.ts';
import { trustOwn } from '../../ledger/verify.ts';
import { nodePlatform } from '../../src/platform.ts';

export interface Actor {
  readonly name: string;
  readonly key: Key;
  readonly secret: KeyObject;
}

const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const actors = new Map<string, Actor>();

/** The same name is the same key, in every test and every run. */
export function actor(name: string): Actor {
  const known = actors.get(name);
  if (known !== undefined) return known;
  const seed = seedOf(name);
  const secret = createPrivateKey({
    key: Buffer.concat([PKCS8, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const raw = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32);
  const made = { name, key: toBase64url(raw) as Key, secret };
  actors.set(name, made);
  return made;
}

export function seedOf(name: string): Uint8Array {
  return createHash('sha256').update(`kith test actor ${name}`).digest();
}

export function signBytes(by: Actor, message: Uint8Array): Signature {
  return toBase64url(sign(null, message, by.secret)) as Signature;
}

/** Signs as a daemon does with the key of its node. */
export function penOf(by: Actor): (message: Uint8Array) => Signature {
  return (message) => signBytes(by, message);
}

/** A host label for a name such as `alice.2`. */
function label(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

export function everything(depth: number): Grant[] {
  return (Object.keys(ACTIONS) as Action[]).map((action) => ({ action, resource: '', depth }));
}

export const PEER: Grant[] = [
  { action: 'place.job', resource: '', depth: 0 },
  { action: 'metrics.read', resource: '', depth: 0 },
];

export interface Place {
  readonly seq: number;
  readonly id: RecordId | '';
}
export const START: Place = { seq: 0, id: '' };

export interface Links {
  readonly auth?: readonly (RecordId | Decoded)[];
  readonly refs?: readonly (RecordId | Decoded)[];
  readonly ts?: number;
}

const idOrRecord = (link: RecordId | Decoded): RecordId =>
  typeof link === 'string' ? link : link.id;

/** One signed record after `after`. */
export function write(
  by: Actor,
  ledger: RecordId | '',
  after: Place | Decoded,
  act: Act,
  links: Links = {},
): Decoded {
  const draft: Draft = {
    ledger,
    author: by.key,
    seq: after.seq + 1,
    prev: after.id,
    auth: (links.auth ?? []).map(idOrRecord).toSorted(),
    refs: (links.refs ?? []).map(idOrRecord).toSorted(),
    ts: links.ts ?? 1_800_000_000_000 + after.seq,
    act,
  };
  const line = sealedLine(draft, signBytes(by, signedBytes(unsignedText(draft))));
  const decoded = decodeText(line, nodePlatform);
  if (!decoded.ok) throw new Error(`${decoded.code}: ${decoded.detail}: ${line}`);
  return decoded.value;
}

export function genesis(network: string, roots: readonly Actor[], recovery: Actor): Decoded {
  const body = {
    network,
    roots: roots.map((root) => ({ key: root.key, name: label(root.name) })),
    recovery: recovery.key,
    defaults: {},
  };
  return write(roots[0] as Actor, '', START, { kind: 'genesis', body });
}

export function wireguardClaim(node: Actor, ledger: RecordId, counter = 0): WireguardClaim {
  const wg = actor(`${node.name} wireguard ${counter}`);
  return { key: wg.key, counter, sig: signBytes(wg, wireguardMessage(ledger, node.key, counter)) };
}

export const acts = {
  operator: (who: Actor, grants: readonly Grant[] = everything(5), more: object = {}): Act => ({
    kind: 'operator.admit',
    body: { key: who.key, name: label(who.name), grants, ...more },
  }),
  node: (
    who: Actor,
    by: Actor,
    ledger: RecordId,
    grants: readonly Grant[] = PEER,
    more: Partial<NodeAdmitBody> = {},
  ): Act => {
    const wg = wireguardClaim(who, ledger);
    const body = { key: who.key, name: label(who.name), grants, wg, ...more };
    const acceptance = signBytes(who, acceptanceMessage(ledger, by.key, body));
    return { kind: 'node.admit', body: { ...body, acceptance } };
  },
  ticket: (who: Actor, grants: readonly Grant[] = [], more: object = {}): Act => ({
    kind: 'ticket.issue',
    body: { key: who.key, name: label(who.name), grants, expires: 1_900_000_000_000, ...more },
  }),
  remove: (who: Actor | Key, seq: number): Act => ({
    kind: 'member.remove',
    body: { target: typeof who === 'string' ? who : who.key, seq },
  }),
  grant: (who: Actor, grants: readonly Grant[]): Act => ({
    kind: 'cap.grant',
    body: { target: who.key, grants },
  }),
  revoke: (who: Actor, seq: number): Act => ({
    kind: 'cap.revoke',
    body: { target: who.key, seq },
  }),
  /** New roots by the paper secret, each old one honoured up to a place. */
  rotate: (to: readonly Actor[], next: Actor, cuts: readonly (readonly [Actor, Place])[]): Act => ({
    kind: 'root.rotate',
    body: {
      roots: to.map((who) => ({ key: who.key, name: 'new' })),
      recovery: next.key,
      cuts: cuts.map(([who, { seq, id }]) => ({ key: who.key, seq, last: id })),
    },
  }),
  update: (body: object): Act => ({ kind: 'node.update', body }),
  commit: (key: string, value?: string | number): Act => ({
    kind: 'config.commit',
    body: value === undefined ? { key } : { key, value },
  }),
};

/** Writes chains: keeps each author's head, so that a history reads as who did what. */
export class Scribe {
  readonly records: Decoded[] = [];
  readonly heads = new Map<Key, Place>();
  readonly ledger: RecordId;
  readonly genesis: Decoded;

  constructor(network = 'home', roots: readonly Actor[] = [actor('root')], paper = actor('paper')) {
    this.genesis = genesis(network, roots, paper);
    this.ledger = this.genesis.id;
    this.keep(this.genesis);
  }

  private keep(record: Decoded): Decoded {
    this.records.push(record);
    this.heads.set(record.author, record);
    return record;
  }

  head(who: Actor): Place {
    return this.heads.get(who.key) ?? START;
  }

  /** The next record of an author. */
  by(who: Actor, act: Act, links: Links = {}): Decoded {
    return this.keep(write(who, this.ledger, this.head(who), act, links));
  }

  /** A record after another place than the head: a fork. It becomes the head. */
  fork(who: Actor, after: Place | Decoded, act: Act, links: Links = {}): Decoded {
    this.heads.set(who.key, after);
    return this.by(who, act, links);
  }

  /** An operator admitted by `by`, who relies on `auth`. */
  operator(who: Actor, by: Actor, auth: Links['auth'] = [], grants?: readonly Grant[]): Decoded {
    return this.by(by, acts.operator(who, grants), { auth });
  }

  node(who: Actor, by: Actor, auth: Links['auth'] = [], grants?: readonly Grant[]): Decoded {
    return this.by(by, acts.node(who, by, this.ledger, grants), { auth });
  }

  /** A removal that honours everything the scribe has seen, or less. */
  remove(
    who: Actor,
    by: Actor,
    auth: Links['auth'] = [],
    last: Place | Decoded = this.head(who),
  ): Decoded {
    const refs = last.id === '' ? [] : [last.id];
    return this.by(by, acts.remove(who, last.seq), { auth, refs });
  }
}

export interface World {
  readonly replica: Replica;
  readonly shelf: MemoryShelf;
  /** What the door or the signatures said of each line that was not taken, in order. */
  readonly refused: { record: Decoded; code: string }[];
  readonly checks: { count: number };
}

export function world(first: Decoded): World {
  const shelf = memoryShelf();
  shelf.put(first);
  const replica = createReplica(trustOwn(first), shelf, nodePlatform);
  return { replica, shelf, refused: [], checks: { count: 0 } };
}

/** Takes records through the whole door, one batch, until nothing more can move. */
export function take(into: World, records: readonly Decoded[], mode: Mode = 'door'): World {
  let todo: Decoded[] = [...records];
  for (let moved = true; moved && todo.length > 0; ) {
    moved = false;
    const screened = screen(into.replica, todo, mode);
    const waiting: Decoded[] = [];
    const pending: Decoded[] = [];
    for (const [i, outcome] of screened.entries()) {
      const record = todo[i] as Decoded;
      if (outcome.kind === 'check') pending.push(record);
      else if (outcome.kind === 'refused' && outcome.code === 'unknown-author')
        waiting.push(record);
      else if (outcome.kind === 'refused') into.refused.push({ record, code: outcome.code });
    }
    const verdicts = pending.flatMap((record) =>
      signatureJobs(record).map((job) => {
        into.checks.count++;
        return verdict(nodePlatform, job.key, job.message, job.signature);
      }),
    );
    const accepted = accept(pending, verdicts);
    into.refused.push(...accepted.refused);
    const released: Decoded[] = [];
    for (const record of accepted.records) {
      into.shelf.put(record);
      released.push(...apply(into.replica, record));
      moved = true;
    }
    todo = [...waiting, ...released];
  }
  for (const record of todo) into.refused.push({ record, code: 'unknown-author' });
  return into;
}

/** A world that took all these records, one after the other, and strangers again at the end. */
export function settle(records: readonly Decoded[], mode: Mode = 'door'): World {
  const first = records.find((record) => record.act.kind === 'genesis') as Decoded;
  const into = world(first);
  for (const record of records) if (record !== first) take(into, [record], mode);
  const strangers = into.refused.filter(({ code }) => code === 'unknown-author');
  const others = into.refused.filter(({ code }) => code !== 'unknown-author');
  into.refused.splice(0, into.refused.length, ...others);
  return take(
    into,
    strangers.map(({ record }) => record),
    mode,
  );
}
