// The admission of a new machine as the machine that belongs makes it: which body, whether it would
// count, the record itself, and what goes along with it. Drafted, signed and stored in the process
// of the ceremony: the keys are those that it has found. Spec: docs/pairing.md, "The admission".

import type { Grant } from '../../ledger/grant.ts';
import { draftIntent, type Intent } from '../../ledger/intent.ts';
import type { NodeAdmitBody } from '../../ledger/kinds.ts';
import { type MemberPreset, type Passing, fitted, memberWishes } from '../../ledger/presets.ts';
import { acceptanceMessage } from '../../ledger/proof.ts';
import type { Decoded } from '../../ledger/record.ts';
import { memberOf, stateOf } from '../../ledger/replica.ts';
import type { MemberState } from '../../ledger/state.ts';
import type { AdmitterAnswer, Candidate } from '../../pairing/admitter-state.ts';
import { PAGE_BYTES_MAX } from '../../pairing/limits.ts';
import type { Member } from '../../pairing/messages.ts';
import { assert } from '../../proto/assert.ts';
import { concat, toBase64url, utf8 } from '../../proto/bytes.ts';
import type { Key, RecordId, Signature } from '../../proto/ids.ts';
import { type Json, canonical } from '../../proto/json.ts';
import { type Refused, refuse } from '../../proto/result.ts';
import { type WriteCode, type Writing, writeIntent } from '../acts/write.ts';
import type { HomeLedger } from '../home/ledger.ts';
import type { Signer } from '../keys/signer.ts';
import type { GenesisCode } from './refusals.ts';

export interface Terms {
  /** What the machine is to be called, where the operator has another name for it. */
  readonly name: string | null;
  readonly preset: MemberPreset;
  /** The node in whose place it comes. */
  readonly replaces: MemberState | null;
  /** The IPv4 address that it claims on the mesh. */
  readonly ipv4: string | null;
}

export interface AdmissionDesk {
  /** Body and message, or the record that admits this key already, or why there can be none. */
  draft(candidate: Candidate): Promise<AdmitterAnswer>;
  admit(body: string, acceptance: Uint8Array): Promise<AdmitterAnswer>;
  page(number: number): AdmitterAnswer;
  /** The grants of the replaced node that this operator cannot hand on. */
  readonly leftOut: readonly Grant[];
  /** The admission, once it is written or known. */
  readonly record: Decoded | null;
  /** True where a run before this one had written it. */
  readonly known: boolean;
  /** Why it was refused. */
  readonly fault: Refused<WriteCode | GenesisCode> | null;
}

export interface AdmissionSetting {
  readonly home: HomeLedger;
  readonly signer: Signer;
  readonly passing: Passing;
  readonly terms: Terms;
  /** Where others can be reached: it goes along. */
  readonly members: readonly Member[];
  readonly nowMs: () => number;
}

/** Any signature of the right length: a body is tried on the ledger before it has its own. */
const SOME_SIGNATURE = 'A'.repeat(86) as Signature;

export function admissionDesk(setting: AdmissionSetting): AdmissionDesk {
  const { home, signer, nowMs } = setting;
  const members = [...setting.members];
  const writing: Writing = { home, signer, nowMs };
  const pages = pagesOf(home);
  let leftOut: readonly Grant[] = [];
  let record: Decoded | null = null;
  let isKnown = false;
  let fault: AdmissionDesk['fault'] = null;
  const refused = (why: Refused<WriteCode | GenesisCode>): AdmitterAnswer => {
    fault = why;
    return { kind: 'refused' };
  };
  // So that the new machine's copy has it. Where it cannot be, whoever ends the run hears why.
  const cutWith = async ({ act }: Decoded): Promise<void> => {
    const replaced = act.kind === 'node.admit' ? act.body.replaces : undefined;
    if (replaced !== undefined) await cutReplaced(writing, replaced);
  };
  return {
    get leftOut() {
      return leftOut;
    },
    get record() {
      return record;
    },
    get known() {
      return isKnown;
    },
    get fault() {
      return fault;
    },
    async draft(candidate) {
      const known = admissionOf(home, candidate.key);
      if (known !== null) {
        const cut = memberOf(home.replica, candidate.key)?.cut ?? null;
        if (cut !== null) return refused(refuse('target-removed', candidate.name));
        record = known;
        isKnown = true;
        await cutWith(known);
        return { kind: 'known', record: known.line, members };
      }
      if (isPledgedElsewhere(candidate, signer.publicKey)) {
        return refused(refuse('pledged-elsewhere'));
      }
      const chosen = grantsFor(setting, candidate);
      leftOut = chosen.leftOut;
      const body = bodyOf(setting.terms, candidate, chosen.grants);
      const drafted = tryDraft(setting, { ...body, acceptance: SOME_SIGNATURE });
      if (!drafted.ok) return refused(drafted);
      const { ledger } = home.replica;
      const message = acceptanceMessage(ledger, signer.publicKey, body);
      return { kind: 'drafted', body: canonical(body as unknown as Json), message, members };
    },
    async admit(text, acceptance) {
      const body = JSON.parse(text) as Omit<NodeAdmitBody, 'acceptance'>;
      const signature = toBase64url(acceptance) as Signature;
      const written = await writeIntent(writing, intentOf({ ...body, acceptance: signature }));
      if (written.ok) {
        record = written.value;
        await cutWith(written.value);
        return { kind: 'admitted', record: written.value.line, members };
      }
      return refused(written);
    },
    page(number) {
      return pages(number);
    },
  };
}

