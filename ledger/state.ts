// The truth that a ledger adds up to, as a plain value: what two replicas with the same live
// records agree on byte for byte. Lists of refused and void lines are not in it: they are for the
// screen. Spec: docs/ledger.md, "State".

import { toBase64url, utf8 } from '../proto/bytes.ts';
import { fingerprint } from '../proto/fingerprint.ts';
import type { Digest, Key, RecordId } from '../proto/ids.ts';
import { type Json, canonical } from '../proto/json.ts';
import type { Platform } from '../proto/platform.ts';
import type { Authority, DecidingCut, Member } from './member.ts';
import type { Profile } from './book.ts';
import { type ConfigEntry, type Configuration, configEntries } from './effects.ts';
import type { Grant } from './grant.ts';
import type { GenesisBody, WireguardClaim } from './kinds.ts';
import { compareStanding } from './rank.ts';

const STATE_PREFIX = 'kith-state-v1\n';
const SHOWN_NAME_CHARS_MAX = 63;

export interface MemberState {
  readonly key: Key;
  readonly class: Member['class'];
  readonly rank: readonly number[];
  readonly root: boolean;
  /** The record that made it a member. */
  readonly by: RecordId;
  /** What it calls itself, and what it is shown as while a senior has that name. */
  readonly name: string;
  readonly shown: string;
  readonly labels: readonly string[];
  readonly endpoints: readonly string[];
  readonly grants: readonly { readonly from: RecordId; readonly grants: readonly Grant[] }[];
  readonly wg?: { readonly key: Key; readonly counter: number };
  readonly ipv4?: string;
  readonly replaces?: Key;
  readonly expires?: number;
  /** Frozen: the seq at which its author wrote two records. */
  readonly frozen?: number;
  readonly removed?: { readonly by: RecordId; readonly author: Key; readonly seq: number };
}

export interface Conflict {
  readonly kind: 'name' | 'ipv4' | 'wireguard' | 'config' | 'recovery';
  readonly subject: string;
  /** Keys or record ids, the one that prevails first. */
  readonly between: readonly string[];
}

export interface State {
  readonly ledger: RecordId;
  readonly network: string;
  readonly defaults: GenesisBody['defaults'];
  readonly epoch: number;
  readonly recovery: Key;
  readonly members: readonly MemberState[];
  readonly config: readonly ConfigEntry[];
  readonly conflicts: readonly Conflict[];
  readonly frozen: readonly { readonly author: Key; readonly seq: number }[];
}

interface Sources {
  readonly ledger: RecordId;
  readonly genesis: GenesisBody;
  readonly authority: Authority;
  readonly configuration: Configuration;
  readonly profile: (member: Member) => Profile;
  readonly platform: Platform;
}

export function buildState(sources: Sources): State {
  const { authority, genesis } = sources;
  const ranked = [...authority.members.values()].toSorted(compareStanding);
  const conflicts: Conflict[] = [];
  const names = shownNames(ranked, sources, conflicts);
  const ipv4 = claims(ranked, 'ipv4', conflicts, (member) => ipv4Of(member));
  const wg = claims(ranked, 'wireguard', conflicts, (m) => wireguardOf(m, sources.profile(m))?.key);
  const members = ranked.map((member) => {
    const shown = names.get(member.key) as string;
    return memberState(
      member,
      sources.profile(member),
      shown,
      wg.has(member.key),
      ipv4.has(member.key),
    );
  });
  const config = configEntries(
    sources.configuration,
    (key) => authority.members.get(key) as Member,
  );
  for (const { key, head, others } of config) {
    if (others.length > 0)
      conflicts.push({ kind: 'config', subject: key, between: [head, ...others] });
  }
  const recovery = authority.epochs.recoveries.at(-1) as Key;
  if (authority.epochs.stopped)
    conflicts.push({ kind: 'recovery', subject: recovery, between: [] });
  const frozen = ranked
    .filter((m) => m.live.frozen)
    .map((m) => ({ author: m.key, seq: m.live.seq + 1 }));
  const { epoch } = authority.epochs;
  const { network, defaults } = genesis;
  return {
    ledger: sources.ledger,
    network,
    defaults,
    epoch,
    recovery,
    members,
    config,
    conflicts,
    frozen,
  };
}

export function stateDigest(state: State, platform: Platform): Digest {
  const text = STATE_PREFIX + canonical(state as unknown as Json);
  return toBase64url(platform.sha256(utf8(text))) as Digest;
}

function ipv4Of(member: Member): string | undefined {
  return member.body !== null && 'ipv4' in member.body ? member.body.ipv4 : undefined;
}