function intentOf(body: NodeAdmitBody): Intent {
  return { act: { kind: 'node.admit', body }, refs: [], at: 'fixed' };
}

function tryDraft(
  { home, signer, nowMs }: AdmissionSetting,
  body: NodeAdmitBody,
): ReturnType<typeof draftIntent> {
  return draftIntent(home.replica, signer.publicKey, intentOf(body), nowMs());
}

/** The record that made this key a member, if there is one. */
function admissionOf({ replica, store }: HomeLedger, key: Key): Decoded | null {
  const member = memberOf(replica, key);
  return member?.class === 'node' ? store.find(member.by) : null;
}

/**
 * An accepted admission by somebody else may stand in a ledger that was not synced. Our own cannot:
 * what this key has signed was taken in before the ceremony began.
 */
function isPledgedElsewhere({ introduction }: Candidate, own: Key): boolean {
  return introduction.pledges.some(({ admitter }) => admitter !== own);
}

function bodyOf(
  { name, replaces, ipv4 }: Terms,
  candidate: Candidate,
  grants: readonly Grant[],
): Omit<NodeAdmitBody, 'acceptance'> {
  const labels = replaces?.labels ?? candidate.introduction.labels;
  return {
    key: candidate.key,
    name: name ?? replaces?.name ?? candidate.name,
    grants,
    ...(labels.length === 0 ? {} : { labels }),
    wg: candidate.wireguard,
    ceremony: candidate.ceremony,
    ...(ipv4 === null ? {} : { ipv4 }),
    ...(replaces === null ? {} : { replaces: replaces.key }),
  };
}

/** The preset as far as the operator can hand it on; or of the replaced node's grants, those. */
function grantsFor(
  setting: AdmissionSetting,
  candidate: Candidate,
): { readonly grants: readonly Grant[]; readonly leftOut: readonly Grant[] } {
  const { terms, passing } = setting;
  if (terms.replaces === null) {
    const { grants } = fitted(memberWishes(terms.preset, 'node'), passing);
    return { grants, leftOut: [] };
  }
  const held = terms.replaces.grants.flatMap(({ grants }) => grants);
  const isGivable = (grant: Grant): boolean => {
    const body = bodyOf(terms, candidate, [grant]);
    return tryDraft(setting, { ...body, acceptance: SOME_SIGNATURE }).ok;
  };
  const grants = held.filter(isGivable);
  return { grants, leftOut: held.filter((grant) => !grants.includes(grant)) };
}

/** The lines of the ledger in the order of the file, which keeps every link, as pages. */
function pagesOf(home: HomeLedger): (number: number) => AdmitterAnswer {
  let source: Iterator<Uint8Array> | null = null;
  let coming: IteratorResult<Uint8Array> | null = null;
  let next = 0;
  return (number) => {
    assert(number === next, 'pages are asked for in their order');
    source ??= chunksOf(home);
    coming ??= source.next();
    const lines = coming.done === true ? new Uint8Array() : coming.value;
    coming = source.next();
    next++;
    return { kind: 'page', lines, last: coming.done === true };
  };
}

/** The first page once, for nobody: what is slow the first time is so before anybody waits. */
export function readAhead(home: HomeLedger): void {
  chunksOf(home).next();
}

function* chunksOf({ store }: HomeLedger): Generator<Uint8Array, undefined> {
  let lines: Uint8Array[] = [];
  let size = 0;
  for (const held of store.linesFrom(0)) {
    for (const { record } of held) {
      const line = utf8(`${record.line}\n`);
      if (size + line.length > PAGE_BYTES_MAX) {
        yield concat(...lines);
        [lines, size] = [[], 0];
      }
      lines.push(line);
      size += line.length;
    }
  }
  yield concat(...lines);
  return undefined;
}

/** How many nodes of the network hold a record that this machine and perhaps one other have. */
export interface Holders {
  readonly holding: number;
  readonly of: number;
}

/** This machine's node, and the new one once it was seen to hold it. */
export function holdersOf(home: HomeLedger, own: Key | null, seen: Key | null): Holders {
  const nodes = stateOf(home.replica)
    .members.filter((member) => member.class === 'node' && member.removed === undefined)
    .map(({ key }) => key);
  const holding = nodes.filter((key) => key === own || key === seen).length;
  return { holding, of: nodes.length };
}

/** Cuts the replaced node at what is held of it, unless that has been done. */
export async function cutReplaced(
  writing: Writing,
  key: Key,
): Promise<Refused<WriteCode> | RecordId | null> {
  const member = memberOf(writing.home.replica, key);
  if (member === null || member.cut !== null) return null;
  const written = await writeIntent(writing, {
    act: { kind: 'member.remove', body: { target: key, seq: 0 } },
    ...{ refs: [], at: 'current' },
  });
  return written.ok ? written.value.id : written;
}