/** The key that holds: the last of the chain, once its counter is above the admission's. */
function wireguardOf(member: Member, profile: Profile): WireguardClaim | undefined {
  const admitted = member.body !== null && 'wg' in member.body ? member.body.wg : undefined;
  if (admitted === undefined || profile.wg === undefined) return admitted;
  return profile.wg.counter > admitted.counter ? profile.wg : admitted;
}

/** Who prevails in a claim that only one can hold: the senior of those who are not removed. */
function claims(
  ranked: readonly Member[],
  kind: Conflict['kind'],
  conflicts: Conflict[],
  claimOf: (member: Member) => string | undefined,
): ReadonlySet<Key> {
  const bySubject = new Map<string, Key[]>();
  for (const member of ranked) {
    const subject = member.cut === null ? claimOf(member) : undefined;
    if (subject === undefined) continue;
    const keys = bySubject.get(subject);
    if (keys === undefined) bySubject.set(subject, [member.key]);
    else keys.push(member.key);
  }
  const winners = new Set<Key>();
  for (const [subject, keys] of bySubject) {
    winners.add(keys[0] as Key);
    if (keys.length > 1) conflicts.push({ kind, subject, between: keys });
  }
  return winners;
}

function nameOf(member: Member, profile: Profile): string {
  return profile.name ?? member.name;
}

/** Two members of one class with one name: the senior shows it plain, the other with a tail. */
function shownNames(
  ranked: readonly Member[],
  sources: Sources,
  conflicts: Conflict[],
): ReadonlyMap<Key, string> {
  const shown = new Map<Key, string>();
  for (const of of ['operator', 'node', 'ticket'] as const) {
    const members = ranked.filter((member) => member.class === of);
    const plain = claims(members, 'name', conflicts, (m) => nameOf(m, sources.profile(m)));
    const taken = new Set<string>();
    for (const member of members) {
      if (plain.has(member.key)) taken.add(nameOf(member, sources.profile(member)));
    }
    for (const member of members) {
      const name = nameOf(member, sources.profile(member));
      // Who was removed keeps its plain name until somebody else has it.
      const isFree = plain.has(member.key) || !taken.has(name);
      const own = isFree ? name : tailed(name, member.key, taken, sources.platform);
      taken.add(own);
      shown.set(member.key, own);
    }
  }
  return shown;
}

/** `name-xxxx` with the start of the fingerprint, longer only where somebody took that name too. */
function tailed(name: string, key: Key, taken: ReadonlySet<string>, platform: Platform): string {
  const symbols = fingerprint(key, platform).replaceAll('-', '').toLowerCase();
  for (let size = 4; size <= symbols.length; size++) {
    const head = name.slice(0, SHOWN_NAME_CHARS_MAX - 1 - size).replace(/-+$/, '');
    const candidate = `${head}-${symbols.slice(0, size)}`;
    if (!taken.has(candidate)) return candidate;
  }
  return symbols;
}

function memberState(
  member: Member,
  profile: Profile,
  shown: string,
  ownsWg: boolean,
  ownsIpv4: boolean,
): MemberState {
  const wg = ownsWg ? wireguardOf(member, profile) : undefined;
  const ipv4 = ownsIpv4 ? ipv4Of(member) : undefined;
  const body = member.body;
  const replaces = body !== null && 'replaces' in body ? body.replaces : undefined;
  const expires = body !== null && 'expires' in body ? body.expires : undefined;
  return {
    key: member.key,
    class: member.class,
    rank: member.rank,
    root: member.root,
    by: member.by,
    name: nameOf(member, profile),
    shown,
    labels: profile.labels ?? member.labels,
    endpoints: profile.endpoints ?? [],
    grants: grantsInForce(member),
    ...(wg === undefined ? {} : { wg: { key: wg.key, counter: wg.counter } }),
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(replaces === undefined ? {} : { replaces }),
    ...(expires === undefined ? {} : { expires }),
    ...(member.live.frozen ? { frozen: member.live.seq + 1 } : {}),
    ...(member.cut === null ? {} : { removed: removal(member.cut) }),
  };
}

/**
 * What may be used from now on: a grant that was revoked is gone, whatever it was used for before.
 */
function grantsInForce(member: Member): MemberState['grants'] {
  return [...member.grants]
    .filter(([, held]) => held.lastUse === Number.POSITIVE_INFINITY && held.grants.length > 0)
    .map(([from, held]) => ({ from, grants: held.grants }))
    .toSorted((a, b) => (a.from < b.from ? -1 : 1));
}

function removal(cut: DecidingCut): { by: RecordId; author: Key; seq: number } {
  return { by: cut.by, author: cut.author, seq: cut.seq };
}
